"""Explains ``--params`` that Kedro would split in the middle of a value."""

from itertools import pairwise
from typing import Any

import click
from kedro.framework.cli.hooks import cli_hook_impl

OPTION = "--params"
PACKAGE = "cbsn_pipeline"


class CommandHook:
    """Reads a command before Kedro does."""

    @cli_hook_impl
    def before_command_run(
        self,
        project_metadata: Any,  # noqa: ANN401
        command_args: list[str],
    ) -> None:
        """Look for a comma inside a value, as a path may have one.

        Raises:
            SystemExit: Behind a comma there is no ``key=``; the message is printed.
        """
        if getattr(project_metadata, "package_name", None) != PACKAGE:
            return
        for value in _values_of_params(command_args):
            items = value.split(",")
            for before, item in pairwise(items):
                if item.strip() and "=" not in item:
                    error = click.UsageError(_explain(value, before, item))
                    error.show()
                    raise SystemExit(error.exit_code)


def _explain(value: str, before: str, item: str) -> str:
    return (
        f"{OPTION} {value}: Kedro splits this at its commas, and {item!r} has no key. "
        f"If {f'{before},{item}'!r} is one value, write it into a file, run.yml, as\n"
        "  run:\n    params:\n      KEY: VALUE\n"
        "and run with --config=run.yml."
    )


def _values_of_params(args: list[str]) -> list[str]:
    """Values of ``--params VALUE`` and ``--params=VALUE``."""
    apart = [b for a, b in pairwise(args) if a == OPTION]
    joined = [a.partition("=")[2] for a in args if a.startswith(f"{OPTION}=")]
    return apart + joined


command_hook = CommandHook()
