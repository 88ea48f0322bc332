from pathlib import Path

import pytest

from cbsn_pipeline.photos.names import name_outputs


def named(*originals, chosen="png"):
    paths = [Path(path) for path in originals]
    return [str(name) for name in name_outputs(paths, chosen)]


def test_a_photograph_keeps_its_name_and_folder():
    assert named("a.jpg", "day/b.TIFF", "c.d.png") == ["a.png", "day/b.png", "c.d.png"]


def test_a_photograph_keeps_its_format_where_that_is_written():
    originals = ("a.JPG", "a.jpeg", "day/b.TIFF", "c.webp", "d.NEF", "e", "f.heic")

    assert named(*originals, chosen=None) == [
        *("a.JPG", "a.jpeg", "day/b.TIFF", "c.png", "d.tif", "e.png", "f.png"),
    ]


def test_the_chosen_format_keeps_the_suffix_of_those_that_have_it():
    names = named("a.JPG", "b.png", "c.jfif", chosen="jpeg")

    assert names == ["a.JPG", "b.jpg", "c.jfif"]


def test_the_same_stem_keeps_its_suffix():
    assert named("a.jpg", "a.png", "b/a.jpg") == ["a.jpg.png", "a.png", "b/a.png"]


def test_names_that_differ_in_capitals_only_count_as_the_same():
    assert named("IMG.jpg", "img.png") == ["IMG.jpg.png", "img.png"]


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
