"""Pictures side by side at one pixel per pixel."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

_DPI = 100
_MARGIN = 8  # pixels
_LINE = 20  # pixels of one line of text
_PLAIN_COLUMNS = 100  # characters of a line where there are no pictures
_PLAIN_WIDTH = 800  # pixels that they take


@dataclass(frozen=True)
class PanelRow:
    """Pictures side by side, each under what is written above it."""

    title: str
    panels: dict[str, NDArray[np.uint8]]


def draw_panels(rows: Sequence[PanelRow], lines: Sequence[str] = ()) -> Figure:
    """Show pictures side by side, one row per block, not resampled.

    Args:
        rows: Pictures of one size, a column each; none gives the lines alone.
        lines: What is written above the first row, such as which run is which.

    Returns:
        A figure whose pixels are those of the pictures: save it with its own dpi.
    """
    if not rows:
        lines = [part for line in lines for part in textwrap.wrap(line, _PLAIN_COLUMNS)]
    height, width = _picture_size(rows)
    columns = max((len(row.panels) for row in rows), default=0)
    row_height = 2 * _LINE + height + _MARGIN
    head = len(lines) * _LINE + _MARGIN
    size = (
        _MARGIN + columns * (width + _MARGIN) if rows else _PLAIN_WIDTH,
        head + len(rows) * row_height + _MARGIN,
    )
    figure = Figure(figsize=(size[0] / _DPI, size[1] / _DPI), dpi=_DPI)
    for number, line in enumerate(lines):
        _text(figure, _MARGIN, size[1] - (number + 0.75) * _LINE, line)
    for number, row in enumerate(rows):
        top = size[1] - head - number * row_height
        _text(figure, _MARGIN, top - _LINE / 2, row.title, bold=True)
        for column, (title, image) in enumerate(row.panels.items()):
            left = _MARGIN + column * (width + _MARGIN)
            _text(figure, left, top - 1.5 * _LINE, title)
            # figimage places pixels as they are; imshow would resample.
            figure.figimage(image, left, top - 2 * _LINE - height, origin="upper")
    return figure


def _picture_size(rows: Sequence[PanelRow]) -> tuple[int, int]:
    if not rows:
        return 0, 0
    height, width = next(iter(rows[0].panels.values())).shape[:2]
    return height, width


def _text(
    figure: Figure, left: float, middle: float, text: str, *, bold: bool = False
) -> None:
    width, height = figure.get_size_inches() * _DPI
    figure.text(
        left / width,
        middle / height,
        text,
        fontsize=8.5,
        weight="bold" if bold else "normal",
        verticalalignment="center",
        parse_math=False,  # a label may hold a dollar
    )
