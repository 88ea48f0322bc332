"""Run the same reproduction with other seeds: each a Kedro run of its own.

Each has its own MLflow run, below that of the run that started it, its own states,
denoiser, scores and card, so that whatever one can do with a run can be done with each.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from cbsn_pipeline.session import Session, child_of

logger = logging.getLogger(__name__)

PIPELINE = "reproduce"
STATE_FOLDER = "state_seed_{seed}"


def run_seed(session: Session, seed: int, *, project: Path) -> None:
    """Train, score and write the card of another seed; returns when it is done.

    Args:
        session: The run to repeat.
        seed: What changes.
        project: Root of the project.

    Raises:
        ChildProcessError: The run failed; its messages are above.
        KeyboardInterrupt, SystemExit: Somebody stopped us: the run is told the same,
            and has saved its state.
    """
    logger.info("Reproducing with seed %d.", seed)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "run.yml"
        # JSON is YAML
        file.write_text(json.dumps(_configuration(session, seed)), encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "kedro", "run", "--config", str(file)],
            cwd=project,
            env={**os.environ, **child_of(session.tracked_run)},
            start_new_session=True,  # Ctrl-C is handed on once, not sent twice
        )
        status = _wait(process)
    if status != 0:
        raise ChildProcessError(
            f"The run of seed {seed} ended with status {status}; what it said is "
            "above. Finished seeds are kept: repeat the command with --params "
            "train.resume=true to go on."
        )


def _configuration(session: Session, seed: int) -> dict[str, Any]:
    """The file for ``kedro run --config``."""
    parameters = dict(session.parameters)
    parameters["train"] = {**parameters.get("train", {}), "seed": seed}
    parameters["reproduce"] = {**parameters.get("reproduce", {}), "seeds": 1}
    parameters["state_folder"] = STATE_FOLDER.format(seed=seed)
    run = {"pipelines": PIPELINE, "params": parameters}
    if session.environment:
        run["env"] = session.environment
    return {"run": run}


def _wait(process: "subprocess.Popen[bytes]") -> int:
    """Wait for a run; hand on what ends us."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
    except BaseException:
        process.terminate()
        process.wait()
        raise
