"""Say what a training would take here: time, memory, disk."""

import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cbsn_pipeline.threads import num_cores
from cbsn_pipeline.training.options import TrainOptions

if TYPE_CHECKING:
    from cbsn_pipeline.training.estimate.estimate import Estimate

logger = logging.getLogger(__name__)

FLOAT_BYTES = 4
STATE_COPIES = 3  # of every weight: itself and Adam's two moments
HEADER_BYTES = 128 * 1024  # names, shapes and options, in a state or a denoiser
MORE_STATES = 2  # the best, and the one that is being written
PATCH_SIZE = 256  # pixels: what patches are by default, and crops are cut from
BUSY = 0.5  # programs that want a core, per core
PLAIN_WIDTH = 100  # columns where no terminal says how many it has
KIB = 1024
MINUTE, HOUR, DAY = 60, 3600, 86400


def estimate_training(
    options: TrainOptions, training_state: Path
) -> tuple[dict[str, Any], dict[str, float], dict[str, str]]:
    """Measure a few steps of the training that the options describe; needs no data.

    Args:
        options: Of the training.
        training_state: Folder where its states will be; need not exist.

    Returns:
        The report: sizes in bytes, times in seconds; None where something could not
        be told. Its numbers as metrics, and its device as a tag of the run.

    Raises:
        ValueError: The options cannot be had, as in training.
    """
    from cbsn_pipeline.training.estimate.estimate import estimate

    load = os.getloadavg()[0]  # of others: before we add to it
    found = estimate(options)
    report = {
        "device": found.device,
        "processes": found.processes,
        "speed": str(found.speed),
        "network": options.network.model_dump(),
        "parameters": found.parameters,
        "batch_size": options.batch_size,
        "crop_size": options.crop_size,
        "steps": options.steps,
        "ramp_steps": min(options.ramp_steps, options.steps),
        **describe_pace(found, options),
        **describe_memory(found),
        **describe_disk(found.parameters, options, training_state),
        "notes": [*found.speed.notes, *_notes(found, load)],
    }
    _warn(report, training_state)
    _print(format_report(report))
    return report, _metrics_of(report), {"device": report["device"]}


def describe_pace(found: "Estimate", options: TrainOptions) -> dict[str, Any]:
    """Say how fast steps are, and how long all of them take; None if none fitted."""
    trial = found.trial
    rate = trial and trial.steps / trial.seconds
    pixels = options.batch_size * options.crop_size**2
    return {
        "warm_up_seconds": trial and trial.warm_up_seconds,
        "measured_steps": trial.steps if trial else 0,
        "steps_per_second": rate,
        "megapixels_per_second": rate and rate * pixels / 1e6,
        "tflop_per_second": rate and rate * found.step_flop / 1e12,
        "seconds_for_all_steps": rate and options.steps / rate,
        "seconds_for_ramp": rate and min(options.ramp_steps, options.steps) / rate,
    }


def describe_memory(found: "Estimate") -> dict[str, Any]:
    """Say what memory a step takes, and what fits."""
    trial, batch, crop = found.trial, found.batch, found.crop
    return {
        "fits_memory": trial is not None,
        "peak_memory_bytes": trial and trial.peak_bytes,
        "reserved_memory_bytes": trial and trial.reserved_bytes,
        "available_memory_bytes": found.available_bytes,
        "largest_batch_size": batch and batch.number,
        "larger_batch_may_fit": batch and batch.more_may_fit,
        "largest_crop_size": crop and crop.number,
        "larger_crop_may_fit": crop and crop.more_may_fit,
        "largest_was_tried": found.tried,
    }


def describe_disk(
    parameters: int, options: TrainOptions, folder: Path
) -> dict[str, Any]:
    """Say what states and denoiser take on the disk, and what is free there.

    Args:
        parameters: Numbers in the network.
        options: How many states are kept; whether weights are averaged.
        folder: Where states will be; need not exist.
    """
    averages = 1 if options.ema_decay else 0
    weights = FLOAT_BYTES * parameters
    state = weights * (STATE_COPIES + averages) + HEADER_BYTES
    denoiser = weights * (1 + averages) + HEADER_BYTES
    states = options.keep_states + MORE_STATES
    disk = next(path for path in [folder, *folder.absolute().parents] if path.exists())
    return {
        "state_bytes": state,
        "states": states,
        "denoiser_bytes": denoiser,
        "disk_bytes": states * state + denoiser,
        "free_disk_bytes": shutil.disk_usage(disk).free,
    }


def _notes(found: "Estimate", load: float) -> list[str]:
    notes = [
        "Random patches were trained on: reading the real ones, scoring held-out "
        "blocks and saving states are not measured."
    ]
    if found.device.startswith("cpu") and load > BUSY * num_cores():
        notes.append(
            f"Other programs were busy (load average {load:.1f} on "
            f"{_count(num_cores(), 'core')}): alone, training is faster."
        )
    if found.processes > 1:
        notes.append(
            f"One of {found.processes} processes was measured, alone, with its share "
            "of the batch: exchanging gradients is not."
        )
    if found.speed.patches_on_device:
        notes.append("The patches will be in GPU memory too: that was not counted.")
    if found.crop and found.crop.number > PATCH_SIZE:
        notes.append("A crop cannot be larger than patches.patch_size.")
    return notes


