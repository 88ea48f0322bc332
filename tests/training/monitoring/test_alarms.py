import re

import cv2
import numpy as np
import pytest
import torch

from cbsn_pipeline.cbsn import CBSN, Denoiser, NetworkOptions
from cbsn_pipeline.imaging.baselines import gaussian_blur
from cbsn_pipeline.training.monitoring.alarms import raise_alarms, watch

STRIDES = (2, 5)


def flat(value=100, *, count=1, height=32, width=32):
    return np.full((count, height, width, 3), value, np.uint8)


def shifted(blocks, by):
    return np.clip(np.rint(blocks + np.asarray(by)), 0, 255).astype(np.uint8)


def repeated_pixels(blocks):
    """Upsample by 2 as nearest neighbour does, same size."""
    return blocks[:, ::2, ::2].repeat(2, axis=1).repeat(2, axis=2)


def names(noisy, denoised):
    values = watch(noisy, denoised, strides=STRIDES)
    return [alarm.name for alarm in raise_alarms(values)]


def test_the_difference_is_a_root_mean_square_over_all_channels():
    values = watch(flat(), shifted(flat(), [4, 0, 0]), strides=())

    assert values["difference_rms"] == pytest.approx((16 / 3) ** 0.5)


def test_the_difference_is_compared_with_the_noise_of_the_input():
    # every cell of the noisy block has mean 100 and deviation 10
    checkers = 100 + 10 * (-1) ** np.indices((32, 32)).sum(axis=0)
    noisy = np.stack([checkers] * 3, axis=-1)[None].astype(np.uint8)

    assert watch(noisy, flat(100), strides=())["difference_to_noise"] == 1
    assert watch(noisy, flat(105), strides=())["difference_to_noise"] == (
        pytest.approx(125**0.5 / 10)  # differences of -5 and 15
    )
    assert watch(noisy, noisy, strides=())["difference_to_noise"] == 0


def test_the_noise_is_that_of_the_smoother_parts():
    noisy = flat(count=4)
    noisy[2:, ::2] = 180  # half of the blocks: texture, not noise

    values = watch(noisy, shifted(noisy, 1), strides=())

    assert values["difference_to_noise"] == 1  # over the least noise, 1


def test_contrast_is_that_of_content():
    noisy, weaker = flat(90), flat(95)
    noisy[:, :, 16:], weaker[:, :, 16:] = 110, 105

    # Of 4 x 4 cells: 12 vertical neighbours, all alike; of 12 horizontal ones 8
    # alike and 4 opposed: covariance 100 * (12 + 8 - 4) / 24, and a quarter of it.
    content = 100 * 16 / 24
    assert watch(noisy, weaker, strides=())["contrast_ratio"] == pytest.approx(
        ((content / 4 + 0.25) / (content + 0.25)) ** 0.5
    )
    assert watch(noisy, flat(), strides=())["contrast_ratio"] == pytest.approx(
        (0.25 / (content + 0.25)) ** 0.5
    )


def test_noise_is_no_content():
    noise = np.random.default_rng(0).normal(128, 25, (8, 256, 256, 3))

    values = watch(
        noise.clip(0, 255).astype(np.uint8),
        flat(128, count=8, height=256, width=256),
        strides=(),
    )

    assert values["contrast_ratio"] > 0.7


def test_drift_is_signed_per_channel_and_without_sign_over_all():
    values = watch(flat(), shifted(flat(), [1, -4, 2]), strides=())

    assert values["colour_drift_red"] == 1
    assert values["colour_drift_green"] == -4
    assert values["colour_drift_blue"] == 2
    assert values["colour_drift"] == 4


def test_drifts_of_opposite_sign_do_not_cancel():
    noisy = flat(count=2)
    denoised = np.concatenate([shifted(flat(), 3), shifted(flat(), -3)])

    values = watch(noisy, denoised, strides=())

    assert values["colour_drift_red"] == 0
    assert values["colour_drift"] == 3


@pytest.mark.parametrize(
    ("differences", "middle"),
    [
        ([-2] * 64 + [0] * 128 + [40] * 64, 0),  # the mean is 9.5
        ([0] * 128 + [3] * 128, 1.5),  # a quarter of either
        ([0] * 160 + [4] * 96, 1),  # ranks 64 to 192: 96 zeros, 32 fours
    ],
)
def test_drift_is_the_mean_of_the_middle_half(differences, middle):
    noisy = flat(height=16, width=16)
    by = np.array(differences).reshape(1, 16, 16, 1)

    values = watch(noisy, shifted(noisy, by), strides=())

    assert values["colour_drift_green"] == middle


