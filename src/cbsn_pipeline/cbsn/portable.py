"""A denoiser as one graph of tensors, for programs without this package or torch.

Inside are the statistics of the picture, the reflected edges and the network, as
:class:`~cbsn_pipeline.cbsn.denoiser.Denoiser` has them. Outside are tiles, since a
graph takes a picture whole, and restitution, which chooses by the picture.
"""

import copy
import io
import logging
import warnings
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from cbsn_pipeline.cbsn.denoiser import Denoiser
from cbsn_pipeline.cbsn.normalisation import normalise

OPSET = 20  # of ONNX
NOISY, DENOISED = "noisy", "denoised"  # names of what goes in and out
EXAMPLE = (1, 3, 72, 88)  # any sides: what is traced holds for all
CHECKED_SIDES = ((61, 83), (17, 130), (96, 64), (200, 33))
TOLERANCE = 1e-4  # of intensities in [0, 1]; float32 rounds to some 1e-6

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class WholePicture(nn.Module):
    """From noisy pictures to denoised ones, each with its own statistics.

    Args:
        denoiser: Its network, copied to the CPU, and its padding.
    """

    def __init__(self, denoiser: Denoiser) -> None:
        super().__init__()
        self.net = copy.deepcopy(denoiser.net).cpu()
        self.padding = denoiser.padding

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise (B, 3, H, W), intensity in [0, 1], any sides; same shape and unit."""
        if not self.net.normalised:
            return self._run(noisy).clamp(0, 1)
        x, mean, deviation = normalise(noisy)
        return (self._run(x) * deviation + mean).clamp(0, 1)

    def _run(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        rows, columns = self._reflected(height), self._reflected(width)
        restored: Tensor = self.net(x[:, :, rows][:, :, :, columns])
        first = self.padding
        return restored[..., first : first + height, first : first + width]

    def _reflected(self, length: int) -> Tensor:
        """Which pixels of a row stand where, with reflected edges.

        As :func:`~cbsn_pipeline.cbsn.padding.reflect` has it, in operations that both
        exporters know for lengths that they do not.
        """
        unit = self.net.alignment
        padded = (length + 2 * self.padding + unit - 1) // unit * unit
        period = torch.full((1,), 2 * (length - 1)).clamp_min(1)
        places = (torch.arange(padded) - self.padding).remainder(period)
        return torch.minimum(places, period - places)


def export_program(denoiser: Denoiser) -> ExportedProgram:
    """Trace a denoiser: (1, 3, H, W) in [0, 1], H and W free, from 2 on."""
    free = {2: Dim.DYNAMIC, 3: Dim.DYNAMIC}
    with torch.no_grad():
        program = torch.export.export(
            WholePicture(denoiser), (torch.rand(EXAMPLE),), dynamic_shapes=(free,)
        )
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # it names files of this machine
    return program


def program_bytes(program: ExportedProgram, facts: str) -> bytes:
    """Write a program as ``torch.export.load`` reads it.

    Args:
        program: What was traced.
        facts: JSON that travels with it, as ``facts.json``.
    """
    file = io.BytesIO()
    torch.export.save(program, file, extra_files={"facts.json": facts})
    return file.getvalue()


def onnx_bytes(program: ExportedProgram, facts: str) -> bytes:
    """Write a program as ONNX; needs onnx and onnxscript.

    Args:
        program: What was traced.
        facts: JSON that travels with it, as metadata of the name ``facts``.
    """
    # it warns of operators of torchvision, and of what torch itself calls
    logging.getLogger("torch.onnx._internal.exporter").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converted = torch.onnx.export(
            program,
            input_names=[NOISY],
            output_names=[DENOISED],
            opset_version=OPSET,
            verbose=False,
        )
    assert converted is not None
    model = converted.model_proto
    for node in model.graph.node:
        node.ClearField("metadata_props")  # names of classes and of passes of torch
    for value in (*model.graph.input, *model.graph.output):
        sides = value.type.tensor_type.shape.dim[2:]
        sides[0].dim_param, sides[1].dim_param = "height", "width"
    model.metadata_props.add(key="facts", value=facts)
    content: bytes = model.SerializeToString()
    return content


def largest_difference(run: Run, denoiser: Denoiser) -> float:
    """Compare an exported denoiser with the original, on noise of odd sides.

    Args:
        run: From (1, 3, H, W), intensity in [0, 1], to the same.
        denoiser: The original.

    Returns:
        The largest difference of intensities.

    Raises:
        ArithmeticError: It is above :data:`TOLERANCE`.
    """
    differences = {}
    for sides in CHECKED_SIDES:
        image = np.random.default_rng(0).random((*sides, 3), dtype=np.float32)
        restored = run(np.ascontiguousarray(image.transpose(2, 0, 1)[None]))
        error = restored[0].transpose(1, 2, 0) - denoiser.denoise(image)
        differences[sides] = float(np.abs(error).max())
    sides, largest = max(differences.items(), key=lambda item: item[1])
    if not largest <= TOLERANCE:
        raise ArithmeticError(
            f"The exported denoiser differs from the original by {largest:.1e} on a "
            f"picture of {sides[0]} x {sides[1]}; expected at most {TOLERANCE:.0e} of "
            "an intensity in [0, 1]. Are torch or onnxruntime other versions than "
            "those of requirements.lock? Nothing was written."
        )
    return largest
