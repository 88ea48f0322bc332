"""Nodes of the doctor."""

from pathlib import Path
from typing import Any

from cbsn_pipeline.datasets.versions_dataset import SavedVersion
from cbsn_pipeline.findings import from_records, merge, num_errors, raise_errors
from cbsn_pipeline.pipelines.doctor.options import DoctorOptions
from cbsn_pipeline.raw_data_checks.stage_options import (
    IngestCounts,
    PatchGrid,
    SubmitCounts,
    ValidateCounts,
)


def examine_raw_data(
    noisy_location: Path,
    sidd_location: Path,
    dnd_location: Path,
    photos_location: Path,
    patches_location: Path,
    options: DoctorOptions,
    ingest: Any,  # noqa: ANN401 - options of other stages: see stage_options
    patches: Any,  # noqa: ANN401
    validate: Any,  # noqa: ANN401
    submit: Any,  # noqa: ANN401
) -> tuple[dict[str, Any], str, dict[str, float]]:
    """Look at all raw data of the environment; nothing that is wrong stops it.

    Args:
        noisy_location: Folder, file or glob of the images to train on.
        sidd_location: Folder of the validation and benchmark blocks.
        dnd_location: Folder of DND.
        photos_location: Folder, file or glob of the photographs to denoise.
        patches_location: Where patches will be written.
        options: What to look at, and how closely.
        ingest: How many noisy images there must be.
        patches: Which patches will be cut.
        validate: Which blocks there must be.
        submit: Which boxes of DND there must be.

    Returns:
        The report as plain values, as Markdown, and its metrics.
    """
    from cbsn_pipeline.raw_data_checks.across import compare_parts
    from cbsn_pipeline.raw_data_checks.environment import Locations, list_parts
    from cbsn_pipeline.raw_data_checks.examine import examine
    from cbsn_pipeline.raw_data_checks.needs import check_needs, estimate_needs
    from cbsn_pipeline.raw_data_checks.report import build_report, to_markdown
    from cbsn_pipeline.raw_data_checks.tables import print_report
    from cbsn_pipeline.threads import num_workers

    workers = num_workers(options.workers)
    locations = Locations(noisy_location, sidd_location, dnd_location, photos_location)
    grid = PatchGrid.model_validate(patches)
    parts = list_parts(
        options.parts,
        options.noisy_kind,
        locations,
        IngestCounts.model_validate(ingest),
        grid,
        ValidateCounts.model_validate(validate),
        SubmitCounts.model_validate(submit),
    )
    seen = [examine(p, thorough=options.thorough, workers=workers) for p in parts]
    needs = estimate_needs(seen, grid, patches_location, workers)
    findings = merge(
        [
            *(finding for examination in seen for finding in examination.findings),
            *compare_parts(seen),
            *check_needs(needs, parts[0]),
        ]
    )
    report = build_report(seen, findings, needs, thorough=options.thorough)
    print_report(report)
    return report, to_markdown(report), _metrics_of(report)


def refuse_errors(
    doctor_report: dict[str, Any], doctor_reports: list[SavedVersion]
) -> None:
    """End the run with an error if the report, which is saved by now, has any.

    Args:
        doctor_report: What :func:`examine_raw_data` found.
        doctor_reports: All versions of the report; the newest is named.

    Raises:
        FindingsError: There are errors.
    """
    findings = from_records(doctor_report["findings"])
    raise_errors(findings, report=str(doctor_reports[-1].path))


def _metrics_of(report: dict[str, Any]) -> dict[str, float]:
    findings = from_records(report["findings"])
    return {
        "doctor/errors": num_errors(findings),
        "doctor/warnings": sum(f.count for f in findings if f.severity == "warning"),
    }
