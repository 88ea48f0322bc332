"""The options of a run as flat MLflow parameters, also of one that goes on."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from pydantic import BaseModel

from cbsn_pipeline import tracking

logger = logging.getLogger(__name__)

# Options that a resumed run changes by being resumed: not part of what was tried.
NOT_TRIED = {"train.resume"}


def parameters_of(
    pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
) -> dict[str, str]:
    """Flatten the options of the stages in this run: ``train.learning_rate`` and so on.

    The checked models are read, so options left to their defaults are there as well.
    """
    flat: dict[str, str] = {}
    for name in sorted(pipeline.inputs()):
        if not name.startswith("params:"):
            continue
        value = catalog.load(name)
        tree = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        for key, leaf in _flatten(name.removeprefix("params:"), tree):
            flat[key] = tracking.cut(leaf)
    return {name: value for name, value in flat.items() if name not in NOT_TRIED}


def log_parameters(values: Mapping[str, str], before: Mapping[str, str]) -> None:
    """Log new parameters; those of a resumed run cannot be changed, only noted.

    Args:
        values: Parameters of now.
        before: Parameters that the run already has; empty for a new one.
    """
    tracking.log_params({n: v for n, v in values.items() if n not in before})
    changed = {n: v for n, v in values.items() if before.get(n, v) != v}
    for name, value in changed.items():
        logger.warning(
            "%s was %s when this run began and is %s now.", name, before[name], value
        )
    if changed:
        drift = ", ".join(f"{n}: {before[n]} -> {v}" for n, v in changed.items())
        tracking.set_tags({"param_drift": drift})


def _flatten(prefix: str, tree: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from _flatten(f"{prefix}.{key}", value)
    else:
        yield prefix, tree
