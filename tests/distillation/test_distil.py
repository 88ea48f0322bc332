"""Students train, stop, go on and finish; a tiny one on a tiny teacher."""

import numpy as np
import pytest
import torch

from cbsn_pipeline.cbsn import CBSN, Denoiser, NetworkOptions, UNet, UNetOptions
from cbsn_pipeline.distillation import run
from cbsn_pipeline.distillation.options import StudentOptions
from cbsn_pipeline.distillation.run import Material, distil, learning_rate_at
from cbsn_pipeline.training.monitoring.recorder import NoRecorder

NETWORK = UNetOptions(widths=(4, 6))


class Patches:
    digest = fingerprint = "patches"

    def __len__(self):
        return 5

    def __getitem__(self, index):
        rng = np.random.default_rng(index)
        scene = np.full((24, 24, 3), 40 * (index + 1))
        return (scene + rng.normal(0, 12, scene.shape)).clip(0, 255).astype(np.uint8)

    def describe(self, index):
        return f"patch {index}"


class Listener(NoRecorder):
    def __init__(self):
        self.metrics = {}

    def log_metrics(self, values, step):
        self.metrics[step] = values


class StopsAfter(NoRecorder):
    """Stops the training as Ctrl-C does, at a step."""

    def __init__(self, step):
        self.step = step

    def advance(self, step, headline):
        if step == self.step:
            raise KeyboardInterrupt


@pytest.fixture
def teacher():
    net = CBSN(
        NetworkOptions(channels=2, blocks=1), generator=torch.Generator().manual_seed(0)
    )
    return Denoiser(net)


@pytest.fixture
def options():
    return StudentOptions(
        network=NETWORK,
        generations=2,
        steps=6,
        batch_size=2,
        crop_size=8,
        restitution="off",
        device="cpu",
        threads=1,
        log_every=1,
    )


def material(folder, start=None):
    return Material(Patches(), [0, 0, 1, 1, 2], folder, start)


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def test_all_generations_are_trained_and_told(teacher, options, tmp_path):
    told = Listener()

    net, report = distil(teacher, material(tmp_path), options, told)

    assert net.options == NETWORK
    assert list(told.metrics) == list(range(1, 13))
    assert {"student/loss", "student/learning_rate"} <= set(told.metrics[1])
    assert report["steps"] == 12
    assert report["generations"] == 2
    assert report["patches"] == 5
    assert report["hours"] > 0


def test_the_same_options_give_the_same_student(teacher, options, tmp_path):
    one, _ = distil(teacher, material(tmp_path / "a"), options, NoRecorder())
    two, _ = distil(teacher, material(tmp_path / "b"), options, NoRecorder())
    other = options.model_copy(update={"seed": 1})
    three, _ = distil(teacher, material(tmp_path / "c"), other, NoRecorder())

    assert torch.equal(weights(one), weights(two))
    assert not torch.equal(weights(one), weights(three))


@pytest.mark.parametrize("step", [2, 6, 7, 11])
def test_one_that_was_killed_goes_on_to_the_same_end(
    teacher, options, tmp_path, step, monkeypatch
):
    whole, _ = distil(teacher, material(tmp_path / "whole"), options, NoRecorder())
    monkeypatch.setattr(run, "SECONDS_PER_MINUTE", 1e-9)  # every step is saved

    with pytest.raises(KeyboardInterrupt):
        distil(teacher, material(tmp_path / "cut"), options, StopsAfter(step))
    told = Listener()
    net, report = distil(teacher, material(tmp_path / "cut"), options, told)

    assert min(told.metrics) == step  # killed before it was saved
    assert report["steps"] == 12
    assert torch.equal(weights(net), weights(whole))


def test_a_finished_one_is_not_trained_again(teacher, options, tmp_path):
    net, _ = distil(teacher, material(tmp_path), options, NoRecorder())
    told = Listener()

    again, report = distil(teacher, material(tmp_path), options, told)

    assert told.metrics == {}
    assert report["steps"] == 12
    assert torch.equal(weights(net), weights(again))


def test_other_options_are_another_training(teacher, options, tmp_path):
    distil(teacher, material(tmp_path), options, NoRecorder())
    longer = options.model_copy(update={"steps": 7})

    _, report = distil(teacher, material(tmp_path), longer, NoRecorder())

    assert report["steps"] == 14
    assert len(list(tmp_path.glob("student_*.pt"))) == 2


def test_another_generation_may_follow_and_none_is_taken_back(
    teacher, options, tmp_path
):
    one = options.model_copy(update={"generations": 1})
    distil(teacher, material(tmp_path), one, NoRecorder())
    told = Listener()

    net, _ = distil(teacher, material(tmp_path), options, told)

    whole, _ = distil(teacher, material(tmp_path / "whole"), options, NoRecorder())
    assert min(told.metrics) == 7
    assert torch.equal(weights(net), weights(whole))
    with pytest.raises(ValueError, match=r"has taken 12 steps.*are 6: they cannot be"):
        distil(teacher, material(tmp_path), one, NoRecorder())


def test_it_can_start_from_another_student(teacher, options, tmp_path):
    start = UNet(NETWORK, generator=torch.Generator().manual_seed(5))
    slow = options.model_copy(update={"learning_rate": 1e-9, "generations": 1})

    net, _ = distil(teacher, material(tmp_path, start), slow, NoRecorder())

    torch.testing.assert_close(weights(net), weights(start), atol=1e-6, rtol=0)


def test_one_of_other_widths_is_refused(teacher, options, tmp_path):
    with pytest.raises(ValueError, match=r"student.start is a network of widths \(8,"):
        distil(
            teacher,
            material(tmp_path, UNet(UNetOptions(widths=(8, 9)))),
            options,
            NoRecorder(),
        )


def test_a_loss_that_is_no_number_ends_it(teacher, options, tmp_path):
    start = UNet(NETWORK)
    torch.nn.init.constant_(start.leave.bias, torch.nan)

    with pytest.raises(ArithmeticError, match=r"loss is nan .* Lower student.learning"):
        distil(teacher, material(tmp_path, start), options, NoRecorder())


def test_the_rate_rises_over_a_tenth_and_falls_to_zero():
    options = StudentOptions(steps=100, learning_rate=1.0)

    assert learning_rate_at(0, options) == pytest.approx(0.1)
    assert learning_rate_at(9, options) == pytest.approx(1.0)
    assert learning_rate_at(55, options) == pytest.approx(0.5)
    assert learning_rate_at(99, options) < 0.001
    assert learning_rate_at(155, options) == pytest.approx(0.35)
