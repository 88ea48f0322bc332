"""What can be wrong with the pixels of a submission whose format is right.

Pure functions of what was measured (:mod:`~.rules.facts`). Limits were set so that
real SIDD blocks, blurred by sigma 1 to 8 or replaced by their clean twins, give no
finding; ``docs/submission_checks.md`` has the numbers.
"""

from collections.abc import Sequence

import numpy as np

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.submission_checks.rules.changes import check_changes, check_levels
from cbsn_pipeline.submission_checks.rules.facts import BlockFacts, NoisyFacts
from cbsn_pipeline.submission_checks.rules.order import (
    FAR,
    Resemblance,
    find_resemblance,
    name_pattern,
)
from cbsn_pipeline.submission_checks.rules.orientation import (
    Pairs,
    check_channels,
    check_turned,
    pair_up,
)
from cbsn_pipeline.submission_checks.rules.report import report

HALF_LEVEL = 0.5  # changes below it vanish in 8 bits
ZERO_ONE = 1.01  # levels: nothing brighter in a block that was in 0..1
DARK = 8.0  # levels: a noisy block this dark may well become black
UNLIKE = 0.6  # median correlation of a submission made of other blocks
MAJORITY = 0.5
NO_PATTERN = "Blocks have changed places: another order of files or loops."
FEW = 0.1  # misplaced blocks, as a share: the others may be judged by their pixels

CHECKED_ALONE = ("constant blocks", "repeated blocks", "0..1 taken for 0..255")
CHECKED_AGAINST_INPUT = (
    "identity to the input",
    "order (what each block looks like)",
    "mirrored and transposed blocks",
    "channel order",
    "brightness and contrast",
    "how much was changed",
)


def check_content(
    facts: Sequence[BlockFacts], *, file: str, grid: tuple[int, int]
) -> list[Finding]:
    """Look for everything that is wrong with the pixels.

    A block is reported for the first thing found wrong with it: what follows from a
    mirrored block, for example, is not reported again as a wrong order.

    Args:
        facts: Of all blocks that could be read, each place once.
        file: The submission, for findings about all of it.
        grid: Number of images, and of blocks per image.
    """
    if not facts:
        return []
    dark = [fact for fact in facts if _is_too_dark(fact)]
    if len(dark) > MAJORITY * len(facts):
        return [_zero_one(dark, file, f"{len(dark)} of {len(facts)} blocks")]
    findings, done = _check_alone(facts)
    findings += _check_repeated([f for f in facts if f.place not in done])
    rest = [f for f in facts if f.place not in done and f.noisy is not None]
    findings += _check_against_input(pair_up(rest), file, grid) if rest else []
    return findings


def _check_alone(facts: Sequence[BlockFacts]) -> tuple[list[Finding], set[int]]:
    """Find blocks that are empty or in another range; and which those are."""
    findings, done = [], set()
    for fact in facts:
        if fact.constant and not (fact.noisy and fact.noisy.constant):
            findings.append(_constant(fact))
        elif _is_too_dark(fact):
            findings.append(_zero_one([fact], fact.file, fact.name))
        elif fact.noisy and not fact.noisy.constant and _is_identical(fact.noisy):
            findings.append(report("identical_to_input", fact.file, fact.name))
        else:
            continue
        done.add(fact.place)
    return findings, done


def _is_too_dark(fact: BlockFacts) -> bool:
    bright = fact.noisy is None or float(fact.noisy.signature.mean()) > DARK
    return fact.high <= ZERO_ONE and bright


def _is_identical(noisy: NoisyFacts) -> bool:
    return noisy.largest_change <= HALF_LEVEL


def _zero_one(dark: Sequence[BlockFacts], file: str, index: str) -> Finding:
    highest = max(fact.high for fact in dark)
    return report("range_0_1", file, index, count=len(dark), highest=highest)


def _constant(fact: BlockFacts) -> Finding:
    colour = ", ".join(f"{value:.4g}" for value in fact.signature[0, 0])
    # White or black may be right where light is missing or too bright; all 0 is not.
    sure = fact.noisy is not None or fact.high == 0
    name = "constant" if sure else "constant/perhaps"
    return report(name, fact.file, fact.name, colour=colour)


def _check_repeated(facts: Sequence[BlockFacts]) -> list[Finding]:
    first: dict[bytes, BlockFacts] = {}
    findings = []
    for fact in facts:
        other = first.setdefault(fact.digest, fact)
        if other is fact or _same_input(fact, other):
            continue
        name = _name_from(other, fact.file)
        findings.append(report("repeated", fact.file, fact.name, other=name))
    return findings


def _name_from(fact: BlockFacts, file: str) -> str:
    """Name a block as seen from a file: its own is left out."""
    return fact.name if fact.file == file else f"{fact.file}, {fact.name}"


def _same_input(fact: BlockFacts, other: BlockFacts) -> bool:
    if fact.noisy is None or other.noisy is None:
        return False
    return fact.noisy.digest == other.noisy.digest


def _check_against_input(
    pairs: Pairs, file: str, grid: tuple[int, int]
) -> list[Finding]:
    channels, pairs, all_swapped = check_channels(pairs, file)
    if not pairs.facts:
        return channels
    resemblance = find_resemblance(pairs.ours_signatures, pairs.noisy_signatures)
    elsewhere = np.where(resemblance.misplaced, resemblance.best_correlation, -1)
    turned, pairs, all_turned = check_turned(pairs, elsewhere, file)
    findings = channels + turned
    if not pairs.facts:
        return findings
    if turned:
        resemblance = find_resemblance(pairs.ours_signatures, pairs.noisy_signatures)
    if _is_other_input(resemblance):
        return [*findings, _other_input(resemblance, file, len(pairs.facts))]
    findings += _report_order(pairs, resemblance, grid)
    if all_swapped or all_turned or np.mean(resemblance.misplaced) > FEW:
        return findings  # changes of single pixels would say the same again
    rest = pairs.without(resemblance.misplaced)
    levels = check_levels(rest.ours_signatures, rest.noisy_signatures, rest.facts, file)
    return [*findings, *levels, *check_changes(rest.facts, rest.noisy, file)]


def _is_other_input(found: Resemblance) -> bool:
    return (
        float(np.median(found.own_correlation)) < UNLIKE
        and float(np.median(found.own_distance)) > FAR
        and float(np.mean(found.misplaced)) < MAJORITY
    )


def _other_input(found: Resemblance, file: str, count: int) -> Finding:
    similarity = float(np.median(found.own_correlation))
    index = f"all {count} blocks compared"
    return report("other_input", file, index, count=count, similarity=similarity)


def _report_order(
    pairs: Pairs, found: Resemblance, grid: tuple[int, int]
) -> list[Finding]:
    at: list[int] = np.flatnonzero(found.misplaced).tolist()
    looks_like = [pairs.facts[i] for i in found.best[at].tolist()]
    places = np.array([pairs.facts[i].place for i in at], dtype=np.int64)
    sources = np.array([fact.place for fact in looks_like], dtype=np.int64)
    cause = name_pattern(places, sources, grid) or NO_PATTERN
    return [
        report(
            "order",
            pairs.facts[i].file,
            pairs.facts[i].name,
            other=_name_from(other, pairs.facts[i].file),
            similarity=found.best_correlation[i],
            own=found.own_correlation[i],
            cause=cause,
        )
        for i, other in zip(at, looks_like, strict=True)
    ]
