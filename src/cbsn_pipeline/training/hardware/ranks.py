"""The processes that train one network together, and how they agree."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, distributed


@dataclass(frozen=True)
class Ranks:
    """Which of how many processes this is.

    The batch of a step is defined for all of them together: rank r trains on the r-th
    part of it, gradients are averaged, and the number of ranks changes neither the
    data nor the learning rate.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    """Rank among the processes of this host."""
    local_size: int = 1
    """Processes on this host."""
    group: Any = None
    """Group for small messages between hosts' CPUs; None for a single process."""

    @property
    def is_first(self) -> bool:
        """Whether this is the one process that writes."""
        return self.rank == 0

    def share(self, batch_size: int) -> range:
        """Places of the batch that this rank trains on.

        Raises:
            ValueError: The batch cannot be shared equally.
        """
        if batch_size % self.size:
            raise ValueError(
                f"train.batch_size {batch_size} cannot be shared equally by "
                f"{self.size} processes: it is the batch of all together. Make it a "
                f"multiple of {self.size} (train.devices * train.hosts)."
            )
        each = batch_size // self.size
        return range(self.rank * each, (self.rank + 1) * each)

    def any(self, *wishes: bool) -> list[bool]:
        """Whether any rank has each wish; every rank must ask at the same point."""
        if self.group is None:
            return list(wishes)
        votes = torch.tensor(wishes, dtype=torch.uint8)
        distributed.all_reduce(votes, distributed.ReduceOp.MAX, group=self.group)
        return [bool(vote) for vote in votes]

    def mean(self, values: Tensor) -> Tensor:
        """Average numbers over the ranks; returned on the CPU."""
        values = values.cpu()
        if self.group is not None:
            distributed.all_reduce(values, group=self.group)
            values /= self.size
        return values

    def gather(self, value: int) -> list[int]:
        """Collect one number of every rank, in order of rank."""
        if self.group is None:
            return [value]
        values = [torch.zeros((), dtype=torch.int64) for _ in range(self.size)]
        distributed.all_gather(values, torch.tensor(value), group=self.group)
        return [int(number) for number in values]

    def broadcast(self, content: bytes, source: int) -> bytes:
        """Send bytes from one rank to all; the others' ``content`` is ignored."""
        if self.group is None:
            return content
        (size,) = self._broadcast(torch.tensor([len(content)]), source).tolist()
        ours = torch.frombuffer(bytearray(content or b"\0"), dtype=torch.uint8)
        buffer = ours if self.rank == source else torch.empty(size, dtype=torch.uint8)
        return self._broadcast(buffer, source).numpy().tobytes()

    def wait(self) -> None:
        """Wait until every rank is here."""
        if self.group is not None:
            distributed.barrier(group=self.group)

    def _broadcast(self, values: Tensor, source: int) -> Tensor:
        distributed.broadcast(values, source, group=self.group)
        return values


ALONE = Ranks()
