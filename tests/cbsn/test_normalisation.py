import pytest
import torch

from cbsn_pipeline.cbsn import normalise


def test_normalise_gives_zero_mean_and_unit_deviation_per_image_and_channel():
    x = torch.tensor([[[[0.1, 0.3], [0.5, 0.9]]]])

    normalised, mean, deviation = normalise(x.repeat(1, 1, 8, 8))

    assert mean.item() == pytest.approx(0.45)
    assert deviation.item() == pytest.approx(
        0.0875**0.5
    )  # ((.35² + .15² + .05² + .45²)/4)
    assert normalised.mean().item() == pytest.approx(0, abs=1e-6)
    assert normalised.std(correction=0).item() == pytest.approx(1)


def test_normalise_is_undone_by_what_it_returns():
    x = torch.rand(3, 3, 9, 14)

    normalised, mean, deviation = normalise(x)

    torch.testing.assert_close(normalised * deviation + mean, x)


def test_a_flat_image_gives_zeros_and_the_released_floor():
    normalised, _, deviation = normalise(torch.full((1, 3, 120, 120), 0.5))

    assert (normalised.abs() < 1e-4).all()
    assert deviation.flatten().tolist() == pytest.approx([1 / 120] * 3)


def test_the_floor_of_a_rectangle_is_one_over_the_root_of_its_area():
    _, _, deviation = normalise(torch.zeros(1, 1, 4, 25))

    assert deviation.item() == pytest.approx(0.1)
