"""From the score files of runs to the table that compares them."""

import numpy as np
import pandas as pd

from cbsn_pipeline.imaging.metrics import CONVENTIONS_IN_WORDS
from cbsn_pipeline.imaging.paired import MIN_IMAGES, PairedComparison, compare_scores
from cbsn_pipeline.pipelines.compare.options import CompareOptions
from cbsn_pipeline.pipelines.compare.sources import ComparedRun

METRICS = tuple(CONVENTIONS_IN_WORDS)
KEYS = ("row", "image", "block")  # "image" may be missing
SAME_PIXELS_DB = 1e-6  # PSNR of the same noisy block; files keep 15 digits
_SHOWN = 3  # examples in a message


def pair_scores(runs: list[ComparedRun], method: str) -> pd.DataFrame:
    """Read the scores of one method from every run, and see that they are pairs.

    Args:
        runs: The runs; the first is what others are compared with.
        method: Which method of each run.

    Returns:
        One row per run and block, in the same order of blocks for every run: run (its
        letter), row, image (where the files have it), block, noisy_db (NaN where the
        noisy input was not scored) and the metrics.

    Raises:
        ValueError: A file that holds no such scores, or runs that did not score the
            same blocks.
    """
    tables = [read_scores(run, method) for run in runs]
    for run, table in zip(runs[1:], tables[1:], strict=True):
        _check_same_blocks(runs[0], tables[0], run, table)
        _check_same_pixels(runs[0], tables[0], run, table)
    return pd.concat(tables, ignore_index=True)


def read_scores(run: ComparedRun, method: str) -> pd.DataFrame:
    """Read the scores of one method, sorted by block.

    Args:
        run: Whose.
        method: Which row of each block.

    Returns:
        One row per block, as in :func:`pair_scores`.

    Raises:
        ValueError: Columns or the method are missing, a block is there twice, or a
            score is not a finite number.
    """
    scores = _read_csv(run)
    chosen = scores[scores["method"] == method]
    if chosen.empty:
        raise ValueError(
            f"{run.scores} has no scores of the method {method!r}; it has "
            f"{', '.join(sorted(map(str, scores['method'].unique())))}. Choose one of "
            "them with compare.method (denoised_ema needs a training with "
            "train.ema_decay)."
        )
    keys = keys_of(chosen)
    _check_each_once(chosen, keys, run)
    _check_finite(chosen, keys, run)
    noisy = scores[scores["method"] == "noisy"].drop_duplicates(keys)
    noisy = noisy[[*keys, "psnr_db"]].rename(columns={"psnr_db": "noisy_db"})
    table = chosen.merge(noisy, on=keys, how="left").sort_values(keys)
    table = table[[*keys, "noisy_db", *METRICS]].reset_index(drop=True)
    table.insert(0, "run", run.letter)
    return table


def compare_runs(
    scores: pd.DataFrame, runs: list[ComparedRun], options: CompareOptions
) -> pd.DataFrame:
    """Compare every run with the first, metric by metric.

    Args:
        scores: See :func:`pair_scores`.
        runs: The runs.
        options: How to resample.

    Returns:
        One row per pair and metric: pair ("B-A"), first and second (labels), method,
        metric, then what :class:`~cbsn_pipeline.imaging.paired.PairedComparison` says,
        intervals as ``blocks_low`` and so on, and how they were drawn. No images, no
        numbers: NaN.

    Raises:
        ValueError: Images are to be resampled and there are fewer than two.
    """
    images = scores.loc[scores["run"] == runs[0].letter].get("image")
    if options.resample == "images" and (
        images is None or images.nunique() < MIN_IMAGES
    ):
        raise ValueError(
            "compare.resample is 'images', but the scores name "
            f"{0 if images is None else images.nunique()} images; expected "
            f"{MIN_IMAGES} or more. Use compare.resample=blocks."
        )
    by_run = dict(list(scores.groupby("run")))
    records = []
    for run in runs[1:]:
        for metric in METRICS:
            result = compare_scores(
                by_run[runs[0].letter][metric].to_numpy(),
                by_run[run.letter][metric].to_numpy(),
                None if images is None else images.to_numpy(),
                resamples=options.resamples,
                confidence=options.confidence,
                seed=options.seed,
            )
            pair = {
                "pair": f"{run.letter}-{runs[0].letter}",
                "first": runs[0].label,
                "second": run.label,
                "method": options.method,
                "metric": metric,
            }
            drawn = {
                "confidence": options.confidence,
                "resamples": options.resamples,
                "seed": options.seed,
            }
            records.append({**pair, **_flatten(result), **drawn})
    return pd.DataFrame.from_records(records)


def keys_of(scores: pd.DataFrame) -> list[str]:
    """Columns that say which block a score is of."""
    return [key for key in KEYS if key in scores]


def name_block(block: "pd.Series[int]") -> str:
    """Name a block in words: ``row 0, image 2, block 3``."""
    return ", ".join(f"{key} {block[key]}" for key in KEYS if key in block.index)


