"""Let a small network learn from the C-BSN."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cbsn_pipeline.distillation.options import StudentOptions
from cbsn_pipeline.noisy_images.manifest import Manifest, ManifestImage

if TYPE_CHECKING:
    from cbsn_pipeline.cbsn import Denoiser, UNet
    from cbsn_pipeline.formats.patch_file import PatchFile
else:  # Kedro resolves the annotations of nodes; these would import torch
    Denoiser = PatchFile = Any


def train_student(
    cbsn: Denoiser,
    patches: PatchFile,
    manifest: Manifest,
    student_state: Path,
    options: StudentOptions,
) -> tuple[Denoiser, dict[str, Any]]:
    """Train the student, from the first step or from where it was stopped.

    Args:
        cbsn: The teacher; with averaged weights where training kept some.
        patches: Noisy patches, (P, P, 3) uint8 or float32 in [0, 1].
        manifest: The images the patches were cut from.
        student_state: Folder for resumable states.
        options: Everything else; without generations there is no student.

    Returns:
        The last student, or the C-BSN where none is wanted; and a report.

    Raises:
        ValueError: The patches are of other data than the manifest, or too small.
        ArithmeticError: The loss is no longer a number.
        KeyboardInterrupt, SystemExit: Somebody stopped it; the state is saved.
    """
    from cbsn_pipeline.cbsn import Denoiser
    from cbsn_pipeline.distillation.run import Material, distil
    from cbsn_pipeline.tracked_recorder import TrackedRecorder

    if options.generations == 0:
        return cbsn, {"generations": 0}
    if patches.digest != manifest.digest:
        raise ValueError(
            f"The patches are of data {patches.digest[:12]}, the manifest is of data "
            f"{manifest.digest[:12]}: the images changed since the patches were cut. "
            "Run the whole of kedro run --pipelines=train, which cuts them again."
        )
    teacher = cbsn if cbsn.average is None else cbsn.averaged()
    numbers = group_images(manifest.images)
    groups = [numbers[patches.image_of(index)] for index in range(len(patches))]
    start, trained_on = _load_start(options.start)
    material = Material(patches, groups, student_state, start)
    total = options.generations * options.steps
    with TrackedRecorder(total, "Student") as recorder:
        net, report = distil(teacher, material, options, recorder)
    facts = {**cbsn.provenance.options, "student": options.model_dump(mode="json")}
    seen = (*cbsn.provenance.trained_on, *trained_on)
    provenance = cbsn.provenance.model_copy(
        update={"options": facts, "trained_on": tuple(dict.fromkeys(seen))}
    )
    return Denoiser(net, provenance), report


def _load_start(name: str | None) -> tuple["UNet | None", tuple[str, ...]]:
    """Load what the student starts from, and name the images that it has seen."""
    from cbsn_pipeline import models
    from cbsn_pipeline.cbsn import UNet

    if name is None:
        return None, ()
    denoiser = models.load(name)
    if not isinstance(denoiser.net, UNet):
        raise ValueError(
            f"student.start={name} is a C-BSN, and a student cannot start from one: "
            "name a student, or null."
        )
    return denoiser.net, denoiser.provenance.trained_on


def group_images(images: tuple[ManifestImage, ...]) -> list[int]:
    """Number the images so that blocks of one picture, whose noise is alike, agree.

    Args:
        images: Of the manifest; ``member`` of a block is (picture, block).

    Returns:
        For each image the number of its group, from 0.
    """
    numbers: dict[tuple[str, tuple[int, ...]], int] = {}
    keys = [(image.path, (image.member or ())[:-1]) for image in images]
    return [numbers.setdefault(key, len(numbers)) for key in keys]
