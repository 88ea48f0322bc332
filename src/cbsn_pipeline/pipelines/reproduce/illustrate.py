"""The step that puts plots into a reproduction card."""

from typing import TYPE_CHECKING, Any

from cbsn_pipeline.pipelines.reproduce.card import PLOTS
from cbsn_pipeline.training.options import TrainOptions

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame
else:  # Kedro resolves the annotations of nodes; these would import the libraries
    DataFrame = Figure = Any

# Name in the catalog and of the file, by what the plot shows.
NAMES = {
    "PSNR of every image, by camera and ISO": "reproduction_by_camera",
    "PSNR that every image gains": "reproduction_gains",
    "Held-out PSNR while training": "reproduction_training",
}


def illustrate_card(
    page: str,
    image_scores: DataFrame,
    score_summary: dict[str, Any],
    training_report: dict[str, Any],
    version: str,
    train: TrainOptions,
) -> tuple[str, str, Figure, Figure, Figure]:
    """Draw the plots of a card and link to them from its page.

    Args:
        page: The card in Markdown.
        image_scores: One row per image and method.
        score_summary: Names the methods.
        training_report: Held-out scores by step.
        version: Under which this run saves page and plots.
        train: How it was trained.

    Returns:
        The page with links to where Kedro keeps its plots, the same with links to
        plots beside it, as MLflow keeps them, and the plots in the order of ``NAMES``.
    """
    from cbsn_pipeline.pipelines.reproduce import plots

    methods = score_summary["methods"].items()
    labels = {name: scores["label"] for name, scores in methods}
    # Kedro keeps <file>/<version>/<file>, for the page as for the plots
    return (
        add_links(page, "../../{name}.png/" + version + "/{name}.png"),
        add_links(page, "{name}.png"),
        plots.plot_by_camera(image_scores, labels),
        plots.plot_gains(image_scores, labels),
        plots.plot_training(training_report["held_out"], train),
    )


def add_links(page: str, place: str) -> str:
    """Put links to the plots where a page keeps room for them.

    Args:
        page: The card in Markdown.
        place: Of a plot, relative to the page, with ``{name}`` in it.
    """
    links = [f"![{text}]({place.format(name=name)})" for text, name in NAMES.items()]
    return page.replace(PLOTS, "\n\n".join(["## Plots", *links]))
