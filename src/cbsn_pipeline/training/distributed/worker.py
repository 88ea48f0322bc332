"""One of several processes that train together: ``python -m ... FOLDER``.

Started by ``launch.py`` beside it through torch's elastic launcher, which tells it its
rank by the environment. Knows neither Kedro nor MLflow.
"""

import hashlib
import json
import logging
import os
import sys
import warnings
from datetime import timedelta
from pathlib import Path

import torch
from torch import distributed

from cbsn_pipeline.processes import end_with_parent
from cbsn_pipeline.training.distributed.events import EventLogHandler, EventWriter
from cbsn_pipeline.training.distributed.job import (
    ERRORS,
    Job,
    launcher_of,
    read_error,
    read_job,
    write_error,
    write_result,
)
from cbsn_pipeline.training.hardware.device import choose_device
from cbsn_pipeline.training.hardware.ranks import Ranks
from cbsn_pipeline.training.run import train

logger = logging.getLogger(__name__)

PATIENCE = timedelta(hours=2)  # while the first rank validates, the others wait
DIGITS = 15  # of a hash, that fit into an int64


def main(folder: Path) -> int:
    """Train as one of many; returns the exit status."""
    end_with_parent(launcher_of(folder))  # nobody would track us any more
    # 1x1 kernels lie in memory the same way whatever their strides are called
    warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
    if read_error(folder):  # of the attempt before; it would only come again
        return 1
    recorder = EventWriter(folder, int(os.environ["RANK"]))
    _send_log(recorder)
    try:
        job = read_job(folder)
        ranks = _join(job)
        _check_same(job, ranks)
        _note_restart(recorder, ranks)
        # states of another training were put aside by who started us: what is there
        # is ours, from before a restart or from the run that is resumed
        options = job.options.model_copy(update={"resume": True})
        outcome = train(job.materials, options, recorder=recorder, ranks=ranks)
        if ranks.local_rank == 0:
            write_result(folder, outcome)
        ranks.wait()
    except tuple(ERRORS.values()) as error:
        if isinstance(error, distributed.DistBackendError):
            raise
        logger.debug("Worker failed", exc_info=True)
        write_error(folder, error)
        return 1
    distributed.destroy_process_group()
    return 0


def _join(job: Job) -> Ranks:
    """Meet the other processes."""
    local_rank = int(os.environ["LOCAL_RANK"])
    device = choose_device(job.options.device, local_rank=local_rank)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group(
        "nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE
    )
    return Ranks(
        rank=distributed.get_rank(),
        size=distributed.get_world_size(),
        local_rank=local_rank,
        local_size=int(os.environ["LOCAL_WORLD_SIZE"]),
        group=distributed.new_group(backend="gloo", timeout=PATIENCE),
    )


def _check_same(job: Job, ranks: Ranks) -> None:
    """Refuse to train on different data or with different options.

    Raises:
        ValueError: Those of some rank are not those of the first.
    """
    options = json.dumps([job.options.resumable(), job.options.steps])
    digests = {
        "training data": job.materials.source.fingerprint,
        "options": hashlib.sha256(options.encode()).hexdigest(),
    }
    for what, digest in digests.items():
        everyone = ranks.gather(int(digest[:DIGITS], 16))
        odd = next((r for r, other in enumerate(everyone) if other != everyone[0]), 0)
        if odd:
            raise ValueError(
                f"The hosts have different {what}: {everyone[odd]:0{DIGITS}x} at rank "
                f"{odd}, {everyone[0]:0{DIGITS}x} at rank 0. Copy the same images to "
                "every host, cut the patches there with the same options, and give "
                "the same command everywhere."
            )


def _note_restart(recorder: EventWriter, ranks: Ranks) -> None:
    restarts = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))
    if restarts and ranks.is_first:
        logger.warning(
            "A process was lost; all were started again (restart %d of %s). The "
            "training goes on at the last state.",
            restarts,
            os.environ.get("TORCHELASTIC_MAX_RESTARTS", "?"),
        )
        recorder.set_tags({"restarts": str(restarts)})


def _send_log(recorder: EventWriter) -> None:
    """Send the first rank's log to the terminal, of the others only warnings."""
    package = logging.getLogger("cbsn_pipeline")
    package.setLevel(logging.INFO if os.environ["RANK"] == "0" else logging.WARNING)
    package.addHandler(EventLogHandler(recorder))
    package.propagate = False


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
