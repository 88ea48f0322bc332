"""Red and blue exchanged, height and width exchanged, mirrored blocks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.submission_checks.rules.facts import BlockFacts, NoisyFacts
from cbsn_pipeline.submission_checks.rules.order import CLEARLY, LIKE, correlate
from cbsn_pipeline.submission_checks.rules.report import report

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

COLOURFUL = 6.0  # levels: exchanging red and blue changes a block by more
SWAP_RATIO = 0.25  # of squared differences, exchanged against as it is
BETTER = 0.02  # correlation that a turned block must have more than a misplaced one
MAJORITY = 0.5  # of the blocks, for a finding about the whole file


@dataclass(frozen=True)
class Pairs:
    """Blocks with their noisy ones, as arrays in one order."""

    facts: Sequence[BlockFacts]
    noisy: Sequence[NoisyFacts]
    ours_signatures: Floats
    noisy_signatures: Floats

    def without(self, flags: Flags) -> "Pairs":
        """Leave some blocks out: those whose flag is set, (N,)."""
        keep: list[int] = np.flatnonzero(~flags).tolist()
        return Pairs(
            [self.facts[i] for i in keep],
            [self.noisy[i] for i in keep],
            self.ours_signatures[keep],
            self.noisy_signatures[keep],
        )


def pair_up(facts: Sequence[BlockFacts]) -> Pairs:
    """Gather the signatures of blocks whose noisy ones are at hand."""
    noisy = [fact.noisy for fact in facts if fact.noisy is not None]
    return Pairs(
        facts,
        noisy,
        np.stack([fact.signature for fact in facts]),
        np.stack([fact.signature for fact in noisy]),
    )


def check_channels(pairs: Pairs, file: str) -> tuple[list[Finding], Pairs, bool]:
    """Find red and blue exchanged; put all of them right for what follows.

    A grey block says nothing. Only if most of the coloured ones are exchanged is it
    the whole file.
    """
    ours, noisy = pairs.ours_signatures, pairs.noisy_signatures
    as_is = ((ours - noisy) ** 2).mean(axis=(1, 2, 3))
    exchanged = ((ours[..., ::-1] - noisy) ** 2).mean(axis=(1, 2, 3))
    coloured = np.maximum(as_is, exchanged) > COLOURFUL**2
    swapped = (exchanged < SWAP_RATIO * as_is) & (as_is > COLOURFUL**2)
    count, of = int(swapped.sum()), int(coloured.sum())
    differences = np.sqrt(np.stack([as_is, exchanged]))
    if count > MAJORITY * of:
        index = f"{count} of {of} coloured blocks"
        mean = differences[:, swapped].mean(axis=1)
        right = Pairs(pairs.facts, pairs.noisy, ours[..., ::-1], noisy)
        return [_channels(file, index, mean, count)], right, True
    findings = [
        _channels(pairs.facts[i].file, pairs.facts[i].name, differences[:, i], 1)
        for i in np.flatnonzero(swapped).tolist()
    ]
    return findings, pairs.without(swapped), False


def _channels(file: str, index: str, differences: Floats, count: int) -> Finding:
    as_is, exchanged = differences
    return report(
        *("channels_swapped", file, index),
        count=count,
        as_is=as_is,
        exchanged=exchanged,
    )


def check_turned(
    pairs: Pairs, elsewhere: Floats, file: str
) -> tuple[list[Finding], Pairs, bool]:
    """Find transposed and mirrored blocks; put all of them right for what follows.

    Args:
        pairs: The blocks.
        elsewhere: (N,), how much each looks, as it is, like another block that it is
            clearly misplaced from; -1 if it is not. The wrong place explains as much.
        file: The submission.
    """
    ours, noisy = pairs.ours_signatures, pairs.noisy_signatures
    turns = _turn(ours)
    own = correlate(ours, noisy)
    scores = np.stack([correlate(turned, noisy) for turned in turns.values()])
    which, best = scores.argmax(axis=0), scores.max(axis=0, initial=-1)
    flags = (best >= LIKE) & (own < best - CLEARLY) & (best > elsewhere + BETTER)
    common = int(np.bincount(which[flags], minlength=len(turns)).argmax())
    count = int((flags & (which == common)).sum())
    if count > MAJORITY * len(flags):
        how, index = list(turns)[common], f"{count} of {len(flags)} blocks"
        right = Pairs(pairs.facts, pairs.noisy, turns[how], noisy)
        return [_turned(file, index, how, best[flags], own[flags])], right, True
    findings = [
        _turned(
            pairs.facts[i].file,
            pairs.facts[i].name,
            list(turns)[which[i]],
            best[[i]],
            own[[i]],
        )
        for i in np.flatnonzero(flags).tolist()
    ]
    return findings, pairs.without(flags), False


def _turned(file: str, index: str, how: str, best: Floats, own: Floats) -> Finding:
    return report(
        *("turned", file, index),
        count=len(best),
        how=how,
        similarity=best.mean(),
        own=own.mean(),
    )


def _turn(ours: Floats) -> dict[str, Floats]:
    return {
        "transposed": ours.transpose(0, 2, 1, 3),
        "mirrored left to right": ours[:, :, ::-1],
        "mirrored top to bottom": ours[:, ::-1],
        "turned by 180 degrees": ours[:, ::-1, ::-1],
    }
