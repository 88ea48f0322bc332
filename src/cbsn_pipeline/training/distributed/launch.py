"""Train in several processes, on one machine or on many."""

import logging
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import torch
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.elastic.rendezvous import RendezvousError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from cbsn_pipeline.processes import is_alive
from cbsn_pipeline.training.distributed.events import EventReader
from cbsn_pipeline.training.distributed.job import (
    folders_of_this_host,
    launcher_of,
    make_folder,
    read_error,
    read_result,
    write_job,
)
from cbsn_pipeline.training.monitoring.recorder import Recorder
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.run import Materials, Outcome

logger = logging.getLogger(__name__)

WORKER = "cbsn_pipeline.training.distributed.worker"
# With torch 2.13 restarted workers would meet in the store of those before them, find
# the addresses of the dead there, and wait for ever.
STORE_OF_ITS_OWN = ("TORCH_DISABLE_SHARE_RDZV_TCP_STORE", "1")
BUT_NOT_SIGHUP = ("TORCHELASTIC_SIGNALS_TO_HANDLE", "SIGTERM,SIGINT,SIGQUIT")
SHUTDOWN_SECONDS = 600  # for the last step and its state, before kill -9
JOIN_SECONDS = 900  # for the last host to come


def num_devices(options: TrainOptions) -> int:
    """Number of processes on this host."""
    if options.devices != "auto":
        return options.devices
    if options.device == "cpu":
        return 1
    first = int(options.device.partition(":")[2] or 0)  # of cuda:1, those from 1 on
    return max(1, torch.cuda.device_count() - first)


def is_alone(options: TrainOptions) -> bool:
    """Whether one process trains, without a launcher."""
    return options.hosts == 1 and num_devices(options) == 1


def launch(
    materials: Materials, options: TrainOptions, *, recorder: Recorder
) -> Outcome:
    """Do what ``train`` does, in ``options.devices`` processes on this host.

    With ``options.hosts`` above 1 the same call on every host joins them at
    ``options.rendezvous``; the outcome is the same on all of them. Processes that are
    lost are replaced: all start again at the last state.

    Args:
        materials: Data, and the folder of the states; the patches must be a file.
        options: Everything else.
        recorder: Who is told; on the host of the first rank, told everything.

    Raises:
        ChildProcessError: Processes were lost more often than ``max_restarts``.
        ValueError, NonFiniteLossError, MemoryError, OSError: As ``train`` does.
        KeyboardInterrupt, SystemExit: Somebody stopped it; the state is saved.
    """
    materials.state_folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(materials.state_folder)
    folder = make_folder(materials.state_folder)
    try:
        write_job(folder, materials, options)
        config = _launch_config(options)
        os.environ.setdefault(*STORE_OF_ITS_OWN)
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # nohup asks for it
            os.environ.setdefault(*BUT_NOT_SIGHUP)
        with EventReader(folder, recorder), _own_signals():
            elastic_launch(config, sys.executable)("-m", WORKER, str(folder))
        return read_result(folder, options)
    except ChildFailedError as error:
        raise _cause(folder, options, error) from error
    except SignalException as error:
        _end_as(error.sigval)
    except RendezvousError as error:
        raise ChildProcessError(
            f"The hosts did not meet at {options.rendezvous} "
            f"({str(error).strip() or type(error).__name__}): expected "
            f"{options.hosts} that run this command within {JOIN_SECONDS} seconds. Was "
            "one of them stopped, or is its network closed? To go on at the last "
            "state, repeat the command on every host with --params train.resume=true."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _launch_config(options: TrainOptions) -> LaunchConfig:
    address = options.rendezvous or "localhost:0"
    host = address.rpartition(":")[0]
    return LaunchConfig(
        min_nodes=options.hosts,
        max_nodes=options.hosts,
        nproc_per_node=num_devices(options),
        run_id=WORKER,  # the address tells trainings apart; workers compare the rest
        rdzv_backend="c10d",
        rdzv_endpoint=address,
        rdzv_configs={"join_timeout": JOIN_SECONDS},
        max_restarts=options.max_restarts,
        local_addr=host if host in {"localhost", "127.0.0.1"} else None,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )


@contextmanager
def _own_signals() -> Iterator[None]:
    """Put signal handlers back: the launcher leaves its own behind."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cause(folder: Path, options: TrainOptions, error: ChildFailedError) -> Exception:
    """Say what ended the training: what a worker raised, or that one was lost."""
    known = read_error(folder)
    if known is not None:
        return known
    rank, failure = error.get_first_failure()
    how = (
        f"signal {-failure.exitcode}"
        if failure.exitcode < 0
        else f"exit status {failure.exitcode}"
    )
    return ChildProcessError(
        f"Process {rank} of the training was lost ({how}), and "
        f"train.max_restarts {options.max_restarts} is used up. Was it killed for "
        "memory (see dmesg), or did it raise the error above? To go on at the last "
        "state, repeat the command with --params train.resume=true."
    )


def _end_as(number: int) -> NoReturn:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


def _remove_leftovers(state_folder: Path) -> None:
    """Remove what killed runs of this host left; other hosts may share the disk."""
    for folder in folders_of_this_host(state_folder):
        if not is_alive(launcher_of(folder)):
            shutil.rmtree(folder, ignore_errors=True)
