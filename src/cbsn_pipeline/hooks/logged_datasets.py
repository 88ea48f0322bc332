"""What MLflow gets of a dataset that is saved: the catalog says where, its type how.

``metadata: {mlflow: score/summary.json}`` names the artifact of a figure, an image, a
text, a table or a mapping. A mapping of figures or images by name becomes one artifact
each, below that path. ``mlflow: metrics`` and ``mlflow: tags`` take a mapping instead.
"""

from collections.abc import Mapping
from numbers import Real
from typing import Any

from cbsn_pipeline import tracking

KEY = "mlflow"
METRICS, TAGS = "metrics", "tags"


def log_saved(name: str, metadata: Any, data: Any) -> None:  # noqa: ANN401
    """Log a dataset to the run of the moment, if its entry in the catalog asks for it.

    Args:
        name: Dataset, for the message of an error.
        metadata: What the catalog says beside its type; None: nothing.
        data: What was saved.

    Raises:
        TypeError: MLflow has no place for data of this type.
    """
    target = metadata.get(KEY) if isinstance(metadata, Mapping) else None
    if target is None:
        return
    if target == METRICS:
        tracking.log_metrics(_numbers(name, data))
    elif target == TAGS:
        tracking.set_tags(_mapping(name, TAGS, data))
    elif _holds_pictures(data):
        for part, picture in data.items():
            _log_artifact(name, f"{target}/{part}", picture)
    else:
        _log_artifact(name, target, data)


def _log_artifact(name: str, path: str, data: Any) -> None:  # noqa: ANN401
    import numpy as np
    import pandas as pd
    from matplotlib.figure import Figure

    if isinstance(data, Figure):
        tracking.log_figure(path, data)
    elif isinstance(data, np.ndarray):
        tracking.log_image(path, data)
    elif isinstance(data, str):
        tracking.log_text(path, data)
    elif isinstance(data, pd.DataFrame):
        tracking.log_table(path, data)
    elif isinstance(data, Mapping):
        tracking.log_dict(path, data)
    else:
        raise TypeError(
            f"The catalog sends {name} to MLflow as {path}, but it is a "
            f"{type(data).__name__}: expected a figure, an image, a text, a table or a "
            f"mapping. Take {KEY!r} out of its metadata, or change what is saved."
        )


def _holds_pictures(data: Any) -> bool:  # noqa: ANN401
    """Whether it maps names to figures or images."""
    import numpy as np
    from matplotlib.figure import Figure

    return (
        isinstance(data, Mapping)
        and bool(data)
        and all(isinstance(value, Figure | np.ndarray) for value in data.values())
    )


def _numbers(name: str, data: Any) -> Mapping[str, float]:  # noqa: ANN401
    values = _mapping(name, METRICS, data)
    wrong = [key for key, value in values.items() if not isinstance(value, Real)]
    if wrong:
        raise TypeError(
            f"The catalog sends {name} to MLflow as metrics, but {wrong[0]!r} is a "
            f"{type(values[wrong[0]]).__name__}: expected numbers alone."
        )
    return values


def _mapping(name: str, target: str, data: Any) -> Mapping[str, Any]:  # noqa: ANN401
    if not isinstance(data, Mapping):
        raise TypeError(
            f"The catalog sends {name} to MLflow as {target}, but it is a "
            f"{type(data).__name__}: expected a mapping."
        )
    return data
