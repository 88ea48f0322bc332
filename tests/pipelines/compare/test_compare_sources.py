import json
import re
from pathlib import Path

import pytest

from cbsn_pipeline.pipelines.compare.options import CompareOptions
from cbsn_pipeline.pipelines.compare.score_files import find_by_path, find_file
from cbsn_pipeline.pipelines.compare.sources import (
    ComparedRun,
    find_runs,
    from_records,
    to_records,
)

OLD, NEW = "2026-01-02T03.04.05.678Z", "2026-01-03T00.00.00.000Z"


@pytest.fixture
def reports(tmp_path):
    """What two validations leave below data/08_reporting/blocks."""
    folder = tmp_path / "data/08_reporting/blocks"
    for version in (OLD, NEW):
        for name in ("block_scores.csv", "score_summary.json"):
            path = folder / name / version / name
            path.parent.mkdir(parents=True)
            path.write_text("{}")
    return folder


def file_of(reports, version, name="block_scores.csv"):
    return reports / name / version / name


@pytest.mark.parametrize(
    ("entry", "version"),
    [
        (f"block_scores.csv/{OLD}/block_scores.csv", OLD),
        (f"block_scores.csv/{OLD}", OLD),
        ("block_scores.csv", NEW),
        (".", NEW),
    ],
)
def test_a_path_leads_to_the_scores_and_a_folder_to_the_newest(reports, entry, version):
    found = find_by_path(str(reports / entry), reports)

    assert found.scores == file_of(reports, version)
    assert found.label == f"blocks {version}"


def test_a_file_of_any_name_is_named_by_it(tmp_path):
    path = tmp_path / "long training.csv"
    path.touch()

    assert find_by_path(str(path), tmp_path).label == "long training"


def test_a_file_outside_of_reports_is_named_by_its_folder(tmp_path, monkeypatch):
    (tmp_path / "published").mkdir()
    (tmp_path / "published/block_scores.csv").touch()
    monkeypatch.chdir(tmp_path)

    assert find_by_path("published", tmp_path).label == "published"
    monkeypatch.chdir(tmp_path / "published")
    assert find_by_path("block_scores.csv", tmp_path).label == "published"


def test_the_summary_beside_the_scores_names_the_denoiser(reports):
    project = reports.parents[2]
    denoiser = project / "data/denoiser.safetensors"
    denoiser.touch()
    known = {"file": "data/denoiser.safetensors", "padding": 4}
    summary = file_of(reports, OLD, "score_summary.json")
    summary.write_text(json.dumps({"denoiser": known}))

    found = find_by_path(str(file_of(reports, OLD)), project)

    assert (found.denoiser, found.no_denoiser, found.padding) == (denoiser, "", 4)


@pytest.mark.parametrize(
    ("summary", "reason"),
    [
        ({"denoiser": {"steps": 7}}, "does not name the file of the denoiser"),
        ({}, "does not name the file of the denoiser"),
        ({"denoiser": {"file": "/no/where"}}, r"names is gone: .*no.where"),
    ],
)
def test_without_a_denoiser_it_is_said_why(reports, summary, reason):
    path = file_of(reports, OLD, "score_summary.json")
    path.write_text(json.dumps(summary))

    found = find_by_path(str(file_of(reports, OLD)), reports)

    assert found.denoiser is None
    assert re.search(reason, found.no_denoiser)


def test_without_a_summary_it_is_said(reports):
    file_of(reports, OLD, "score_summary.json").unlink()

    found = find_by_path(str(file_of(reports, OLD)), reports)

    assert found.no_denoiser.startswith("no score_summary.json beside")


@pytest.mark.parametrize("entry", ["card.json", "."])
def test_a_card_leads_to_its_scores(tmp_path, reports, entry):
    scores = file_of(reports, OLD).relative_to(tmp_path)
    card = {"label": "the paper's", "block_scores": str(scores), "more": [1]}
    (tmp_path / "card.json").write_text(json.dumps(card))

    found = find_by_path(str(tmp_path / entry), tmp_path)

    assert (found.label, found.scores) == ("the paper's", file_of(reports, OLD))


def test_a_card_may_name_its_scores_absolutely(tmp_path, reports):
    (tmp_path / "elsewhere").mkdir()
    card = tmp_path / "elsewhere/mine.json"
    card.write_text(json.dumps({"block_scores": str(file_of(reports, NEW))}))

    found = find_by_path(str(card), tmp_path)

    assert (found.label, found.scores) == (f"blocks {NEW}", file_of(reports, NEW))


@pytest.mark.parametrize("entry", ["reproduction_card.json", f"{{card}}/{OLD}"])
def test_a_card_of_reproduce_has_its_scores_beside_it(reports, entry):
    card = reports / "reproduction_card.json"
    path = card / OLD / card.name
    path.parent.mkdir(parents=True)
    path.write_text('{"label": "dagger, seed 0"}')

    found = find_by_path(str(reports / entry.format(card=card.name)), reports)

    assert (found.label, found.scores) == ("dagger, seed 0", file_of(reports, OLD))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"label": "x"}',
            "scores of the card .* are not there: .*'block_scores' says",
        ),
        ('{"block_scores": "gone.csv"}', r"are not there: .*gone\.csv. Was the card"),
        ("[1]", "holds a list, expected a mapping"),
        ('{"label": ', "card.json is not JSON"),
    ],
)
def test_a_card_that_leads_nowhere_is_refused(tmp_path, text, message):
    (tmp_path / "card.json").write_text(text)

    with pytest.raises(ValueError, match=message):
        find_by_path(str(tmp_path / "card.json"), tmp_path)


def test_a_path_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"'5ae10391' is neither an MLflow run id"):
        find_by_path("5ae10391", tmp_path)


def test_a_folder_without_scores_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"holds no block_scores.csv and no card; expected"
    ):
        find_file(tmp_path)


def test_runs_get_letters_and_labels_of_their_own(reports):
    entries = [str(file_of(reports, version)) for version in (OLD, NEW, OLD)]

    runs = find_runs(CompareOptions(runs=entries), Path())

    assert [run.letter for run in runs] == ["A", "B", "C"]
    assert [run.label for run in runs] == [
        f"blocks {OLD} (A)",
        f"blocks {NEW}",
        f"blocks {OLD} (C)",
    ]
    assert [run.entry for run in runs] == entries


def test_labels_may_be_given(reports):
    entries = [str(file_of(reports, version)) for version in (OLD, NEW)]

    runs = find_runs(CompareOptions(runs=entries, labels="plain+wide"), Path())

    assert [run.label for run in runs] == ["plain", "wide"]


def test_no_runs_are_refused_with_the_command_that_names_some():
    with pytest.raises(ValueError, match=r"names no runs.*--params compare.runs=A\+B"):
        find_runs(CompareOptions(), Path())


def test_runs_go_through_json_and_back():
    runs = [
        ComparedRun(
            "A", "first", "entry", Path("a/block_scores.csv"), Path("a/d"), "", 4
        ),
        ComparedRun("B", "second", "b", Path("b.csv"), None, "no denoiser"),
    ]

    assert from_records(json.loads(json.dumps(to_records(runs)))) == runs
