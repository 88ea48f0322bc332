"""Every node runs alone from what a former run left, or says with which it must run."""

import json
import shutil
import subprocess
import sys

import pytest

from cbsn_pipeline.pipeline_registry import register_pipelines

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

# What is handed on in memory alone, and the node that hands it on.
TOGETHER = {
    "measure_checkerboards": "denoise_blocks",
    "score_blocks": "denoise_blocks",
    "draw_best_and_worst_blocks": "denoise_blocks",
    "draw_before_after": "denoise_photos",
}
OFF = {"restitution": "off"}
QUICK = {
    "validate": {"baselines": ["gaussian_blur_oracle"], "blur_sigmas": [2], **OFF},
    **dict.fromkeys(("denoise", "submit_sidd"), OFF),
}
SESSIONS = """
import json, sys
from pathlib import Path
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from cbsn_pipeline.pipeline_registry import register_pipelines

project = Path(sys.argv[1])
bootstrap_project(project)
raw = project / "data/01_raw/sample/sidd"
submissions = project / "data/07_model_output/sample/dnd_submission"
scores = project / "data/08_reporting/sample/block_scores.csv"
parameters, answers = json.loads(sys.argv[2]), {}

def run(pipeline, nodes=None):
    more = {"reproduce": {"scored_by": "site"}} if pipeline == "reproduce_dnd" else {}
    given = parameters | more
    with KedroSession.create(project, runtime_params=given) as session:
        try:
            session.run(pipeline_names=[pipeline], node_names=nodes)
        except Exception as error:
            return f"{type(error).__name__}: {error}"

def run_whole_then_alone(pipeline):
    whole = run(pipeline)
    nodes = [node.name for node in register_pipelines()[pipeline].nodes]
    assert whole is None or len(nodes) == 1, (pipeline, whole)
    for name in nodes:
        if name not in answers:
            answers[name] = whole if len(nodes) == 1 else run(pipeline, [name])

for pipeline in ("sample", "__default__", "reproduce", "reproduce_dnd", "doctor"):
    run_whole_then_alone(pipeline)
names = sorted(path.name for path in scores.iterdir())
submission, = submissions.glob(f"{names[0]}/*")
parameters |= {
    "denoised": str(raw / "ValidationNoisyBlocksSrgb.mat"),
    "clean": str(raw / "ValidationGtBlocksSrgb.mat"),
    "path": str(submission),
    "compare": {"runs": [str(scores / name) for name in names[:2]], "resamples": 100},
}
more = ("compare", "score", "check_submission", "estimate", "diagnose", "export")
for pipeline in more:
    run_whole_then_alone(pipeline)
for node, other in json.loads(sys.argv[3]).items():
    answers[f"{other}+{node}"] = run("__default__", [other, node])
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(project, environment, tiny, tmp_path_factory):
    """What running each node alone was answered; None: it ended well."""
    place = tmp_path_factory.mktemp("alone") / "project"  # without others' results
    theirs = shutil.ignore_patterns("data", "mlflow.db", "mlartifacts")
    shutil.copytree(project, place, ignore=theirs)
    (place / "conf/base/mlflow.yml").write_text("enabled: false\n")
    process = subprocess.run(
        [
            *(sys.executable, "-c", SESSIONS, str(place)),
            *(json.dumps({"train": tiny, **QUICK}), json.dumps(TOGETHER)),
        ],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


def test_every_node_is_tried(answers):
    nodes = {node.name for p in register_pipelines().values() for node in p.nodes}

    # which needs a checkpoint of TensorFlow: test_import_official.py
    assert nodes - answers.keys() == {"import_weights"}


def test_a_node_runs_from_what_a_former_run_left(answers):
    failed = {node: answer for node, answer in answers.items() if answer}

    assert failed.keys() == TOGETHER.keys(), failed


def test_who_takes_from_memory_is_told_whom_to_run_with(answers):
    for node, other in TOGETHER.items():
        together = ",".join(sorted([node, other]))
        assert answers[node].startswith("ValueError: ")
        assert answers[node].endswith(f"run these nodes together, --nodes={together}")
        assert answers[f"{other}+{node}"] is None
