"""From the id of an MLflow run to the scores and the denoiser of that run."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from cbsn_pipeline import tracking
from cbsn_pipeline.pipelines.compare.score_files import Found, versioned_file

if TYPE_CHECKING:
    from kedro.io import CatalogConfigResolver
    from mlflow.entities import Run

RUN_ID = re.compile(r"[0-9a-f]{32}")


def is_run_id(entry: str) -> bool:
    """Whether an entry of ``compare.runs`` looks like the id of an MLflow run."""
    return RUN_ID.fullmatch(entry) is not None


def find_by_run_id(run_id: str, project: Path) -> Found:
    """Find the scores that a tracked run wrote, and the denoiser that it scored.

    The tag ``versions`` says which versions of both; the catalog of the run's
    environment says where versions are kept.

    Args:
        run_id: 32 hexadecimal digits.
        project: Folder of the project, with ``conf``.

    Raises:
        ValueError: The run is unknown, did not validate, or its scores are gone.
    """
    run = _read_run(run_id)
    tags, name = run.data.tags, run.info.run_name
    versions = parse_versions(tags.get("versions", ""))
    if "block_scores" not in versions:
        raise ValueError(_say_not_validated(run, versions))
    environment = tags.get("environment", "base")
    catalog = _read_catalog(project, environment)
    scores = _file_of("block_scores", versions, catalog, project)
    if scores is None or not scores.is_file():
        raise ValueError(
            f"compare.runs: the block scores of run {name} ({run_id}) are gone: "
            f"{scores or 'no place for them in the catalog'}. It ran on "
            f"{tags.get('host', 'an unknown host')} in the environment "
            f"{environment!r}. Copy the file there, or validate that denoiser again: "
            f"kedro run --env {environment} --pipelines=validate --load-versions "
            f"denoiser:{versions.get('denoiser', 'VERSION')}"
        )
    denoiser = _file_of("denoiser", versions, catalog, project)
    reason = ""
    if denoiser is None or not denoiser.is_file():
        place = denoiser or "run and catalog name none"
        denoiser, reason = None, f"the denoiser of run {name} is gone: {place}"
    padding = int(run.data.params.get("validate.padding", 0))
    return Found(name, scores, denoiser, reason, padding)


def parse_versions(line: str) -> dict[str, str]:
    """Read the tag ``versions``.

    >>> parse_versions("block_scores:2026-01-02T03.04.05.678Z,denoiser:2025")
    {'block_scores': '2026-01-02T03.04.05.678Z', 'denoiser': '2025'}
    """
    pairs = (part.partition(":") for part in line.split(",") if part)
    return {name.strip(): version.strip() for name, _, version in pairs}


def _read_run(run_id: str) -> "Run":
    if tracking.active_run_id() is None:
        raise ValueError(
            f"compare.runs: {run_id} is the id of an MLflow run, but tracking is off, "
            "so it cannot be looked up. Set 'enabled: true' in mlflow.yml, or give the "
            "path of the run's block_scores.csv."
        )
    import mlflow
    from mlflow.exceptions import MlflowException

    try:
        return mlflow.MlflowClient().get_run(run_id)
    except MlflowException as error:
        raise ValueError(
            f"compare.runs: MLflow at {mlflow.get_tracking_uri()} does not know the "
            f"run {run_id} ({error}). Was it tracked at another address "
            "(MLFLOW_TRACKING_URI, conf/base/mlflow.yml)? The path of its "
            "block_scores.csv will do as well."
        ) from error


def _say_not_validated(run: "Run", versions: dict[str, str]) -> str:
    pipeline = run.data.tags.get("pipeline", "unknown")
    message = (
        f"compare.runs: run {run.info.run_name} ({run.info.run_id}; pipeline "
        f"{pipeline}, {run.info.status}) did not validate: its tag 'versions' names no "
        "block_scores. Expected a run of kedro run --pipelines=validate."
    )
    scored = _runs_that_scored(versions.get("denoiser"), run.info.experiment_id)
    if scored:
        message += f" These have scored its denoiser: {', '.join(scored)}."
    return message


def _runs_that_scored(denoiser: str | None, experiment: str) -> list[str]:
    """Ids of the newest runs that validated this version of the denoiser."""
    if denoiser is None:
        return []
    import mlflow

    runs = mlflow.MlflowClient().search_runs(
        [experiment], f"tags.versions LIKE '%denoiser:{denoiser}%'", max_results=50
    )
    validated = [run for run in runs if "block_scores:" in run.data.tags["versions"]]
    return [f"{run.info.run_id} ({run.info.run_name})" for run in validated[:3]]


def _read_catalog(project: Path, environment: str) -> "CatalogConfigResolver":
    """Read the catalog as a run of that environment had it, factories included."""
    from kedro.config import MissingConfigException, OmegaConfigLoader
    from kedro.io import CatalogConfigResolver, DataCatalog

    loader = OmegaConfigLoader(
        str(project / "conf"),
        env=environment,
        base_env="base",
        default_run_env="base",
    )
    try:
        return CatalogConfigResolver(
            loader["catalog"],
            default_runtime_patterns=DataCatalog.default_runtime_patterns,
        )
    except MissingConfigException as error:
        raise ValueError(
            f"compare.runs: a run of the environment {environment!r} is named, whose "
            f"configuration cannot be read in {project / 'conf'} ({error}). Was the "
            "environment renamed? The path of the run's block_scores.csv will do."
        ) from error


def _file_of(
    dataset: str,
    versions: dict[str, str],
    catalog: "CatalogConfigResolver",
    project: Path,
) -> Path | None:
    filepath = catalog.resolve_pattern(dataset).get("filepath")
    if dataset not in versions or filepath is None:
        return None
    return versioned_file(project / filepath, versions[dataset])
