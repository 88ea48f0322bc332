"""Examines the folder of DND."""

from pathlib import Path

from kedro.io import DatasetError

from cbsn_pipeline.benchmarks.dnd.folder import IMAGE_FOLDER, INFO_FILE, image_file_name
from cbsn_pipeline.findings import Finding, Severity
from cbsn_pipeline.formats.dnd_folder import DndFolder
from cbsn_pipeline.formats.mat_file import container
from cbsn_pipeline.noisy_images.dnd import READ_BYTES
from cbsn_pipeline.progress import Progress
from cbsn_pipeline.raw_data_checks.dnd_image import look_at_image
from cbsn_pipeline.raw_data_checks.examination import (
    Examination,
    Expected,
    ImageFacts,
    Part,
    count,
)
from cbsn_pipeline.raw_data_checks.places import (
    check_zips,
    list_files,
    missing,
    unreadable,
    zips_beside,
)
from cbsn_pipeline.threads import map_in_order, num_workers


def examine(part: Part, *, thorough: bool, workers: int) -> Examination:
    """Look at info.mat, boxes and headers; when thorough, at every pixel."""
    root, seen = part.path, Examination(part)
    if not root.is_dir():
        zips = [root] if root.is_file() else zips_beside(root)
        zips = [file for file in zips if "dnd" in file.name.lower()]
        seen.findings = [
            *missing(part),
            *check_zips(part, zips, data_there=False, thorough=thorough),
        ]
        return seen
    files, seen.findings = list_files(part)
    images = sorted((root / IMAGE_FOLDER).glob("*.mat"))
    seen.found = bool(images) or (root / INFO_FILE).is_file()
    seen.findings += check_zips(
        part, [root / f for f in files], data_there=bool(images), thorough=thorough
    )
    if not images and (deeper := _deeper(root)):
        seen.findings.append(_nested(part, deeper))
        return seen
    info = _read_info(seen)
    seen.findings += _check_files(part, images, info)
    _look_at_images(seen, images, info, thorough=thorough, workers=workers)
    if seen.found:
        _describe(seen, images, info)
    return seen


def _read_info(seen: Examination) -> DndFolder | None:
    part = seen.part
    path = part.path / INFO_FILE
    # Training needs the images alone; only a submission needs the boxes.
    severity: Severity = "error" if "scored" in part.roles else "warning"
    if not path.exists():
        seen.findings.append(
            part.finding(
                *(severity, "info_missing", INFO_FILE),
                what="It is not there; it lists the boxes that are scored.",
                cause="Only the images were copied.",
                remedy="Copy info.mat from the archive, beside images_srgb.",
            )
        )
        return None
    try:
        return DndFolder(part.path)
    except DatasetError as error:
        seen.findings.append(
            part.from_error(
                *(error, "damaged_info", INFO_FILE), path=path, severity=severity
            )
        )
    except OSError as error:
        seen.findings.append(unreadable(part, error, INFO_FILE))
    return None


def _check_files(
    part: Part, images: list[Path], info: DndFolder | None
) -> list[Finding]:
    if not images and (part.path / "images_raw").is_dir():
        return [
            part.finding(
                *("error", "raw_images_only", "images_raw"),
                what="Only images_raw is there; expected images_srgb.",
                cause="Half of the archive was unzipped.",
                remedy="Unzip images_srgb too: that track is denoised here.",
            )
        ]
    expected = part.expected.num_images or (info.num_images if info else 0)
    there = {file.name for file in images}
    names = [image_file_name(number) for number in range(1, expected + 1)]
    absent = [name for name in names if name not in there]
    findings = [
        part.finding(
            *("error", "images_missing", f"{IMAGE_FOLDER}/{name}"),
            what=f"{len(absent)} of {expected} images are not there.",
            cause="The archive was not unzipped to the end.",
            remedy="Unzip it again. The site takes 50 files, one per image.",
        )
        for name in absent
    ]
    findings += [
        part.finding(
            *("warning", "unexpected_file", f"{IMAGE_FOLDER}/{name}"),
            what=f"It is not one of the {expected} images of DND.",
            cause="It was copied in, or renamed.",
            remedy="Remove it: it would be trained on.",
        )
        for name in sorted(there - set(names))
        if expected
    ]
    return findings + _wrong_count(part, info, expected)


def _wrong_count(part: Part, info: DndFolder | None, expected: int) -> list[Finding]:
    if info is None or info.num_images == expected:
        return []
    return [
        part.finding(
            *("error", "wrong_count", INFO_FILE),
            what=f"info.mat lists {info.num_images} images; expected {expected}.",
            cause="It is a set of your own.",
            remedy=f"Declare it: submit_dnd.num_images={info.num_images}.",
        )
    ]


def _look_at_images(
    seen: Examination,
    images: list[Path],
    info: DndFolder | None,
    *,
    thorough: bool,
    workers: int,
) -> None:
    part = seen.part
    threads = num_workers(workers, item_bytes=READ_BYTES if thorough else 0)

    def look(file: Path) -> tuple[ImageFacts | None, list[Finding]]:
        return look_at_image(part, file, info, thorough=thorough)

    with Progress(f"Looking at {part.name}", total=len(images), unit="images") as bar:
        for facts, findings in map_in_order(look, images, workers=threads):
            seen.images += [facts] if facts else []
            seen.findings += findings
            bar.advance(1)


def _deeper(root: Path) -> Path | None:
    infos = sorted(root.glob(f"*/**/{INFO_FILE}"))
    return infos[0].parent if infos else None


def _nested(part: Part, deeper: Path) -> Finding:
    return part.finding(
        *("error", "nested", deeper.relative_to(part.path)),
        what="info.mat and images_srgb lie in a folder of this folder.",
        cause="The archive was unzipped into a folder of its own.",
        remedy=f"Name {deeper} as dnd_path (and noisy_path), or move it up.",
    )


def _describe(seen: Examination, images: list[Path], info: DndFolder | None) -> None:
    seen.describe_images()
    expected: Expected = seen.part.expected
    seen.facts |= {
        "noisy_files": len(images),
        "bytes": sum(file.stat().st_size for file in images if file.exists()),
        "containers": count(_container(file) for file in images),
        "boxes": f"{expected.num_boxes} x {expected.crop_size} px expected per image",
    }
    if info:
        cameras = [info.camera(image) for image in range(info.num_images)]
        seen.facts["info.mat"] = f"{info.num_images} images"
        seen.facts["cameras"] = count(cameras)


def _container(file: Path) -> str:
    try:
        return container(file)
    except (DatasetError, OSError):
        return "unreadable"
