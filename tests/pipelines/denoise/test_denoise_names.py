from pathlib import Path

import pytest

from cbsn_pipeline.pipelines.denoise.names import name_outputs


def named(*originals):
    return [str(name) for name in name_outputs([Path(path) for path in originals])]


def test_a_photograph_keeps_its_name_and_folder():
    assert named("a.jpg", "day/b.TIFF", "c.d.png") == ["a.png", "day/b.png", "c.d.png"]


def test_the_same_stem_keeps_its_suffix():
    assert named("a.jpg", "a.png", "b/a.jpg") == ["a.jpg.png", "a.png.png", "b/a.png"]


def test_names_that_differ_in_capitals_only_count_as_the_same():
    assert named("IMG.jpg", "img.png") == ["IMG.jpg.png", "img.png.png"]


@pytest.mark.parametrize(
    "originals",
    [
        ("a.jpg", "a.png", "a.jpg.png"),
        ("a.jpg.png", "a.jpg", "a.png"),
        ("a.jpg", "a.JPG", "a.png", "a.jpg.tif", "a.jpg-2.png"),
    ],
)
def test_no_two_names_are_ever_the_same(originals):
    names = named(*originals)

    assert len({name.casefold() for name in names}) == len(originals)
    assert all(name.endswith(".png") for name in names)
