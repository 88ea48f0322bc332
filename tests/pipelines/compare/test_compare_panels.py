from io import BytesIO

import cv2
import numpy as np
import pytest

from cbsn_pipeline.cbsn import Denoiser
from cbsn_pipeline.imaging.metrics import psnr
from cbsn_pipeline.panels import PanelRow, draw_panels
from cbsn_pipeline.pipelines.compare.options import CompareOptions
from cbsn_pipeline.pipelines.compare.panels import make_panels, pick_blocks
from cbsn_pipeline.pipelines.compare.tables import pair_scores

OPTIONS = CompareOptions(panels=1)


def panels_of(runs, noisy, clean, options=OPTIONS):
    scores = pair_scores(runs, options.method)
    return make_panels(runs, scores, noisy, clean, options)


def test_the_blocks_that_differ_most_are_picked(make_run, make_scores):
    first = [[30.0, 31.0, 32.0], [33.0, 34.0, 35.0]]
    change = [[0.5, -1.0, 0.1], [2.0, -0.5, 1.0]]
    runs = [
        make_run("A", make_scores(first)),
        make_run("B", make_scores(np.add(first, change))),
    ]
    scores = pair_scores(runs, "denoised")

    picks = pick_blocks(scores, *runs, 2)

    assert [pick.index for pick in picks] == [(0, 1), (1, 1), (1, 0), (1, 2)]
    assert picks[0].title == (
        "B against A, worst 1 of 6 blocks: -1.00 dB (row 0, image 4, block 1)"
    )
    assert picks[3].title.startswith("B against A, best 2 of 6 blocks: +1.00 dB")
    assert picks[2].recorded_db == {"A": 33.0, "B": 35.0}
    assert picks[2].noisy_db == pytest.approx(21.0)
    assert len(pick_blocks(scores, *runs, 99)) == 12


def test_both_denoise_the_same_box_between_noisy_and_clean(
    validated, blocks, denoisers
):
    noisy, clean = blocks
    runs = [validated("A", 0), validated("B", 1)]

    panels = panels_of(runs, noisy, clean)

    assert panels.notes == []
    assert len(panels.rows) == 2  # worst and best
    (pick, _) = pick_blocks(pair_scores(runs, "denoised"), *runs, 1)
    made = [
        Denoiser.load(file).denoise_blocks(noisy[pick.index][None])[0]
        for file in denoisers
    ]
    expected = {
        f"noisy, {psnr(noisy[pick.index], clean[pick.index]):.2f} dB": noisy[
            pick.index
        ],
        f"A, {pick.recorded_db['A']:.2f} dB": made[0],
        f"B, {pick.recorded_db['B']:.2f} dB": made[1],
        "clean": clean[pick.index],
    }
    shown = panels.rows[0].panels
    assert list(shown) == list(expected)
    for title, image in expected.items():
        np.testing.assert_array_equal(shown[title], image)


def test_padding_and_averaged_weights_are_those_of_the_run(validated, blocks):
    runs = [validated("A", 1, padding=4), validated("B", 1)]
    options = CompareOptions(panels=1, method="denoised_ema")

    panels = panels_of(runs, *blocks, options)

    assert panels.notes == []
    assert [len(row.panels) for row in panels.rows] == [4, 4]


def test_what_is_compared_with_restitution_is_shown_with_it(validated, blocks):
    runs = [validated("A", 0), validated("B", 1)]

    alone = panels_of(runs, *blocks, CompareOptions(panels=1))
    restituted = panels_of(runs, *blocks, CompareOptions(panels=1, method="restituted"))

    assert restituted.notes == []
    images = [list(panels.rows[0].panels.values())[1] for panels in (alone, restituted)]
    assert not np.array_equal(*images)


def test_a_run_without_a_denoiser_is_left_out_and_said(validated, blocks):
    second = validated("B", 1, denoiser=None, no_denoiser="it was lost")
    third = validated("C", 1)

    panels = panels_of([validated("A", 0), second, third], *blocks)

    assert panels.notes == ["No panels of B: it was lost."]
    names = [[name.split(",")[0] for name in row.panels] for row in panels.rows]
    assert names == [["noisy", "A", "clean"]] * 2 + [["noisy", "A", "C", "clean"]] * 2


