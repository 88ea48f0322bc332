import numpy as np
import pytest
import torch

from cbsn_pipeline.training.data.random_numbers import random_below

WORD = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15


def splitmix(word):
    """SplitMix64's finaliser, as published, in Python's unbounded integers."""
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & WORD
    return word ^ (word >> 31)


def by_hand(bound, sample, place, *, seed, stream):
    key = splitmix((seed + stream * GAMMA) & WORD)
    word = splitmix((splitmix((sample * GAMMA + key) & WORD) + place * GAMMA) & WORD)
    return (word >> 32) * bound >> 32


def test_the_finaliser_is_the_published_one():
    """SplitMix64 seeded with 0 gives this first number, in every implementation."""
    assert splitmix(GAMMA) == 0xE220A8397B1DCDAF


@pytest.mark.parametrize("bound", [1, 4, 137, 2**31 - 1])
@pytest.mark.parametrize(("seed", "stream"), [(0, 0), (7, 3), (2**70 + 5, 1)])
def test_numbers_are_the_hash_of_their_place(bound, seed, stream):
    samples = torch.tensor([0, 1, 5, 2_000_000])

    got = random_below(bound, samples, 4, seed=seed, stream=stream)

    assert got.tolist() == [
        [by_hand(bound, s, p, seed=seed, stream=stream) for p in range(4)]
        for s in samples.tolist()
    ]


def test_every_number_is_equally_likely_and_streams_do_not_meet():
    samples = torch.arange(2_000)
    first, second = (
        random_below(4, samples, 100, seed=0, stream=stream) for stream in (0, 1)
    )

    counts = np.bincount(first.flatten(), minlength=4)
    # 200,000 draws: three standard deviations of a count are 581
    assert np.abs(counts - 50_000).max() < 600
    assert (first == second).double().mean().item() == pytest.approx(0.25, abs=0.004)
    by_sample = first.double().corrcoef()[0, 1:].abs().max().item()
    assert by_sample < 0.5  # 2,000 pairs of 100 numbers: .35 was the largest by chance


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_draws_the_same_numbers():
    samples = torch.arange(50)

    on_cpu = random_below(4, samples, 30, seed=3, stream=1)

    assert torch.equal(
        on_cpu, random_below(4, samples.cuda(), 30, seed=3, stream=1).cpu()
    )
