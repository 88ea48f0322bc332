"""Examines a folder of SIDD-Medium or SIDD-Small."""

from pathlib import Path, PurePosixPath

from cbsn_pipeline.benchmarks.sidd.medium import (
    Names,
    check_counts,
    count_cameras,
    read_names,
    scored_scenes,
)
from cbsn_pipeline.benchmarks.sidd.names import clean_twin
from cbsn_pipeline.findings import Finding
from cbsn_pipeline.noisy_images.sidd_medium import READ_BYTES
from cbsn_pipeline.progress import Progress
from cbsn_pipeline.raw_data_checks.examination import Examination, ImageFacts, Part
from cbsn_pipeline.raw_data_checks.pairs import check_swapped, compare_pair
from cbsn_pipeline.raw_data_checks.pictures import Look, look_at_file
from cbsn_pipeline.raw_data_checks.places import (
    check_zips,
    list_files,
    missing,
    zips_beside,
)
from cbsn_pipeline.threads import map_in_order, num_workers

UINT8 = "uint8"


def examine(part: Part, *, thorough: bool, workers: int) -> Examination:
    """Look at names, headers and pairs; when thorough, at every pixel."""
    root, seen = part.path, Examination(part)
    if not root.is_dir():
        return _no_folder(seen, thorough=thorough)
    files, seen.findings = list_files(part)
    names = read_names(files, where=str(root))
    seen.found = bool(names.noisy)
    seen.findings += names.findings
    zips = [root / file for file in files]
    beside = [] if seen.found else zips_beside(root)
    seen.findings += check_zips(
        part, [*zips, *beside], data_there=seen.found, thorough=thorough
    )
    seen.findings += _names_of_training(part, names)
    if not seen.found and not any(f.severity == "error" for f in seen.findings):
        seen.findings.append(_nothing_found(part, names, len(files)))
    _look_at_images(seen, names, thorough=thorough, workers=workers)
    _describe(seen, names, files)
    return seen


def _no_folder(seen: Examination, *, thorough: bool) -> Examination:
    part = seen.part
    zips = [part.path] if part.path.is_file() else zips_beside(part.path)
    seen.findings = [
        *missing(part),
        *check_zips(part, zips, data_there=False, thorough=thorough),
    ]
    return seen


def _names_of_training(part: Part, names: Names) -> list[Finding]:
    where = str(part.path)
    findings = check_counts(names, expected=part.expected.num_images, where=where)
    if "training" in part.roles:
        findings += scored_scenes(names.scenes, where=where)
    deep = [root for root in names.roots if len(root.parts) > 1]
    if deep:
        findings.append(
            part.finding(
                *("note", "nested", deep[0]),
                what="The scene folders lie deeper than Data; they are found there.",
                cause="The archive's own paths begin with mnt/d/SIDD_Medium_Srgb.",
                remedy="Nothing is to be done.",
            )
        )
    return findings


def _nothing_found(part: Part, names: Names, num_files: int) -> Finding:
    clean = len(names.clean)
    return part.finding(
        *("error", "no_noisy_images", ""),
        what=f"It holds {num_files} files and no noisy image of SIDD"
        + (f", but {clean} clean ones (GT)." if clean else "."),
        cause="Only the clean half was copied."
        if clean
        else "It is the folder of another data set, or was unzipped elsewhere.",
        remedy="Name the folder that holds scene folders with NNNN_NOISY_SRGB_010.PNG; "
        "other photographs are of noisy_kind photos.",
    )


def _look_at_images(
    seen: Examination, names: Names, *, thorough: bool, workers: int
) -> None:
    part = seen.part
    threads = num_workers(workers, item_bytes=READ_BYTES if thorough else 0)

    def look(
        item: tuple[str, PurePosixPath],
    ) -> tuple[Look, Look | None, list[Finding]]:
        key, file = item
        twin = names.clean.get(_clean_key(key))
        noisy = look_at_file(part, part.path / file, str(file), thorough=thorough)
        noisy.findings += _not_eight_bits(part, noisy.facts)
        if twin is None:
            return noisy, None, []
        clean = look_at_file(part, part.path / twin, str(twin), thorough=thorough)
        return noisy, clean, _compare(part, noisy, clean, (file, twin))

    with Progress(
        f"Looking at {part.name}", total=len(names.noisy), unit="images"
    ) as bar:
        for noisy, clean, compared in map_in_order(
            look, names.noisy.items(), workers=threads
        ):
            seen.images += [noisy.facts] if noisy.facts else []
            seen.findings += noisy.findings + (clean.findings if clean else [])
            seen.findings += compared
            bar.advance(1)


def _compare(
    part: Part, noisy: Look, clean: Look, files: tuple[PurePosixPath, PurePosixPath]
) -> list[Finding]:
    if noisy.facts is None or clean.facts is None:
        return []
    paths = (part.path / files[0], part.path / files[1])
    pair = (noisy.facts, clean.facts)
    return compare_pair(part, *pair, paths) + check_swapped(part, [pair])


def _clean_key(key: str) -> str:
    scene, name = key.split("/")
    return f"{scene}/{clean_twin(name)}"


def _not_eight_bits(part: Part, facts: ImageFacts | None) -> list[Finding]:
    if facts is None or facts.dtype == UINT8:
        return []
    return [
        part.finding(
            *("error", "wrong_dtype", facts.name),
            what=f"It holds {facts.dtype} values; SIDD's sRGB images are uint8.",
            cause="It was converted, or is from another data set.",
            remedy="Fetch the published file; other photographs are of noisy_kind "
            "photos.",
        )
    ]


def _describe(seen: Examination, names: Names, files: list[PurePosixPath]) -> None:
    if not seen.found:
        return
    seen.describe_images()
    root = Path(seen.part.path)
    images = [*names.noisy.values(), *names.clean.values()]
    seen.facts |= {
        "noisy_files": len(names.noisy),
        "clean_files": len(names.clean),
        "scene_instances": len(names.scenes),
        "cameras": count_cameras(names.scenes),
        "data_folder": ", ".join(map(str, names.roots)),
        "other_files": len(files) - len(images),
        "bytes": sum((root / file).stat().st_size for file in images),
    }
