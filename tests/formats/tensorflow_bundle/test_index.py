import bundle_writer as writer
import numpy as np
import pytest

from cbsn_pipeline.formats.tensorflow_bundle.index import parse_index

KERNEL = np.ones((3, 3, 2, 4), np.float32)


def index_of(entries, header=None):
    return writer.table({"": header or writer.header(1), **entries})


def test_an_entry_says_where_its_values_are():
    index = parse_index(
        index_of(
            {"a/kernel": writer.entry(KERNEL, shard=1, offset=80)}, writer.header(2)
        )
    )

    variable = index.variables["a/kernel"]
    assert index.num_shards == 2
    assert variable.shape == (3, 3, 2, 4)
    assert (variable.dtype, variable.shard, variable.offset) == (1, 1, 80)
    assert variable.size == 3 * 3 * 2 * 4 * 4
    assert variable.checksum == writer.masked(KERNEL.tobytes())
    assert not variable.is_sliced


def test_a_number_without_axes_is_a_variable_too():
    index = parse_index(index_of({"step": writer.entry(np.int64(7))}))

    assert index.variables["step"].shape == ()


def test_a_variable_in_parts_is_marked():
    entry = writer.entry(KERNEL) + writer.field(7, writer.BYTES, b"")

    assert parse_index(index_of({"a": entry})).variables["a"].is_sliced


def with_shape(shape):
    return writer.field(1, writer.VARINT, 1) + writer.field(2, writer.BYTES, shape)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (writer.entry(KERNEL, size=4), r"4 bytes are no float32 .*\(3, 3, 2, 4\)"),
        (writer.entry(KERNEL, shard=1), "it is in shard 1 of 1"),
        (writer.entry(KERNEL, shape=(2**64 - 1,)), "its shape is not one of an array"),
        (writer.entry(KERNEL, shape=(1,) * 33), "its shape is not one of an array"),
        (
            writer.entry(KERNEL, shape=(2**62, 2**62)),
            "288 bytes are no float32 numbers",
        ),
        (with_shape(writer.field(3, writer.VARINT, 1)), "its shape is not known"),
        (with_shape(writer.field(2, writer.VARINT, 1)), "a number is where a message"),
        (writer.field(4, writer.BYTES, b"9"), "bytes are where a number should be"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_by_name(entry, message):
    with pytest.raises(ValueError, match=f"its entry of 'a' is damaged: {message}"):
        parse_index(index_of({"a": entry}))


def test_other_tables_and_other_machines_are_refused():
    with pytest.raises(ValueError, match="without the header of a checkpoint"):
        parse_index(writer.table({"a": b"1"}))
    with pytest.raises(ValueError, match="big-endian"):
        parse_index(index_of({}, writer.header(1, endianness=1)))


def test_the_released_index_lists_the_papers_network(shared):
    from cbsn_pipeline.cbsn.official import network_options, official_variables

    content = (shared / "golden" / "CBSN_SIDDtrain.ckpt.index").read_bytes()

    index = parse_index(content)

    shapes = {name: variable.shape for name, variable in index.variables.items()}
    options = network_options(shapes)
    assert (options.channels, options.blocks) == (128, 9)
    assert set(official_variables(shapes, options)) == set(shapes)
    assert sum(v.size for v in index.variables.values()) == 4 * 3_656_131
