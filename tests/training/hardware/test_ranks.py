import pytest
import torch

from cbsn_pipeline.training.hardware.ranks import ALONE, Ranks


def test_the_batch_is_shared_in_order():
    parts = [Ranks(rank, 3).share(12) for rank in range(3)]

    assert [place for part in parts for place in part] == list(range(12))


def test_a_batch_that_cannot_be_shared_equally_is_refused():
    with pytest.raises(ValueError, match=r"batch_size 4 .* by 3 processes.*multiple"):
        Ranks(0, 3).share(4)


def test_alone_one_agrees_with_oneself():
    values = torch.tensor([1.0, 2.0])

    assert ALONE.is_first
    assert ALONE.any(True, False) == [True, False]
    assert torch.equal(ALONE.mean(values), values)
    assert ALONE.gather(7) == [7]
    assert ALONE.broadcast(b"state", 0) == b"state"
