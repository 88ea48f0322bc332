"""Which ways to the same numbers are taken, and why the others are not.

What each is worth, measured alone, is in docs/performance.md.
"""

import importlib.util
import os
import shutil
from typing import NamedTuple

import torch

from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.cbsn.undilated import fits_undilated
from cbsn_pipeline.training.options import Switch, TrainOptions

RESIDENT_SHARE = 0.5  # of the free GPU memory: the rest is for feature maps
CPU_BFLOAT16_CHANNELS = 16


class Speed(NamedTuple):
    """What was chosen; all of it off is the network as the paper writes it."""

    precision: torch.dtype = torch.float32
    channels_last: bool = False
    undilated: bool = False
    compile: bool = False
    cuda_graphs: bool = False
    fused_adam: bool = False
    patches_on_device: bool = False
    notes: tuple[str, ...] = ()
    """Options that were asked for and are not used, and why."""

    def __str__(self) -> str:
        chosen = [str(self.precision).removeprefix("torch.")]
        chosen += [name for name, value in self._asdict().items() if value is True]
        return ", ".join(chosen)


PLAIN = Speed()


def choose_speed(
    options: TrainOptions,
    net: CBSN,
    device: torch.device,
    *,
    ranks: int = 1,
    patches_bytes: int = 0,
) -> Speed:
    """Decide every switch that is on ``auto``, and check those that are not.

    Args:
        options: Of the training.
        net: The network to train.
        device: Where it trains.
        ranks: How many processes train it.
        patches_bytes: Size of all patches.

    Returns:
        The choices, with a note for each that is less than was asked for.

    Raises:
        ValueError: bfloat16 was asked for where its gradients are wrong.
    """
    notes: list[str] = []
    cuda = device.type == "cuda"
    precision = choose_precision(options, device, notes)
    half = precision == torch.bfloat16
    wanted = options.speed

    def choose(name: str, wish: Switch, *, auto: bool, obstacle: str) -> bool:
        chosen = auto if wish == "auto" else wish
        if chosen and obstacle:
            notes.append(f"{name} is off: {obstacle}.")
        return chosen and not obstacle

    return Speed(
        precision=precision,
        channels_last=choose(
            "channels_last", wanted.channels_last, auto=half or not cuda, obstacle=""
        ),
        undilated=choose(
            "undilated",
            wanted.undilated,
            auto=cuda,
            obstacle=_undilated_obstacle(options, net),
        ),
        compile=choose(
            "compile", wanted.compile, auto=cuda, obstacle=_compile_obstacle(device)
        ),
        cuda_graphs=choose(
            "cuda_graphs",
            wanted.cuda_graphs,
            auto=cuda,
            obstacle=_graphs_obstacle(device, ranks),
        ),
        fused_adam=choose("fused_adam", wanted.fused_adam, auto=cuda, obstacle=""),
        patches_on_device=choose(
            "patches_on_device",
            wanted.patches_on_device,
            auto=cuda,
            obstacle=_resident_obstacle(device, patches_bytes),
        ),
        notes=tuple(notes),
    )


def choose_precision(
    options: TrainOptions, device: torch.device, notes: list[str]
) -> torch.dtype:
    """Turn the option ``precision`` into the type the convolutions run in.

    Args:
        options: ``auto`` takes bfloat16 where the hardware computes in it natively.
        device: Where they run.
        notes: A note is added where that hardware is not used.

    Raises:
        ValueError: bfloat16 was asked for where its gradients are wrong.
    """
    if options.precision == "float32":
        return torch.float32
    faulty = device.type == "cpu" and options.network.channels % CPU_BFLOAT16_CHANNELS
    if options.precision == "bfloat16":
        if faulty:
            raise ValueError(
                f"train.precision bfloat16 with {options.network.channels} channels "
                f"cannot be used on a CPU: oneDNN's gradients of dilated kernels are "
                f"wrong unless channels are a multiple of {CPU_BFLOAT16_CHANNELS}. Use "
                "float32, or another number of channels."
            )
        return torch.bfloat16
    if not _has_native_bfloat16(device):
        notes.append(f"precision is float32: this {device.type} has no fast bfloat16.")
        return torch.float32
    if faulty:
        notes.append(
            "precision is float32: bfloat16 gradients on CPUs are wrong unless "
            f"channels are a multiple of {CPU_BFLOAT16_CHANNELS}."
        )
        return torch.float32
    return torch.bfloat16


def _has_native_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    return bool(
        torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    )


def _undilated_obstacle(options: TrainOptions, net: CBSN) -> str:
    sides = [
        options.crop_size,
        options.crop_size // options.blind_stride,
        options.crop_size // options.invariance_stride,
    ]
    unfit = [side for side in sides if not fits_undilated(net, side)]
    if not unfit:
        return ""
    return (
        f"a pass over {unfit[0]} x {unfit[0]} pixels does not divide by the dilations "
        f"{net.branch1.dilation} and {net.branch2.dilation}; crop_size "
        f"{options.crop_size} would have to be a multiple of both strides times 6"
    )


def _compile_obstacle(device: torch.device) -> str:
    if device.type == "cuda" and importlib.util.find_spec("triton") is None:
        return "Triton, which torch.compile needs for a GPU, is not installed"
    compilers = (os.environ.get("CC", "cc"), "gcc", "clang")
    if not any(shutil.which(compiler) for compiler in compilers):
        return "torch.compile needs a C compiler, and there is none (install gcc)"
    return ""


def _graphs_obstacle(device: torch.device, ranks: int) -> str:
    if device.type != "cuda":
        return f"CUDA graphs do not exist on a {device.type}"
    return "gradients of several ranks are exchanged by the host" if ranks > 1 else ""


def _resident_obstacle(device: torch.device, patches_bytes: int) -> str:
    if device.type != "cuda":
        return "there is no GPU; the file is read through the system's cache"
    free, _ = torch.cuda.mem_get_info(device)
    if patches_bytes <= RESIDENT_SHARE * free:
        return ""
    return (
        f"{patches_bytes / 2**30:.1f} GiB of patches are more than half of the "
        f"{free / 2**30:.1f} GiB that are free on the GPU; they are read ahead"
    )
