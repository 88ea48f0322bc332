import pytest
import torch

from cbsn_pipeline.training.hardware.device import (
    choose_device,
    tune,
    without_kernel_search,
)


def test_auto_takes_what_is_there():
    expected = "cuda" if torch.cuda.is_available() else "cpu"

    assert choose_device("auto").type == expected


def test_a_named_device_is_taken():
    assert choose_device("cpu") == torch.device("cpu")


def test_an_unknown_device_is_refused():
    with pytest.raises(ValueError, match="'gpu': expected auto, cpu, cuda"):
        choose_device("gpu")


def test_a_cuda_device_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="'cuda:99' means cuda:99, but torch .* sees"):
        choose_device("cuda:99")


def test_every_process_of_a_host_gets_a_gpu_of_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)

    assert choose_device("cuda", local_rank=1) == torch.device("cuda:1")
    with pytest.raises(ValueError, match="'cuda:1' means cuda:2, but torch .* sees 2"):
        choose_device("cuda:1", local_rank=1)


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
def test_the_cores_are_shared_among_the_processes(monkeypatch):
    monkeypatch.setattr("cbsn_pipeline.training.hardware.device.num_cores", lambda: 7)

    tune(torch.device("cpu"), "auto", processes=2)
    assert torch.get_num_threads() == 3
    tune(torch.device("cpu"), "auto", processes=8)
    assert torch.get_num_threads() == 1
    tune(torch.device("cpu"), 2, processes=8)
    assert torch.get_num_threads() == 2


def test_kernels_are_not_searched_for_shapes_that_come_once(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)

    with without_kernel_search():
        assert not torch.backends.cudnn.benchmark

    assert torch.backends.cudnn.benchmark
