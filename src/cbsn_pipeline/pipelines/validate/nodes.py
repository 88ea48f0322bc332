"""The steps of scoring; the science is in the modules beside this one."""

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.cbsn.options import restitution_in_words
from cbsn_pipeline.pipelines.validate.options import ValidateOptions

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from cbsn_pipeline.cbsn import Denoiser
else:
    # Kedro resolves every annotation of a node to find the options among them, so the
    # names must exist; the libraries behind them load only when a node runs.
    DataFrame = Denoiser = Figure = Any

Blocks = NDArray[np.uint8]  # (images, blocks, height, width, RGB), 0..255
Image = NDArray[np.uint8]  # (height, width, RGB), 0..255


def check_validation_blocks(
    validation_noisy_blocks: Blocks,
    validation_clean_blocks: Blocks,
    options: ValidateOptions,
) -> tuple[Blocks, Blocks]:
    """Refuse a set that is not the declared one, before hours are spent on it.

    Args:
        validation_noisy_blocks: As read.
        validation_clean_blocks: As read.
        options: ``num_images`` and ``num_blocks`` declare the set.

    Returns:
        Both, unchanged, (images, blocks, 256, 256, 3) uint8.

    Raises:
        ValueError: Another number of images or blocks, no sRGB blocks, or the noisy
            blocks are the clean ones.
    """
    from cbsn_pipeline.benchmarks.sidd.blocks import check_blocks

    sets = {
        "validation_noisy_blocks": validation_noisy_blocks,
        "validation_clean_blocks": validation_clean_blocks,
    }
    for name, blocks in sets.items():
        check_blocks(
            blocks,
            source=f"The data set {name}",
            num_images=options.num_images,
            num_blocks=options.num_blocks,
        )
    if np.array_equal(validation_noisy_blocks, validation_clean_blocks):
        raise ValueError(
            "The noisy and the clean validation blocks are the same pixels; expected "
            "a noisy set and its ground truth. Do both catalog entries name one file?"
        )
    return validation_noisy_blocks, validation_clean_blocks


def denoise_blocks(
    denoiser: Denoiser, noisy_blocks: Blocks, options: ValidateOptions
) -> dict[str, Blocks]:
    """Denoise every block, each with its own statistics, as the authors validate.

    Args:
        denoiser: The trained network.
        noisy_blocks: (images, blocks, 256, 256, 3) uint8.
        options: Padding, batch size, and strides to run the blind network at.

    Returns:
        ``denoised`` (the network alone), where training averaged its weights
        ``denoised_ema``, ``restituted``, and ``blind_<stride>`` for every stride asked
        for: same shape, uint8, rounded and clipped.
    """
    from cbsn_pipeline.progress import Progress

    denoisers = {"denoised": denoiser}
    if denoiser.average is not None:
        denoisers["denoised_ema"] = denoiser.averaged()
    if options.restitution != "off":
        denoisers["restituted"] = denoiser.restituting(options.restitution)
    for stride in options.blind_strides:
        denoisers[f"blind_{stride}"] = denoiser.blind(stride)
    denoised = {name: np.empty_like(noisy_blocks) for name in denoisers}
    num_blocks = int(np.prod(noisy_blocks.shape[:2])) * len(denoisers)
    with Progress("Denoising", total=num_blocks, unit="blocks") as bar:
        for (name, chosen), image in product(
            denoisers.items(), range(len(noisy_blocks))
        ):
            blocks = noisy_blocks[image]
            denoised[name][image] = chosen.denoise_blocks(
                blocks, padding=options.padding, batch_size=options.batch_size
            )
            bar.advance(len(blocks))
    return denoised


def measure_checkerboards(
    denoiser: Denoiser,
    denoised_blocks: dict[str, Blocks],
    noisy_blocks: Blocks,
    clean_blocks: Blocks,
) -> dict[str, dict[str, float]]:
    """Look for the grid of the training's sub-images in what was denoised.

    Args:
        denoiser: Its provenance says with which strides it was trained.
        denoised_blocks: Our outputs by name, (images, blocks, 256, 256, 3) uint8.
        noisy_blocks: Same shape and type.
        clean_blocks: Same shape and type.

    Returns:
        By name of the output, and for ``clean`` to compare with,
        ``checkerboard_<stride>``: energy at the stride's period that the noisy blocks
        do not have, over the energy beside it; just visible from 1.
    """
    from cbsn_pipeline.imaging.checkerboard import checkerboards

    strides = _training_strides(denoiser)
    noisy = noisy_blocks.reshape(-1, *noisy_blocks.shape[2:])
    return {
        name: checkerboards(noisy, blocks.reshape(noisy.shape), strides=strides)
        for name, blocks in {**denoised_blocks, "clean": clean_blocks}.items()
    }


