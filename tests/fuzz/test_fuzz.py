"""A short fuzzing of every reader, and proof that the harness would notice."""

import random
import re
from pathlib import Path

import harness
import pytest
from child import damage
from harness import fuzz
from mutations import OPERATORS, mutate
from readers import READERS
from seeds import make_seeds

INPUTS = 120
FIRST_INDEX = 1_000_000  # indices that the long runs do not reach

BAD_CHILD = """
import os, sys, time, faulthandler
sys.path.append({folder!r})
import child
child.SECONDS = {seconds}
def read(path):
    {happens}
child.READERS = {{"bad": (read, "a.bin")}}
child.warm_up = lambda *arguments: None
child.make_seeds = lambda folder, reader: [child.Seed(b"0123456789")]
import json, tempfile, pathlib
child.REPORTS = os.dup(1)
os.dup2(2, 1)
with tempfile.TemporaryDirectory() as scratch:
    child.run(json.loads(sys.argv[1]), pathlib.Path(scratch))
"""
ACCIDENTS = {
    "crash": ("import ctypes; ctypes.string_at(0)", "the process ended with -11"),
    "hang": ("time.sleep(60)", "the process ended with 1: .*Timeout"),
    "memory": ("bytearray(2**34)", "MemoryError"),
    "used memory": ("b'1' * 700_000_000", "took [67].. MiB"),
    "another error": ("[][0]", "builtins.IndexError"),
    "an error of a library": ("b'\\xff'.decode()", "UnicodeDecodeError is not for"),
    "no name": ("raise ValueError('bad')", "the file is not named: bad"),
    "memory, hidden": (
        "raise ValueError('a.bin: Insufficient memory')",
        "memory was asked for",
    ),
    "a warning": ("import warnings; warnings.warn('x')", "UserWarning: x"),
}


@pytest.fixture(scope="module")
def results():
    """What comes of the inputs of every reader; the libraries are loaded once."""
    first = FIRST_INDEX
    return fuzz([(reader, first, first + INPUTS) for reader in READERS])


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_damaged_files_load_or_have_one_clear_error(reader, results):
    assert results[reader].failures == {}
    assert sum(results[reader].counts.values()) == INPUTS
    assert results[reader].counts["refused"] > INPUTS // 4


@pytest.mark.slow
@pytest.mark.parametrize("name", ACCIDENTS)
def test_the_harness_notices_what_a_reader_must_not_do(name, tmp_path):
    happens, expected = ACCIDENTS[name]
    program = tmp_path / "bad_child.py"
    folder = str(Path(harness.__file__).parent)
    seconds = 1 if name == "hang" else 60
    program.write_text(
        BAD_CHILD.format(folder=folder, happens=happens, seconds=seconds)
    )

    results = fuzz([("bad", 5, 7)], child=program)["bad"]

    assert sum(results.counts.values()) == 2  # the second one is tried all the same
    assert re.search(expected, results.failures[5]), results.failures[5]


def test_the_same_index_is_the_same_damage(tmp_path):
    seeds = make_seeds(tmp_path, "manifest")

    inputs = [damage(seeds, "manifest", index) for index in range(20)]

    assert inputs == [damage(seeds, "manifest", index) for index in range(20)]
    assert len(set(inputs)) == 20


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: o.__name__)
def test_every_operator_changes_a_file(operator):
    content = bytes(range(256)) * 4
    changed = [
        bytes(operator(bytearray(content), random.Random(seed), content))
        for seed in range(20)
    ]

    assert sum(c != content for c in changed) >= 18


def test_an_empty_file_is_left_alone():
    assert mutate(b"", random.Random(0), other=b"a") == b""
