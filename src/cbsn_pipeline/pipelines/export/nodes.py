"""Export the denoiser, and measure what it costs to run."""

import json
import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from cbsn_pipeline.pipelines.export.options import ExportOptions

if TYPE_CHECKING:
    from cbsn_pipeline.cbsn import Denoiser
else:  # Kedro resolves the annotations of nodes; this would import torch
    Denoiser = Any

logger = logging.getLogger(__name__)

ONNX_PACKAGES = ("onnx", "onnxruntime", "onnxscript")


def export_program(
    denoiser: Denoiser, options: ExportOptions
) -> tuple[bytes, dict[str, Any]]:
    """Export the denoiser as a program of torch.export, and check it.

    Args:
        denoiser: The network alone is taken, without restitution.
        options: Which of its weights.

    Returns:
        The file that ``torch.export.load`` reads, and a report.

    Raises:
        ArithmeticError: The program computes something else.
    """
    import torch

    from cbsn_pipeline.cbsn import portable

    chosen = _choose(denoiser, options)
    program = portable.export_program(chosen)
    content = portable.program_bytes(program, json.dumps(_facts(chosen)))
    module = program.module()
    difference = portable.largest_difference(
        lambda noisy: module(torch.from_numpy(noisy)).detach().numpy(), chosen
    )
    return content, _report("torch.export", chosen, content, difference)


def export_onnx(
    denoiser: Denoiser, options: ExportOptions
) -> tuple[bytes, dict[str, Any]]:
    """Export the denoiser as ONNX, and check it with onnxruntime.

    Args:
        denoiser: The network alone is taken, without restitution.
        options: Which of its weights.

    Returns:
        The model, and a report.

    Raises:
        ModuleNotFoundError: The packages of the extra ``onnx`` are not installed.
        ArithmeticError: The model computes something else.
    """
    _check_packages()
    from onnxruntime import InferenceSession

    from cbsn_pipeline.cbsn import portable

    chosen = _choose(denoiser, options)
    program = portable.export_program(chosen)
    content = portable.onnx_bytes(program, json.dumps(_facts(chosen)))
    session = InferenceSession(content, providers=["CPUExecutionProvider"])
    difference = portable.largest_difference(
        lambda noisy: session.run(None, {portable.NOISY: noisy})[0], chosen
    )
    report = _report("ONNX", chosen, content, difference)
    return content, {"opset": portable.OPSET, **report}


def measure_efficiency(
    denoiser: Denoiser, options: ExportOptions
) -> tuple[dict[str, Any], str, dict[str, float]]:
    """Measure what the denoiser costs, beside non-local means in the same run.

    Args:
        denoiser: With its weights on the device where they are measured.
        options: Size of the picture and number of rounds.

    Returns:
        The efficiency card, for JSON, as Markdown, and its metrics.
    """
    from cbsn_pipeline.pipelines.export.efficiency import make_card, to_markdown

    chosen = _choose(denoiser, options)
    card = _facts(chosen) | make_card(chosen, options)
    text = to_markdown(card)
    logger.info("What it costs:\n%s", text)
    metrics = {
        f"export/{method}/{name}": value
        for method, row in card["methods"].items()
        for name, value in row.items()
    }
    return card, text, metrics


def _choose(denoiser: Denoiser, options: ExportOptions) -> Denoiser:
    return denoiser.averaged() if options.weights == "ema" else denoiser


def _facts(denoiser: Denoiser) -> dict[str, Any]:
    """Say what travels with every file: which network, and where it comes from."""
    net, provenance = denoiser.net, denoiser.provenance
    return {
        "network": type(net).__name__,
        "options": net.options.model_dump(mode="json"),
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "steps": provenance.steps,
        "data_kind": provenance.data_kind,
        "data_digest": provenance.data_digest,
        "imported": provenance.imported,
    }


def _report(
    form: str, denoiser: Denoiser, content: bytes, difference: float
) -> dict[str, Any]:
    from cbsn_pipeline.cbsn import portable

    logger.info(
        "%s: %.1f MB; differs from the denoiser by at most %.1e on pictures of %s.",
        *(form, len(content) / 1e6, difference),
        ", ".join(f"{height} x {width}" for height, width in portable.CHECKED_SIDES),
    )
    return {
        "format": form,
        "bytes": len(content),
        "input": "noisy, float32 (1, 3, height, width), RGB in [0, 1], sides from 2",
        "output": "denoised, the same shape and range, clipped",
        "inside": "statistics of the picture, reflected edges, network",
        "outside": "tiles (a picture is taken whole), restitution, rounding",
        "largest_difference": difference,
        "checked_sides": portable.CHECKED_SIDES,
        **_facts(denoiser),
    }


def _check_packages() -> None:
    missing = [name for name in ONNX_PACKAGES if find_spec(name) is None]
    if missing:
        raise ModuleNotFoundError(
            f"ONNX needs {', '.join(missing)}, which are not installed; expected the "
            "extra 'onnx' of this package: pip install -e '.[onnx]'. Without them: "
            "kedro run --pipelines=export --nodes=export_program,measure_efficiency"
        )
