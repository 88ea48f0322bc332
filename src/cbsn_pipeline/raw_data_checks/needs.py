"""What ingest and patches will take of disk and memory."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cbsn_pipeline import noisy_images
from cbsn_pipeline.benchmarks.sidd.blocks import BLOCK_SIZE
from cbsn_pipeline.findings import Finding
from cbsn_pipeline.host_memory import available_memory
from cbsn_pipeline.imaging.grid import patch_origins
from cbsn_pipeline.raw_data_checks.examination import Examination, Part
from cbsn_pipeline.raw_data_checks.stage_options import PatchGrid
from cbsn_pipeline.threads import num_workers

CHANNELS = 3
FLOAT_BYTES = 4
SPARE_BYTES = 64 * 2**20  # index and provenance, as the writer of patches reserves
GIB = 2**30


@dataclass(frozen=True)
class Needs:
    """What the next stages will take.

    Attributes:
        patches: Number of patches that the grid gives.
        patch_file: Where they will be written.
        disk_bytes: Size of that file, uncompressed.
        free_bytes: Free where it will be.
        memory_bytes: Of the larger of ingest and scoring, about.
        available_bytes: Memory that programs may still take.
    """

    patches: int
    patch_file: str
    disk_bytes: int
    free_bytes: int
    memory_bytes: int
    available_bytes: int

    @property
    def disk_fits(self) -> bool:
        """Whether the patches can be written."""
        return self.disk_bytes <= self.free_bytes

    @property
    def memory_fits(self) -> bool:
        """Whether the stages can run without swapping."""
        return self.memory_bytes <= self.available_bytes

    def to_record(self) -> dict[str, Any]:
        """Write it as plain values."""
        fits = {"disk_fits": self.disk_fits, "memory_fits": self.memory_fits}
        return asdict(self) | fits


def estimate_needs(
    seen: Sequence[Examination], grid: PatchGrid, patch_file: Path, workers: int
) -> Needs:
    """Say what patches and stages will take.

    Args:
        seen: The parts as examined.
        grid: Which patches will be cut.
        patch_file: Where to; need not exist.
        workers: Threads of the ingest.
    """
    training = next((e for e in seen if "training" in e.part.roles), None)
    sizes = _sizes(training) if training else {}
    patches = sum(number * _patches(size, grid) for size, number in sizes.items())
    dtypes = set(training.facts.get("dtypes", {})) if training else set()
    item = 1 if dtypes <= {"uint8"} else FLOAT_BYTES
    patch_bytes = grid.patch_size**2 * CHANNELS * item
    disk = next(p for p in [patch_file, *patch_file.absolute().parents] if p.exists())
    return Needs(
        patches=patches,
        patch_file=str(patch_file),
        disk_bytes=patches * patch_bytes + (SPARE_BYTES if patches else 0),
        free_bytes=shutil.disk_usage(disk).free,
        memory_bytes=max(_ingest_memory(training, workers), _blocks_memory(seen)),
        available_bytes=available_memory(),
    )


def check_needs(needs: Needs, part: Part) -> list[Finding]:
    """Find what does not fit.

    Args:
        needs: As estimated.
        part: The images that patches are cut from.
    """
    findings = []
    if not needs.disk_fits:
        findings.append(
            part.finding(
                *("error", "disk_too_small", ""),
                what=f"{needs.patches:,} patches take {_gib(needs.disk_bytes)}; "
                f"{_gib(needs.free_bytes)} are free for {needs.patch_file}.",
                cause="The disk is too small or too full.",
                remedy="Free some, move the folder data to a larger disk, or set "
                "patches.stride higher.",
            )
        )
    if not needs.memory_fits:
        findings.append(
            part.finding(
                *("warning", "memory_short", ""),
                what=f"About {_gib(needs.memory_bytes)} of memory will be held; "
                f"{_gib(needs.available_bytes)} are free.",
                cause="Other programs hold memory, or the images are very large.",
                remedy="End other programs, or set ingest.workers and patches.workers "
                "to 1.",
            )
        )
    return findings


def _sizes(seen: Examination) -> dict[str, int]:
    sizes: dict[str, int] = seen.facts.get("sizes", {})
    return sizes


def _patches(size: str, grid: PatchGrid) -> int:
    height, width = (int(side) for side in size.split("x"))
    return len(
        patch_origins(
            height,
            width,
            patch_size=grid.patch_size,
            stride=grid.stride,
            border=grid.border,
        )
    )


def _ingest_memory(training: Examination | None, workers: int) -> int:
    """Buffers of the images in flight, as ingest reserves them."""
    if training is None or not training.found:
        return 0
    if training.part.kind == "sidd_blocks":
        return _array_bytes(training)
    readers = {
        "sidd_medium": noisy_images.sidd_medium.READ_BYTES,
        "dnd": noisy_images.dnd.READ_BYTES,
        "photos": noisy_images.photos.READ_BYTES,
    }
    item = readers[training.part.kind]
    return item * num_workers(workers, item_bytes=item)


def _blocks_memory(seen: Iterable[Examination]) -> int:
    """Noisy and clean validation blocks, and the denoised ones, as scoring holds."""
    validation = [e for e in seen if e.part.path.name.startswith("Validation")]
    arrays = [_array_bytes(e) for e in validation]
    return sum(arrays) + max(arrays, default=0)


def _array_bytes(seen: Examination) -> int:
    return int(seen.facts.get("images", 0)) * BLOCK_SIZE**2 * CHANNELS


def _gib(number: int) -> str:
    return f"{number / GIB:,.1f} GiB"
