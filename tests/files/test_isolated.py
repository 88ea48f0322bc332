import ctypes
import os
import threading
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from cbsn_pipeline.files import isolated
from cbsn_pipeline.files.isolated import Damaged, NotRead, call

HERE = Path(__file__)


# What the other process is told to do; found by the name of this module.


def echo(path, *arguments):
    return [str(path), *arguments]


def number(_):
    return os.getpid()


def noise(_, shape, dtype):
    return np.random.default_rng(0).integers(0, 99, shape).astype(dtype)


def fortran(_):
    return np.asfortranarray(np.arange(6).reshape(2, 3))


def crash(_):
    ctypes.string_at(0)


def leave(_):
    os._exit(3)


def sleep(_):
    time.sleep(60)


def spin(_):
    while True:
        pass


def refuse(_):
    raise NotRead("it is a cell")


def fail(_):
    raise RuntimeError("a\n  b")


def take(_, size):
    return len(bytearray(size))


def chat(_):
    print("not an answer", flush=True)  # noqa: T201
    return 1


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Let the other process find this module, and start with a new one."""
    isolated.stop_children()
    monkeypatch.syspath_prepend(HERE.parent)
    for function in (
        *(echo, number, noise, fortran, crash, leave, sleep, spin),
        *(refuse, fail, take, chat),
    ):
        monkeypatch.setattr(function, "__module__", HERE.stem)
    yield
    isolated.stop_children()


def test_facts_come_back_as_json_and_the_path_is_absolute(monkeypatch):
    monkeypatch.chdir(HERE.parent)

    assert call(echo, Path(HERE.name), 1, ["é"]) == [str(HERE), 1, ["é"]]


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "float64", "bool"])
@pytest.mark.parametrize("shape", [(3, 5, 7), (0, 4), (1000, 1000)])
def test_an_array_comes_back_as_it_was(dtype, shape):
    array = call(noise, HERE, shape, dtype)

    assert array.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(array, noise(None, shape, dtype))


def test_the_order_of_axes_in_memory_does_not_matter():
    assert call(fortran, HERE).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_one_process_serves_many_calls():
    assert call(number, HERE) == call(number, HERE) != os.getpid()


@pytest.mark.parametrize(
    ("accident", "words"),
    [(crash, "crashes on it: SIGSEGV"), (leave, "crashes on it: status 3")],
)
def test_a_process_that_dies_is_damage_and_the_next_call_works(accident, words):
    first = call(number, HERE)

    with pytest.raises(Damaged, match=words):
        call(accident, HERE)

    assert call(number, HERE) != first


@pytest.mark.parametrize("accident", [sleep, spin])
def test_a_process_that_hangs_is_ended(accident, monkeypatch):
    call(number, HERE)

    with pytest.raises(Damaged, match=r"is not done in 0\.3 s"):
        call(accident, HERE, seconds=0.3)

    assert call(number, HERE)


def test_a_process_that_works_on_without_its_parent_is_ended_by_the_system():
    child = isolated._Child()
    with pytest.raises(Damaged, match="SIGXCPU"):
        child.ask(b'["test_isolated", "spin", "/", [], 0, 0.1]', seconds=60.0)
    child.stop()


def test_what_is_refused_and_what_fails_are_told_apart():
    with pytest.raises(NotRead, match="^it is a cell$"):
        call(refuse, HERE)
    with pytest.raises(Damaged, match="^a b$"):
        call(fail, HERE)


def test_memory_is_limited_and_more_is_given_where_it_is_declared():
    with pytest.raises(Damaged, match="asks for more memory than it declares"):
        call(take, HERE, 2 * 2**30)
    assert call(take, HERE, 3 * 2**29, memory=2**30) == 3 * 2**29


def test_what_a_library_prints_is_not_an_answer():
    assert call(chat, HERE) == 1


def test_an_idle_process_that_was_killed_is_replaced():
    os.kill(call(number, HERE), 9)
    isolated._idle_children()[0].process.wait()

    assert call(number, HERE)


def test_threads_ask_at_once():
    numbers = []
    threads = [
        threading.Thread(target=lambda: numbers.append(call(number, HERE)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(numbers) == 4
    assert len(isolated._idle_children()) == len(set(numbers))


def _number_of_a_fork(queue):
    queue.put(call(number, HERE))


def test_a_fork_starts_its_own(monkeypatch):
    first = call(number, HERE)
    context = get_context("fork")
    queue = context.SimpleQueue()

    process = context.Process(target=_number_of_a_fork, args=(queue,))
    process.start()
    of_the_fork = queue.get()
    process.join()

    assert of_the_fork != first
    assert call(number, HERE) == first


def test_an_interrupted_call_leaves_no_half_answer(monkeypatch):
    call(number, HERE)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(isolated._Child, "_receive", interrupt)
    with pytest.raises(KeyboardInterrupt):
        call(noise, HERE, (2000, 2000), "uint8")
    monkeypatch.undo()
    monkeypatch.syspath_prepend(HERE.parent)

    assert call(echo, HERE, 1)[1:] == [1]
