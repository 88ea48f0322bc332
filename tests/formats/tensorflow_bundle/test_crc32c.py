import bundle_writer
import numpy as np
import pytest

from cbsn_pipeline.formats.tensorflow_bundle.crc32c import (
    LANE_BYTES,
    crc32c,
    masked_crc32c,
)


@pytest.mark.parametrize(
    ("content", "crc"),
    [
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (b"", 0),
    ],
)
def test_the_examples_of_the_standard(content, crc):
    assert crc32c(content) == crc  # RFC 3720, appendix B.4


@pytest.mark.parametrize(
    "size", [1, LANE_BYTES - 1, LANE_BYTES, LANE_BYTES + 1, 3 * LANE_BYTES + 7]
)
def test_lanes_are_joined_to_the_sum_of_the_whole(size):
    content = np.random.default_rng(0).bytes(size)

    assert masked_crc32c(content) == bundle_writer.masked(content)


def test_one_changed_bit_changes_the_sum():
    content = bytearray(np.random.default_rng(0).bytes(2 * LANE_BYTES))
    before = crc32c(content)

    content[LANE_BYTES + 3] ^= 4

    assert crc32c(content) != before
