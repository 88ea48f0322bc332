"""What a node may write to the MLflow run of the moment; nothing without one.

The run itself is opened and closed by ``cbsn_pipeline.hooks``. Nodes call the
functions below and need not know whether tracking is on: without a run they do
nothing, and a tracking server that goes away in the middle of a training costs a
warning, never the training.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.figure import Figure
    from mlflow import MlflowClient
    from mlflow.entities import Metric
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

BATCH_SIZE = 200  # metrics; one log_batch costs sqlite 0.25 ms each, log_metric 7.6 ms
FLUSH_SECONDS = 5.0  # how old a number in the browser may be
MAX_BUFFERED = 50_000  # metrics kept while the server is away; the oldest go first
FIRST_PAUSE, LAST_PAUSE = 30.0, 600.0  # seconds between two tries at a dead server
MAX_PARAM_CHARS = 6000  # MLflow refuses longer values
MAX_DIGEST_CHARS = 36  # the same
CUT_NOTE = "... (cut)"


@dataclass
class _Pause:
    """When one kind of record may be tried again after a failure."""

    until: float
    seconds: float


@dataclass
class _ActiveRun:
    """The run that this process writes to."""

    run_id: str
    client: "MlflowClient"
    pid: int = field(default_factory=os.getpid)
    metrics: "list[Metric]" = field(default_factory=list)
    flushed_at: float = field(default_factory=time.monotonic)
    pauses: dict[str, _Pause] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.RLock)


_state: dict[str, _ActiveRun] = {}  # at most one entry, "run"


def attach(run_id: str, client: "MlflowClient | None" = None) -> None:
    """Send what nodes log to this run from now on (called by the hook).

    Args:
        run_id: The MLflow run.
        client: Where the run is; None: the current tracking address.
    """
    from mlflow import MlflowClient

    _state["run"] = _ActiveRun(run_id, client or MlflowClient())


def detach() -> None:
    """Send what is buffered, then log nowhere (called by the hook)."""
    run = _run()
    if run is not None:
        run.pauses.clear()  # one last try
        flush()
    _state.clear()


def active_run_id() -> str | None:
    """The id of the MLflow run being written, or None when tracking is off."""
    run = _run()
    return None if run is None else run.run_id


def log_metrics(values: Mapping[str, float], step: int | None = None) -> None:
    """Add numbers to the run's curves; sent in batches, so cheap at every step.

    Args:
        values: Number by name, e.g. ``{"train/loss": 0.12}``; NaN is allowed.
        step: Optimiser step, None for a number that has no curve.
    """
    run = _run()
    if run is None:
        return
    from mlflow.entities import Metric

    now_ms = int(time.time() * 1000)
    with run.lock:
        run.metrics += [
            Metric(name, float(value), now_ms, step or 0)
            for name, value in values.items()
        ]
        due = time.monotonic() - run.flushed_at >= FLUSH_SECONDS
        if due or len(run.metrics) >= BATCH_SIZE:
            flush()


def flush() -> None:
    """Send the buffered metrics now; keeps them for later when that fails."""
    run = _run()
    if run is None:
        return
    with run.lock:
        run.flushed_at = time.monotonic()
        while run.metrics:
            batch = run.metrics[:BATCH_SIZE]
            log_batch = partial(run.client.log_batch, run.run_id, metrics=batch)
            if not _send("metrics", log_batch):
                break
            del run.metrics[: len(batch)]
        del run.metrics[:-MAX_BUFFERED]


def log_params(values: Mapping[str, Any]) -> None:
    """Record settings of the run; a value of more than 6000 characters is cut."""
    run = _run()
    if run is None or not values:
        return
    from mlflow.entities import Param

    params = [Param(name, cut(value)) for name, value in values.items()]
    for start in range(0, len(params), 100):  # MLflow takes 100 in one request
        chunk = params[start : start + 100]
        _send("parameters", partial(run.client.log_batch, run.run_id, params=chunk))


def set_tags(values: Mapping[str, Any]) -> None:
    """Set labels of the run; unlike parameters they may be set again."""
    run = _run()
    if run is None or not values:
        return
    from mlflow.entities import RunTag

    tags = [RunTag(name, cut(value)) for name, value in values.items()]
    _send("tags", lambda: run.client.log_batch(run.run_id, tags=tags))


def log_image(
    name: str, image_hwc: "NDArray[np.uint8]", step: int | None = None
) -> None:
    """Show an image in the run's panel, beside that of other runs and steps.

    Args:
        name: The same in every run that shall be compared, e.g. ``"sample block"``.
        image_hwc: (H, W, 3), uint8, 0 to 255.
        step: Optimiser step, None for an image that is made once.
    """
    _record(
        "images",
        lambda client, run_id: client.log_image(
            run_id, image_hwc, key=name, step=step or 0, synchronous=True
        ),
    )


def log_figure(name: str, figure: "Figure") -> None:
    """Store a matplotlib figure as ``<name>.png`` (or the suffix it has)."""
    file = _with_suffix(name, ".png")
    _record("figures", lambda client, run_id: client.log_figure(run_id, figure, file))


def log_table(name: str, table: "pd.DataFrame | dict[str, Any]") -> None:
    """Store a table that the browser can compare between runs."""
    file = _with_suffix(name, ".json")
    _record("tables", lambda client, run_id: client.log_table(run_id, table, file))


def log_text(name: str, text: str) -> None:
    """Store a text file."""
    file = _with_suffix(name, ".txt")
    _record("texts", lambda client, run_id: client.log_text(run_id, text, file))


def log_dict(name: str, content: Mapping[str, Any]) -> None:
    """Store a mapping as JSON."""
    file = _with_suffix(name, ".json")
    _record(
        "mappings", lambda client, run_id: client.log_dict(run_id, dict(content), file)
    )


def log_data(name: str, digest: str, source: str, context: str) -> None:
    """Record which data the run used, by content.

    Args:
        name: Kind of data, e.g. ``"sidd_medium"``.
        digest: Digest of the manifest, hexadecimal. MLflow keeps 36 characters of
            it; the tag ``data_digest`` has all.
        source: Where the files lay.
        context: What they were used for, e.g. ``"training"``.
    """
    import json

    def record(client: "MlflowClient", run_id: str) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        dataset = Dataset(
            name=name,
            digest=digest[:MAX_DIGEST_CHARS],
            source_type="local",
            source=json.dumps({"uri": source}),
        )
        tags = [InputTag("mlflow.data.context", context)]
        client.log_inputs(run_id, [DatasetInput(dataset, tags)])

    _record("data", record)
    set_tags({"data_digest": digest})


def cut(value: Any) -> str:  # noqa: ANN401
    """The text of a value, no longer than MLflow takes, with a note when cut."""
    text = str(value)
    if len(text) <= MAX_PARAM_CHARS:
        return text
    return text[: MAX_PARAM_CHARS - len(CUT_NOTE)] + CUT_NOTE


def _run() -> _ActiveRun | None:
    run = _state.get("run")
    # a forked worker inherits the run, but must not share its database connection
    return run if run is not None and run.pid == os.getpid() else None


def _record(kind: str, write: "Callable[[MlflowClient, str], object]") -> None:
    run = _run()
    if run is not None:
        _send(kind, lambda: write(run.client, run.run_id))


def _with_suffix(name: str, suffix: str) -> str:
    return name if "." in name.rsplit("/", 1)[-1] else name + suffix


def _send(kind: str, call: Callable[[], object]) -> bool:
    """Do one request; False when it is to be tried again later."""
    run = _state["run"]
    pause = run.pauses.get(kind)
    if pause is not None and time.monotonic() < pause.until:
        return False
    try:
        call()
    except Exception as error:  # noqa: BLE001 - hours of training outrank its log
        return _note_failure(run, kind, error)
    if run.pauses.pop(kind, None) is not None:
        logger.warning("MLflow takes %s again.", kind)
    return True


def _note_failure(run: _ActiveRun, kind: str, error: Exception) -> bool:
    if getattr(error, "error_code", "") in {"INVALID_PARAMETER_VALUE", "BAD_REQUEST"}:
        logger.warning("MLflow refuses these %s, they are left out: %s", kind, error)
        return True  # the same request would be refused again
    previous = run.pauses.get(kind)
    seconds = min(2 * previous.seconds, LAST_PAUSE) if previous else FIRST_PAUSE
    run.pauses[kind] = _Pause(time.monotonic() + seconds, seconds)
    if previous is None:
        logger.warning(
            "MLflow does not take %s (%s: %s). The run goes on: metrics are kept and "
            "sent later, pictures and files of this time are lost. Is the tracking "
            "server up? Its address is in conf/base/mlflow.yml.",
            kind,
            type(error).__name__,
            error,
        )
    return False
