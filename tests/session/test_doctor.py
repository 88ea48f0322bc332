"""The doctor as a user runs it: a report first, then an exit status."""

import json

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_a_broken_photograph_fails_the_run_after_the_report(project, kedro):
    photos = project / "my photos"
    photos.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (280, 300, 3), np.uint8)
    content = cv2.imencode(".png", noise)[1].tobytes()
    (photos / "good.png").write_bytes(content)
    (photos / "cut.png").write_bytes(content[:-9])

    run = kedro(
        *("run", "--env", "photos", "--pipelines", "doctor"),
        *("--params", f"noisy_path={photos},photos={photos}"),
    )
    output = run.communicate(timeout=120)[0]

    assert run.returncode == 1, output
    assert "What was found" in output
    assert "its last chunk, IEND, is missing" in output
    assert "FindingsError" in output
    (saved,) = (project / "data/08_reporting/photos/doctor.json").rglob("*.json")
    report = json.loads(saved.read_text("utf-8"))
    assert [f["code"] for f in report["findings"]] == ["damaged_image"]
    assert report["parts"][0]["facts"]["images"] == 1
