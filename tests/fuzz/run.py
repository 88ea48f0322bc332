"""Fuzzes readers for as long as you like.

    python tests/fuzz/run.py --minutes 10 --reader mat_v5
    python tests/fuzz/run.py --reader png --index 1234 --keep a.png

Prints JSON: how many inputs every reader got, what came of them, and the failures
with the index that makes each again.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from child import damage
from harness import Results, fuzz
from readers import READERS
from seeds import make_seeds

BATCH = 2000


def main() -> None:
    """Fuzz the readers in turn until the time is over, or make one input again."""
    options = parse()
    if options.index is not None:
        keep(options.reader[0], options.index, options.keep)
        return
    readers = options.reader or list(READERS)
    minutes = options.minutes / len(readers)
    results = {r: fuzz_for(minutes, r, options.start) for r in readers}
    report = {
        reader: {
            "inputs": sum(result.counts.values()),
            **result.counts,
            "failures": result.failures,
        }
        for reader, result in results.items()
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="for all readers")
    parser.add_argument("--reader", action="append", choices=READERS, default=[])
    parser.add_argument("--start", type=int, default=0, help="index of the first input")
    parser.add_argument("--index", type=int, help="make this input again")
    parser.add_argument("--keep", type=Path, help="and write it here")
    return parser.parse_args()


def fuzz_for(minutes: float, reader: str, start: int) -> Results:
    """Fuzz one reader in batches until the time is over."""
    end = time.monotonic() + 60 * minutes
    total = Results()
    while time.monotonic() < end:
        result = fuzz([(reader, start, start + BATCH)])[reader]
        total.counts.update(result.counts)
        total.failures.update(result.failures)
        start += BATCH
    return total


def keep(reader: str, index: int, path: Path) -> None:
    """Write one input to a file, to look at it or to debug its reader."""
    with tempfile.TemporaryDirectory() as folder:
        path.write_bytes(damage(make_seeds(Path(folder), reader), reader, index))


if __name__ == "__main__":
    main()
