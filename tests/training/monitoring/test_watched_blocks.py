import numpy as np
import pytest

from cbsn_pipeline.cbsn import CBSN, NetworkOptions
from cbsn_pipeline.training.monitoring.watched_blocks import WatchedBlocks


def blocks(images=3, count=4, size=8):
    rng = np.random.default_rng(0)
    shape = (images, count, size, size, 3)
    return rng.integers(256, size=shape, dtype=np.uint8)


def test_the_subset_is_spread_evenly_from_the_first_to_the_last():
    noisy, clean = blocks(), blocks()

    chosen = WatchedBlocks.choose(noisy, clean, count=3)

    assert chosen.indices == [0, 6, 11]  # 5.5 rounds to even
    np.testing.assert_array_equal(chosen.noisy[1], noisy[1, 2])
    assert chosen.total == 12


def test_all_blocks_are_taken_when_there_are_fewer():
    assert len(WatchedBlocks.choose(blocks(), blocks(), count=100).indices) == 12


def test_the_noisy_psnr_is_the_mean_of_decibels():
    clean = np.zeros((1, 2, 8, 8, 3), np.uint8)
    noisy = clean.copy()
    noisy[0, 0] = 255  # 0 dB
    noisy[0, 1] = 51  # 20 log10(255 / 51) = 13.979 dB

    held_out = WatchedBlocks.choose(noisy, clean, count=2)

    assert held_out.noisy_psnr() == pytest.approx(13.979 / 2, abs=1e-3)


def test_a_score_denoises_every_block():
    held_out = WatchedBlocks.choose(blocks(), blocks(), count=5)

    score = held_out.score(CBSN(NetworkOptions(channels=2, blocks=1)))

    assert score.denoised.shape == (5, 8, 8, 3)
    assert np.isfinite(score.psnr_db)


def test_a_picture_shows_noisy_denoised_and_clean_side_by_side():
    held_out = WatchedBlocks.choose(blocks(), 255 - blocks(), count=1)

    picture = held_out.picture(np.zeros_like(held_out.noisy), 0)

    assert picture.shape == (8, 24, 3)
    np.testing.assert_array_equal(picture[:, :8], held_out.noisy[0])
    assert (picture[:, 8:16] == 0).all()
    np.testing.assert_array_equal(picture[:, 16:], held_out.clean[0])


def test_sets_of_different_shape_are_refused():
    with pytest.raises(
        ValueError, match=r"\(3, 4, 8, 8, 3\), their clean twins \(2, 4"
    ):
        WatchedBlocks.choose(blocks(), blocks(images=2), count=2)


class Source:
    def __init__(self, patches):
        self.patches = patches

    def __len__(self):
        return len(self.patches)

    def __getitem__(self, index):
        return self.patches[index]


def test_without_a_truth_patches_are_watched_and_not_scored():
    patches = blocks(1, 5, size=10)[0]

    watched = WatchedBlocks.of_patches(Source(patches), count=3)
    score = watched.score(CBSN(NetworkOptions(channels=2, blocks=1)))

    assert watched.indices == [0, 2, 4]
    np.testing.assert_array_equal(watched.noisy, patches[::2])
    assert watched.noisy_psnr() is None
    assert score.psnr_db is None
    assert watched.picture(score.denoised, 1).shape == (10, 20, 3)


def test_the_middle_of_a_large_patch_is_watched_in_eight_bits():
    patches = np.zeros((1, 300, 300, 3), np.float32)
    patches[0, 22:278, 22:278] = 0.2

    watched = WatchedBlocks.of_patches(Source(patches), count=4)

    assert watched.noisy.shape == (1, 256, 256, 3)
    assert (watched.noisy == 51).all()
