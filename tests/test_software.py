import pytest

from cbsn_pipeline import software


@pytest.fixture
def cpuinfo(tmp_path, monkeypatch):
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(software, "CPUINFO", file)
    return file


def test_the_processor_is_named_as_linux_does(cpuinfo):
    cpuinfo.write_text("processor\t: 0\nmodel name\t: A Good CPU @ 3 GHz\nflags\t: a\n")

    assert software.processor_name() == "A Good CPU @ 3 GHz"


def test_elsewhere_the_architecture_has_to_do(cpuinfo, monkeypatch):
    monkeypatch.setattr(software.platform, "processor", lambda: "")
    monkeypatch.setattr(software.platform, "machine", lambda: "arm64")

    assert software.processor_name() == "arm64"


def test_the_hardware_is_the_gpu_or_the_processor(cpuinfo, monkeypatch):
    import torch

    cpuinfo.write_text("model name : A Good CPU\n")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    assert software.hardware() == "A Good CPU, 7 threads"

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A GPU")
    assert software.hardware() == "A GPU"
