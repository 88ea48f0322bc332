"""The fast step against the plain one: same losses, same weights."""

import logging

import pytest
import torch

from cbsn_pipeline.cbsn.options import NetworkOptions
from cbsn_pipeline.training import fast_step as module
from cbsn_pipeline.training.data.batches import Batches
from cbsn_pipeline.training.fast_step import fast_step
from cbsn_pipeline.training.hardware.speed import PLAIN, choose_speed
from cbsn_pipeline.training.loop import train_steps
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.trainer_state import new_trainer_state

CPU = torch.device("cpu")
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@pytest.fixture
def patches(patches):
    """Noise with structure: a sum of what neighbouring pixels share and do not."""
    generator = torch.Generator().manual_seed(0)
    smooth = torch.rand(7, 3, 16, 16, generator=generator)
    smooth = torch.nn.functional.interpolate(smooth, 64, mode="bilinear")
    noise = 0.1 * torch.randn(7, 3, 64, 64, generator=generator)
    pixels = ((smooth + noise).clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).numpy()

    class Patches(type(patches)):
        def __init__(self):
            self._patches = list(pixels)

    return Patches()


@pytest.fixture
def options():
    return TrainOptions(
        network={"channels": 16, "blocks": 2},
        steps=20,
        batch_size=2,
        crop_size=60,
        ramp_steps=10,
        learning_rate=1e-4,  # as released; Adam makes a difference grow with the rate
    )


def train(patches, options, speed, device=CPU):
    trainer = new_trainer_state(options, device, speed)
    step = fast_step(trainer, options, speed) if speed is not PLAIN else None
    batches = Batches(patches, options, device=device, resident=speed.patches_on_device)
    as_tuned = torch.backends.cudnn.flags(
        enabled=True, benchmark=True, deterministic=False, allow_tf32=False
    )
    with as_tuned:
        reports = train_steps(trainer, batches, options, take_step=step)
        return torch.stack([report.losses.cpu() for report in reports])


@pytest.mark.parametrize(
    "means",
    [
        {"channels_last": True},
        {"undilated": True},
        {"fused_adam": True},
        {"patches_on_device": True},
        {"channels_last": True, "undilated": True, "fused_adam": True},
    ],
    ids=str,
)
def test_each_means_gives_the_losses_of_the_plain_step(patches, options, means):
    expected = train(patches, options, PLAIN)

    got = train(patches, options, PLAIN._replace(**means))

    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_compiling_gives_the_losses_of_the_plain_step(patches, options):
    network = NetworkOptions(channels=8, blocks=1)
    options = options.model_copy(update={"steps": 3, "network": network})
    require_compiler(options)

    got = train(patches, options, PLAIN._replace(compile=True))

    expected = train(patches, options, PLAIN)
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


def require_compiler(options):
    compiled = options.speed.model_copy(update={"compile": True})
    options = options.model_copy(update={"speed": compiled})
    speed = choose_speed(options, new_trainer_state(options, CPU).net, CPU)
    if not speed.compile:
        pytest.skip(" ".join(speed.notes))


@pytest.mark.filterwarnings("ignore")
def test_gradients_that_cannot_be_compiled_are_done_without_too(
    patches, options, monkeypatch, caplog
):
    """By default torch compiles them later, where nobody would catch the error."""
    from torch._dynamo.backends.common import aot_autograd

    require_compiler(options)
    compiled = []

    def run(graph, inputs):
        compiled.append(graph)
        return graph.forward

    def fail(graph, inputs):
        raise RuntimeError("no gradients here")

    backend = aot_autograd(fw_compiler=run, bw_compiler=fail)
    compile_with_torch = torch.compile
    monkeypatch.setattr(
        torch, "compile", lambda f, **_: compile_with_torch(f, backend=backend)
    )
    options = options.model_copy(update={"steps": 2})
    expected = train(patches, options, PLAIN)
    caplog.set_level(logging.WARNING)

    got = train(patches, options, PLAIN._replace(compile=True))

    assert torch.equal(got, expected)
    assert compiled
    assert "compile is off: torch.compile failed (" in caplog.text


def test_a_compiler_that_fails_is_named_and_done_without(
    patches, options, monkeypatch, caplog
):
    def broken(function, **settings):
        def compiled(*inputs):
            raise RuntimeError("no such kernel\nlong story")

        return compiled

    expected = train(patches, options, PLAIN)
    monkeypatch.setattr(torch, "compile", broken)
    caplog.set_level(logging.WARNING)

    got = train(patches, options, PLAIN._replace(compile=True))

    assert torch.equal(got, expected)
    messages = [record.getMessage() for record in caplog.records]
    assert messages == [
        "compile is off: torch.compile failed (RuntimeError: no such kernel)."
    ]


def test_a_compiler_that_runs_out_of_memory_is_not_a_fallback(
    patches, options, monkeypatch
):
    def broken(function, **settings):
        def compiled(*inputs):
            raise torch.OutOfMemoryError("CUDA out of memory")

        return compiled

    monkeypatch.setattr(torch, "compile", broken)

    with pytest.raises(torch.OutOfMemoryError):
        train(patches, options, PLAIN._replace(compile=True))


def test_bfloat16_keeps_losses_and_weights_in_float32(patches, options):
    """Within 1 % of float32 at every one of 20 steps; the loss halves meanwhile."""
    half = PLAIN._replace(precision=torch.bfloat16, channels_last=True)
    expected = train(patches, options, PLAIN)

    trainer = new_trainer_state(options, CPU, half)
    step = fast_step(trainer, options, half)
    batches = Batches(patches, options)
    losses = [r.losses for r in train_steps(trainer, batches, options, take_step=step)]

    assert {p.dtype for p in trainer.net.parameters()} == {torch.float32}
    assert {values.dtype for values in losses} == {torch.float32}
    torch.testing.assert_close(torch.stack(losses), expected, rtol=0.03, atol=0.003)


