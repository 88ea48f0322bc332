"""Whether a submission was changed as denoising changes a picture."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.submission_checks.rules.facts import BlockFacts, NoisyFacts
from cbsn_pipeline.submission_checks.rules.report import report

Floats = NDArray[np.float32]

# The clean twins of SIDD's noisy blocks are 1.9 levels brighter in the median, 13 at
# most: noise was clipped at black. Their contrast is .993 of the noisy one.
SHIFT_ALL = 6.0  # levels, median over blocks
SHIFT_ONE = 24.0  # levels, one block
CONTRAST = (0.9, 1.12)  # of levels against those of the input
SPREAD = 16.0  # levels: where cells differ less, noise in them hides the contrast
NOISY = 2.0  # levels of noise: below there may be nothing to take away
SHARE_KEPT = 0.4  # change / noise, median; a blur of sigma 1 has .9, the clean twin 1.4
ROUNDING = 0.6  # levels, root mean square
UNLIKE = 24.0  # levels between cell means; the clean twins reach 8
NOISE_TIMES, NOISE_PLUS = 6.0, 16.0  # change explained by noise; seen at most 3.5 times


def check_levels(
    ours: Floats, noisy: Floats, facts: Sequence[BlockFacts], file: str
) -> list[Finding]:
    """Compare brightness and contrast with the input's: all blocks, then each.

    Args:
        ours: (N, 16, 16, 3) signatures of the submission, in levels.
        noisy: (N, 16, 16, 3) those of the noisy blocks.
        facts: Of the same N blocks.
        file: The submission.
    """
    shifts = (ours - noisy).mean(axis=(1, 2, 3), dtype=np.float64)
    shift, contrast = float(np.median(shifts)), _contrast(ours, noisy)
    all_blocks = f"all {len(facts)} blocks compared"
    if abs(shift) > SHIFT_ALL:
        return [_brightness(file, all_blocks, shift, len(facts))]
    if not CONTRAST[0] <= contrast <= CONTRAST[1]:
        return [
            report(*("contrast", file, all_blocks), count=len(facts), contrast=contrast)
        ]
    return [
        _brightness(facts[i].file, facts[i].name, shifts[i], 1)
        for i in np.flatnonzero(np.abs(shifts) > SHIFT_ONE).tolist()
    ]


def check_changes(
    facts: Sequence[BlockFacts], noisy: Sequence[NoisyFacts], file: str
) -> list[Finding]:
    """Compare what was changed with the noise that was there.

    Args:
        facts: Of N blocks.
        noisy: Of the N noisy blocks.
        file: The submission.
    """
    shares = [n.change_rms / n.sigma for n in noisy if n.sigma > NOISY]
    kept = bool(shares) and float(np.median(shares)) < SHARE_KEPT
    findings = [_barely_all(file, shares)] if kept else []
    for fact, pair in zip(facts, noisy, strict=True):
        if not kept and pair.sigma > NOISY and pair.change_rms <= ROUNDING:
            findings.append(_change("barely_denoised", fact, pair))
        elif _is_far(fact, pair):
            findings.append(_change("far_from_input", fact, pair))
    return findings


def _contrast(ours: Floats, noisy: Floats) -> float:
    """Slope of our levels over those of the input; 1 where there is no contrast."""
    x, y = noisy.reshape(-1).astype(np.float64), ours.reshape(-1).astype(np.float64)
    x, y = x - x.mean(), y - y.mean()
    variance = float(np.mean(x * x))
    return float(np.mean(x * y)) / variance if variance > SPREAD**2 else 1.0


def _brightness(file: str, index: str, shift: float, count: int) -> Finding:
    direction = "brighter" if shift > 0 else "darker"
    return report(
        *("brightness", file, index),
        count=count,
        shift=abs(shift),
        direction=direction,
    )


def _barely_all(file: str, shares: Sequence[float]) -> Finding:
    index, share = f"{len(shares)} blocks with noise", float(np.median(shares))
    return report(*("barely_denoised/all", file, index), count=len(shares), share=share)


def _change(name: str, fact: BlockFacts, pair: NoisyFacts) -> Finding:
    return report(
        *(name, fact.file, fact.name), sigma=pair.sigma, change=pair.change_rms
    )


def _is_far(fact: BlockFacts, pair: NoisyFacts) -> bool:
    difference = fact.signature - pair.signature
    difference = difference - difference.mean()
    distance = float(np.sqrt(np.mean(difference * difference)))
    # A shift of brightness is reported as such.
    shift = float((fact.signature - pair.signature).mean())
    change = float(np.sqrt(max(pair.change_rms**2 - shift**2, 0.0)))
    return distance > UNLIKE or change > NOISE_TIMES * pair.sigma + NOISE_PLUS
