import threading
import time

import pytest

from cbsn_pipeline import threads
from cbsn_pipeline.threads import map_in_order, num_cores, num_workers, run_ahead


def test_results_come_in_the_order_of_the_items():
    def slow_first(item):
        time.sleep(0.02 if item == 0 else 0)
        return item * item

    assert list(map_in_order(slow_first, range(5), workers=3)) == [0, 1, 4, 9, 16]


def test_no_more_than_one_item_beyond_the_workers_is_in_flight():
    lock, begun = threading.Lock(), []

    def note(item):
        with lock:
            begun.append(item)
        return item

    for done, _ in enumerate(map_in_order(note, range(50), workers=2)):
        time.sleep(0.001)
        assert len(begun) <= done + 3


def test_an_error_comes_in_its_place_and_ends_the_rest():
    begun = []

    def fail_at_two(item):
        begun.append(item)
        if item == 2:
            raise ValueError("item 2")
        return item

    results = map_in_order(fail_at_two, range(100), workers=1)

    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="item 2"):
        next(results)
    assert len(begun) < 6


def test_workers_are_as_many_as_cores_unless_memory_forbids():
    assert num_workers("auto") == num_cores() >= 1
    assert num_workers(8) == 8
    assert num_workers(8, item_bytes=threads.MEMORY_BUDGET // 3) == 3
    assert num_workers(8, item_bytes=2 * threads.MEMORY_BUDGET) == 1


def test_opencv_gets_its_threads_back_also_after_an_error():
    import cv2

    def fail(seen):
        with threads.single_threaded_opencv():
            seen.append(cv2.getNumThreads())
            raise ValueError("inside")

    before, seen = cv2.getNumThreads(), []
    cv2.setNumThreads(2)
    try:
        with pytest.raises(ValueError, match="inside"):
            fail(seen)
        assert [*seen, cv2.getNumThreads()] == [1, 2]
    finally:
        cv2.setNumThreads(before)


def test_items_are_made_ahead_in_a_thread_of_their_own():
    made = []

    def making():
        for item in range(10):
            made.append(threading.get_ident())
            yield item

    items = run_ahead(making(), ahead=2)
    assert next(items) == 0
    time.sleep(0.05)
    assert len(made) <= 4  # one taken, two ahead, one that follows it
    assert list(items) == list(range(1, 10))
    assert set(made) != {threading.get_ident()}


def test_an_error_comes_where_its_item_would_have_come():
    def failing():
        yield 1
        raise ValueError("item 2")

    items = run_ahead(failing(), ahead=3)

    assert next(items) == 1
    with pytest.raises(ValueError, match="item 2"):
        next(items)
