"""The steps of checking a submission."""

from typing import TYPE_CHECKING, Any

from cbsn_pipeline.datasets.versions_dataset import SavedVersion
from cbsn_pipeline.findings import from_records, raise_errors
from cbsn_pipeline.pipelines.check_submission.options import CheckSubmissionOptions

if TYPE_CHECKING:
    from cbsn_pipeline.datasets.submission_dataset import SubmissionPaths
else:
    # Kedro resolves every annotation of a node to find the options among them, so the
    # names must exist; the libraries behind them load only when a node runs.
    SubmissionPaths = Any


def check_submission(
    submission_to_check: SubmissionPaths, options: CheckSubmissionOptions
) -> tuple[dict[str, Any], str, dict[str, float]]:
    """Check a submission; whatever is wrong becomes a finding, nothing is raised.

    Args:
        submission_to_check: Where it is, and where its noisy input may be.
        options: Kind and sizes.

    Returns:
        The report, for JSON, as Markdown, and its metrics.
    """
    from cbsn_pipeline.submission_checks.apart import check_apart
    from cbsn_pipeline.submission_checks.report import to_markdown

    report = check_apart(submission_to_check, options.expected())
    metrics = {
        f"check_submission/{name}": float(report[name])
        for name in ("num_errors", "num_warnings", "num_blocks")
    }
    return report, to_markdown(report), metrics


def report_submission_check(
    submission_check: dict[str, Any],
    submission_check_markdown: str,
    submission_checks: list[SavedVersion],
) -> None:
    """Show the findings, and fail if there are errors: the report is saved by then.

    Args:
        submission_check: The report.
        submission_check_markdown: The same as text: saved by now.
        submission_checks: All versions of that text; the newest is named.

    Raises:
        FindingsError: There are errors.
    """
    from cbsn_pipeline.submission_checks.report import print_report

    print_report(submission_check)
    raise_errors(
        from_records(submission_check["findings"]),
        report=str(submission_checks[-1].path),
    )
