"""Lists on the command line: ``--params`` has none, so ``+`` joins their items."""

from pydantic import BeforeValidator

SEPARATOR = "+"


def split(value: object) -> object:
    """Make a list of what the command line gave; anything else stays as it is.

    >>> split("a + b"), split(""), split(3), split(["a"])
    (['a', 'b'], [], [3], ['a'])
    """
    if isinstance(value, int):
        return [value]
    if isinstance(value, str):
        return [item.strip() for item in value.split(SEPARATOR)] if value else []
    return value


Joined = BeforeValidator(split)
"""Of an option that is a tuple: ``Annotated[tuple[str, ...], Joined]``."""