def test_no_denoiser_at_all_makes_no_rows(validated, blocks):
    lost = {"denoiser": None, "no_denoiser": "lost"}

    panels = panels_of([validated("A", 0, **lost), validated("B", 1, **lost)], *blocks)

    assert panels.rows == []
    assert len(panels.notes) == 2


def test_a_denoiser_that_did_not_make_the_scores_is_not_shown(
    validated, blocks, denoisers
):
    wrong = validated("B", 1, denoiser=denoisers[0])

    panels = panels_of([validated("A", 0), wrong], *blocks)

    (note,) = panels.notes
    assert note.startswith("No panels of B: ")
    assert "recorded are" in note
    assert "other weights, another padding or another validate.restitution" in note


def test_a_denoiser_without_averaged_weights_is_said(validated, blocks, denoisers):
    runs = [validated("A", 1), validated("B", 1, denoiser=denoisers[0])]
    options = CompareOptions(panels=1, method="denoised_ema")

    (note,) = panels_of(runs, *blocks, options).notes

    assert "No panels of B: This denoiser has no averaged weights" in note


def test_a_broken_denoiser_is_said(validated, blocks, tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no weights")

    (note,) = panels_of(
        [validated("A", 0), validated("B", 1, denoiser=broken)], *blocks
    ).notes

    assert "is not a readable safetensors file" in note


def test_other_blocks_than_were_scored_are_not_shown(validated, blocks):
    noisy, clean = blocks
    runs = [validated("A", 0), validated("B", 1)]

    elsewhere = panels_of(runs, noisy[::-1], clean)
    fewer = panels_of(runs, noisy[:1, :1], clean[:1, :1])

    assert elsewhere.rows == fewer.rows == []
    assert "are not those that were scored (noisy row" in elsewhere.notes[0]
    assert "this environment has 1 x 1 blocks, scored was row" in fewer.notes[0]


@pytest.mark.parametrize(
    ("changes", "missing", "reason"),
    [
        ({"panels": 0}, False, "No panels: compare.panels is 0."),
        (
            {"method": "noisy"},
            False,
            "No panels: no denoiser makes the method 'noisy'.",
        ),
        ({}, True, "No panels: the scored blocks are not there (globals.sidd_path)."),
    ],
)
def test_what_cannot_be_shown_is_said(validated, blocks, changes, missing, reason):
    options = OPTIONS.model_copy(update=changes)
    arrays = (None, None) if missing else blocks

    panels = panels_of([validated("A", 0), validated("B", 1)], *arrays, options)

    assert (panels.rows, panels.notes) == ([], [reason])


def rendered(figure):
    """The pixels that kedro's MatplotlibDataset would write, RGB."""
    file = BytesIO()
    figure.savefig(file)
    return cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_COLOR_RGB)


def positions_of(image, picture):
    """Where a picture holds exactly these pixels: top-left corners."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, image.shape)[:, :, 0]
    same = np.all(windows[..., 0, 0, :] == image[0, 0], axis=-1)
    return [
        (int(y), int(x))
        for y, x in np.argwhere(same)
        if np.array_equal(windows[y, x], image)
    ]


def test_panels_are_drawn_one_pixel_per_pixel():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (7, 40, 40, 3)).astype(np.uint8)
    names = ["noisy", "A", "B", "clean"]
    rows = [
        PanelRow("worst", dict(zip(names, images[:4], strict=True))),
        PanelRow("best", dict(zip(["noisy", "A", "clean"], images[4:], strict=True))),
    ]

    picture = rendered(draw_panels(rows, ["A: costs $1 and $2", "B: b"]))

    places = [positions_of(image, picture) for image in images]
    assert [len(place) for place in places] == [1] * 7
    corners = np.array([place[0] for place in places])
    assert len(set(corners[:4, 0])) == len(set(corners[4:, 0])) == 1
    assert corners[0, 0] > 2 * 20  # two lines above
    assert corners[4, 0] > corners[0, 0] + 40
    np.testing.assert_array_equal(corners[:3, 1], corners[4:, 1])
    assert np.all(np.diff(corners[:4, 1]) == 48)


def test_without_panels_the_figure_says_why():
    figure = draw_panels([], ["A: a", "No panels of A: " + "long " * 60])

    texts = [text.get_text() for text in figure.texts]
    assert texts[0] == "A: a"
    assert len(texts) > 3
    assert rendered(figure).shape[1] == 800
