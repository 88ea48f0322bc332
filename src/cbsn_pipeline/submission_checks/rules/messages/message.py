"""One row of the table of findings."""

from functools import partial
from typing import NamedTuple

from cbsn_pipeline.findings import Severity


class Message(NamedTuple):
    """What is said of one kind of finding; ``{names}`` stand for what was seen.

    Attributes:
        severity: As of a :class:`~cbsn_pipeline.findings.Finding`.
        what: What was expected and what was got.
        cause: What most likely led to it.
        remedy: What to do.
    """

    severity: Severity
    what: str
    cause: str
    remedy: str


error = partial(Message, "error")
warning = partial(Message, "warning")
note = partial(Message, "note")
