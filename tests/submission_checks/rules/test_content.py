"""Real blocks give no finding; tests/submission_checks has the corruptions."""

import numpy as np
import pytest

from cbsn_pipeline.submission_checks.rules.content import check_content
from cbsn_pipeline.submission_checks.rules.facts import measure_block

STEP = 4  # every fourth block of the 640


@pytest.fixture(scope="module")
def real(shared):
    """Real noisy and clean blocks: 20 images x 8, neighbours of one scene."""
    import cv2

    folder = shared / "data" / "sidd_validation"
    names = sorted(file.name for file in (folder / "noisy").iterdir())[::STEP]
    return [
        np.stack([cv2.imread(str(folder / kind / n))[..., ::-1] for n in names])
        for kind in ("noisy", "gt")
    ]


def blur(blocks, sigma):
    import cv2

    return np.stack([cv2.GaussianBlur(block, (0, 0), sigma) for block in blocks])


def check(denoised, noisy, grid):
    facts = [
        measure_block(ours, theirs, place=i, name=f"ID {i}", file="a.csv")
        for i, (ours, theirs) in enumerate(zip(denoised, noisy, strict=True))
    ]
    return check_content(facts, file="a.csv", grid=grid)


@pytest.mark.parametrize("sigma", [1, 2, 5])
def test_blurred_real_blocks_are_right(real, sigma):
    noisy, _ = real

    assert check(blur(noisy, sigma), noisy, (20, 8)) == []


def test_real_clean_blocks_are_right(real):
    noisy, clean = real

    assert check(clean, noisy, (20, 8)) == []


def test_real_dnd_crops_are_right(shared):
    import cv2

    files = sorted((shared / "data" / "dnd").glob("*_noisy.png"))
    noisy = [cv2.imread(str(file))[..., ::-1].astype(np.float32) for file in files]

    assert len(files) == 20
    assert check(blur(noisy, 1.5), noisy, (5, 4)) == []


def test_exchanged_real_blocks_are_found(real):
    noisy, clean = real
    ours = clean.copy()
    ours[[10, 150]] = clean[[150, 10]]

    findings = check(ours, noisy, (20, 8))

    assert [(f.code, f.index) for f in findings] == [
        ("order", "ID 10"),
        ("order", "ID 150"),
    ]
    assert findings[0].cause == "These two blocks have changed places."


def test_real_blocks_in_bgr_are_found(real):
    noisy, clean = real

    (finding,) = check(clean[..., ::-1], noisy, (20, 8))

    assert finding.code == "channels_swapped"
    assert finding.count > 100


def test_nothing_to_look_at_gives_no_findings():
    assert check_content([], file="a.csv", grid=(1, 1)) == []


def test_equal_inputs_may_have_equal_outputs():
    noisy = np.random.default_rng(0).integers(60, 160, (64, 64, 3)).astype(np.uint8)
    smooth = blur([noisy], 2)[0]

    assert check([smooth, smooth], [noisy, noisy], (1, 2)) == []


def test_a_constant_input_may_stay_as_it_is():
    white = np.full((64, 64, 3), 255, np.uint8)

    assert check([white], [white], (1, 1)) == []


def test_white_without_the_input_is_a_warning_black_an_error():
    for level, severity in ((255, "warning"), (0, "error")):
        block = np.full((64, 64, 3), level, np.uint8)
        busy = np.random.default_rng(0).integers(0, 255, (2, 64, 64, 3), np.uint8)
        facts = [
            measure_block(pixels, None, place=i, name=f"ID {i}", file="a.csv")
            for i, pixels in enumerate([block, *busy])
        ]

        (finding,) = check_content(facts, file="a.csv", grid=(1, 3))

        assert (finding.severity, finding.code) == (severity, "constant")
