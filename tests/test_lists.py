import pytest

from cbsn_pipeline.lists import split


@pytest.mark.parametrize(
    ("given", "items"),
    [
        ("kaggle+legacy_cell", ["kaggle", "legacy_cell"]),
        (" a + b ", ["a", "b"]),
        ("", []),
        (5, [5]),
        (("a+b", "c"), ("a+b", "c")),  # a list in a file is one already
        (None, None),
    ],
)
def test_a_plus_joins_items(given, items):
    assert split(given) == items