def _training_strides(denoiser: Denoiser) -> list[int]:
    """Strides of both subsamplers; the released ones where they are not known."""
    from cbsn_pipeline.cbsn.options import LossOptions

    released, known = LossOptions(), denoiser.provenance.options
    names = ("invariance_stride", "blind_stride")
    return [int(known.get(name, getattr(released, name))) for name in names]


def search_oracle_blur(
    noisy_blocks: Blocks, clean_blocks: Blocks, options: ValidateOptions
) -> dict[str, Any]:
    """Find the sigma whose blur scores best on the clean blocks: an oracle.

    Args:
        noisy_blocks: (images, blocks, 256, 256, 3) uint8.
        clean_blocks: Same shape and type.
        options: The sigmas to try.

    Returns:
        ``sigma`` in pixels (None if the oracle is not among the baselines) and
        ``psnr_db_by_sigma``, the mean over blocks of each.
    """
    from cbsn_pipeline.pipelines.validate.scoring import search_blur
    from cbsn_pipeline.threads import num_workers

    if "gaussian_blur_oracle" not in options.baselines:
        return {"sigma": None, "psnr_db_by_sigma": {}}
    decibels = search_blur(
        noisy_blocks,
        clean_blocks,
        options.blur_sigmas,
        workers=num_workers(options.workers),
    )
    best = max(decibels, key=decibels.__getitem__)
    by_sigma = {f"{sigma:g}": mean for sigma, mean in decibels.items()}
    return {"sigma": best, "psnr_db_by_sigma": by_sigma}


def score_blocks(
    denoised_blocks: dict[str, Blocks],
    noisy_blocks: Blocks,
    clean_blocks: Blocks,
    oracle_blur: dict[str, Any],
    options: ValidateOptions,
) -> DataFrame:
    """Score every block with every method.

    Args:
        denoised_blocks: Our outputs by name, (images, blocks, 256, 256, 3) uint8.
        noisy_blocks: Same shape and type.
        clean_blocks: Same shape and type.
        oracle_blur: The sigma that the oracle chose.
        options: Which baselines; what each row of the arrays is.

    Returns:
        One row per method and block: method, row (position on the first axis), image
        (its index in the official set where known), block, psnr_db and the SSIMs.

    Raises:
        ValueError: Shapes differ.
    """
    from cbsn_pipeline.pipelines.validate.rows import describe_rows
    from cbsn_pipeline.pipelines.validate.scoring import (
        choose_baselines,
        score_methods,
        warn_of_identical,
    )
    from cbsn_pipeline.threads import num_workers

    for blocks in denoised_blocks.values():
        if blocks.shape != clean_blocks.shape:
            raise ValueError(
                f"Shapes differ: denoised blocks {blocks.shape}, clean blocks "
                f"{clean_blocks.shape}. Was another set denoised than is scored?"
            )
    scores = score_methods(
        denoised_blocks,
        noisy_blocks,
        clean_blocks,
        choose_baselines(options.baselines, oracle_blur["sigma"]),
        workers=num_workers(options.workers),
    )
    warn_of_identical(scores)
    images = [row.image for row in describe_rows(options)]
    scores.insert(2, "image", scores["row"].map(dict(enumerate(images))))
    return scores


def average_scores(
    block_scores: DataFrame, options: ValidateOptions
) -> tuple[DataFrame, DataFrame]:
    """Average the block scores by image, and by camera and ISO.

    Args:
        block_scores: One row per method and block.
        options: What each row of the arrays is.

    Returns:
        The table by image and the one by camera and ISO; both say in ``order`` whether
        the names were inferred from SIDD's list.
    """
    from cbsn_pipeline.pipelines.validate.rows import describe_rows
    from cbsn_pipeline.pipelines.validate.tables import (
        average_by_camera,
        average_by_image,
    )

    image_scores = average_by_image(block_scores, describe_rows(options))
    return image_scores, average_by_camera(image_scores)


def rank_methods(block_scores: DataFrame, oracle_blur: dict[str, Any]) -> DataFrame:
    """Average every method over all blocks, the best PSNR first.

    Args:
        block_scores: One row per method and block.
        oracle_blur: The sigma that the oracle chose, for its label.

    Returns:
        One row per method: method, label, psnr_db (the mean of the blocks' dB), gain_db
        over the noisy input, the SSIMs, num_blocks.
    """
    from cbsn_pipeline.pipelines.validate import tables

    return tables.rank_methods(block_scores, oracle_blur["sigma"])