def _flatten(result: PairedComparison) -> dict[str, float | int]:
    nan = float("nan")
    images = result.images
    return {
        "num_blocks": result.num_blocks,
        "num_images": result.num_images,
        "mean_first": result.first,
        "mean_second": result.second,
        "difference": result.difference,
        "blocks_low": result.blocks.low,
        "blocks_high": result.blocks.high,
        "images_low": nan if images is None else images.low,
        "images_high": nan if images is None else images.high,
        "p_blocks": result.p_blocks,
        "p_images": nan if result.p_images is None else result.p_images,
        "won": result.won,
        "tied": result.tied,
    }


def _read_csv(run: ComparedRun) -> pd.DataFrame:
    try:
        scores = pd.read_csv(run.scores, compression=None, low_memory=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise ValueError(
            f"{run.scores} is no table of block scores ({error}); expected the CSV "
            "that kedro run --pipelines=validate writes."
        ) from error
    required = ("method", "row", "block", *METRICS)
    missing = [name for name in required if name not in scores]
    if missing:
        raise ValueError(
            f"{run.scores} lacks the columns {', '.join(missing)}; it has "
            f"{', '.join(map(str, scores))}. Expected block_scores.csv, one row per "
            "method and block: is this another table of validate?"
        )
    _check_numbers(scores, run)
    return scores


def _check_numbers(scores: pd.DataFrame, run: ComparedRun) -> None:
    """Raise unless blocks are counted by whole numbers and scores are numbers."""
    kinds = dict.fromkeys(keys_of(scores), "i") | dict.fromkeys(METRICS, "fi")
    wrong = [
        name for name, kind in kinds.items() if scores[name].dtype.kind not in kind
    ]
    if wrong:
        raise ValueError(
            f"{run.scores} holds {scores[wrong[0]].dtype} in the column {wrong[0]}; "
            "expected whole numbers for the block and numbers for the scores. Was the "
            "file cut off, or edited by another program?"
        )


def _check_each_once(scores: pd.DataFrame, keys: list[str], run: ComparedRun) -> None:
    twice = scores[scores.duplicated(keys)]
    if len(twice):
        raise ValueError(
            f"{run.scores} scores {len(twice)} blocks more than once, first "
            f"{name_block(twice.iloc[0])}; expected every block once. Were two "
            "files joined?"
        )


def _check_finite(scores: pd.DataFrame, keys: list[str], run: ComparedRun) -> None:
    for metric in METRICS:
        bad = scores[~np.isfinite(scores[metric])]
        if len(bad):
            raise ValueError(
                f"{run.scores} has {len(bad)} scores {metric} that are not finite "
                f"numbers, first at {name_block(bad.iloc[0][keys])}: their mean "
                "difference is none either. A PSNR is infinite where a block equals "
                "the clean one, pixel by pixel: is it ground truth that was scored?"
            )


def _check_same_blocks(
    first: ComparedRun, ours: pd.DataFrame, run: ComparedRun, theirs: pd.DataFrame
) -> None:
    """Raise unless both runs have the same row, image and block keys."""
    keys = keys_of(ours)
    if keys != keys_of(theirs):
        raise ValueError(
            f"Runs name their blocks differently: {first.letter} ({first.scores}) by "
            f"{', '.join(keys)}; {run.letter} ({run.scores}) by "
            f"{', '.join(keys_of(theirs))}. Were they written by different versions?"
        )
    sides = ours[keys].merge(theirs[keys], how="outer", indicator=True)
    only = {
        first: sides[sides["_merge"] == "left_only"],
        run: sides[sides["_merge"] == "right_only"],
    }
    found = [
        f"{len(blocks)} only in {whose.letter} ({whose.scores}): "
        + "; ".join(name_block(block) for _, block in blocks.head(_SHOWN).iterrows())
        + (" ..." if len(blocks) > _SHOWN else "")
        for whose, blocks in only.items()
        if len(blocks)
    ]
    if found:
        raise ValueError(
            "Runs are compared block by block, but these did not score the same "
            f"blocks: {'. '.join(found)}. Validate both with the same "
            "validate.num_images, num_blocks and image_indices."
        )


def _check_same_pixels(
    first: ComparedRun, ours: pd.DataFrame, run: ComparedRun, theirs: pd.DataFrame
) -> None:
    """Raise if the noisy input has other scores: blocks of one name, other pixels."""
    apart = (ours["noisy_db"] - theirs["noisy_db"]).abs() > SAME_PIXELS_DB
    if apart.any():
        block = ours[apart].iloc[0]
        other = theirs[apart].iloc[0]
        raise ValueError(
            f"{first.letter} ({first.scores}) and {run.letter} ({run.scores}) scored "
            f"other pixels under the same names: the noisy input of "
            f"{name_block(block[keys_of(ours)].astype(int))} has "
            f"{block['noisy_db']:.3f} dB in the one and {other['noisy_db']:.3f} dB in "
            f"the other ({int(apart.sum())} blocks of {len(ours)} differ). Was one "
            "validated on another data set?"
        )
