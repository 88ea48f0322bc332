import math

import pytest
import torch

from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.training.estimate import estimate as module
from cbsn_pipeline.training.estimate.bench import Size, Trial
from cbsn_pipeline.training.estimate.estimate import (
    Largest,
    MemoryLine,
    crop_unit,
    estimate,
    extrapolate_sizes,
    find_largest,
    step_flop,
    try_sizes,
)
from cbsn_pipeline.training.hardware.speed import PLAIN
from cbsn_pipeline.training.options import TrainOptions

pytestmark = pytest.mark.usefixtures("hurry")


@pytest.fixture
def options(options):
    return options.model_copy(update={"crop_size": 20, "device": "cpu"})


def trial(size, peak_bytes, steps=10, seconds=5.0):
    return Trial(size, 1.0, steps, seconds, peak_bytes, None)


class FakeBench:
    """A device on which a step takes 1,000 bytes, and 2 for every pixel."""

    def __init__(self, most_pixels=math.inf):
        self.most_pixels = most_pixels
        self.measured, self.probed = [], []

    def measure(self, size):
        self.measured.append(size)
        return self._take(size)

    def probe(self, size):
        self.probed.append(size)
        return self._take(size)

    def _take(self, size):
        if size.pixels > self.most_pixels:
            return None
        return trial(size, 1000 + 2 * size.pixels)


def test_a_step_of_the_paper_is_2_6_tflop():
    options = TrainOptions()

    # 3,650,112 weights x 2 x 4 x 120 x 120 pixels x (2 + 4 backward + 1/4 no gradient)
    assert step_flop(options, CBSN()) == 3_650_112 * 2 * 57_600 * 6.25


def test_crops_are_multiples_of_both_strides_and_undilated_of_the_dilations_too():
    options = TrainOptions(blind_stride=5, invariance_stride=2)

    assert crop_unit(options, PLAIN) == 10
    assert crop_unit(options, PLAIN._replace(undilated=True)) == 60


@pytest.mark.parametrize("limit", [1, 3, 4, 5, 7, 31])
def test_the_largest_number_that_fits_is_found(limit):
    found = find_largest(lambda n: n <= limit, 4, wished_fits=limit >= 4, most=99)

    assert found == Largest(limit)


def test_a_large_number_is_found_to_about_3_percent():
    tried = []

    def fits(number):
        tried.append(number)
        return number <= 1000

    found = find_largest(fits, 1, wished_fits=True, most=4096)

    assert 969 <= found.number <= 1000
    assert not found.more_may_fit
    assert len(tried) < 16


def test_where_nothing_fits_the_largest_number_is_0():
    assert find_largest(lambda n: False, 8, wished_fits=False, most=99) == Largest(0)


def test_a_search_ends_at_the_most_that_anybody_wants():
    found = find_largest(lambda n: True, 3, wished_fits=True, most=20)

    assert found == Largest(20, more_may_fit=True)


def test_a_search_ends_when_its_time_is_over():
    found = find_largest(lambda n: True, 3, wished_fits=True, most=20, seconds=0)

    assert found == Largest(3, more_may_fit=True)


def test_on_a_gpu_larger_sizes_are_tried():
    bench = FakeBench(most_pixels=10_000)

    measured, batch, crop = try_sizes(bench, Size(4, 20), 10)

    assert measured.size == Size(4, 20)
    assert batch == Largest(25)  # x 20 x 20
    assert crop == Largest(5)  # 50 x 50 x 4
    assert bench.measured == [Size(4, 20)]


def test_on_a_gpu_smaller_sizes_are_tried_where_the_wished_one_does_not_fit():
    bench = FakeBench(most_pixels=500)

    measured, batch, crop = try_sizes(bench, Size(4, 20), 10)

    assert measured is None
    assert batch == Largest(1)
    assert crop == Largest(1)
    assert max(size.pixels for size in bench.probed) < 1600


