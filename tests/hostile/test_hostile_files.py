"""Each corruption has its one clear error, before memory is spent, and in the docs."""

from pathlib import Path

import corruptions
import pytest

from cbsn_pipeline import host_memory

PAGE = Path(__file__).resolve().parents[2] / "docs" / "hostile_files.md"
SPARE = 512 * 2**20  # bytes; libraries that a reader loads are among it


@pytest.mark.parametrize("corruption", corruptions.ALL, ids=lambda c: c.__name__)
def test_a_hostile_file_has_its_one_clear_error(corruption, tmp_path):
    host_memory.forget_peak_rss()
    before = host_memory.peak_rss()

    message = corruption(tmp_path)

    assert str(tmp_path) in message
    assert host_memory.peak_rss() - before < SPARE
    row = corruptions.table_row(corruption, message, tmp_path)
    assert row in PAGE.read_text("utf-8").splitlines(), (
        f"docs/hostile_files.md lacks this row; print the table with "
        f"python {Path(corruptions.__file__).name}:\n{row}"
    )


def test_the_page_lists_nothing_that_is_not_tested():
    lines = PAGE.read_text("utf-8").splitlines()
    rows = [line.split(" | ")[0].removeprefix("| ") for line in lines if "..." in line]
    known = {corruption.__doc__ for corruption in corruptions.ALL}

    assert {row for row in rows if row.startswith(("A ", "An ", "One "))} <= known
    assert len(corruptions.ALL) >= 30


def test_the_limit_can_be_raised_and_must_be_a_number(tmp_path, monkeypatch):
    import numpy as np
    from kedro.io import DatasetError

    from cbsn_pipeline.formats.images import read_rgb, write_png

    path = tmp_path / "a.png"
    write_png(path, np.zeros((10, 10, 3), np.uint8))

    monkeypatch.setenv("CBSN_READ_LIMIT", "299")
    with pytest.raises(DatasetError, match="10 x 10 pixels would take 0.00 GiB"):
        read_rgb(path)
    monkeypatch.setenv("CBSN_READ_LIMIT", "300")
    assert read_rgb(path).shape == (10, 10, 3)
    monkeypatch.setenv("CBSN_READ_LIMIT", "4 GB")
    with pytest.raises(DatasetError, match="is '4 GB'; expected a number of bytes"):
        read_rgb(path)


def test_what_the_memory_cannot_hold_is_refused(tmp_path, monkeypatch):
    from kedro.io import DatasetError

    from cbsn_pipeline.formats import read_limit

    monkeypatch.setattr(read_limit, "available_memory", lambda: 2**30)
    with pytest.raises(DatasetError, match=r"would take 1\.00 GiB .* 1\.00 GiB of mem"):
        read_limit.check_decoded_size(2**30, path=tmp_path, what="an image")
    read_limit.check_decoded_size(2**29, path=tmp_path, what="an image")


def test_a_reader_of_hdf5_opens_no_second_file(tmp_path):
    import h5py

    from cbsn_pipeline.formats import hdf5_reader

    corruptions.v73_external_link(tmp_path)
    with (
        h5py.File(tmp_path / "a.mat") as file,
        hdf5_reader.no_other_file(),
        pytest.raises((KeyError, OSError), match="can't open file|unable to open"),
    ):
        file["A"]
    with h5py.File(tmp_path / "a.mat") as file:
        assert file["A"].shape == (4, 4)  # without the limit it is followed
