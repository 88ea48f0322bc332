import io
import json

import pytest
from kedro.io import DataCatalog, MemoryDataset, Version
from kedro.runner import SequentialRunner
from kedro_datasets.json import JSONDataset
from kedro_datasets.text import TextDataset
from pydantic import ValidationError
from rich.console import Console

from cbsn_pipeline.datasets import VersionsDataset
from cbsn_pipeline.findings import FindingsError
from cbsn_pipeline.hooks.raw_data_hook import REQUIRED
from cbsn_pipeline.hooks.sample_hook import RAW_DATASETS
from cbsn_pipeline.pipelines.doctor import create_pipeline
from cbsn_pipeline.pipelines.doctor.nodes import examine_raw_data
from cbsn_pipeline.pipelines.doctor.options import DoctorOptions
from cbsn_pipeline.raw_data_checks.report import describe, to_markdown
from cbsn_pipeline.raw_data_checks.tables import print_report


def run(inputs, tmp_path):
    given = {n: MemoryDataset(v, copy_mode="assign") for n, v in inputs.items()}
    file = str(tmp_path / "doctor.md")
    entry = {"type": "text.TextDataset", "filepath": file, "versioned": True}
    saved = {
        "doctor_report": JSONDataset(filepath=str(tmp_path / "doctor.json")),
        "doctor_markdown": TextDataset(filepath=file, version=Version(None, "V")),
        "doctor_reports": VersionsDataset(dataset=entry),
    }
    SequentialRunner().run(create_pipeline(), DataCatalog(given | saved))


def test_sound_photographs_pass(inputs, tmp_path, capsys):
    run(inputs, tmp_path)

    report = json.loads((tmp_path / "doctor.json").read_text())
    markdown = (tmp_path / "doctor.md/V/doctor.md").read_text()
    assert report["findings"] == []
    assert report["parts"][0]["facts"]["images"] == 2
    assert report["needs"]["patches"] == 2 * 2 * 3  # of 18 x 28 pixels, 8 x 8 each
    assert "no errors, 0 warnings" in markdown
    assert "doctor.thorough=true looks at every pixel" in capsys.readouterr().out


def test_the_report_is_there_before_errors_fail_the_run(inputs, tmp_path, photos):
    (photos / "a.png").write_bytes(b"")

    with pytest.raises(FindingsError, match=r"2 error.*0 bytes.*md/V/doctor\.md"):
        run(inputs, tmp_path)

    report = json.loads((tmp_path / "doctor.json").read_text())
    assert [f["code"] for f in report["findings"]] == ["empty_file", "empty_file"]
    assert "empty\\_file" in (tmp_path / "doctor.md/V/doctor.md").read_text()


def test_nothing_at_all_is_a_report_too(inputs, tmp_path, capsys):
    inputs = inputs | {"noisy_location": tmp_path / "none"}
    options = inputs["params:doctor"].model_copy(
        update={"parts": ("training", "validation", "benchmark", "dnd")}
    )

    report, markdown, _ = examine_raw_data(
        *(inputs | {"params:doctor": options}).values()
    )

    assert [f["code"] for f in report["findings"]] == ["missing"]
    assert "BenchmarkNoisyBlocksSrgb.mat" in markdown
    shown = " ".join(capsys.readouterr().out.split())
    assert "benchmark blocks, noisy" in shown
    assert "the SIDD site of York University" in shown
    assert "the DND site of TU Darmstadt" in shown


def test_the_doctor_takes_places_that_no_hook_looks_into(inputs):
    free = create_pipeline().inputs()

    assert free == {*inputs, "doctor_reports"}
    assert not free & set(REQUIRED)
    assert free & RAW_DATASETS == {"noisy_location"}  # so that the sample is made


def test_names_with_brackets_and_bars_are_shown_as_they_are(inputs, photos):
    (photos / "x[red]|y.png").write_bytes(b"")
    report, markdown, _ = examine_raw_data(*inputs.values())
    screen = io.StringIO()

    print_report(report, Console(file=screen, width=100))

    assert "x[red]|y.png" in screen.getvalue()
    assert r"x\[red\]\|y.png" in to_markdown(report)
    assert markdown == to_markdown(report)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, ""),
        (
            {"noisy_files": 320, "images": 319, "clean_files": 1, "bytes": 2048},
            "320 noisy images; 1 clean image; 319 of 320 usable; 2 KiB",
        ),
        (
            {"variable": "v", "images": 4, "container": "v5", "shape": [2, 2]},
            "4 blocks; MATLAB v5; shape (2, 2)",
        ),
        (
            {"sizes": {"1x1": 3, "2x2": 1, "3x3": 1, "4x4": 1, "5x5": 1}},
            "height x width 1x1 (3), 2x2 (1), 3x3 (1), 4x4 (1) and 1 more",
        ),
    ],
)
def test_facts_are_written_in_one_line(facts, text):
    assert describe(facts) == text


def test_unknown_options_are_refused():
    for wrong in ({"part": ["dnd"]}, {"parts": ["dnd2017"]}, {"workers": 0}):
        with pytest.raises(ValidationError):
            DoctorOptions(noisy_kind="dnd", **wrong)
