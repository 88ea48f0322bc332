"""The flow in the browser: every dataset has a layer, and the page is not empty."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LAYERS = ["raw", "intermediate", "primary", "models", "model_output", "reporting"]
START_SECONDS = 120.0


@pytest.fixture(scope="module")
def viz(kedro):
    """Address of kedro-viz showing the project."""
    port = free_port()
    # it cannot be told to keep silent, and nobody reads: the pipe must not fill up
    process = kedro("viz", "run", "--no-browser", "--port", str(port))
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api/main", process)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its server is a child of its own
        process.communicate(timeout=30)


def free_port():
    """A port that kedro-viz accepts: it refuses those above 49151."""
    for port in range(20000, 30000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    pytest.fail("no free port between 20000 and 30000")


def wait_for(address, process):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stdout.read()
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"kedro-viz did not answer within {START_SECONDS:.0f} s")


def test_every_dataset_has_a_layer(viz):
    with urllib.request.urlopen(f"{viz}/api/main", timeout=30) as answer:
        flow = json.load(answer)

    datasets = {n["name"]: n["layer"] for n in flow["nodes"] if n["type"] == "data"}
    assert {"noisy_images", "patches", "denoiser", "score_table"} <= datasets.keys()
    assert [name for name, layer in datasets.items() if layer not in LAYERS] == []
    assert flow["layers"] == LAYERS


def test_stages_are_boxes_and_filters(viz):
    with urllib.request.urlopen(f"{viz}/api/main", timeout=30) as answer:
        flow = json.load(answer)

    stages = {"ingest", "patches", "train", "student", "validate", "denoise"}
    assert stages <= flow["modular_pipelines"].keys()
    assert stages <= {tag["id"] for tag in flow["tags"]}
    inside = {
        child["id"] for child in flow["modular_pipelines"]["validate"]["children"]
    }
    names = {node["name"] for node in flow["nodes"] if node["id"] in inside}
    assert {"score_blocks", "block_scores"} <= names


def test_boxes_do_not_go_in_a_circle_through_the_layers(viz):
    with urllib.request.urlopen(f"{viz}/api/main", timeout=30) as answer:
        pipelines = json.load(answer)["pipelines"]

    assert len(pipelines) > 10
    for pipeline in pipelines:  # it would draw no layers then
        address = f"{viz}/api/pipelines/{pipeline['id']}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert json.load(answer)["layers"], pipeline["id"]


@pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium (apt-get install chromium): no screenshot"
)
def test_a_browser_shows_the_flow(viz, tmp_path):
    from skimage.io import imread

    picture = tmp_path / "flow.png"
    subprocess.run(
        [
            CHROMIUM,
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
            *("--no-first-run", "--disable-background-networking"),
            *("--disable-component-update", "--disable-sync"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1600,1000"),
            *("--virtual-time-budget=20000", f"--screenshot={picture}", viz),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )

    shown = imread(picture)[..., :3]
    assert shown.shape == (1000, 1600, 3)
    # the flow is drawn right of the side bars: light labels and lines on a dark ground
    flow = shown[:, 700:1200].astype(np.int64).sum(axis=2)
    ground = np.bincount(flow.ravel()).argmax()
    assert 0.005 < np.mean(np.abs(flow - ground) > 60) < 0.5
