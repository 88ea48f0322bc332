import hashlib
import subprocess

import pytest
from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.hooks.run_facts import run_facts

RUN = {"kedro_version": "1.7.0", "pipeline_names": ["train", "validate"]}


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "code.py").write_text("x = 1\n")
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for arguments in (
        ["init", "--quiet"],
        ["add", "."],
        [*identity, "commit", "--quiet", "--no-gpg-sign", "-m", "first"],
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    return tmp_path


def facts(project, datasets=("a", "b")):
    pipeline = Pipeline([Node(lambda x: x, *datasets, name="n")])
    return run_facts(project, RUN, environment="sidd", pipeline=pipeline)


def test_commit_and_a_clean_tree(repository):
    head = ["git", "rev-parse", "HEAD"]
    commit = subprocess.check_output(head, cwd=repository, text=True).strip()

    tags = facts(repository)

    assert tags["git_commit"] == tags["mlflow.source.git.commit"] == commit
    assert tags["git_dirty"] == "false"


@pytest.mark.parametrize("name", ["code.py", "forgotten.py"])
def test_a_changed_and_a_new_file_make_the_tree_dirty(name, repository):
    (repository / name).write_text("x = 2\n")

    assert facts(repository)["git_dirty"] == "true"


def test_without_a_repository_nothing_is_claimed(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    tags = facts(tmp_path)

    assert (tags["git_commit"], tags["git_dirty"]) == ("unknown", "unknown")


def test_the_lock_file_is_hashed(tmp_path):
    assert facts(tmp_path)["lock_sha256"] == "no requirements.lock"
    (tmp_path / "requirements.lock").write_bytes(b"torch==2\n")

    expected = hashlib.sha256(b"torch==2\n").hexdigest()
    assert facts(tmp_path)["lock_sha256"] == expected


def test_pipelines_and_environment_are_named(tmp_path):
    tags = facts(tmp_path)

    assert (tags["pipeline"], tags["environment"]) == ("train+validate", "sidd")


def test_the_device_is_named_where_a_denoiser_is_used(tmp_path):
    assert "device" not in facts(tmp_path)
    assert facts(tmp_path, ("patches", "denoiser"))["device"]


def test_a_run_that_another_started_is_shown_below_it(repository, monkeypatch):
    assert "mlflow.parentRunId" not in facts(repository)
    monkeypatch.setenv("CBSN_PARENT_RUN", "run-1")
    assert facts(repository)["mlflow.parentRunId"] == "run-1"
    monkeypatch.setenv("CBSN_PARENT_RUN", "")  # its own run was not tracked
    assert "mlflow.parentRunId" not in facts(repository)
