"""Compares what was seen of several data sets: twins, duplicates, seen in training."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.raw_data_checks.examination import Examination
from cbsn_pipeline.raw_data_checks.pairs import check_swapped, compare_pair

DAGGER_KINDS = ("sidd_blocks", "dnd")  # chosen to train on what is scored


def compare_parts(seen: Sequence[Examination]) -> list[Finding]:
    """Compare all parts of an environment with each other.

    What needs hashes of pixels is found only where everything was decoded.
    """
    training = [e for e in seen if "training" in e.part.roles]
    findings: list[Finding] = []
    for one in training:
        findings += _duplicates(one)
        findings += _dagger(one)
        for other in seen:
            if other is not one:
                findings += _seen_in_training(one, other)
    noisy = [e for e in seen if _is_validation(e, "scored")]
    clean = [e for e in seen if _is_validation(e, "clean")]
    for one, other in zip(noisy, clean, strict=False):
        findings += _twins(one, other)
    return findings


def _is_validation(seen: Examination, role: str) -> bool:
    return role in seen.part.roles and seen.part.path.name.startswith("Validation")


def _duplicates(seen: Examination) -> Iterator[Finding]:
    same: defaultdict[str, list[str]] = defaultdict(list)
    for image in seen.images:
        if image.pixels:
            same[image.pixels].append(image.name)
    for names in same.values():
        for name in names[1:]:
            yield seen.part.finding(
                *("warning", "duplicate", name),
                what=f"It has the very pixels of {names[0]}.",
                cause="It was copied under another name.",
                remedy="Remove one: it would be trained on twice.",
            )


def _dagger(seen: Examination) -> Iterator[Finding]:
    if "scored" in seen.part.roles and seen.found:
        yield seen.part.finding(
            *("note", "dagger", ""),
            what="What is trained on is also what is scored.",
            cause="This environment follows the protocol that papers mark with a "
            "dagger: noisy scored images are trained on, no clean pixel is seen.",
            remedy="Mark scores of it with a dagger; reports here do.",
        )


def _seen_in_training(one: Examination, other: Examination) -> Iterator[Finding]:
    """Find images of a scored or clean part among those to train on."""
    hashes = {image.pixels: image.name for image in other.images if image.pixels}
    shared = [(i.name, hashes[i.pixels]) for i in one.images if i.pixels in hashes]
    if "clean" in other.part.roles:
        for name, twin in shared:
            yield one.part.finding(
                *("error", "clean_image_in_training", name),
                what=f"It has the very pixels of {other.part.name}, {twin}.",
                cause="Clean images were put among the noisy ones.",
                remedy="Remove it: a score would prove nothing.",
            )
    elif "scored" in other.part.roles:
        intended = one.part.kind in DAGGER_KINDS
        for name, twin in shared:
            yield one.part.finding(
                *("note" if intended else "warning", "scored_image_in_training", name),
                what=f"It has the very pixels of {other.part.name}, {twin}.",
                cause="The protocol of the dagger trains on what is scored."
                if intended
                else "Scored images were put among those to train on.",
                remedy="Mark scores with a dagger, or remove it.",
            )


def _twins(noisy: Examination, clean: Examination) -> list[Finding]:
    if noisy.found != clean.found:
        there, absent = (noisy, clean) if noisy.found else (clean, noisy)
        return [
            absent.part.finding(
                *("warning", "twin_missing", ""),
                what=f"It is missing, and {there.part.path.name} is there.",
                cause="Only one of the two files was fetched.",
                remedy="Fetch the other: scores need noisy and clean blocks. Training "
                "goes on without.",
            )
        ]
    shapes = [e.facts.get("shape") for e in (noisy, clean)]
    if None not in shapes and shapes[0] != shapes[1]:
        return [
            noisy.part.finding(
                *("error", "unequal_sizes", ""),
                what=f"It has shape {shapes[0]}, {clean.part.path.name} {shapes[1]}.",
                cause="One of the two was cut or is of another set.",
                remedy="Fetch both again.",
            )
        ]
    clean_by_name = {image.name: image for image in clean.images}
    pairs = [
        (image, clean_by_name[image.name])
        for image in noisy.images
        if image.name in clean_by_name
    ]
    findings = [f for pair in pairs for f in compare_pair(noisy.part, *pair)]
    return findings or check_swapped(noisy.part, pairs, whole=True)
