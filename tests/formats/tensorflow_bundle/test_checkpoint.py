import re

import bundle_writer as writer
import numpy as np
import pytest
from kedro.io import DatasetError

from cbsn_pipeline.formats.tensorflow_bundle import Checkpoint

RNG = np.random.default_rng(0)
ARRAYS = {
    "net/bias": RNG.standard_normal(5, np.float32),
    "net/empty": np.zeros((0, 3), np.float32),
    "net/kernel": RNG.standard_normal((3, 3, 20, 30), np.float32),
    "net/number": np.float32(0.5).reshape(()),
}


@pytest.fixture
def prefix(tmp_path):
    return tmp_path / "a.ckpt-500"


@pytest.mark.parametrize("num_shards", [1, 2, 3])
def test_values_come_back_bit_for_bit(prefix, num_shards):
    writer.write_bundle(prefix, ARRAYS, num_shards=num_shards, names_per_block=2)

    read = Checkpoint.open(prefix).read(ARRAYS)

    assert read.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert read[name].dtype == np.float32
        assert read[name].flags.writeable
        assert np.array_equal(read[name], array)


def test_the_files_of_some_variables_are_named(prefix):
    index = writer.write_bundle(prefix, ARRAYS, num_shards=2)

    files = Checkpoint.open(prefix).files(["net/bias", "net/kernel"])

    assert files == [index, writer.data_path(prefix, 0, 2)]


@pytest.mark.parametrize(
    "named",
    [
        "a.ckpt-500",
        "a.ckpt-500.index",
        "a.ckpt-500.meta",
        "a.ckpt-500.data-00000-of-00001",
        "checkpoint",
        "",
    ],
)
def test_any_of_its_files_names_it(prefix, named):
    index = writer.write_bundle(prefix, ARRAYS)
    writer.write_bundle(prefix.with_name("b.ckpt"), ARRAYS)
    state = 'model_checkpoint_path: "/home/author/runs/a.ckpt-500"\n'
    older = 'all_model_checkpoint_paths: "b.ckpt"\n'
    (prefix.parent / "checkpoint").write_text(state + older)

    assert Checkpoint.open(prefix.parent / named).index == index


def test_the_only_one_of_a_folder_is_taken(prefix):
    index = writer.write_bundle(prefix, ARRAYS)

    assert Checkpoint.open(prefix.parent).index == index


def message(named):
    with pytest.raises(DatasetError) as error:
        Checkpoint.open(named)
    return str(error.value)


def test_a_folder_of_none_or_of_several_is_refused(prefix):
    assert "holds 0 TensorFlow checkpoints and no file" in message(prefix.parent)
    for name in ("a", "b"):
        writer.write_bundle(prefix.with_name(name), ARRAYS)

    assert re.search(
        r"holds 2 TensorFlow checkpoints, such as a, b, .* checkpoint=.*/a$",
        message(prefix.parent),
    )


def test_a_folder_whose_newest_is_gone_is_refused(prefix):
    writer.write_bundle(prefix, ARRAYS)
    (prefix.parent / "checkpoint").write_text('model_checkpoint_path: "../x/b.ckpt"')

    said = message(prefix.parent)

    assert f"{prefix.parent / 'b.ckpt.index'} does not exist" in said
    assert f"which {prefix.parent / 'checkpoint'} names" in said


def test_a_missing_index_or_shard_is_named(prefix):
    assert f"{prefix}.index does not exist" in message(prefix)
    writer.write_bundle(prefix, ARRAYS, num_shards=2)
    missing = writer.data_path(prefix, 1, 2)
    missing.unlink()

    assert f"{missing} is missing" in message(prefix)


def test_a_checkpoint_of_the_older_format_is_named_as_such(prefix):
    prefix.write_bytes(writer.table({"": b"", "net/bias": b"1"}))

    assert "TensorFlow's older format (V1, a single file)" in message(prefix)


def test_data_without_its_index_and_other_files_are_refused(prefix):
    writer.write_bundle(prefix, ARRAYS).unlink()
    data = writer.data_path(prefix, 0, 1)
    assert f"{data} stands alone" in message(data)

    prefix.write_bytes(b"PK\x03\x04")
    assert "is a zip archive" in message(prefix)


def test_what_is_cut_off_is_refused_before_anything_is_read(prefix):
    index = writer.write_bundle(prefix, ARRAYS)
    data = writer.data_path(prefix, 0, 1)
    content = data.read_bytes()
    data.write_bytes(content[:-1])
    assert re.search(r"has 21,623 bytes, net/number ends at 21,624", message(prefix))

    data.write_bytes(content)
    index.write_bytes(index.read_bytes()[:-10])
    assert "does not end as LevelDB's tables do" in message(prefix)


def test_a_flipped_bit_is_found_in_the_variable_that_has_it(prefix):
    writer.write_bundle(prefix, ARRAYS)
    data = writer.data_path(prefix, 0, 1)
    content = bytearray(data.read_bytes())
    content[100] ^= 1
    data.write_bytes(content)
    checkpoint = Checkpoint.open(prefix)

    assert np.array_equal(checkpoint.read(["net/bias"])["net/bias"], ARRAYS["net/bias"])
    with pytest.raises(DatasetError, match="net/kernel does not match its checksum"):
        checkpoint.read(ARRAYS)


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (writer.entry(np.zeros(3, np.int64)), "type 9"),
        (writer.entry(np.zeros(3, np.float32)) + b"\x3a\0", "parts"),
    ],
)
def test_other_numbers_and_parts_are_not_read(prefix, entry, kind):
    writer.write_index(prefix, {"a": entry})
    writer.data_path(prefix, 0, 1).write_bytes(bytes(24))

    with pytest.raises(DatasetError, match=f"a is stored as {kind} .* float32"):
        Checkpoint.open(prefix).read(["a"])


def test_sizes_are_looked_at_before_memory_is_taken(prefix, monkeypatch):
    writer.write_bundle(prefix, ARRAYS)
    checkpoint = Checkpoint.open(prefix)

    monkeypatch.setenv("CBSN_READ_LIMIT", "21623")
    with pytest.raises(DatasetError, match="4 variables would take"):
        checkpoint.read(ARRAYS)
    monkeypatch.setenv("CBSN_READ_LIMIT", "21624")
    checkpoint.read(ARRAYS)


def test_an_index_that_is_too_large_is_none(prefix):
    with prefix.with_name("a.ckpt-500.index").open("wb") as file:
        file.truncate(2**30)

    assert "it has 1,073,741,824 bytes" in message(prefix)
