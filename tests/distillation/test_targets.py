import numpy as np
import pytest
import torch

from cbsn_pipeline.distillation.targets import (
    denoise_eightfold,
    make_targets,
    spread,
)


class Shifting:
    """Moves the picture a pixel to the right: averaged over symmetries, a blur."""

    def denoise(self, image):
        return np.roll(image, 1, axis=1)


class Halving:
    def __init__(self):
        self.calls = 0

    def denoise(self, image):
        self.calls += 1
        return image / 2


def test_eight_symmetries_are_averaged():
    image = np.zeros((5, 5, 3), np.float32)
    image[2, 2] = 1.0

    averaged = denoise_eightfold(Shifting(), image)

    for place in ((1, 2), (3, 2), (2, 1), (2, 3)):  # each direction twice of eight
        assert averaged[place] == pytest.approx(0.25)
    assert averaged.sum() == pytest.approx(3.0)


def test_pictures_that_are_not_square_are_turned_too():
    image = np.random.default_rng(0).random((4, 7, 3), np.float32)

    np.testing.assert_allclose(
        denoise_eightfold(Halving(), image), image / 2, rtol=1e-6
    )


@pytest.mark.parametrize(("eightfold", "calls"), [(False, 1), (True, 8)])
def test_every_patch_gets_its_target(eightfold, calls):
    patches = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    teacher, done = Halving(), []

    targets = make_targets(
        teacher, patches, eightfold=eightfold, advance=lambda: done.append(1)
    )

    assert targets.shape == (3, 3, 8, 8)
    assert targets.dtype == torch.float16
    expected = torch.from_numpy(patches / 510).permute(0, 3, 1, 2)
    torch.testing.assert_close(targets.double(), expected, atol=3e-4, rtol=0)
    assert (len(done), teacher.calls) == (3, 3 * calls)


def test_few_patches_are_all_taken():
    assert list(spread(3, 5)) == [0, 1, 2]
    assert len(set(spread(1000, 7))) == 7
