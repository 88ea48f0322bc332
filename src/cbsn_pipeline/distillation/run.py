"""Train students one after another, resumable at any moment."""

import hashlib
import json
import logging
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from cbsn_pipeline.cbsn.denoiser import Denoiser
from cbsn_pipeline.cbsn.options import RestitutionSetting
from cbsn_pipeline.cbsn.unet import UNet
from cbsn_pipeline.distillation.options import StudentOptions
from cbsn_pipeline.distillation.pairs import Pair, Pairs
from cbsn_pipeline.distillation.targets import Patches, make_targets, spread
from cbsn_pipeline.files.atomic import write_file
from cbsn_pipeline.progress import Progress
from cbsn_pipeline.training.checkpoints.file import read_state
from cbsn_pipeline.training.data.batches import PatchSource
from cbsn_pipeline.training.hardware.device import choose_device, tune
from cbsn_pipeline.training.monitoring.recorder import Recorder
from cbsn_pipeline.training.stop import StopRequest

logger = logging.getLogger(__name__)

STATE_VERSION = 1
SECONDS_PER_MINUTE = 60
LATER = 0.7  # times the learning rate from one generation to the next: less is to do
WARM_UP = 0.1  # share of a generation's steps over which the learning rate rises
LARGEST_GRADIENT = 1.0  # norm; at twice the rate one batch in 700 threw the student off
# What students get back when they teach. Half of a wide window: they keep colour better
# than their teacher, and what they lose is slow.
OF_STUDENTS = RestitutionSetting(window=65, strength=0.5)


class Material(NamedTuple):
    """What students learn from."""

    source: PatchSource
    """Noisy patches."""
    groups: Sequence[int]
    """For each patch the number of its image, or of images that share their noise."""
    folder: Path
    """Where states are."""
    start: UNet | None = None
    """What the first student starts from; None: random weights."""


class Progressing(NamedTuple):
    """A student in the middle of its training."""

    net: UNet
    optimiser: torch.optim.Adam
    teacher: UNet | None
    """The student before; None while the C-BSN teaches."""
    step: int
    """Steps taken, of all generations."""
    seconds: float
    """That they took."""


def distil(
    teacher: Denoiser,
    material: Material,
    options: StudentOptions,
    recorder: Recorder,
) -> tuple[UNet, dict[str, Any]]:
    """Train all generations, from the first step or from the last saved state.

    Args:
        teacher: The first one; with its tone and colour given back as options say.
        material: What is learned from.
        options: Everything else.
        recorder: Who is told.

    Returns:
        The last student, on the CPU, and a report of how it came to be.

    Raises:
        ValueError: There are no patches, they are smaller than a crop, what is started
            from is another network, or more generations were trained already.
        ArithmeticError: The loss is no longer a number.
        OSError: The disk is full; the state before is untouched.
        KeyboardInterrupt, SystemExit: Somebody stopped it; the state is saved.
    """
    device = choose_device(options.device)
    tune(device, options.threads or "auto")
    indices = spread(len(material.source), options.max_patches)
    patches = np.stack([material.source[index] for index in indices])
    chosen = torch.tensor([material.groups[index] for index in indices])
    groups = torch.unique(chosen, return_inverse=True)[1]
    state = _State(material, teacher, options)
    student = state.load(device)
    last = options.generations * options.steps
    if student.step > last:
        raise ValueError(
            f"{state.path} has taken {student.step} steps, student.generations "
            f"{options.generations} of student.steps {options.steps} are {last}: they "
            "cannot be taken back. Raise student.generations, or remove the file to "
            "start anew."
        )
    with StopRequest() as stop:
        while student.step < last:
            generation = student.step // options.steps
            if student.step % options.steps == 0:
                student = _begin(student, generation, options)
            targets = _teach(teacher, student, patches, options)
            pairs = Pairs(
                torch.from_numpy(patches).permute(0, 3, 1, 2),
                targets,
                groups,
                options,
                generation=generation,
            )
            student = _train(student, pairs, generation, state, stop, recorder)
    report = {
        "steps": student.step,
        "generations": options.generations,
        "patches": len(patches),
        "hours": student.seconds / 3600,
        "options": options.model_dump(mode="json"),
    }
    return student.net.to("cpu"), report


def learning_rate_at(step: int, options: StudentOptions) -> float:
    """Learning rate of a step, counted from 0 over all generations.

    In each it rises linearly over the first tenth of the steps and falls to zero along
    half a cosine over the others.
    """
    generation, step = divmod(step, options.steps)
    highest = options.learning_rate * LATER**generation
    rising = max(1, round(WARM_UP * options.steps))
    if step < rising:
        return highest * (step + 1) / rising
    fallen = (step - rising) / max(1, options.steps - rising)
    return highest * 0.5 * (1 + math.cos(math.pi * fallen))


def _begin(
    student: Progressing, generation: int, options: StudentOptions
) -> Progressing:
    """Let the student so far teach, and go on from its weights."""
    if generation == 0:
        return student
    taught = UNet(options.network)
    taught.load_state_dict(student.net.state_dict())
    return student._replace(
        optimiser=_new_optimiser(student.net, options), teacher=taught
    )


def _teach(
    teacher: Denoiser,
    student: Progressing,
    patches: Patches,
    options: StudentOptions,
) -> Tensor:
    """Make the targets of a generation: by the C-BSN, or by the student before."""
    teaches = teacher.restituting(options.restitution)
    if student.teacher is not None:
        device = next(student.net.parameters()).device
        teaches = Denoiser(student.teacher.to(device)).restituting(OF_STUDENTS)
    with Progress("Teaching", total=len(patches), unit="patches") as bar:
        return make_targets(
            teaches,
            patches,
            eightfold=student.teacher is not None,
            advance=bar.advance,
        )


