import pytest
import torch

from cbsn_pipeline.training.device import choose_device, choose_precision


def test_auto_takes_what_is_there():
    expected = "cuda" if torch.cuda.is_available() else "cpu"

    assert choose_device("auto").type == expected


def test_a_named_device_is_taken():
    assert choose_device("cpu") == torch.device("cpu")


def test_an_unknown_device_is_refused():
    with pytest.raises(ValueError, match="'gpu': expected auto, cpu, cuda"):
        choose_device("gpu")


def test_a_cuda_device_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="'cuda:99', but torch .* sees"):
        choose_device("cuda:99")


def test_auto_precision_is_float32_on_a_cpu():
    assert choose_precision("auto", torch.device("cpu")) == torch.float32


@pytest.mark.parametrize(
    ("native", "expected"), [(True, torch.bfloat16), (False, torch.float32)]
)
def test_auto_precision_is_bfloat16_where_cuda_has_it(monkeypatch, native, expected):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: native)

    assert choose_precision("auto", torch.device("cuda")) == expected


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_a_named_precision_is_taken(name):
    assert choose_precision(name, torch.device("cpu")) == getattr(torch, name)