class FakeGraph:
    """Plays back by calling again what was recorded."""

    def __init__(self):
        self.calls = 0

    def replay(self):
        self.calls += 1


@pytest.fixture
def cuda_without_cuda(monkeypatch):
    """CUDA's streams and graphs as no-ops, so that the bookkeeping runs on a CPU."""
    from contextlib import nullcontext

    class Stream:
        def __init__(self, device=None):
            pass

        def wait_stream(self, other):
            pass

    class Record(nullcontext):
        """Goes to its stream; from a step that failed it does not come back."""

        failing = None

        def __init__(self, graph, stream, **settings):
            assert settings == {"capture_error_mode": "thread_local"}
            super().__init__()
            self.stream = stream

        def __enter__(self):
            self.before, Stream.current = Stream.current, self.stream
            if Record.failing:  # a GPU fails later, but computes nothing either
                try:
                    raise Record.failing
                except RuntimeError as cause:
                    raise RuntimeError("failed due to a previous error") from cause

        def __exit__(self, *error):
            Stream.current = self.before

    Stream.current = default = Stream()
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: Stream.current)
    monkeypatch.setattr(
        torch.cuda, "set_stream", lambda stream: setattr(Stream, "current", stream)
    )
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: nullcontext())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", FakeGraph)
    monkeypatch.setattr(torch.cuda, "graph", Record)
    yield Record
    assert Stream.current is default


@pytest.mark.usefixtures("cuda_without_cuda")
def test_a_recorded_step_is_replayed_on_every_later_batch(patches, options):
    trainer = new_trainer_state(options, CPU)
    step = module._RecordedStep(
        module._EagerStep(trainer, module.LossModule(trainer.net, options, PLAIN)), CPU
    )
    batches = Batches(patches, options)

    for number in range(6):
        step(batches[number], 1e-3, 0.5)

    recording = step._recording
    assert recording.graph.calls == 3  # steps 4, 5 and 6
    assert torch.equal(recording.batch.crops, batches[5].crops)
    assert torch.equal(recording.batch.picks, batches[5].picks)


def train_recorded(patches, options):
    trainer = new_trainer_state(options, CPU)  # Adam of a CPU: not to be recorded
    step = fast_step(trainer, options, PLAIN._replace(cuda_graphs=True))
    reports = train_steps(trainer, Batches(patches, options), options, take_step=step)
    return torch.stack([report.losses for report in reports])


def test_a_recording_that_fails_is_named_and_done_without(
    patches, options, cuda_without_cuda, caplog
):
    expected = train(patches, options, PLAIN)
    cuda_without_cuda.failing = RuntimeError("operation not permitted\nby CUDA")

    got = train_recorded(patches, options)

    assert torch.equal(got, expected)
    assert "cuda_graphs is off: a step could not be recorded (operation not" in (
        caplog.text
    )


def test_memory_that_runs_out_while_recording_is_not_a_fallback(
    patches, options, cuda_without_cuda
):
    cuda_without_cuda.failing = RuntimeError("CUDA out of memory")

    with pytest.raises(RuntimeError, match="due to a previous error"):
        train_recorded(patches, options)


@pytest.mark.gpu
@needs_cuda
@pytest.mark.filterwarnings("ignore")
def test_on_cuda_a_step_that_cannot_be_recorded_is_taken_unrecorded(
    patches, options, monkeypatch, caplog
):
    expected = train(patches, options, PLAIN)
    forward = module.LossModule.forward

    def waiting(self, crops, picks, ramp):
        crops.sum().item()  # waits for the GPU: not allowed while recording
        return forward(self, crops, picks, ramp)

    monkeypatch.setattr(module.LossModule, "forward", waiting)
    before = torch.cuda.current_stream()

    got = train(
        patches, options, PLAIN._replace(cuda_graphs=True), torch.device("cuda")
    )

    torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-4)
    assert "cuda_graphs is off: a step could not be recorded (" in caplog.text
    assert torch.cuda.current_stream() == before


@pytest.mark.gpu
@needs_cuda
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "means",
    [
        {},
        {"channels_last": True},
        {"undilated": True},
        {"compile": True},
        {"cuda_graphs": True},
        {"fused_adam": True},
        {"patches_on_device": True},
        {"cuda_graphs": True, "fused_adam": True, "compile": True},
        {"cuda_graphs": True, "fused_adam": True, "compile": True, "undilated": True},
    ],
    ids=str,
)
def test_each_means_on_cuda_gives_the_losses_of_the_plain_step(patches, options, means):
    expected = train(patches, options, PLAIN)

    got = train(patches, options, PLAIN._replace(**means), torch.device("cuda"))

    torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.gpu
@pytest.mark.slow
@needs_cuda
@pytest.mark.filterwarnings("ignore")
def test_all_means_on_cuda_follow_the_float32_curve(patches, options):
    """The mean loss of every 50 of 500 steps within 2 % of the plain float32 one."""
    options = options.model_copy(update={"steps": 500})
    device = torch.device("cuda")
    speed = choose_speed(options, new_trainer_state(options, device).net, device)
    assert speed.precision == torch.bfloat16

    expected = train(patches, options, PLAIN, device)[:, 0]
    got = train(patches, options, speed, device)[:, 0]

    torch.testing.assert_close(
        got.unflatten(0, (10, 50)).mean(1),
        expected.unflatten(0, (10, 50)).mean(1),
        rtol=0.02,
        atol=0,
    )