def test_one_wild_block_among_three_is_no_drift():
    noisy = flat(count=3)
    denoised = noisy.copy()
    denoised[1] += 50

    assert watch(noisy, denoised, strides=())["colour_drift"] == 0


@pytest.mark.parametrize("size", [2, 3, 7])
def test_even_the_smallest_blocks_give_finite_numbers(size):
    noisy = flat(height=size, width=size)

    values = watch(noisy, shifted(noisy, 1), strides=STRIDES)

    assert np.isfinite(list(values.values())).all()


def test_all_names_are_there_in_order_of_the_strides():
    values = watch(flat(), flat(), strides=(5, 2, 5))

    assert list(values) == [
        "difference_rms",
        "difference_to_noise",
        "contrast_ratio",
        "colour_drift_red",
        "colour_drift_green",
        "colour_drift_blue",
        "colour_drift",
        "colour_loss",
        "checkerboard_2",
        "checkerboard_5",
    ]
    assert all(type(value) is float for value in values.values())


def test_blocks_of_different_shape_are_refused():
    with pytest.raises(ValueError, match=r"noisy \(1, 32, 32, 3\), denoised \(2,"):
        watch(flat(), flat(count=2), strides=STRIDES)


def test_blocks_in_unit_range_are_refused():
    with pytest.raises(ValueError, match="got uint8 and float64: the thresholds"):
        watch(flat(), flat() / 255, strides=STRIDES)


@pytest.mark.parametrize("shape", [(32, 32, 3), (1, 32, 32, 4), (0, 32, 32, 3)])
def test_what_is_no_set_of_colour_blocks_is_refused(shape):
    blocks = np.zeros(shape, np.uint8)

    with pytest.raises(ValueError, match=r"\(N, H, W, 3\), at least one, got \("):
        watch(blocks, blocks, strides=STRIDES)


GOOD = {
    "difference_to_noise": 0.2,
    "contrast_ratio": 0.2,
    "colour_drift": 2.5,
    "checkerboard_2": 2.0,
}


def test_values_at_their_thresholds_raise_nothing():
    assert raise_alarms(GOOD) == []


def test_missing_values_and_those_that_are_no_number_raise_nothing():
    assert raise_alarms({}) == []
    assert raise_alarms(dict.fromkeys(GOOD, np.nan)) == []


@pytest.mark.parametrize(
    ("changed", "name", "message"),
    [
        (
            {"difference_to_noise": 0.034},
            "identity",
            r"is the input: it differs by 3\.4% of the noise \(alarm below 20%\)"
            r".*raise train\.invariance_weight, or train\.blind_stride",
        ),
        (
            {"contrast_ratio": 0.027},
            "constant",
            r"no content: 2\.7% of the input's contrast \(alarm below 20%\)"
            r".*lower train\.invariance_weight, or lengthen train\.ramp_steps",
        ),
        (
            {
                "colour_drift": 4.04,
                "colour_drift_red": -4.04,
                "colour_drift_green": 0.5,
                "colour_drift_blue": 1.0,
            },
            "colour_drift",
            r"moved by 4\.0 grey levels \(alarm above 2\.5; red -4\.0, green \+0\.5,"
            r" blue \+1\.0\).*lower train\.learning_rate or raise",
        ),
        (
            {"checkerboard_5": 16.0},
            "checkerboard_5",
            r"repeats every 5 pixels, with 16\.0 times the energy beside its "
            r"frequency \(alarm above 2\.0\).*train longer, with a lower train\.le",
        ),
    ],
)
def test_an_alarm_says_what_was_measured_and_what_to_try(changed, name, message):
    (alarm,) = raise_alarms(GOOD | changed)

    assert alarm.name == name
    assert re.search(message, alarm.message)


def test_several_things_can_go_wrong_at_once():
    alarms = raise_alarms(dict.fromkeys(GOOD, 100.0))

    assert [alarm.name for alarm in alarms] == ["colour_drift", "checkerboard_2"]


@pytest.mark.parametrize("sigma", [2, 10, 25])
@pytest.mark.parametrize(("height", "width"), [(64, 64), (101, 87), (33, 256)])
def test_a_smooth_picture_and_a_blur_raise_nothing(height, width, sigma):
    clean, noisy = smooth_pictures(height, width, sigma)
    blurred = np.stack([gaussian_blur(block, 2.0) for block in noisy])

    assert names(noisy, clean) == []
    assert names(noisy, blurred) == []