def _train(
    student: Progressing,
    pairs: Pairs,
    generation: int,
    state: "_State",
    stop: StopRequest,
    recorder: Recorder,
) -> Progressing:
    """Train a generation to its end; save now and then, and when asked to stop."""
    options, net = state.options, student.net
    device = next(net.parameters()).device
    first, end = student.step, (generation + 1) * options.steps
    started = saved = logged = time.monotonic()
    losses: list[Tensor] = []

    def now(step: int) -> Progressing:
        seconds = student.seconds + time.monotonic() - started
        return student._replace(step=step, seconds=seconds)

    with ThreadPoolExecutor(max_workers=1) as worker:
        coming = worker.submit(pairs.__getitem__, first % options.steps)
        for step in range(first, end):
            pair = coming.result()
            if step + 1 < end:
                coming = worker.submit(pairs.__getitem__, (step + 1) % options.steps)
            rate = learning_rate_at(step, options)
            losses.append(_take_step(net, student.optimiser, pair, rate, device))
            taken = step + 1
            if taken % options.log_every == 0 or taken == end or stop.requested:
                loss = float(torch.stack(losses).mean())
                _check_finite(loss, taken)
                pace = len(losses) / (time.monotonic() - logged)
                recorder.log_metrics(
                    {
                        "student/loss": loss,
                        "student/learning_rate": rate,
                        "student/steps_per_second": pace,
                    },
                    step=taken,
                )
                losses, logged = [], time.monotonic()
                recorder.advance(taken, {"loss": loss})
            minutes = (time.monotonic() - saved) / SECONDS_PER_MINUTE
            if taken == end or stop.requested or minutes >= options.save_every_minutes:
                state.save(now(taken))
                saved = time.monotonic()
            if stop.requested:
                logger.info(
                    "Stopped after step %d of %d; its state is saved. The same "
                    "command goes on from there.",
                    *(taken, options.generations * options.steps),
                )
                recorder.flush()
                stop.raise_as_requested()
    return now(end)


def _take_step(
    net: UNet,
    optimiser: torch.optim.Adam,
    pair: Pair,
    rate: float,
    device: torch.device,
) -> Tensor:
    """Ask for the wanted picture, mean absolute error, and take one step of Adam.

    An absolute error asks for a median, as C-BSN's losses and restitution do.
    """
    for group in optimiser.param_groups:
        group["lr"] = rate
    noisy, wanted = (
        part.to(device, memory_format=torch.channels_last) for part in pair
    )
    loss = (net(noisy) - wanted).abs().mean()
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), LARGEST_GRADIENT)
    optimiser.step()
    detached: Tensor = loss.detach()
    return detached


def _check_finite(loss: float, step: int) -> None:
    if not math.isfinite(loss):
        raise ArithmeticError(
            f"The student's loss is {loss} before step {step}: the weights can no "
            "longer be trusted. Lower student.learning_rate, and look at the teacher's "
            "pictures; the state saved before is untouched."
        )


def _new_optimiser(net: UNet, options: StudentOptions) -> torch.optim.Adam:
    return torch.optim.Adam(net.parameters(), lr=options.learning_rate)


def _check_start(start: UNet | None, options: StudentOptions) -> None:
    if start is not None and start.options != options.network:
        raise ValueError(
            f"student.start is a network of widths {start.options.widths}, "
            f"student.network has {options.network.widths}: choose the same widths, or "
            "student.start=null."
        )


class _State:
    """The state of one training on disk, named after what makes it that training."""

    def __init__(
        self, material: Material, teacher: Denoiser, options: StudentOptions
    ) -> None:
        self.options, self._start = options, material.start
        _check_start(material.start, options)
        numbers = json.dumps(options.numbers(), sort_keys=True)
        digest = hashlib.sha256(f"{numbers} {material.source.fingerprint}".encode())
        for net in filter(None, (teacher.net, material.start)):
            for name, weight in sorted(net.state_dict().items()):
                digest.update(name.encode() + weight.cpu().numpy().tobytes())
        self._digest, self._numbers = digest.hexdigest(), numbers
        self.path = material.folder / f"student_{self._digest[:12]}.pt"

    def load(self, device: torch.device) -> Progressing:
        """Go on where this training was, or begin it."""
        options = self.options
        generator = torch.Generator().manual_seed(options.seed)
        net = UNet(options.network, generator=generator)
        if self._start is not None:
            net.load_state_dict(self._start.state_dict())
        net = net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimiser = _new_optimiser(net, options)
        if not self.path.exists():
            return Progressing(net, optimiser, None, step=0, seconds=0.0)
        content = read_state(self.path)
        net.load_state_dict(content["network"])
        optimiser.load_state_dict(content["optimiser"])
        teacher = None
        if content["average"] is not None:
            teacher = UNet(options.network)
            teacher.load_state_dict(content["average"])
        logger.info("Going on after step %d, from %s.", content["step"], self.path)
        return Progressing(net, optimiser, teacher, content["step"], content["seconds"])

    def save(self, student: Progressing) -> None:
        """Write the state; the one before is replaced when this one is whole."""
        taught = student.teacher
        content = {
            "version": STATE_VERSION,
            "step": student.step,
            "seconds": student.seconds,
            "digest": self._digest,
            "options": self._numbers,
            "network": student.net.state_dict(),
            "optimiser": student.optimiser.state_dict(),
            "average": None if taught is None else taught.state_dict(),
        }
        with write_file(self.path) as partial, partial.open("wb") as file:
            torch.save(content, file)
