"""The blocks in which two runs differ most, denoised again by both."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.cbsn import Denoiser
from cbsn_pipeline.imaging.metrics import psnr
from cbsn_pipeline.panels import PanelRow
from cbsn_pipeline.pipelines.compare.options import CompareOptions
from cbsn_pipeline.pipelines.compare.sources import ComparedRun
from cbsn_pipeline.pipelines.compare.tables import keys_of, name_block

Image = NDArray[np.uint8]  # (H, W, RGB), 0..255
Blocks = NDArray[np.uint8]  # (images, blocks, H, W, RGB), 0..255

# The methods that a denoiser makes: how, from the one that was loaded
METHODS: dict[str, Callable[[Denoiser], Denoiser]] = {
    "denoised": lambda denoiser: denoiser.restituting("off"),
    "denoised_ema": lambda denoiser: denoiser.averaged(),
    "restituted": lambda denoiser: denoiser.restituting("auto"),
}
SAME_NOISY_DB = 1e-3  # both from the same integers: equal but for digits in a file
SAME_DENOISED_DB = 0.05  # a GPU rounds otherwise than a CPU, here and there by a level


@dataclass(frozen=True)
class Pick:
    """One block of one pair of runs.

    Attributes:
        first: The run compared with.
        second: The other.
        title: Which block it is and why it is shown.
        index: Where it is in the arrays: position of the image, block.
        noisy_db: Recorded PSNR of the noisy input; NaN if none was.
        recorded_db: Recorded PSNR of each run, by letter.
    """

    first: ComparedRun
    second: ComparedRun
    title: str
    index: tuple[int, int]
    noisy_db: float
    recorded_db: dict[str, float]


@dataclass(frozen=True)
class Panels:
    """What can be shown, and why other things cannot."""

    rows: list[PanelRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _CannotShowError(Exception):
    """Why there are no panels, as half a sentence; never leaves this module."""


def make_panels(
    runs: list[ComparedRun],
    scores: pd.DataFrame,
    noisy: Blocks | None,
    clean: Blocks | None,
    options: CompareOptions,
) -> Panels:
    """Denoise again the blocks in which each run differs most from the first.

    Only what was scored is shown: noisy and denoised pixels must have the PSNR that
    was recorded.

    Args:
        runs: The runs.
        scores: See :func:`~cbsn_pipeline.pipelines.compare.tables.pair_scores`.
        noisy: The blocks of this environment, (images, blocks, H, W, 3) uint8; None
            if it has none.
        clean: Same shape and type.
        options: How many blocks, and of which method.

    Returns:
        Rows of noisy, the runs whose denoiser can be had, clean; and what is missing.
    """
    try:
        noisy, clean = _check_possible(noisy, clean, options)
        picks = [
            pick
            for run in runs[1:]
            for pick in pick_blocks(scores, runs[0], run, options.panels)
        ]
        _check_same_blocks(picks, noisy, clean)
    except _CannotShowError as reason:
        return Panels(notes=[f"No panels: {reason}."])
    panels = Panels()
    denoised: dict[tuple[str, tuple[int, int]], Image] = {}
    for run in runs:
        mine = [pick for pick in picks if run in (pick.first, pick.second)]
        try:
            images = denoise_picks(run, mine, noisy, clean, options.method)
        except _CannotShowError as reason:
            panels.notes.append(f"No panels of {run.letter}: {reason}.")
            continue
        denoised.update({(run.letter, index): image for index, image in images.items()})
    if denoised:
        panels.rows.extend(_make_row(pick, denoised, noisy, clean) for pick in picks)
    return panels


def pick_blocks(
    scores: pd.DataFrame, first: ComparedRun, second: ComparedRun, num: int
) -> list[Pick]:
    """Pick the blocks in which the second run loses and gains most, by PSNR.

    Args:
        scores: See :func:`~cbsn_pipeline.pipelines.compare.tables.pair_scores`.
        first: The run compared with.
        second: The other.
        num: Blocks at either end; fewer where the set is small.

    Returns:
        The worst first, then the best, the best of all first.
    """
    by_run = {
        run.letter: scores[scores["run"] == run.letter].reset_index(drop=True)
        for run in (first, second)
    }
    ours, theirs = by_run[first.letter], by_run[second.letter]
    change = theirs["psnr_db"] - ours["psnr_db"]
    order = change.sort_values(kind="stable").index
    num = min(num, len(order))
    picks = {"worst": order[:num], "best": order[::-1][:num]}
    return [
        Pick(
            first=first,
            second=second,
            title=f"{second.letter} against {first.letter}, {end} {place} of "
            f"{len(order)} blocks: {change[position]:+.2f} dB "
            f"({name_block(ours.loc[position, keys_of(ours)])})",
            index=(int(ours["row"][position]), int(ours["block"][position])),
            noisy_db=float(ours["noisy_db"][position]),
            recorded_db={
                letter: float(table["psnr_db"][position])
                for letter, table in by_run.items()
            },
        )
        for end, positions in picks.items()
        for place, position in enumerate(positions, start=1)
    ]


def denoise_picks(
    run: ComparedRun, picks: list[Pick], noisy: Blocks, clean: Blocks, method: str
) -> dict[tuple[int, int], Image]:
    """Denoise the picked blocks again, as ``validate`` did.

    Args:
        run: Whose denoiser; its padding too.
        picks: The blocks.
        noisy: (images, blocks, H, W, 3) uint8.
        clean: Same shape and type.
        method: ``denoised``, the network alone; ``denoised_ema``, with averaged
            weights; or ``restituted``, with tone and colour given back as ``auto``
            chooses.

    Returns:
        (H, W, 3) uint8 by index of the block.
    """
    from cbsn_pipeline.datasets.denoiser_dataset import DenoiserDataset

    if run.denoiser is None:
        raise _CannotShowError(run.no_denoiser)
    recorded = {pick.index: pick.recorded_db[run.letter] for pick in picks}
    blocks = np.stack([noisy[index] for index in recorded])
    try:
        denoiser = DenoiserDataset(filepath=run.denoiser.as_posix()).load()
        denoised = METHODS[method](denoiser).denoise_blocks(blocks, padding=run.padding)
    except (DatasetError, ValueError) as error:
        raise _CannotShowError(str(error).rstrip(".")) from error
    for (index, decibels), image in zip(recorded.items(), denoised, strict=True):
        here = psnr(image, clean[index])
        if abs(here - decibels) > SAME_DENOISED_DB:
            raise _CannotShowError(
                f"{run.denoiser} gives row {index[0]}, block {index[1]} {here:.2f} dB, "
                f"recorded are {decibels:.2f} dB: other weights, another padding or "
                "another validate.restitution"
            )
    return dict(zip(recorded, denoised, strict=True))


def _check_possible(
    noisy: Blocks | None, clean: Blocks | None, options: CompareOptions
) -> tuple[Blocks, Blocks]:
    if not options.panels:
        raise _CannotShowError("compare.panels is 0")
    if options.method not in METHODS:
        raise _CannotShowError(f"no denoiser makes the method {options.method!r}")
    if noisy is None or clean is None:
        raise _CannotShowError("the scored blocks are not there (globals.sidd_path)")
    return noisy, clean


def _check_same_blocks(picks: list[Pick], noisy: Blocks, clean: Blocks) -> None:
    """Refuse blocks that are not those that were scored."""
    for pick in picks:
        row, block = pick.index
        if row >= noisy.shape[0] or block >= noisy.shape[1]:
            raise _CannotShowError(
                f"this environment has {noisy.shape[0]} x {noisy.shape[1]} blocks, "
                f"scored was row {row}, block {block}; another --env has them"
            )
        here = psnr(noisy[pick.index], clean[pick.index])
        if abs(here - pick.noisy_db) > SAME_NOISY_DB:  # false for NaN: not recorded
            raise _CannotShowError(
                f"the blocks of this environment are not those that were scored (noisy "
                f"row {row}, block {block}: {here:.2f} dB here, {pick.noisy_db:.2f} dB "
                "recorded); another --env has them"
            )


def _make_row(
    pick: Pick,
    denoised: dict[tuple[str, tuple[int, int]], Image],
    noisy: Blocks,
    clean: Blocks,
) -> PanelRow:
    truth = clean[pick.index]
    images = {"noisy": noisy[pick.index]}
    for run in (pick.first, pick.second):
        if (run.letter, pick.index) in denoised:
            images[run.letter] = denoised[run.letter, pick.index]
    panels = {
        f"{name}, {psnr(image, truth):.2f} dB": image for name, image in images.items()
    }
    return PanelRow(pick.title, {**panels, "clean": truth})
