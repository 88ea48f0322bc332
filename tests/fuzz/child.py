"""Gives damaged files to readers, one after the other, under limits; may die of it.

What began is written down before it begins, what came of it after: whoever started
this process knows which input killed it, and starts another behind it.
"""

import faulthandler
import json
import logging
import os
import random
import re
import resource
import sys
import tempfile
import warnings
from pathlib import Path

from mutations import mutate
from readers import READERS
from seeds import Seed, make_seeds

from cbsn_pipeline.host_memory import peak_rss  # that of before an exec is not ours

READ_LIMIT = 64 * 2**20  # bytes that a file may become; readers refuse more
SPARE_MEMORY = 2**30  # bytes of address space that a reader may take beyond the start
SPARE_RSS = 400 * 2**20  # bytes that it may really use
SECONDS = 10.0  # that one input may take before the process is ended, on a busy machine
OUT_OF_MEMORY = re.compile(
    "insufficient memory|unable to alloc|can't alloc|bad_alloc|MemoryError", re.I
)


def damage(seeds: list[Seed], reader: str, index: int) -> bytes:
    """Make input ``index`` of a reader: the same bytes on every machine."""
    draw = random.Random(f"{reader} {index}")
    seed, other = draw.choice(seeds), draw.choice(seeds)
    return seed.wrap(mutate(seed.inner, draw, other=other.inner))


def judge(reader: str, path: Path) -> str:
    """Let a reader read; say ``loaded``, ``refused`` or what is wrong with it."""
    from kedro.io import DatasetError

    read, name = READERS[reader]
    before = peak_rss()
    try:
        read(path)
    except (DatasetError, ValueError) as error:
        outcome = _judge_error(error, path, name)
    except Exception as error:  # noqa: BLE001  this is what is looked for
        outcome = f"{type(error).__module__}.{type(error).__name__}: {error}"
    else:
        outcome = "loaded"
    if peak_rss() - before > SPARE_RSS:
        outcome = f"took {(peak_rss() - before) >> 20} MiB"
    return outcome


def _judge_error(error: Exception, path: Path, name: str) -> str:
    from kedro.io import DatasetError

    from cbsn_pipeline.formats.untrusted import NotReadError

    message = str(error)
    if type(error) not in (DatasetError, NotReadError, ValueError):
        return f"{type(error).__name__} is not for people: {message}"
    if name not in message:
        return f"the file is not named: {message}"
    if OUT_OF_MEMORY.search(message):
        return f"memory was asked for: {message}"
    return "refused"


def run(work: list[tuple[str, int, int]], folder: Path) -> None:
    """Try every input of ``work``; lines of JSON go to the standard output."""
    from cbsn_pipeline.files import isolated

    seeds = {}
    for reader in dict.fromkeys(reader for reader, _, _ in work):
        (folder / reader).mkdir()
        with tempfile.TemporaryDirectory() as workshop:
            seeds[reader] = make_seeds(Path(workshop), reader)
        warm_up(reader, seeds[reader], folder)
    limit_memory()
    warnings.simplefilter("error")
    isolated.SECONDS = SECONDS / 3
    report("ready", 0, "")
    for reader, start, stop in work:
        for index in range(start, stop):
            path = place(reader, damage(seeds[reader], reader, index), folder)
            report(reader, index, "began")
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            outcome = judge(reader, path)
            faulthandler.cancel_dump_traceback_later()
            report(reader, index, outcome)


def warm_up(reader: str, seeds: list[Seed], folder: Path) -> None:
    """Read the undamaged files: they must load, and then the libraries have too."""
    for seed in seeds:
        READERS[reader][0](place(reader, seed.wrap(seed.inner), folder))


def limit_memory() -> None:
    """Let the process have some memory more than it has, and no more."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + SPARE_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def place(reader: str, content: bytes, folder: Path) -> Path:
    """Put an input where its reader expects it."""
    path = folder / reader / READERS[reader][1]
    path.write_bytes(content)
    return path


def report(reader: str, index: int, outcome: str) -> None:
    """Write a line that is there even if the process dies next."""
    line = json.dumps([reader, index, outcome]) + "\n"
    os.write(REPORTS, line.encode())


if __name__ == "__main__":
    REPORTS = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no report
    os.environ["CBSN_READ_LIMIT"] = str(READ_LIMIT)
    faulthandler.enable()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as scratch:
        run(json.loads(sys.argv[1]), Path(scratch))
