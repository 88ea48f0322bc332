"""What SIDD-Medium consists of, and what its file names tell is wrong with a copy."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from cbsn_pipeline.benchmarks.sidd.names import (
    SCENE_INSTANCE,
    VALIDATION_INSTANCES,
    parse_image_name,
    parse_scene_instance,
)
from cbsn_pipeline.findings import Finding

NUM_PAIRS = 320  # of SIDD-Medium; SIDD-Small has half
NUM_INSTANCES = 160
INSTANCES_PER_CAMERA = {"G4": 16, "GP": 33, "IP": 54, "N6": 22, "S6": 35}

ZIP_NAME = "SIDD_Medium_Srgb.zip"
ZIP_BYTES = 13_234_744_070
ZIP_MD5 = "f95b4bc9ec1dd3fe4ebd61aeacad3991"

# Named as if it were one of SIDD's images, whatever the spelling.
_LOOKS_LIKE_SIDD = re.compile(r"(?i)(noisy|gt)_.*\.(png|jpe?g|tiff?|bmp)$")
_RAW_FILE = re.compile(r"(?i).*_RAW_.*\.MAT$")


@dataclass(frozen=True)
class Names:
    """The images of a copy of SIDD, sorted by what their names say.

    Attributes:
        noisy: Scene instance and file name, with ``/``, to the path in the folder.
        clean: The same of the clean images ("GT").
        scenes: Scene instances that are there and well named.
        roots: The folders that the scene folders lie in.
        findings: What the names tell is wrong.
    """

    noisy: dict[str, PurePosixPath]
    clean: dict[str, PurePosixPath]
    scenes: tuple[str, ...]
    roots: tuple[PurePosixPath, ...]
    findings: tuple[Finding, ...]


def read_names(files: Iterable[PurePosixPath], *, where: str) -> Names:
    """Sort the files of a folder by their names; none is opened.

    Args:
        files: All files below the folder, relative to it.
        where: The folder, for the findings.
    """
    files = sorted(files)
    images = [file for file in files if parse_image_name(file.name)]
    noisy, clean, findings = _by_role(images, where)
    scenes = {file.parent.name for file in images}
    known = tuple(sorted(s for s in scenes if SCENE_INSTANCE.fullmatch(s)))
    findings += [
        *_misnamed_scenes(images, where),
        *_misnamed_images(files, where),
        *_other_instance(images, where),
        *_without_twin(noisy, clean, where),
        *_raw_files(files, where, any_srgb=bool(noisy)),
    ]
    roots = tuple(sorted({file.parent.parent for file in images}))
    return Names(noisy, clean, known, roots, tuple(findings))


def count_cameras(scenes: Iterable[str]) -> dict[str, int]:
    """Count scene instances per camera.

    >>> count_cameras(["0001_001_S6_00100_00060_3200_L"])
    {'S6': 1}
    """
    counts = Counter(parse_scene_instance(scene).camera for scene in scenes)
    return dict(sorted(counts.items()))


def check_counts(names: Names, *, expected: int | None, where: str) -> list[Finding]:
    """Compare the number of images, and of scenes per camera, with the published ones.

    Args:
        names: What is there.
        expected: How many noisy images there must be; None accepts any number.
        where: The folder, for the findings.
    """
    if expected is None or not names.noisy:
        return []
    found = len(names.noisy)
    parsed = (parse_image_name(file.name) for file in names.noisy.values())
    small = all(name and name.layout == "small" for name in parsed)
    if small and expected == NUM_PAIRS:
        return [
            Finding(
                *("error", "sidd_small", where, ""),
                f"It is SIDD-Small ({found} noisy images, named NOISY_SRGB_010.PNG); "
                f"expected SIDD-Medium ({expected}, named NNNN_NOISY_SRGB_010.PNG).",
                "The smaller of the two archives was fetched.",
                "Fetch SIDD-Medium sRGB, or train on what is there with --params "
                f"ingest.num_images={found}.",
            )
        ]
    if found == expected:
        return []
    return [
        Finding(
            *("error", "wrong_count", where, ""),
            f"{found} noisy images are there; expected {expected} (ingest.num_images)."
            f"{_missing_cameras(names, expected)}",
            "The archive was not unzipped to the end, or the folder is another one.",
            "Unzip again and count; to train on what is there: --params "
            f"ingest.num_images={found}.",
        )
    ]


def scored_scenes(scenes: Iterable[str], *, where: str) -> list[Finding]:
    """Find the scenes of the validation set among those to train on."""
    shared = sorted(set(scenes) & set(VALIDATION_INSTANCES))
    return [
        Finding(
            *("warning", "scored_scenes_in_training", where, scene),
            "This scene instance is one of the 40 that SIDD holds out for validation.",
            "Folders of the validation set were copied in: SIDD-Medium has none of "
            "them.",
            "Remove the folder, or mark scores on the validation blocks with a dagger.",
        )
        for scene in shared
    ]


def _by_role(
    images: list[PurePosixPath], where: str
) -> tuple[dict[str, PurePosixPath], dict[str, PurePosixPath], list[Finding]]:
    noisy: dict[str, PurePosixPath] = {}
    clean: dict[str, PurePosixPath] = {}
    findings = []
    for file in images:
        name = parse_image_name(file.name)
        assert name is not None
        role = noisy if name.is_noisy else clean
        key = f"{file.parent.name}/{file.name}"
        if key in role:
            findings.append(_twice(role[key], file, where))
        role.setdefault(key, file)
    return noisy, clean, findings


def _twice(one: PurePosixPath, other: PurePosixPath, where: str) -> Finding:
    return Finding(
        *("error", "data_set_twice", where, str(other)),
        f"The same scene and name is there as {one} too.",
        "The archive was unzipped in two places below this folder.",
        f"Name one of the two ({one.parent.parent} or {other.parent.parent}) as "
        "noisy_path, or remove one.",
    )


def _misnamed_scenes(images: list[PurePosixPath], where: str) -> Iterator[Finding]:
    folders = sorted({file.parent for file in images})
    for folder in folders:
        if not SCENE_INSTANCE.fullmatch(folder.name):
            yield Finding(
                *("error", "misnamed_scene", where, str(folder)),
                "The folder holds images of SIDD but is not named as a scene instance, "
                "such as 0052_002_S6_01600_01000_5500_N.",
                "It was renamed, or images were moved out of their folder.",
                "Give it its published name, or unzip it again: camera and ISO are "
                "read off the name.",
            )


def _misnamed_images(files: list[PurePosixPath], where: str) -> Iterator[Finding]:
    for file in files:
        if _LOOKS_LIKE_SIDD.search(file.name) and not parse_image_name(file.name):
            yield Finding(
                *("warning", "misnamed_image", where, str(file)),
                "It is named almost as SIDD names its images, and is not read; "
                "expected NNNN_NOISY_SRGB_010.PNG or NNNN_GT_SRGB_010.PNG.",
                "It was renamed, converted, or copied by a file manager.",
                "Give it its published name, or remove it.",
            )


def _other_instance(images: list[PurePosixPath], where: str) -> Iterator[Finding]:
    for file in images:
        name = parse_image_name(file.name)
        scene = SCENE_INSTANCE.fullmatch(file.parent.name)
        if name and name.instance and scene and int(scene["instance"]) != name.instance:
            yield Finding(
                *("warning", "instance_differs", where, str(file)),
                f"The file is of instance {name.instance:04d}, its folder of "
                f"{scene['instance']}.",
                "It was moved or copied into the folder of another scene.",
                "Move it back, or unzip the folder again.",
            )


def _without_twin(
    noisy: dict[str, PurePosixPath], clean: dict[str, PurePosixPath], where: str
) -> Iterator[Finding]:
    if not clean or not noisy:
        return
    for key, file in noisy.items():
        if key.replace("_NOISY_", "_GT_").replace("/NOISY_", "/GT_") not in clean:
            yield Finding(
                *("warning", "clean_twin_missing", where, str(file)),
                "Its clean image (GT) is not there, those of others are.",
                "The archive was not unzipped to the end, or the file was removed.",
                "Training reads noisy images only; unzip again to be sure of the rest.",
            )
    for key, file in clean.items():
        if key.replace("_GT_", "_NOISY_").replace("/GT_", "/NOISY_") not in noisy:
            yield Finding(
                *("warning", "noisy_twin_missing", where, str(file)),
                "Its noisy image is not there: it will not be trained on.",
                "The archive was not unzipped to the end, or the file was removed.",
                "Unzip the archive again.",
            )


def _raw_files(
    files: list[PurePosixPath], where: str, *, any_srgb: bool
) -> Iterator[Finding]:
    raw = [file for file in files if _RAW_FILE.match(file.name)]
    if raw:
        yield Finding(
            *("note" if any_srgb else "error", "raw_rgb_files", where, str(raw[0])),
            f"{len(raw)} files hold raw-RGB data (..._RAW_....MAT), which is not read.",
            "The raw-RGB archive was fetched, beside or instead of the sRGB one.",
            "They can stay." if any_srgb else "Fetch SIDD-Medium sRGB.",
        )


def _missing_cameras(names: Names, expected: int) -> str:
    if expected != NUM_PAIRS:
        return ""
    counts = count_cameras(names.scenes)
    short = [
        f"{camera} {counts.get(camera, 0)} of {wanted}"
        for camera, wanted in INSTANCES_PER_CAMERA.items()
        if counts.get(camera, 0) != wanted
    ]
    return f" Scene instances: {', '.join(short)}." if short else ""
