from typing import get_args

import numpy as np
import pytest

from cbsn_pipeline.benchmarks.sidd.submission import (
    BLOCK_CHARACTERS,
    Layout,
    block_id,
    check_denoised_block,
    decode_block,
    encode_block,
    is_whole_set,
    layout_file,
)


@pytest.fixture
def block():
    return np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)


def test_blocks_are_numbered_image_by_image():
    assert [block_id(0, 0), block_id(0, 31), block_id(1, 0)] == [0, 31, 32]
    assert block_id(3, 1, num_blocks=4) == 13


def test_text_of_a_block_is_base64_of_its_rows():
    block = np.zeros((256, 256, 3), np.uint8)
    block[0, 0] = 1, 2, 3

    text = encode_block(block)

    assert text.startswith("AQID" + "AAAA")  # the bytes 1 2 3, then 0 0 0
    assert len(text) == BLOCK_CHARACTERS == 262_144


def test_a_block_comes_back_bit_for_bit(block):
    assert np.array_equal(decode_block(encode_block(block)), block)


def test_a_block_that_is_a_view_is_written_in_the_order_of_its_axes(block):
    view = block.transpose(1, 0, 2)

    assert np.array_equal(decode_block(encode_block(view)), view)


@pytest.mark.parametrize(
    "wrong", [np.zeros((1, 256, 256, 3), np.uint8), np.zeros((256, 256, 3))]
)
def test_another_shape_or_type_is_refused(wrong):
    with pytest.raises(ValueError, match=r"Expected a block of shape \(256, 256, 3\)"):
        encode_block(wrong)


def test_text_that_is_not_base64_is_refused():
    with pytest.raises(ValueError, match="not standard base64"):
        decode_block("b'AQID'")


def test_a_line_break_is_refused():
    with pytest.raises(ValueError, match="line breaks"):
        decode_block("AQID\nAQID")


def test_text_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"holds 3 bytes; a block .* has 196,608"):
        decode_block("AQID")


def test_only_the_whole_set_can_be_uploaded():
    assert is_whole_set(40, 32)
    assert not is_whole_set(40, 31)


def test_each_layout_has_a_file_of_its_own_and_a_part_says_so():
    names = [layout_file(layout, whole_set=True) for layout in get_args(Layout)]

    assert names == [
        "kaggle/submission.csv",
        "legacy_cell/SubmitSrgb.mat",
        "legacy_array/SubmitSrgb.mat",
    ]
    part = layout_file("kaggle", whole_set=False)
    assert part == "kaggle/partial_set_not_for_upload.csv"


@pytest.mark.parametrize(
    "wrong", [np.zeros((1, 256, 256, 3), np.uint8), np.zeros((256, 256, 3), np.float32)]
)
def test_a_denoised_block_of_another_shape_or_type_is_refused(wrong, block):
    with pytest.raises(ValueError, match=r"image 0, block 1: denoised block of shape"):
        check_denoised_block(wrong, block, "image 0, block 1")


def test_a_denoised_block_that_is_the_input_is_refused(block):
    with pytest.raises(ValueError, match="is the noisy input, value for value"):
        check_denoised_block(block.copy(), block, "image 0, block 1")


def test_a_burnt_out_block_may_stay_as_it_is():
    white = np.full((256, 256, 3), 255, np.uint8)

    check_denoised_block(white, white, "image 0, block 1")