def test_a_line_through_two_trials():
    line = MemoryLine.through([trial(Size(1, 10), 1200), trial(Size(2, 10), 1400)])

    assert line == MemoryLine(at_zero=1000, bytes_per_pixel=2)
    assert line.bytes_at(300) == 1600
    assert line.pixels_within(1600) == 300
    assert line.pixels_within(900) == 0


def test_there_is_no_line_through_one_trial_or_equal_ones():
    assert MemoryLine.through([]) is None
    assert MemoryLine.through([trial(Size(1, 10), 1200)]) is None
    assert MemoryLine.through([trial(Size(n, 10), 1200) for n in (1, 2)]) is None


def test_on_a_cpu_what_fits_is_extrapolated_within_nine_tenths_of_the_memory():
    bench = FakeBench()

    measured, batch, crop = extrapolate_sizes(bench, Size(4, 20), 10, available=20_000)

    assert measured.size == Size(4, 20)
    assert bench.probed == [Size(1, 10), Size(1, 20)]
    # (0.9 x 20,000 - 1,000) / 2 = 8,500 pixels
    assert batch == Largest(21)
    assert crop == Largest(4)  # 40 x 40 x 4 are 6,400, 50 x 50 x 4 too many


def test_on_a_cpu_a_size_that_would_not_fit_is_not_tried():
    bench = FakeBench()

    measured, batch, crop = extrapolate_sizes(bench, Size(9, 20), 10, available=4000)

    assert measured is None
    assert bench.measured == []
    assert batch == Largest(3)  # (3,600 - 1,000) / 2 = 1,300 pixels
    assert crop == Largest(1)


def test_on_a_cpu_a_huge_size_is_approached_by_small_ones():
    bench = FakeBench()

    extrapolate_sizes(bench, Size(1000, 1000), 10, available=4000)

    assert [size.crop_size for size in bench.probed] == [60, 120]


def test_an_estimate_of_a_training(options, monkeypatch):
    monkeypatch.setattr(module, "available_memory", lambda: 2**40)

    found = estimate(options)

    assert found.device.startswith("cpu, ")
    assert found.trial.size == Size(2, 20)
    assert found.available_bytes == 2**40
    assert found.parameters == CBSN(options.network).num_parameters
    assert not found.tried
    if found.crop:  # so small a step may hide in what the process holds already
        assert found.crop.number % 10 == 0


def test_one_of_several_processes_is_measured_with_its_share(options, monkeypatch):
    found_sizes = []

    def extrapolate(bench, wished, unit, available):
        found_sizes.append((wished, unit, available))
        return None, Largest(3), Largest(4)

    monkeypatch.setattr(module, "extrapolate_sizes", extrapolate)
    monkeypatch.setattr(module, "available_memory", lambda: 900)
    update = {"batch_size": 12, "devices": 3, "hosts": 2, "rendezvous": "node0:29400"}

    found = estimate(options.model_copy(update=update))

    assert found_sizes == [(Size(2, 20), 10, 300)]  # memory is shared on a host
    assert found.processes == 6
    assert found.batch == Largest(18)
    assert found.crop == Largest(40)
    assert found.trial is None


def test_a_batch_that_cannot_be_shared_is_refused_as_in_training(options):
    with pytest.raises(ValueError, match="batch_size 2 cannot be shared equally by 4"):
        estimate(options.model_copy(update={"devices": 4}))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.filterwarnings("ignore")
def test_on_a_gpu_memory_is_really_tried(options, monkeypatch):
    monkeypatch.setattr(module, "SEARCH_SECONDS", 60.0)
    monkeypatch.setattr(module, "MOST_CROPS", 64)
    monkeypatch.setattr(module, "MOST_PIXELS_PER_SIDE", 240)

    found = estimate(options.model_copy(update={"device": "cuda"}))

    assert found.tried
    assert found.trial.peak_bytes <= found.trial.reserved_bytes < found.available_bytes
    assert found.batch == Largest(64, more_may_fit=True)
