"""What every card says of the run behind it: claim, data, training, software."""

from pathlib import Path
from typing import Any

from cbsn_pipeline.benchmarks.sidd.names import VALIDATION_INSTANCES
from cbsn_pipeline.noisy_images.manifest import Manifest
from cbsn_pipeline.pipelines.reproduce.card import Card, hours_of
from cbsn_pipeline.pipelines.reproduce.options import ReproduceOptions
from cbsn_pipeline.training.options import TrainOptions

SELECTION = "the last state; nothing was selected by a score"


def describe_run(
    manifest: Manifest,
    training_report: dict[str, Any],
    train: TrainOptions,
    options: ReproduceOptions,
) -> Card:
    """Begin a card.

    Args:
        manifest: What was trained on.
        training_report: Hours and hardware.
        train: How it was trained.
        options: The protocol.

    Returns:
        All of a card but what was scored, and how well.
    """
    from cbsn_pipeline.software import device_name, git_commit, git_dirty, lock_sha256

    project = project_path()
    resumable = train.resumable()
    return {
        "label": f"{options.protocol}, seed {train.seed}",
        "protocol": options.protocol,
        "claim": options.model_dump(mode="json"),
        "data": {
            "kind": manifest.kind,
            "digest": manifest.digest,
            "images": len(manifest.images),
            "scored_scenes": _scored_scenes(manifest),
        },
        "selection": SELECTION,
        "seed": train.seed,
        "steps": train.steps,
        "training_options": {
            "steps": train.steps,
            **{name: value for name, value in resumable.items() if name != "seed"},
        },
        "hours": hours_of(training_report),
        "hardware": f"{device_name()}; {training_report['speed']}",
        "git_commit": git_commit(project),
        "git_dirty": git_dirty(project),
        "lock_sha256": lock_sha256(project),
    }


def _scored_scenes(manifest: Manifest) -> list[str]:
    """Scene instances of SIDD's validation set among whole photographs."""
    if manifest.kind != "sidd_medium":
        return []
    names = {image.scene_instance for image in manifest.images if image.scene_instance}
    return sorted(names & set(VALIDATION_INSTANCES))


def project_path() -> Path:
    """Root of the project that the run belongs to."""
    from kedro.utils import find_kedro_project

    return find_kedro_project(Path.cwd()) or Path.cwd()
