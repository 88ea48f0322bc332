from io import StringIO

import pandas as pd
import pytest
from rich.console import Console

from cbsn_pipeline.pipelines.compare.layout import lay_out
from cbsn_pipeline.pipelines.compare.markup import to_latex, to_markdown
from cbsn_pipeline.pipelines.compare.options import CompareOptions
from cbsn_pipeline.pipelines.compare.report import print_comparison
from cbsn_pipeline.pipelines.compare.sources import ComparedRun

OPTIONS = CompareOptions()


def run(letter, label, tmp="data"):
    return ComparedRun(letter, label, f"{tmp}/{letter}.csv", None)


RUNS = [run("A", "paper_1"), run("B", "mine [bold] 50 % & more"), run("C", "wide")]


def record(second, metric, change, **values):
    return {
        "pair": f"{second}-A",
        "metric": metric,
        "num_blocks": 1280,
        "num_images": 40,
        "mean_first": 36.224 if metric == "psnr_db" else 0.86656,
        "mean_second": 36.224 + change,
        "difference": change,
        "blocks_low": change - 0.0123456,
        "blocks_high": change + 0.0123456,
        "images_low": change - 0.0523456,
        "images_high": change + 0.0523456,
        "p_blocks": 1e-18,
        "p_images": 0.012,
        "won": 0.834,
        **values,
    }


COMPARISON = pd.DataFrame.from_records(
    [
        record("B", "psnr_db", 0.12),
        record("B", "ssim_gaussian", -0.00012),
        record("C", "psnr_db", -10.12, p_blocks=0.5, won=1.0),
    ]
)


def test_numbers_are_rounded_to_what_can_be_told():
    layout = lay_out(COMPARISON, RUNS, OPTIONS)

    psnr, ssim = layout.pairs[0].rows
    assert psnr == [
        *("PSNR dB", "36.22", "36.34", "+0.120"),
        *("0.108 to 0.132", "0.068 to 0.172", "<1e-4", "0.0120", "83 %"),
    ]
    assert ssim[1] == "0.8666"
    assert ssim[3:5] == ["-0.00012", "-0.01247 to 0.01223"]
    assert [pair.title for pair in layout.pairs] == [
        "B against A, 1280 blocks of 40 images",
        "C against A, 1280 blocks of 40 images",
    ]
    assert layout.headings[4:] == [
        *("95 % by blocks", "95 % by images", "p by blocks", "p by images", "won"),
    ]
    assert "interval and p by images tell" in layout.notes[-1]


def test_resampled_images_come_alone_with_their_p():
    options = OPTIONS.model_copy(update={"resample": "images", "confidence": 0.9})

    layout = lay_out(COMPARISON, RUNS, options)

    assert layout.headings[4:] == ["90 % by images", "p", "won"]
    assert layout.pairs[0].rows[0][4:] == ["0.068 to 0.172", "0.0120", "83 %"]
    assert "by images tell" not in " ".join(layout.notes)


@pytest.mark.parametrize(("images", "said"), [(4, True), (5, True), (6, False)])
def test_few_images_can_prove_nothing_and_that_is_said(images, said):
    layout = lay_out(COMPARISON.assign(num_images=images), RUNS, OPTIONS)

    assert ("p by images is at least" in " ".join(layout.notes)) == said


def test_the_least_p_of_four_images_is_an_eighth():
    layout = lay_out(COMPARISON.assign(num_images=4), RUNS, OPTIONS)

    assert "at least 0.12, however" in " ".join(layout.notes)  # 2 of 2^4 outcomes


def test_no_images_are_a_dash_and_a_note():
    nothing = {"images_low": float("nan"), "images_high": float("nan")}
    table = COMPARISON.assign(**nothing, p_images=float("nan"), num_images=0)

    layout = lay_out(table, RUNS, OPTIONS)

    assert [layout.pairs[0].rows[0][column] for column in (5, 7)] == ["-", "-"]
    assert layout.pairs[0].title == "B against A, 1280 blocks"
    assert "No interval by images" in layout.notes[-1]
    assert " -- & " in to_latex(layout)


