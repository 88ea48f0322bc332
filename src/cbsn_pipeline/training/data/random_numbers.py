"""Random integers that a counter decides: no state, the same on every device.

Generators of a CPU and of a GPU give different numbers, and both have a state that a
resumed run would have to restore. These numbers are a hash of where they are used.
"""

import torch
from torch import Tensor

WORD = (1 << 64) - 1
# SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, doi:10.1145/2660193.2660195)
INCREMENT = 0x9E3779B97F4A7C15
ROUNDS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
LAST_SHIFT = 31


def random_below(
    bound: int, samples: Tensor, count: int, *, seed: int, stream: int
) -> Tensor:
    """Draw ``count`` integers for every sample.

    Args:
        bound: Numbers are 0 .. bound - 1, all equally likely; below 2^31.
        samples: (B,), int64: numbers of the samples in the whole training.
        count: Integers per sample.
        seed: Of the training.
        stream: What the numbers are for; other streams are independent.

    Returns:
        (B, count), int64, on the device of ``samples``.
    """
    key = _signed(_scramble_word((seed + stream * INCREMENT) & WORD))
    place = torch.arange(count, device=samples.device) * _signed(INCREMENT)
    words = _scramble(_scramble(samples * _signed(INCREMENT) + key)[:, None] + place)
    return _shift(words, 32) * bound >> 32  # the upper half, scaled to the bound


def _scramble(words: Tensor) -> Tensor:
    """Mix the bits of 64-bit words held as int64; products wrap around."""
    for shift, factor in ROUNDS:
        words = (words ^ _shift(words, shift)) * _signed(factor)
    return words ^ _shift(words, LAST_SHIFT)


def _shift(words: Tensor, bits: int) -> Tensor:
    """Shift right, filling with zeros: int64 would fill with its sign."""
    return (words >> bits) & ((1 << (64 - bits)) - 1)


def _scramble_word(word: int) -> int:
    """Mix the bits of one number, 0 .. 2^64 - 1."""
    for shift, factor in ROUNDS:
        word = (word ^ (word >> shift)) * factor & WORD
    return word ^ (word >> LAST_SHIFT)


def _signed(word: int) -> int:
    """Give the int64 of the same bits."""
    return word - (1 << 64) if word >> 63 else word
