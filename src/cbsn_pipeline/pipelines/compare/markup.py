"""A comparison as a table in Markdown, and in LaTeX for a paper."""

import re

from cbsn_pipeline.pipelines.compare.layout import (
    METRIC_NAMES,
    NOT_KNOWN,
    SMALL_P,
    Layout,
)

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def to_markdown(layout: Layout) -> str:
    """Write a comparison as Markdown: which run is which, a table per pair, notes."""
    runs = [f"{run.letter}: {run.label} (from {run.entry})" for run in layout.runs]
    parts = [_markdown_list(runs)]
    for pair in layout.pairs:
        rows = [layout.headings, *pair.rows]
        lines = [f"| {' | '.join(map(escape_markdown, row))} |" for row in rows]
        lines.insert(1, f"|---|{'---:|' * (len(layout.headings) - 1)}")
        parts += [f"## {escape_markdown(pair.title)}", "\n".join(lines)]
    parts.append(_markdown_list(layout.notes))
    return "\n\n".join(parts) + "\n"


def to_latex(layout: Layout) -> str:
    r"""Write a comparison as a LaTeX table with booktabs, pairs below each other.

    Returns:
        A ``table`` environment, which run is which and the notes in its caption. Its
        preamble needs ``\usepackage{booktabs}``.
    """
    width = len(layout.headings)
    runs = [f"{run.letter}: {run.label}." for run in layout.runs]
    caption = escape_latex(" ".join([*runs, *layout.notes]))
    lines = [
        r"% written by kedro run --pipelines=compare; needs \usepackage{booktabs}",
        r"\begin{table}",
        r"  \centering",
        f"  \\caption{{{caption}}}",
        f"  \\begin{{tabular}}{{l{'r' * (width - 1)}}}",
        r"    \toprule",
        _latex_row([escape_latex(heading) for heading in layout.headings]),
    ]
    for pair in layout.pairs:
        title = rf"\multicolumn{{{width}}}{{l}}{{{escape_latex(pair.title)}}}"
        lines += [r"    \midrule", _latex_row([title])]
        lines += [_latex_row([_latex_cell(cell) for cell in row]) for row in pair.rows]
    lines += [r"    \bottomrule", r"  \end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def escape_markdown(text: str) -> str:
    r"""Make every character of a text mean itself in Markdown.

    >>> print(escape_markdown("run_1 | <b>"))
    run\_1 \| \<b\>
    """
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", text)


def escape_latex(text: str) -> str:
    r"""Make every character of a text mean itself in LaTeX.

    >>> print(escape_latex("run_1: 50 % & more"))
    run\_1: 50 \% \& more
    """
    return "".join(_LATEX.get(character, character) for character in text)


def _markdown_list(lines: list[str]) -> str:
    return "\n".join(f"- {escape_markdown(line)}" for line in lines)


def _latex_row(cells: list[str]) -> str:
    return f"    {' & '.join(cells)} \\\\"


def _latex_cell(cell: str) -> str:
    """Escape a cell and set its numbers as mathematics, for a true minus sign."""
    if cell in METRIC_NAMES.values():
        return escape_latex(cell)
    cell = {NOT_KNOWN: "--", SMALL_P: "$<10^{-4}$"}.get(cell, cell)
    return cell if "$" in cell else _NUMBER.sub(r"$\g<0>$", escape_latex(cell))
