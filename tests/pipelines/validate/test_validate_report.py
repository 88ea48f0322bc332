from io import StringIO

import pandas as pd
from rich.console import Console

from cbsn_pipeline.pipelines.validate.report import print_scores

SUMMARY = {
    "scored_blocks": 1280,
    "denoiser": {"steps": 500000, "students": 0},
    "dagger": "not dagger: none of the scored noisy blocks was trained on",
}


def table_of(*rows):
    return pd.DataFrame(
        [
            {
                "method": method,
                "label": label,
                "psnr_db": decibels,
                "gain_db": decibels - 23.66,
                "ssim_uniform": 0.8,
                "ssim_gaussian": 0.81,
                "ssim_luma": 0.9,
                "ssim_volume": 0.85,
                "ciede2000": 3.456,
                "chroma_ratio": 0.971,
            }
            for method, label, decibels in rows
        ]
    )


def printed(table, summary=SUMMARY):
    file = StringIO()
    print_scores(table, summary, Console(file=file))
    return file.getvalue()


def test_the_table_fits_a_line_per_method_in_a_pipe():
    table = table_of(
        ("denoised", "this denoiser, network alone", 36.224),
        ("gaussian_blur_oracle", "Gaussian blur, best sigma 4 (oracle)", 33.76),
        ("noisy", "noisy input", 23.66),
    )

    lines = printed(table).splitlines()

    ours = next(line for line in lines if "network alone" in line)
    assert "36.22" in ours
    assert "+12.56" in ours
    assert "0.900" in ours
    assert "3.46" in ours
    assert "0.97" in ours
    assert any("best sigma 4 (oracle)" in line and "33.76" in line for line in lines)
    assert max(map(len, lines)) <= 100


def test_the_table_says_whether_it_is_a_dagger_row():
    text = printed(table_of(("noisy", "noisy input", 23.66)))

    assert "Validation, 1280 blocks" in text
    assert "500000 training steps; not dagger: none of the scored" in text


def test_brackets_are_not_markup():
    text = printed(table_of(("denoised", "mine [bold]", 30.0)))

    assert "mine [bold]" in text


def test_the_table_says_how_many_students_came_after_the_cbsn():
    summary = SUMMARY | {"denoiser": {"steps": 1200, "students": 4}}

    text = printed(table_of(("noisy", "noisy input", 23.66)), summary)

    assert "1200 training steps, students after it: 4; not dagger" in text


def test_the_table_says_that_weights_were_imported():
    made = {
        "steps": 0,
        "students": 0,
        "imported": {"checkpoint": "CBSN_SIDDtrain.ckpt"},
    }

    text = printed(
        table_of(("noisy", "noisy input", 23.66)), SUMMARY | {"denoiser": made}
    )

    assert "weights imported from CBSN_SIDDtrain.ckpt; not dagger" in " ".join(
        text.split()
    )
    assert "training steps" not in text
