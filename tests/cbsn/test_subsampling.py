import pytest
import torch

from cbsn_pipeline.cbsn import batch_to_space, random_subsample, space_to_batch

GRID = torch.arange(16.0).reshape(1, 1, 4, 4)  # 0..3 in the first row, and so on


def test_space_to_batch_collects_pixels_one_stride_apart():
    sub_images = space_to_batch(GRID, 2)

    assert sub_images.shape == (4, 1, 2, 2)
    assert sub_images[0, 0].tolist() == [[0, 2], [8, 10]]
    assert sub_images[1, 0].tolist() == [[1, 3], [9, 11]]
    assert sub_images[2, 0].tolist() == [[4, 6], [12, 14]]


def test_space_to_batch_puts_all_images_first_sub_images_first():
    pair = torch.cat([GRID, GRID + 100])

    sub_images = space_to_batch(pair, 2)

    assert sub_images[:, 0, 0, 0].tolist() == [0, 100, 1, 101, 4, 104, 5, 105]


def test_space_to_batch_agrees_with_the_released_code(golden):
    assert torch.equal(space_to_batch(golden.tensor("x"), 5), golden.tensor("val/s2b"))


@pytest.mark.parametrize("stride", [1, 2, 3, 5])
def test_batch_to_space_is_the_inverse(stride):
    x = torch.randn(3, 2, 30, 60)

    assert torch.equal(batch_to_space(space_to_batch(x, stride), stride), x)


def test_space_to_batch_refuses_sizes_that_are_no_multiple():
    with pytest.raises(ValueError, match=r"4 x 4 pixels cannot be .* stride 3"):
        space_to_batch(GRID, 3)


def test_batch_to_space_refuses_an_incomplete_set_of_sub_images():
    with pytest.raises(ValueError, match=r"3 sub-images .* stride 2.*multiple of 4"):
        batch_to_space(torch.zeros(3, 1, 2, 2), 2)


def test_random_subsample_takes_the_picked_pixel_of_each_cell():
    picks = torch.tensor([[[0, 1], [2, 3]]])

    assert random_subsample(GRID, picks, 2)[0, 0].tolist() == [[0, 3], [12, 15]]


def test_random_subsample_agrees_with_the_released_code(golden):
    sub = random_subsample(golden.tensor("x"), golden.picks, 2)

    assert torch.equal(sub, golden.tensor("val/rs"))


def test_random_subsample_keeps_channels_and_images_apart():
    x = torch.stack([GRID[0, 0], GRID[0, 0] + 100, GRID[0, 0] + 200])[None]
    x = torch.cat([x, x + 1000])
    picks = torch.tensor([[[3, 0], [0, 0]], [[0, 0], [0, 1]]])

    sub = random_subsample(x, picks, 2)

    assert sub.shape == (2, 3, 2, 2)
    assert sub[0, :, 0, 0].tolist() == [5, 105, 205]
    assert sub[1, :, 1, 1].tolist() == [1011, 1111, 1211]


def test_random_subsample_passes_gradient_to_the_picked_pixels_alone():
    x = GRID.clone().requires_grad_()
    picks = torch.tensor([[[0, 1], [2, 3]]])

    random_subsample(x, picks, 2).sum().backward()

    assert x.grad.nonzero()[:, 2:].tolist() == [[0, 0], [0, 3], [3, 0], [3, 3]]


def test_random_subsample_refuses_picks_of_another_shape():
    with pytest.raises(ValueError, match=r"picks has shape \(1, 4, 4\).*\(1, 2, 2\)"):
        random_subsample(GRID, torch.zeros(1, 4, 4, dtype=torch.long), 2)


def test_random_subsample_refuses_sizes_that_are_no_multiple():
    with pytest.raises(ValueError, match="multiples of it"):
        random_subsample(GRID, torch.zeros(1, 1, 1, dtype=torch.long), 3)
