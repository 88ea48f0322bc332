from io import StringIO

from rich.console import Console

from cbsn_pipeline.score_table import add_row, new_table, print_table


def printed(*rows):
    table = new_table("Scores [of] a set", "images", ["psnr_db", "ssim_luma"])
    for name, decibels in rows:
        add_row(table, name, {"psnr_db": decibels, "ssim_luma": 0.9349}, bold=False)
    file = StringIO()
    print_table(table, Console(file=file))
    return file.getvalue()


def test_scores_stand_below_their_headings():
    text = printed(("a", 36.224))

    assert "Scores [of] a set" in text
    head, row = (
        next(line for line in text.splitlines() if word in line)
        for word in ("PSNR dB", "36.22")
    )
    assert head.index("luma") < row.index("0.935") + len("0.935")
    assert row.index("36.22") < head.index("luma")


def test_brackets_in_names_are_not_markup():
    assert "a[0, 1].png" in printed(("a[0, 1].png", 1.0))


def test_an_infinite_score_is_shown():
    assert "inf" in printed(("a", float("inf")))


def test_a_pipe_gets_100_columns():
    text = printed(("x" * 300, 1.0))

    assert max(map(len, text.splitlines())) == 100
