"""What a state of a training holds, and how a training goes on from it."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch

from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.trainer_state import TrainerState

FORMAT_VERSION = 2  # 1 drew other crops


class SavedState(NamedTuple):
    """A state as it was found on disk."""

    path: Path
    step: int
    content: dict[str, Any]


def content_of(
    trainer: TrainerState, step: int, options: TrainOptions
) -> dict[str, Any]:
    """What the steps to come depend on, but for the data."""
    return {
        "version": FORMAT_VERSION,
        "step": step,
        "options": json.dumps(options.resumable()),
        "network": trainer.net.state_dict(),
        # without its settings: those of another device, or of another speed, differ
        "optimiser": trainer.optimiser.state_dict()["state"],
        "average": trainer.average.state_dict() if trainer.average else None,
    }


def restore(
    saved: SavedState,
    trainer: TrainerState,
    options: TrainOptions,
    *,
    digest: str,
    fingerprint: str = "",
) -> None:
    """Put a saved state into ``trainer``.

    Args:
        saved: The state.
        trainer: Changed in place.
        options: Of the training that goes on.
        digest: Of its data.
        fingerprint: Of its patches; compared where the state knows those it is of.

    Raises:
        ValueError: The state is of another version, of other data, or of a training
            with other options; the difference is named.
    """
    content = saved.content
    _check_version(content["version"], saved.path)
    if content["digest"] != digest:
        raise ValueError(
            f"{saved.path} was trained on data {content['digest'][:12]}, the patches "
            f"are of data {digest[:12]}: images were added, removed or changed. "
            "Restore them, or start anew with train.resume=false."
        )
    cut = content.get("patches")  # states of before do not know
    if cut and fingerprint and cut != fingerprint:
        raise ValueError(
            f"{saved.path} was trained on patches that were cut otherwise from the "
            "same images: expected the patch_size, stride and border of params:patches "
            "that it began with. Set them back, or start anew with train.resume=false."
        )
    # an option that did not exist yet had its default
    then = TrainOptions().resumable() | json.loads(content["options"])
    now = options.resumable()
    changed = [
        f"{key}: {then.get(key)} -> {now[key]}"
        for key in now
        if then.get(key) != now[key]
    ]
    if changed:
        raise ValueError(
            f"{saved.path} was trained with other options ({'; '.join(changed)}): it "
            "cannot be continued with these. Set them back, or start anew with "
            "train.resume=false."
        )
    try:
        _put_in(trainer, content)
    # tensors, or others in their place, of shapes and types of any kind
    except (RuntimeError, LookupError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(
            f"{saved.path} does not fit the network that its options describe "
            f"({str(error).partition(chr(10))[0]}). Was the file edited? Start anew "
            "with train.resume=false."
        ) from error


def _put_in(trainer: TrainerState, content: dict[str, Any]) -> None:
    """Load weights and moments, once all of them are known to fit."""
    parameters = list(trainer.net.parameters())
    for index, moments in content["optimiser"].items():
        shape = parameters[index].shape
        shapes = {name: value.shape for name, value in moments.items()}
        if shapes != {"step": (), "exp_avg": shape, "exp_avg_sq": shape}:
            raise ValueError(f"the moments of weight {index} are not those of Adam")
    trainer.net.load_state_dict(content["network"])
    settings = trainer.optimiser.state_dict()["param_groups"]
    trainer.optimiser.load_state_dict(
        {"state": content["optimiser"], "param_groups": settings}
    )
    for weight, moments in trainer.optimiser.state.items():
        # fused Adam takes them to lie in memory as the weights do; the state may come
        # from a machine where channels were not side by side
        for name in ("exp_avg", "exp_avg_sq"):
            moments[name] = torch.empty_like(weight).copy_(moments[name])
    if trainer.average is not None:
        trainer.average.load_state_dict(content["average"])


def _check_version(version: int, path: Path) -> None:
    if version > FORMAT_VERSION:
        raise ValueError(
            f"{path} is a state of version {version}; this cbsn_pipeline reads "
            f"{FORMAT_VERSION}. Upgrade cbsn_pipeline."
        )
    if version < FORMAT_VERSION:
        raise ValueError(
            f"{path} is a state of version {version}; this cbsn_pipeline reads "
            f"{FORMAT_VERSION}: it draws other crops and would not go on as the run "
            "began. Finish it with the older cbsn_pipeline, or start anew with "
            "train.resume=false."
        )
