import re

import numpy as np
import pytest

from cbsn_pipeline.benchmarks.sidd.blocks import check_blocks


def blocks(*shape, dtype=np.uint8):
    return np.broadcast_to(np.zeros((), dtype), shape)


def test_the_official_shape_is_accepted():
    check_blocks(blocks(40, 32, 256, 256, 3), source="v.mat")


def test_a_declared_number_of_blocks_is_accepted():
    check_blocks(blocks(2, 3, 256, 256, 3), source="v.mat", num_images=2, num_blocks=3)
    check_blocks(
        blocks(7, 5, 256, 256, 3), source="v.mat", num_images=None, num_blocks=None
    )


@pytest.mark.parametrize(
    ("shape", "cause"),
    [
        ((20, 32, 256, 256, 3), "partial set must be declared"),
        ((40, 32, 256, 256), "Is this the raw-RGB file?"),
        ((3, 256, 256, 32, 40), "axes are reversed"),
        ((1280, 256, 256, 3), "image axis is missing"),
        ((0, 32, 256, 256, 3), "It is empty"),
        ((40, 32, 128, 128, 3), "right file and variable"),
    ],
)
def test_another_shape_is_refused_with_its_likely_cause(shape, cause):
    message = re.escape(f"v.mat holds an array of shape {shape}; expected")
    with pytest.raises(ValueError, match=f"{message}.*{re.escape(cause)}"):
        check_blocks(blocks(*shape), source="v.mat")


def test_the_message_spells_what_was_wanted():
    with pytest.raises(ValueError, match=r"\(any, 4, 256, 256, 3\)"):
        check_blocks(
            blocks(1, 1, 256, 256, 3), source="v.mat", num_images=None, num_blocks=4
        )


def test_floats_are_refused():
    with pytest.raises(ValueError, match="holds float32 values; SIDD sRGB blocks are"):
        check_blocks(blocks(40, 32, 256, 256, 3, dtype=np.float32), source="v.mat")
