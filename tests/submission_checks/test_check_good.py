"""Right submissions, in every wrapping: no error and no warning."""

import gzip
import shutil
import zipfile

import numpy as np
import pytest


def names(outcome):
    return [(f.severity, f.code) for f in outcome.findings]


def with_csv_module(kit):
    return kit.csv()


def with_pandas(kit):
    import pandas as pd

    path = kit.folder / "pandas.csv"
    pd.DataFrame(kit.rows(), columns=["ID", "BLOCK"]).to_csv(path, index=False)
    return path


def quoted(kit):
    import csv

    return kit.csv(quoting=csv.QUOTE_ALL)


def without_last_line_end(kit):
    path = kit.csv(lineterminator="\n")
    return kit.bytes(path.read_bytes().rstrip(b"\n"))


def gzipped(kit):
    return kit.bytes(gzip.compress(kit.csv().read_bytes(), 1), "submission.csv.gz")


def zipped(kit):
    path = kit.folder / "submission.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(kit.csv(), "deep/submission.csv")
        archive.writestr("__MACOSX/._submission.csv", b"")
    return path


def in_a_versioned_folder(kit):
    folder = kit.folder / "submission.csv.d" / "2026-01-01"
    folder.mkdir(parents=True)
    shutil.move(kit.csv(), folder / "submission.csv")
    return kit.folder


GOOD_CSV = [
    with_csv_module,
    with_pandas,
    quoted,
    without_last_line_end,
    gzipped,
    zipped,
    in_a_versioned_folder,
]


@pytest.mark.parametrize("write", GOOD_CSV, ids=lambda write: write.__name__)
def test_a_good_csv_file_is_right_in_every_wrapping(kit, run_check, write):
    kind, outcome = run_check(write(kit))

    assert kind == "kaggle"
    assert names(outcome) == []
    assert outcome.num_blocks == 12


def test_a_good_cell_is_right(kit, run_check):
    kind, outcome = run_check(kit.cell())

    assert (kind, names(outcome), outcome.num_blocks) == ("legacy_cell", [], 12)


def test_a_good_array_is_right(kit, run_check):
    kind, outcome = run_check(kit.array())

    assert (kind, names(outcome), outcome.num_blocks) == ("legacy_array", [], 12)


def the_folder(bundle):
    return bundle


def its_parent(bundle):
    return bundle.parent


def a_zip_of_the_folder(bundle):
    return shutil.make_archive(bundle.parent / "up", "zip", bundle.parent, "bundled")


def a_zip_of_the_files(bundle):
    return shutil.make_archive(bundle.parent / "up", "zip", bundle)


@pytest.mark.parametrize(
    "wrap", [the_folder, its_parent, a_zip_of_the_folder, a_zip_of_the_files]
)
def test_a_good_bundle_is_right(kit, run_check, wrap):
    from pathlib import Path

    kind, outcome = run_check(Path(wrap(kit.bundle())))

    assert (kind, names(outcome), outcome.num_blocks) == ("dnd", [], 12)


def test_double_crops_are_noted_and_no_more(kit, run_check):
    _, outcome = run_check(kit.all_crops(lambda crop: crop.astype(np.float64)))

    assert set(names(outcome)) == {("note", "double")}


def test_without_the_input_its_checks_are_skipped_and_the_report_says_so(
    kit, run_check
):
    _, outcome = run_check(kit.blocks(kit.flat[..., ::-1]), with_input=False)

    assert names(outcome) == [("note", "input_absent")]
    assert "channel order" in outcome.findings[0].what
    assert "channel order" not in outcome.checked
    assert "repeated blocks" in outcome.checked


def test_another_input_can_be_named(kit, run_check, shared_kit):
    noisy = shared_kit[1] / "BenchmarkNoisyBlocksSrgb.mat"

    _, outcome = run_check(kit.csv(), noisy=noisy, with_input=False)

    assert names(outcome) == []
    assert outcome.noisy == noisy


def test_an_input_that_was_named_must_fit(kit, run_check, shared_kit):
    noisy = shared_kit[1] / "BenchmarkNoisyBlocksSrgb.mat"

    _, outcome = run_check(kit.csv(), noisy=noisy, grid=(2, 6))

    assert ("error", "input_unusable") in names(outcome)
    assert "3 images x 4 blocks" in outcome.findings[0].what


def test_grey_scenes_say_nothing_about_channels(kit, run_check, tmp_path):
    from scipy.io import savemat

    grey = kit.noisy.mean(axis=-1, keepdims=True).repeat(3, axis=-1).astype(np.uint8)
    savemat(tmp_path / "noisy.mat", {"Noisy": grey})
    blocks = kit.denoised.mean(axis=-1, keepdims=True).repeat(3, axis=-1)

    path = kit.blocks(blocks.astype(np.uint8).reshape(-1, 256, 256, 3)[..., ::-1])
    _, outcome = run_check(path, noisy=tmp_path / "noisy.mat")

    assert names(outcome) == []
