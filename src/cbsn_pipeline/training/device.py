"""Which device a training runs on, and in which precision."""

import torch


def choose_device(name: str) -> torch.device:
    """Turn the option ``device`` into a device that is there.

    Args:
        name: ``auto`` (CUDA when there is one, else the CPU), or torch's name of a
            device.

    Raises:
        ValueError: The name is unknown, or names a CUDA device that is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(
            f"train.device is {name!r}: expected auto, cpu, cuda or cuda:N ({error})."
        ) from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"train.device is {name!r}, but torch {torch.__version__} sees "
            f"{torch.cuda.device_count()} CUDA devices here. Use auto or cpu, or check "
            "the driver with nvidia-smi."
        )
    return device


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """Turn the option ``precision`` into the type the convolutions run in.

    Args:
        name: ``float32``, ``bfloat16``, or ``auto``: bfloat16 on a CUDA device that
            computes in it natively, else float32. On CPUs auto stays with float32:
            with torch 2.13 some widths (24 channels) gave NaN within 20 steps there.
        device: Where they run.

    Returns:
        ``torch.float32`` or ``torch.bfloat16``.
    """
    if name == "auto":
        native = device.type == "cuda" and torch.cuda.is_bf16_supported(
            including_emulation=False
        )
        return torch.bfloat16 if native else torch.float32
    return torch.bfloat16 if name == "bfloat16" else torch.float32