def summarise_scores(
    score_table: DataFrame,
    oracle_blur: dict[str, Any],
    checkerboard_energies: dict[str, dict[str, float]],
    denoiser: Denoiser,
    noisy_blocks: Blocks,
    options: ValidateOptions,
) -> dict[str, Any]:
    """Gather what a reader must know beside the numbers.

    Args:
        score_table: One row per method.
        oracle_blur: The oracle's search.
        checkerboard_energies: Of our outputs and of the clean blocks.
        denoiser: Its provenance says what it was trained on.
        noisy_blocks: The scored blocks, to see whether they were trained on.
        options: How they were padded.

    Returns:
        Scores per method, conventions in words, the oracle's search, where the
        denoiser comes from, whether the row is a dagger one.
    """
    from cbsn_pipeline.imaging.metrics import SCORES_IN_WORDS
    from cbsn_pipeline.pipelines.validate.tables import count_trained_on

    provenance = denoiser.provenance
    return {
        "methods": score_table.drop(columns="num_blocks")
        .set_index("method")
        .to_dict("index"),
        "conventions": dict(SCORES_IN_WORDS),
        "oracle_blur": {
            **oracle_blur,
            "chosen_on": "the clean blocks that are scored: an oracle, not a method",
        },
        "denoiser": {
            "data_digest": provenance.data_digest,
            "imported": provenance.imported,
            "data_kind": provenance.data_kind,
            "steps": provenance.steps,
            "students": provenance.options.get("student", {}).get("generations", 0),
            "file": str(denoiser.file) if denoiser.file else None,
            "padding": options.padding,
            "restitution": restitution_in_words(options.restitution),
        },
        "checkerboard": checkerboard_energies,
        **count_trained_on(noisy_blocks, provenance.trained_on),
    }


def plot_psnr_per_image(image_scores: DataFrame, oracle_blur: dict[str, Any]) -> Figure:
    """Plot the PSNR of each image: denoised, noisy and the oracle blur.

    Args:
        image_scores: One row per image and method.
        oracle_blur: The sigma that the oracle chose, for the legend.

    Returns:
        The figure.
    """
    from cbsn_pipeline.pipelines.validate import figures
    from cbsn_pipeline.pipelines.validate.tables import label_method

    methods = image_scores["method"].unique()
    labels = {method: label_method(method, oracle_blur["sigma"]) for method in methods}
    return figures.plot_psnr_per_image(image_scores, labels)


def draw_best_and_worst_blocks(
    block_scores: DataFrame,
    image_scores: DataFrame,
    denoised_blocks: dict[str, Blocks],
    noisy_blocks: Blocks,
    clean_blocks: Blocks,
) -> tuple[Figure, dict[str, Image]]:
    """Show the worst, the median and the best block, one pixel per pixel.

    Args:
        block_scores: One row per method and block.
        image_scores: Names the images.
        denoised_blocks: Our outputs by name, (images, blocks, 256, 256, 3) uint8.
        noisy_blocks: Same shape and type.
        clean_blocks: Same shape and type.

    Returns:
        The figure, and each of its rows as an image, (256, 768, 3) uint8, by rank.
    """
    from cbsn_pipeline.pipelines.validate.figures import draw_blocks, pick_blocks
    from cbsn_pipeline.pipelines.validate.tables import title_images

    picked = pick_blocks(
        block_scores,
        title_images(image_scores),
        denoised_blocks["denoised"],
        noisy_blocks,
        clean_blocks,
    )
    return draw_blocks(picked), {block.rank: block.strip for block in picked}


def report_scores(
    score_table: DataFrame, score_summary: dict[str, Any]
) -> tuple[dict[str, float], dict[str, str]]:
    """Show the table that the run was made for.

    Args:
        score_table: One row per method.
        score_summary: Conventions, dagger and provenance.

    Returns:
        Every score as a metric, such as ``validation/denoised/psnr_db``, and whether
        the row is a dagger one as a tag.
    """
    from cbsn_pipeline.pipelines.validate.report import print_scores

    print_scores(score_table, score_summary)
    metrics = {
        f"validation/{method}/{name}": value
        for method, scores in score_summary["methods"].items()
        for name, value in scores.items()
        if not isinstance(value, str)
    }
    metrics |= {
        f"validation/{method}/{name}": value
        for method, energies in score_summary["checkerboard"].items()
        for name, value in energies.items()
    }
    return metrics, {"dagger": score_summary["dagger"]}
