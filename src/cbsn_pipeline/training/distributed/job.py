"""What a training hands to its worker processes, and what they hand back: files."""

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import torch

from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.files.atomic import write_file
from cbsn_pipeline.training.data.batches import PatchSource
from cbsn_pipeline.training.loop import NonFiniteLossError
from cbsn_pipeline.training.monitoring.watched_blocks import WatchedBlocks
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.run import Materials, Outcome

FOLDER = "workers_"
JOB = "job.json"
HELD_OUT = "held_out.npz"
RESULT = "result.pt"
ERROR = "error.json"
# What no restart can mend; other errors are taken for a lost process.
ERRORS: dict[str, type[Exception]] = {
    kind.__name__: kind for kind in (ValueError, NonFiniteLossError, MemoryError)
} | {"OSError": OSError}


class FileSource(PatchSource, Protocol):
    """Patches that another process can open too: ``type(source)(source.path)``."""

    path: Path


class Job(NamedTuple):
    """A training, as it is written to the folder of its workers."""

    materials: Materials
    options: TrainOptions


def make_folder(state_folder: Path) -> Path:
    """Make the folder of our workers; its name tells host and process."""
    mine = f"{FOLDER}{socket.gethostname()}-{os.getpid()}-"
    return Path(tempfile.mkdtemp(prefix=mine, dir=state_folder))


def folders_of_this_host(state_folder: Path) -> Iterator[Path]:
    """Give those that processes of this host made; others may share the disk."""
    return state_folder.glob(f"{FOLDER}{socket.gethostname()}-*")


def launcher_of(folder: Path) -> int:
    """Number of the process that :func:`make_folder` made a folder for."""
    return int(folder.name.split("-")[-2])


def write_job(folder: Path, materials: Materials, options: TrainOptions) -> None:
    """Write down what :func:`read_job` needs to open the same in another process."""
    source = cast(FileSource, materials.source)
    opener = type(source)
    content = {
        "options": options.model_dump(mode="json"),
        "source": [opener.__module__, opener.__qualname__, str(source.path)],
        "state_folder": str(materials.state_folder),
    }
    held_out = materials.held_out
    if held_out is not None:
        arrays: dict[str, Any] = {
            "noisy": held_out.noisy,
            "indices": held_out.indices,
            "total": held_out.total,
        }
        if held_out.clean is not None:
            arrays["clean"] = held_out.clean
        np.savez(folder / HELD_OUT, **arrays)
    (folder / JOB).write_text(json.dumps(content), encoding="utf-8")


def read_job(folder: Path) -> Job:
    """Open what :func:`write_job` wrote down."""
    content = json.loads((folder / JOB).read_text(encoding="utf-8"))
    module, name, path = content["source"]
    source: PatchSource = getattr(import_module(module), name)(Path(path))
    materials = Materials(source, _read_held_out(folder), Path(content["state_folder"]))
    return Job(materials, TrainOptions.model_validate(content["options"]))


def write_result(folder: Path, outcome: Outcome) -> None:
    """Write the weights and the report; under their name only when complete."""
    content = {
        "network": outcome.net.state_dict(),
        "average": outcome.average.state_dict() if outcome.average else None,
        "report": json.dumps(outcome.report),
    }
    with write_file(folder / RESULT) as partial:
        torch.save(content, partial)


def read_result(folder: Path, options: TrainOptions) -> Outcome:
    """Read what :func:`write_result` wrote, on the CPU."""
    content: dict[str, Any] = torch.load(
        folder / RESULT, map_location="cpu", weights_only=True
    )

    def network(weights: dict[str, Any]) -> CBSN:
        net = CBSN(options.network)
        net.load_state_dict(weights)
        return net

    average = network(content["average"]) if content["average"] else None
    return Outcome(network(content["network"]), average, json.loads(content["report"]))


def write_error(folder: Path, error: Exception) -> None:
    """Write down an error that no restart can mend."""
    kind = next(name for name, kind in ERRORS.items() if isinstance(error, kind))
    # the error may be that the disk is full
    with suppress(OSError), write_file(folder / ERROR) as partial:
        partial.write_text(json.dumps([kind, str(error)]), encoding="utf-8")


def read_error(folder: Path) -> Exception | None:
    """Give the error that a worker wrote down; None without one."""
    file = folder / ERROR
    if not file.exists():
        return None
    kind, message = json.loads(file.read_text(encoding="utf-8"))
    return ERRORS[kind](message)


def _read_held_out(folder: Path) -> WatchedBlocks | None:
    file = folder / HELD_OUT
    if not file.exists():
        return None
    with np.load(file) as arrays:
        indices = arrays["indices"].tolist()
        total = int(arrays["total"])
        return WatchedBlocks(arrays["noisy"], arrays.get("clean"), indices, total)
