"""Real steps on random patches."""

import copy

import numpy as np
import pytest
import torch

from cbsn_pipeline.training.estimate import bench as module
from cbsn_pipeline.training.estimate.bench import (
    Bench,
    RandomPatches,
    Size,
    time_steps,
    warm_up_steps,
)
from cbsn_pipeline.training.fast_step import EAGER_STEPS
from cbsn_pipeline.training.hardware.speed import PLAIN

CPU = torch.device("cpu")


pytestmark = pytest.mark.usefixtures("hurry")


@pytest.fixture
def options(options):
    return options.model_copy(update={"crop_size": 20, "device": "cpu"})


def fail_beyond(monkeypatch, most_pixels, error):
    """Let steps on more pixels fail."""
    make = module.fast_step

    def fast_step(trainer, options, speed):
        if options.batch_size * options.crop_size**2 > most_pixels:
            raise error
        return make(trainer, options, speed)

    monkeypatch.setattr(module, "fast_step", fast_step)


def test_a_trial_takes_steps_and_the_memory_they_need(options):
    measured = Bench(options, PLAIN, CPU).measure(Size(3, 40))

    assert measured.size == Size(3, 40)
    assert measured.steps >= 1
    assert measured.seconds > 0
    assert measured.warm_up_seconds > 0
    assert measured.reserved_bytes is None


def test_a_larger_size_takes_more_memory(options):
    bench = Bench(options, PLAIN, CPU)

    small, large = bench.probe(Size(1, 20)), bench.probe(Size(2, 240))

    assert small.steps == large.steps == 1
    # 20 or so feature maps of 8 channels, 4 bytes each
    assert large.peak_bytes - small.peak_bytes > 20 * 8 * 4 * 2 * 240**2 / 2


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory."), MemoryError()]
)
def test_a_trial_that_runs_out_of_memory_is_no_error(
    options, monkeypatch, error, caplog
):
    caplog.set_level("INFO")
    fail_beyond(monkeypatch, 400, error)
    bench = Bench(options, PLAIN, CPU)

    assert bench.measure(Size(2, 20)) is None
    assert bench.probe(Size(1, 20)) is not None
    assert "2 crops of 20 x 20: too much for the memory of cpu" in caplog.text


def test_other_errors_are_errors(options, monkeypatch):
    fail_beyond(monkeypatch, 0, RuntimeError("no kernel"))

    with pytest.raises(RuntimeError, match="no kernel"):
        Bench(options, PLAIN, CPU).measure(Size(1, 20))


def test_steps_are_taken_until_their_number_or_the_time_is_reached():
    assert time_steps(iter(range(99)), CPU, most=7, seconds=60)[0] == 7
    assert time_steps(iter(range(99)), CPU, seconds=0)[0] == 1


@pytest.mark.parametrize(
    ("most", "seconds", "taken"), [(1, 60, 1), (7, 60, 7), (7, 0, 1)]
)
def test_a_warm_up_ends_with_its_steps_or_its_time(most, seconds, taken):
    steps = iter(range(99))

    assert warm_up_steps(steps, CPU, most, seconds) > 0

    assert next(steps) == taken


def test_on_a_gpu_a_warm_up_forgets_the_memory_of_its_first_step(monkeypatch):
    """However long that step took, the recording of a graph is over afterwards."""
    steps, forgotten = iter(range(99)), []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: None)
    monkeypatch.setattr(
        torch.cuda,
        "reset_peak_memory_stats",
        lambda device: forgotten.append(99 - len(list(copy.copy(steps)))),
    )

    warm_up_steps(steps, torch.device("cuda"), 10, 0.0)

    assert forgotten == [1]
    assert next(steps) > EAGER_STEPS


def test_random_patches_are_as_large_as_crops():
    assert RandomPatches(120)[3].shape == (256, 256, 3)
    assert RandomPatches(300)[3].shape == (300, 300, 3)
    assert RandomPatches(120)[0].dtype == np.uint8
    assert "random" in RandomPatches(120).describe(0)