def test_dark_clipped_blocks_raise_nothing():
    clean = flat(4, count=4, height=64, width=64)
    noisy = shifted(clean, np.random.default_rng(0).normal(0, 10, clean.shape))

    assert names(noisy, clean) == []


def smooth_pictures(height, width, sigma):
    """Clean and noisy: slow waves of another phase in every block and channel."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width] / 64
    phases = rng.uniform(0, 6, (4, 1, 1, 3))
    waves = np.sin(rows[..., None] + phases) * np.cos(2 * columns[..., None] + phases)
    clean = shifted(128 + 60 * waves, 0)
    return clean, shifted(clean, rng.normal(0, sigma, clean.shape))


@pytest.fixture(scope="module")
def real_blocks(shared):
    """Noisy and clean, (40, 128, 128, 3), spread over 640 real SIDD blocks."""
    folder = shared / "data" / "sidd_validation"
    paths = sorted((folder / "noisy").glob("*.png"))[::16]
    if not paths:
        pytest.skip("no real SIDD blocks in ../shared: thresholds not checked")
    noisy, clean = (
        np.stack(
            [
                cv2.imread(str(folder / kind / path.name))[:128, :128, ::-1]
                for path in paths
            ]
        )
        for kind in ("noisy", "gt")
    )
    return noisy, clean


def test_the_clean_pictures_raise_nothing(real_blocks):
    assert names(*real_blocks) == []


@pytest.mark.parametrize("sigma", [2.0, 4.0])
def test_a_blur_raises_nothing(real_blocks, sigma):
    noisy, _ = real_blocks
    blurred = np.stack([gaussian_blur(block, sigma) for block in noisy])

    assert names(noisy, blurred) == []


def test_a_copy_is_the_identity(real_blocks):
    noisy, clean = real_blocks
    nearly = shifted(0.95 * noisy.astype(float) + 0.05 * clean, 0)

    assert names(noisy, noisy) == ["identity"]
    assert names(noisy, nearly) == ["identity"]


def test_a_constant_has_no_content(real_blocks):
    noisy, _ = real_blocks
    constant = noisy.mean(axis=(1, 2), keepdims=True)

    assert "constant" in names(noisy, shifted(np.zeros(noisy.shape), constant))
    assert "constant" in names(noisy, np.full_like(noisy, 128))


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize("by", [-4, 4])
def test_four_grey_levels_in_one_channel_are_a_drift(real_blocks, channel, by):
    noisy, clean = real_blocks
    drifted = shifted(clean, by * np.eye(3)[channel])

    assert names(noisy, drifted) == ["colour_drift"]


@pytest.mark.parametrize("stride", STRIDES)
def test_two_grey_levels_at_the_stride_are_a_checkerboard(real_blocks, stride):
    noisy, clean = real_blocks
    rows, columns = np.indices((128, 128))
    for place in (rows, columns, rows + columns):
        pattern = np.where(place % stride, -2, 2)[..., None]
        assert names(noisy, shifted(clean, pattern)) == [f"checkerboard_{stride}"]


def test_repeated_pixels_are_a_checkerboard(real_blocks):
    noisy, clean = real_blocks

    assert names(noisy, repeated_pixels(clean)) == ["checkerboard_2"]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_untrained_network_shifts_the_colours(real_blocks, seed):
    noisy = real_blocks[0][::5]
    generator = torch.Generator().manual_seed(seed)
    net = CBSN(NetworkOptions(channels=16, blocks=2), generator=generator)

    assert "colour_drift" in names(noisy, Denoiser(net).denoise_blocks(noisy))


def test_lost_colour_raises_an_alarm_and_given_back_none():
    noisy = flat(count=2, height=64, width=64)
    noisy[0, :, :, 0] += 30  # one red block: (20, -10, -10) of colour
    grey = noisy.copy()
    grey[0] = noisy[0].mean(-1, keepdims=True)

    lost, kept = watch(noisy, grey, strides=()), watch(noisy, noisy, strides=())

    assert lost["colour_loss"] == pytest.approx(np.sqrt(600 / 3 / 2))
    assert kept["colour_loss"] == 0
    (message,) = [a.message for a in raise_alarms(lost) if a.name == "colour_loss"]
    assert "lost 10.0 grey levels of slow colour (alarm above 3.0)" in message
    assert "restitution gives most of it back" in message
    assert not [a for a in raise_alarms(kept) if a.name == "colour_loss"]
