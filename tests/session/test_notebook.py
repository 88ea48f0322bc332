"""The notebook that compares two runs, executed on two that were just made."""

import base64
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks/compare_runs.ipynb"
NUM_PICTURES = 4  # curves, scores of blocks, differences by image, panels
SESSIONS = """
import json, sys
from pathlib import Path
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

project, tiny = Path(sys.argv[1]), json.loads(sys.argv[2])
bootstrap_project(project)
for seed in (1, 2):
    parameters = {
        "train": {**tiny, "seed": seed},
        "validate": {"baselines": ["gaussian_blur_2"]},
    }
    with KedroSession.create(project, runtime_params=parameters) as session:
        session.run(pipeline_names=["reproduce"])
"""


@pytest.fixture(scope="module")
def reproductions(project, environment, tiny, tracked):
    """The MLflow runs of two reproductions of different seeds."""
    subprocess.run(
        [sys.executable, "-c", SESSIONS, str(project), json.dumps(tiny)],
        cwd=project,
        env=environment,
        check=True,
    )
    runs = [run for run in tracked() if run.data.tags.get("pipeline") == "reproduce"]
    assert [run.info.status for run in runs] == ["FINISHED"] * 2
    return runs


@pytest.fixture(scope="module")
def execute(project, environment, tmp_path_factory):
    """Run a notebook in a folder of the project, as Jupyter would."""
    home = tmp_path_factory.mktemp("jupyter")
    variables = {
        **environment,
        "IPYTHONDIR": str(home),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }

    def run(notebook, folder):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JUPYTER_RUNTIME_DIR", str(home / "runtime"))
            client = NotebookClient(
                notebook,
                kernel_name="python3",
                timeout=300,
                resources={"metadata": {"path": str(folder)}},
            )
            client.execute(env=variables)
        return [
            output
            for cell in notebook.cells
            if cell.cell_type == "code"
            for output in cell.outputs
        ]

    return run


@pytest.fixture(scope="module")
def outputs(reproductions, project, execute):
    """What the cells give, in order, run as it is where it lies."""
    folder = project / "notebooks"
    folder.mkdir()
    shutil.copy(NOTEBOOK, folder)
    return execute(nbformat.read(folder / NOTEBOOK.name, as_version=4), folder)


def content_of(outputs, kind):
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


def test_no_cell_fails_or_complains(outputs, project):
    assert outputs
    shown = {"display_data", "execute_result"}
    assert not [o for o in outputs if o.output_type not in shown]  # errors, stderr
    assert not [o for o in content_of(outputs, "text/html") if "<table" not in o]
    assert str(project) not in json.dumps(outputs)


def test_both_runs_are_in_the_table_with_what_differs(outputs, reproductions):
    runs, cards, options = content_of(outputs, "text/html")

    for run in reproductions:
        assert run.info.run_id in runs
        assert f"{run.data.metrics['validation/denoised/psnr_db']:.2f}" in runs
    assert "train.seed" in runs
    assert "train.steps" not in runs
    assert "embedded sample, seed 1" in cards
    assert "embedded sample, seed 2" in cards
    assert re.findall(r"<th[^>]*row_heading[^>]*>(.*?)</th>", options) == ["seed"]


def test_the_differences_are_those_of_compare(outputs, reproductions):
    (table,) = content_of(outputs, "text/markdown")

    first, second = (
        run.data.metrics["validation/denoised/psnr_db"] for run in reproductions
    )
    assert "## B against A, 16 blocks of 4 images" in table
    assert f"| {first:.2f} | {second:.2f} | {second - first:+.3f} |" in table


def test_plots_and_panels_are_pictures(outputs):
    pictures = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB"))
        for content in content_of(outputs, "image/png")
    ]

    assert len(pictures) == NUM_PICTURES
    assert all(picture.std() > 5 for picture in pictures)  # nothing is blank
    # two blocks at either end, each noisy, A, B, clean at one pixel per pixel
    height, width = pictures[-1].shape[:2]
    assert (height // 256, width // 256) == (4, 4)


def test_it_runs_from_the_root_of_the_project_too(project, execute):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    setup = next(n for n, cell in enumerate(notebook.cells) if "chdir" in cell.source)
    notebook.cells = notebook.cells[: setup + 1]
    notebook.cells.append(nbformat.v4.new_code_cell("os.getcwd() == str(project)"))

    (output,) = execute(notebook, project)

    assert output.data["text/plain"] == "True"


def test_it_is_committed_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not c.outputs and c.execution_count is None for c in code)
    assert NOTEBOOK.stat().st_size < 30_000


def test_the_page_of_a_card_shows_its_plots_in_a_folder_view(reproductions, project):
    pages = sorted(project.glob("data/08_reporting/sample/reproduction_card.md/*/*.md"))

    assert len(pages) == 2
    for page in pages:
        links = re.findall(r"!\[.+\]\((.+)\)", page.read_text("utf-8"))
        assert len(links) == 3
        for link in links:
            assert Image.open(page.parent / link).format == "PNG"


def test_the_plots_of_a_card_lie_beside_it_in_mlflow(reproductions, project):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    run_id = reproductions[0].info.run_id
    files = {file.path for file in client.list_artifacts(run_id, "reproduction")}

    (place,) = project.glob(f"mlartifacts/{run_id}/artifacts/reproduction")
    page = (place / "card.md").read_text("utf-8")
    links = re.findall(r"!\[.+\]\((.+)\)", page)
    assert len(links) == 3
    assert {f"reproduction/{link}" for link in links} <= files