def _warn(report: dict[str, Any], folder: Path) -> None:
    if not report["fits_memory"]:
        logger.warning(
            "%d crops of %d x %d do not fit into the %s of memory that %s has free; "
            "%s. Lower train.batch_size or train.crop_size; on a GPU, train.precision "
            "bfloat16 takes less.",
            *(report["batch_size"], report["crop_size"], report["crop_size"]),
            *(_size(report["available_memory_bytes"]), report["device"]),
            f"what fits is batch {_largest(report, 'batch')}, or crop "
            f"{_largest(report, 'crop')}",
        )
    if report["free_disk_bytes"] < report["disk_bytes"]:
        logger.warning(
            "%s: the disk has %s free, this training needs %s (%d states and the "
            "denoiser). Free some, lower train.keep_states, or move the data folder to "
            "a larger disk.",
            *(folder, _size(report["free_disk_bytes"]), _size(report["disk_bytes"])),
            report["states"],
        )


def _metrics_of(report: dict[str, Any]) -> dict[str, float]:
    numbers = {n: v for n, v in report.items() if isinstance(v, int | float)}
    return {f"estimate/{name}": value for name, value in numbers.items()}


def _print(table: Table) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=PLAIN_WIDTH)
    console.print(table)


def format_report(report: dict[str, Any]) -> Table:
    """Lay the report out, one fact per row."""
    table = Table(title="What this training would take here", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(report).items():
        table.add_row(name, Text(value))  # not str: rich would read [cuda] as markup
    table.caption = Text("\n".join(report["notes"]), justify="left")
    return table


def _rows(report: dict[str, Any]) -> dict[str, str]:
    network, crop = report["network"], report["crop_size"]
    return {
        "device": f"{report['device']}; {_count(report['processes'], 'process', 'es')}",
        "network": f"{network['channels']} channels x {network['blocks']} blocks, "
        f"{report['parameters']:,} parameters",
        "speed": report["speed"],
        "step": f"{_count(report['batch_size'], 'crop')} of {crop} x {crop}",
        **_pace_rows(report),
        "peak memory": _memory(report),
        "largest batch": f"{_largest(report, 'batch')} at crop {crop}",
        "largest crop": f"{_largest(report, 'crop')} at batch {report['batch_size']}",
        "disk": _disk(report),
    }


def _pace_rows(report: dict[str, Any]) -> dict[str, str]:
    if not report["fits_memory"]:
        return {"steps per second": "not measured: memory does not suffice"}
    measured = f"{_count(report['measured_steps'], 'step')} measured"
    warm_up = f"{_duration(report['warm_up_seconds'])} to warm up"
    return {
        "steps per second": f"{report['steps_per_second']:.3g} ({measured}, {warm_up})",
        "megapixels per second": f"{report['megapixels_per_second']:.3g}",
        "TFLOP per second": f"{report['tflop_per_second']:.3g}",
        f"all {report['steps']:,} steps": _duration(report["seconds_for_all_steps"]),
        f"ramp of {report['ramp_steps']:,}": _duration(report["seconds_for_ramp"]),
    }


def _memory(report: dict[str, Any]) -> str:
    available = f"{_size(report['available_memory_bytes'])} available"
    if not report["fits_memory"]:
        return f"more than there is; {available}"
    reserved = report["reserved_memory_bytes"]
    more = f" ({_size(reserved)} reserved)" if reserved is not None else ""
    return f"{_size(report['peak_memory_bytes'])}{more}; {available}"


def _largest(report: dict[str, Any], what: str) -> str:
    """Say what fits, and how that is known."""
    number = report[f"largest_{what}_size"]
    how = "tried" if report["largest_was_tried"] else "extrapolated"
    if number is None:
        return "unknown: too small a need to extrapolate from"
    least = "at least " if report[f"larger_{what}_may_fit"] else ""
    return f"{least}{number:,} ({how})" if number else "none"


def _disk(report: dict[str, Any]) -> str:
    free, needed = report["free_disk_bytes"], report["disk_bytes"]
    states = f"{report['states']} states of {_size(report['state_bytes'])}"
    short = ": NOT ENOUGH" if free < needed else ""
    return f"{_size(needed)} ({states}, denoiser); {_size(free)} free{short}"


def _count(number: int, what: str, plural: str = "s") -> str:
    return f"{number:,} {what}{'' if number == 1 else plural}"


def _size(number: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if number < KIB:
            return f"{number:.4g} {unit}"
        number /= KIB
    return f"{number:,.1f} GiB"


def _duration(seconds: float) -> str:
    """Write a duration in the two largest units that it has."""
    minutes, hours, days = (int(seconds // unit) for unit in (MINUTE, HOUR, DAY))
    if days:
        return f"{days:,} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {seconds % 60:.0f} s" if minutes else f"{seconds:.2g} s"
