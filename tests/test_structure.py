"""The map of packages in docs/structure.md is that of the imports."""

import re
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "cbsn_pipeline"


@pytest.fixture(scope="module")
def arrows():
    """Which package imports which; the modules at the root are not drawn."""
    graph = grimp.build_graph(PACKAGE)
    packages = {p.parent.name for p in (ROOT / "src" / PACKAGE).glob("*/__init__.py")}
    found = set()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            pair = module.split(".")[1:2], imported.split(".")[1:2]
            if all(pair) and pair[0] != pair[1]:
                found.add((pair[0][0], pair[1][0]))
    return {(a, b) for a, b in found if {a, b} <= packages}


def reached(start, arrows, *, without=None):
    seen, waiting = set(), [start]
    while waiting:
        here = waiting.pop()
        for arrow in arrows - {without}:
            if arrow[0] == here and arrow[1] not in seen:
                seen.add(arrow[1])
                waiting.append(arrow[1])
    return seen


def test_no_arrow_goes_in_a_circle(arrows):
    for package in {a for a, _ in arrows}:
        assert package not in reached(package, arrows)


def test_the_map_shows_the_arrows_that_no_detour_replaces(arrows):
    drawn = set(
        re.findall(
            r"^  (\w+) --> (\w+)$", (ROOT / "docs/structure.md").read_text(), re.M
        )
    )

    needed = {(a, b) for a, b in arrows if b not in reached(a, arrows, without=(a, b))}
    assert drawn == needed, "\n".join(f"  {a} --> {b}" for a, b in sorted(needed))
