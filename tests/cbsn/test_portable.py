import io
import json

import numpy as np
import pytest
import torch

from cbsn_pipeline.cbsn import (
    CBSN,
    Denoiser,
    NetworkOptions,
    Provenance,
    UNet,
    UNetOptions,
    portable,
)


def denoiser_of(kind):
    torch.manual_seed(0)
    if kind == "cbsn":
        return Denoiser(CBSN(NetworkOptions(channels=4, blocks=1)), Provenance())
    net = UNet(UNetOptions(widths=(4, 6)))
    torch.nn.init.normal_(net.leave.weight, std=0.1)  # zero when it is new
    return Denoiser(net)


@pytest.fixture(scope="module", params=["cbsn", "unet"])
def denoiser(request):
    return denoiser_of(request.param)


@pytest.fixture(scope="module")
def program(denoiser):
    return portable.export_program(denoiser)


def runner(module):
    return lambda noisy: module(torch.from_numpy(noisy)).detach().numpy()


@pytest.mark.parametrize("sides", [(1, 1), (2, 3), (7, 40), (33, 64), (61, 83)])
def test_the_graph_is_the_denoiser_at_any_sides(denoiser, sides):
    image = np.random.default_rng(1).random((*sides, 3), dtype=np.float32)

    output = portable.WholePicture(denoiser)(
        torch.from_numpy(image.transpose(2, 0, 1)[None].copy())
    )

    expected = denoiser.denoise(image).transpose(2, 0, 1)
    assert np.abs(output[0].detach().numpy() - expected).max() < 1e-5


def test_a_written_program_computes_the_same(denoiser, program):
    content = portable.program_bytes(program, json.dumps({"steps": 7}))
    facts = {"facts.json": ""}

    loaded = torch.export.load(io.BytesIO(content), extra_files=facts)

    assert b"portable.py" not in content  # no file of this machine
    assert json.loads(facts["facts.json"]) == {"steps": 7}
    assert portable.largest_difference(runner(loaded.module()), denoiser) < 1e-5


def test_sides_are_free(program):
    (noisy,) = [n for n in program.graph.nodes if n.name == "noisy"]

    batch, channels, height, width = noisy.meta["val"].shape
    assert (batch, channels) == (1, 3)
    assert not isinstance(height, int)
    assert not isinstance(width, int)


def test_a_program_that_computes_something_else_is_refused(denoiser):
    with pytest.raises(ArithmeticError, match=r"differs .* by .* Nothing was written"):
        portable.largest_difference(lambda noisy: noisy, denoiser)
    with pytest.raises(ArithmeticError, match="by nan"):
        portable.largest_difference(lambda noisy: noisy * np.nan, denoiser)


def test_onnx_computes_the_same(denoiser, program):
    pytest.importorskip("onnxscript", reason="the extra 'onnx' is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="the extra 'onnx' is missing")
    onnx = pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")

    content = portable.onnx_bytes(program, "{}")

    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    difference = portable.largest_difference(
        lambda noisy: session.run(None, {"noisy": noisy})[0], denoiser
    )
    assert difference < 1e-5
    (given,), (made,) = session.get_inputs(), session.get_outputs()
    assert given.shape == made.shape == [1, 3, "height", "width"]
    model = onnx.load_from_string(content)
    assert [(o.domain, o.version) for o in model.opset_import] == [("", portable.OPSET)]
    assert {p.key: p.value for p in model.metadata_props}["facts"] == "{}"
    assert b".py" not in content  # no file of this machine
