import pytest
import torch

from cbsn_pipeline.training.hardware.memory_errors import is_out_of_memory


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("FIND was unable to find an engine to execute this computation"),
        NotImplementedError("GET was unable to find an engine to execute this"),
        MemoryError(),
    ],
    ids=str,
)
def test_every_way_to_say_it_is_understood(error):
    assert is_out_of_memory(error)


@pytest.mark.parametrize(
    "error", [RuntimeError("no kernel"), ValueError("out of memory"), None], ids=str
)
def test_other_errors_are_not_about_memory(error):
    assert not is_out_of_memory(error)


def test_what_an_error_hides_is_looked_at():
    error = RuntimeError("capture failed")
    error.__context__ = MemoryError()

    assert is_out_of_memory(error)
