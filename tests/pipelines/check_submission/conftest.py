"""The small submissions that the checks themselves are tested with."""

from ...submission_checks.conftest import kit, paths, shared_kit

__all__ = ["kit", "paths", "shared_kit"]
