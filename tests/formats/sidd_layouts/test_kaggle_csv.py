import base64
import csv

import numpy as np
import pytest

from cbsn_pipeline.formats.sidd_layouts import kaggle_csv


@pytest.fixture
def path(tmp_path, spool):
    path = tmp_path / "submission.csv"
    kaggle_csv.write(path, spool)
    return path


def test_any_reader_of_csv_and_base64_gets_the_blocks_in_order(path, denoised):
    csv.field_size_limit(300_000)
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)

    assert header == ["ID", "BLOCK"]
    assert [number for number, _ in rows] == ["0", "1", "2", "3", "4", "5"]
    for (_, text), block in zip(rows, denoised.reshape(6, 256, 256, 3), strict=True):
        decoded = np.frombuffer(base64.b64decode(text), np.uint8)
        np.testing.assert_array_equal(decoded.reshape(256, 256, 3), block)


def test_its_size_is_that_of_the_text(path):
    # the header, and per line the number, a comma, 262,144 characters, a line break
    assert path.stat().st_size == 9 + 6 * (1 + 1 + 262_144 + 1)
    assert b"\r" not in path.read_bytes()


def test_pandas_reads_it_without_an_index_column(path, denoised):
    import pandas as pd

    table = pd.read_csv(path)

    assert table.columns.tolist() == ["ID", "BLOCK"]
    assert table["ID"].tolist() == list(range(6))
    assert table["BLOCK"].str.len().tolist() == [262_144] * 6


def test_what_was_written_passes(path, spool):
    kaggle_csv.check(path, spool)


def test_one_other_value_is_noticed(path, other_spool):
    with pytest.raises(ValueError, match=r"block 5 was written, block 5 is read, or"):
        kaggle_csv.check(path, other_spool)


def test_a_missing_line_is_noticed(path, spool):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))

    with pytest.raises(ValueError, match="block 5 was written, nothing is read"):
        kaggle_csv.check(path, spool)


def test_swapped_lines_are_noticed(path, spool):
    header, first, second, *rest = path.read_text().splitlines(keepends=True)
    path.write_text("".join([header, second, first, *rest]))

    with pytest.raises(ValueError, match="block 0 was written, block 1 is read"):
        kaggle_csv.check(path, spool)


def test_a_superfluous_line_is_noticed(path, spool):
    text = path.read_text()
    path.write_text(text + text.splitlines()[-1] + "\n")

    with pytest.raises(ValueError, match="more lines than blocks were written"):
        kaggle_csv.check(path, spool)


def test_another_header_is_refused(path, spool):
    path.write_text(path.read_text().replace("ID,BLOCK", "id,block"))

    with pytest.raises(ValueError, match="begins with 'id,block'; expected 'ID,BLOCK'"):
        kaggle_csv.check(path, spool)
