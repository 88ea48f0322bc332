"""Runs one function on many items in threads, keeping order and a bound on memory.

Decoding, hashing and compression run outside Python's lock, so threads use all cores.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")
UNLIMITED = 1 << 30
_END = object()  # of what is made ahead
MEMORY_BUDGET = 2 * 1024**3  # bytes that the items in flight may take together


def num_workers(workers: int | Literal["auto"], *, item_bytes: int = 0) -> int:
    """Say how many threads to use.

    Args:
        workers: A number, or ``auto`` for one per core that this process may use.
        item_bytes: Memory that one item takes while it is worked on; the number is
            lowered, to 1 at least, until all fit in 2 GiB.
    """
    wanted = num_cores() if workers == "auto" else workers
    if item_bytes:
        wanted = min(wanted, MEMORY_BUDGET // item_bytes)
    return max(1, wanted)


def num_cores() -> int:
    """Count the cores that this process may use; a container's limit counts."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota_cores(CGROUP_QUOTA)))


def _quota_cores(quota: Path) -> int:
    """Cores that a Linux control group grants: microseconds granted, and of how many.

    Without a limit, or where there are no control groups, as many as one likes.
    """
    try:
        granted, period = quota.read_text(encoding="ascii").split()
        return round(int(granted) / int(period))
    except (OSError, ValueError):  # no such file; or "max 100000"
        return UNLIMITED


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int
) -> Iterator[Result]:
    """Apply ``function`` to every item in threads; yield the results in order.

    At most ``workers + 1`` items are begun and not yet yielded, however long
    ``items`` is. An error is raised where its result would have come; the rest is
    then not begun.

    Args:
        function: Called from several threads at once.
        items: What to call it with.
        workers: Number of threads.

    Yields:
        The results, in the order of the items.
    """
    remaining = iter(items)
    pool = ThreadPoolExecutor(workers)
    try:
        started: deque[Future[Result]] = deque(
            pool.submit(function, item) for item in islice(remaining, workers + 1)
        )
        while started:
            result = started.popleft().result()
            yield result
            del result  # not held while the next one is waited for
            started.extend(pool.submit(function, i) for i in islice(remaining, 1))
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def single_threaded_opencv() -> Iterator[None]:
    """Turn OpenCV's own threads off where ours use all cores.

    Two layers of threads on the same cores only get in each other's way.
    """
    import cv2  # noqa: PLC0415  # whoever does not call this need not have it

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def run_ahead(items: Iterator[Item], *, ahead: int) -> Iterator[Item]:
    """Make items in a thread of their own, which starts now.

    Args:
        items: Makes them; used by that thread alone.
        ahead: How many may be made and not yet taken.

    Returns:
        The items, in order. An error is raised where its item would have come.
    """
    pool = ThreadPoolExecutor(1)
    begun = deque(pool.submit(next, items, _END) for _ in range(ahead))
    return _take(begun, items, pool)


def _take(
    begun: deque[Future[Any]], items: Iterator[Item], pool: ThreadPoolExecutor
) -> Iterator[Item]:
    try:
        while (item := begun.popleft().result()) is not _END:
            begun.append(pool.submit(next, items, _END))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
