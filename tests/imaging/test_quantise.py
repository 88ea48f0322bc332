import numpy as np
import pytest

from cbsn_pipeline.imaging.quantise import as_scored, to_dtype, to_uint8, to_unit


def test_to_uint8_rounds_to_the_nearest_level():
    image = np.array([0.0, 0.4 / 255, 0.6 / 255, 254.4 / 255, 1.0])

    assert to_uint8(image).tolist() == [0, 0, 1, 254, 255]


def test_to_uint8_clips_instead_of_wrapping_around():
    assert to_uint8(np.array([-0.2, 1.2], dtype=np.float32)).tolist() == [0, 255]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_level_survives_the_way_there_and_back(dtype):
    levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)

    back = to_dtype(to_unit(levels), dtype)

    assert back.dtype == dtype
    np.testing.assert_array_equal(back, levels)


def test_to_unit_maps_the_full_range_onto_0_to_1():
    assert to_unit(np.array([0, 51, 255], dtype=np.uint8)).tolist() == pytest.approx(
        [0.0, 0.2, 1.0]
    )
    assert to_unit(np.array([65535], dtype=np.uint16)).tolist() == [1.0]


def test_to_unit_leaves_floats_as_they_are():
    unit = to_unit(np.array([-0.25, 0.5, 1.25]))

    assert unit.dtype == np.float32
    assert unit.tolist() == [-0.25, 0.5, 1.25]


def test_to_unit_does_not_share_memory_with_its_input():
    image = np.zeros(3, dtype=np.float32)

    to_unit(image)[0] = 1.0

    assert image[0] == 0.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_to_dtype_gives_clipped_float32_for_every_floating_type(dtype):
    image = to_dtype(np.array([-0.5, 0.25, 1.5]), dtype)

    assert image.dtype == np.float32
    assert image.tolist() == [0.0, 0.25, 1.0]


def test_to_unit_refuses_other_integers():
    with pytest.raises(ValueError, match=r"uint8, uint16 or floating .* got int64"):
        to_unit(np.zeros(3, dtype=np.int64))


def test_to_dtype_refuses_other_types():
    with pytest.raises(ValueError, match="Cannot write an image as int32"):
        to_dtype(np.zeros(3), np.int32)


@pytest.mark.parametrize("function", [to_uint8, lambda x: to_dtype(x, np.float32)])
def test_quantising_twice_is_an_error_not_a_white_image(function):
    with pytest.raises(ValueError, match="got uint8: this image is quantised already"):
        function(np.full(3, 200, dtype=np.uint8))


@pytest.mark.parametrize("function", [to_unit, to_uint8])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(function, bad):
    with pytest.raises(ValueError, match="1 of 2 values are NaN or infinite"):
        function(np.array([0.5, bad]))


def test_scored_levels_of_every_type():
    levels = np.arange(256, dtype=np.uint8)

    assert as_scored(levels) is levels
    for same in (levels / 255, (levels / 255).astype(np.float32)):
        np.testing.assert_array_equal(as_scored(same), levels)


def test_scored_levels_of_16_bits_are_the_nearest():
    deep = np.arange(65536, dtype=np.uint16)

    np.testing.assert_array_equal(as_scored(deep), np.rint(deep / 257))


def test_overshoot_is_clipped_before_scoring():
    """A little of many pixels, as beside white areas, and a lot of one."""
    image = np.full(200, 1.15)
    image[:2] = -0.08, 1.6

    assert as_scored(image).tolist() == [0] + 199 * [255]


@pytest.mark.parametrize(
    ("values", "said"),
    [([0.0, 255.0], "from 0 to 255"), ([-1.0, 1.0], "from -1 to 1")],
)
def test_floats_of_another_range_are_not_guessed_at(values, said):
    with pytest.raises(ValueError, match=rf"got values {said}. Is it 0..255"):
        as_scored(np.array(values))


def test_other_types_are_not_scored():
    with pytest.raises(ValueError, match="uint8, uint16 or floating .* got int64"):
        as_scored(np.zeros(3, dtype=np.int64))
