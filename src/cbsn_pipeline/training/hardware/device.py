"""Which device a training runs on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from cbsn_pipeline.threads import num_cores


def choose_device(name: str, *, local_rank: int = 0) -> torch.device:
    """Turn the option ``device`` into a device that is there.

    Args:
        name: ``auto`` (CUDA when there is one, else the CPU), or torch's name of a
            device.
        local_rank: Which of this host's processes asks: each gets a GPU of its own,
            counted from the one that is named.

    Raises:
        ValueError: The name is unknown, or names a CUDA device that is not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(
            f"train.device is {name!r}: expected auto, cpu, cuda or cuda:N ({error})."
        ) from error
    if device.type == "cuda":
        device = torch.device("cuda", (device.index or 0) + local_rank)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"train.device {name!r} means {device}, but torch {torch.__version__} sees "
            f"{torch.cuda.device_count()} CUDA devices here. Use auto or cpu, or check "
            "the driver with nvidia-smi."
        )
    return device


def tune(
    device: torch.device, threads: int | Literal["auto"], *, processes: int = 1
) -> None:
    """Set what PyTorch leaves to the program.

    Args:
        device: Where the training runs.
        threads: Of the CPU; ``auto`` shares the cores that we may use among the
            processes of this host. A container's limit counts, which PyTorch does
            not know of.
        processes: How many train on this host.
    """
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.backends.cudnn.benchmark = True  # every step has the same shapes
        torch.backends.cudnn.allow_tf32 = False  # float32 is float32
    wanted = max(1, num_cores() // processes) if threads == "auto" else threads
    if wanted != torch.get_num_threads():
        torch.set_num_threads(wanted)


@contextmanager
def without_kernel_search() -> Iterator[None]:
    """Let cuDNN choose kernels by rules: for shapes that come once or a few times.

    Searching for the fastest takes seconds for each shape.
    """
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