@pytest.mark.parametrize(
    ("p", "shown"),
    [
        (1e-5, "<1e-4"),
        (1e-4, "0.0001"),
        (0.0314, "0.0314"),
        (0.25, "0.25"),
        (1, "1.00"),
    ],
)
def test_p_has_as_many_digits_as_matter(p, shown):
    table = pd.DataFrame.from_records([record("B", "psnr_db", 0.1, p_blocks=p)])

    assert lay_out(table, RUNS, OPTIONS).pairs[0].rows[0][6] == shown


def test_markdown_has_a_table_per_pair():
    text = to_markdown(lay_out(COMPARISON, RUNS, OPTIONS, ["No panels of C: gone."]))

    lines = text.splitlines()
    assert lines[0] == r"- A: paper\_1 (from data/A.csv)"
    assert r"- B: mine \[bold\] 50 % & more (from data/B.csv)" in lines
    rule = lines.index("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    assert lines[rule - 1].startswith("| metric | first | second | change | 95 % by")
    assert lines[rule + 1] == (
        "| PSNR dB | 36.22 | 36.34 | +0.120 | 0.108 to 0.132 | 0.068 to 0.172 "
        r"| \<1e-4 | 0.0120 | 83 % |"
    )
    assert sum(line.startswith("## ") for line in lines) == 2
    assert lines[-1] == "- No panels of C: gone."


def test_latex_is_a_booktabs_table_with_everything_escaped():
    text = to_latex(lay_out(COMPARISON, RUNS, OPTIONS))

    lines = [line.strip() for line in text.splitlines()]
    assert [line for line in lines if line.endswith("rule")] == [
        *(r"\toprule", r"\midrule", r"\midrule", r"\bottomrule")
    ]
    assert r"\begin{tabular}{lrrrrrrrr}" in lines
    assert r"A: paper\_1. B: mine [bold] 50 \% \& more. C: wide. Change:" in text
    assert r"\multicolumn{9}{l}{B against A, 1280 blocks of 40 images} \\" in lines
    assert (
        r"PSNR dB & $36.22$ & $36.34$ & $+0.120$ & $0.108$ to $0.132$ & "
        r"$0.068$ to $0.172$ & $<10^{-4}$ & $0.0120$ & "
        r"$83$ \% \\"
    ) in lines
    assert "SSIM Gaussian & $0.8666$" in text
    assert "$-0.00012$ & $-0.01247$ to $0.01223$" in text
    rows = [line for line in lines if line.endswith(r"\\") and "multi" not in line]
    assert {line.count("&") - line.count(r"\&") for line in rows} == {8}
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


def printed(layout):
    file = StringIO()
    print_comparison(layout, Console(file=file))
    return file.getvalue()


def test_a_row_is_a_line_in_a_pipe():
    widest = record("B", "ssim_gaussian", -0.00012, p_blocks=0.0314, won=1.0)
    table = pd.concat([COMPARISON, pd.DataFrame.from_records([widest])])

    lines = printed(lay_out(table, RUNS, OPTIONS)).splitlines()

    psnr = next(line for line in lines if "PSNR" in line)
    assert "+0.120" in psnr
    assert "83 %" in psnr
    full = next(line for line in lines if "0.0314" in line)
    assert "-0.01247 to 0.01223" in full
    assert "100 %" in full
    assert max(map(len, lines)) <= 120


def test_runs_and_notes_are_said_and_brackets_are_not_markup():
    text = printed(lay_out(COMPARISON, RUNS, OPTIONS, ["No panels of C: gone."]))

    assert text.startswith("A: paper_1 (from data/A.csv)\nB: mine [bold] 50 % & more")
    assert "C against A, 1280 blocks of 40 images" in text
    assert "not corrected for several comparisons" in " ".join(text.split())
    assert text.endswith("No panels of C: gone.\n")
