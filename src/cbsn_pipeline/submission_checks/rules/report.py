"""Makes findings of the texts in the table."""

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.submission_checks.rules.messages import MESSAGES


def report(
    name: str, file: str, index: str = "", /, *, count: int = 1, **seen: object
) -> Finding:
    """Report one kind of finding.

    Args:
        name: Of the row in the table: the code, or ``code/case`` where a code has
            several texts.
        file: Where it is, as the user would name it.
        index: Which block, crop, line or image in it; empty for the whole file.
        count: How many places it stands for.
        seen: What the texts of that row ask for.

    >>> report("id_outside", "a.csv", "line 9", last=1279, got=1280).what
    'Expected IDs from 0 to 1279; got 1280.'
    """
    severity, *texts = MESSAGES[name]
    what, cause, remedy = (text.format(**seen) for text in texts)
    code = name.split("/", maxsplit=1)[0]
    return Finding(severity, code, file, index, what, cause, remedy, count)
