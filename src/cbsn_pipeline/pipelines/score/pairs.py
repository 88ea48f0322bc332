"""Denoised and clean images that belong together, or why they do not."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cbsn_pipeline.photos.image_set import ImageSet, SetImage, find_image_set
from cbsn_pipeline.pipelines.score.names import Pairing, list_names, pair_names
from cbsn_pipeline.pipelines.score.options import ScoreOptions

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScoredPairs:
    """Two sets of images and which belong together.

    Attributes:
        denoised: What is scored.
        clean: What it is compared with.
        pairing: Positions in the two sets.
    """

    denoised: ImageSet
    clean: ImageSet
    pairing: Pairing

    def to_record(self) -> dict[str, Any]:
        """Describe them by plain values, which JSON can hold."""
        return {
            "denoised": _to_record(self.denoised),
            "clean": _to_record(self.clean),
            "pairs": [
                (self.denoised[i].name, self.clean[j].name)
                for i, j in self.pairing.pairs
            ],
            "denoised_alone": self.pairing.denoised_alone,
            "clean_alone": self.pairing.clean_alone,
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Find the images of :meth:`to_record` again.

        Raises:
            DatasetError: The sets are gone.
            ValueError: Images of them are.
        """
        denoised = _from_record(record["denoised"])
        clean = _from_record(record["clean"])
        denoised_names, clean_names = zip(*record["pairs"], strict=True)
        pairs = zip(
            _places(denoised, denoised_names), _places(clean, clean_names), strict=True
        )
        alone = record["denoised_alone"], record["clean_alone"]
        return cls(denoised, clean, Pairing(list(pairs), *alone))


def _to_record(images: ImageSet) -> dict[str, Any]:
    return {"source": str(images.source), "variable": images[0].variable or None}


def _from_record(record: dict[str, Any]) -> ImageSet:
    return find_image_set(Path(record["source"]), record["variable"])


def _places(images: ImageSet, names: Sequence[str]) -> list[int]:
    """Where images of these names are in a set that was listed anew."""
    places = {image.name: place for place, image in enumerate(images)}
    gone = [name for name in names if name not in places]
    if gone:
        raise ValueError(
            f"Images that were paired are gone from {images.source}: "
            f"{list_names(gone)}. Run pair_images again to pair what is there now."
        )
    return [places[name] for name in names]


def find_pairs(
    denoised: ImageSet, clean: ImageSet, options: ScoreOptions
) -> ScoredPairs:
    """Pair two sets by name: relative paths, positions in an array, or file and file.

    Raises:
        ValueError: Images have no partner and ``score.allow_unpaired`` is false, none
            has one, an array meets files, or both sets are the same files.
    """
    if "folder" not in (denoised.kind, clean.kind) and len(denoised) == len(clean) == 1:
        pairing = Pairing([(0, 0)], [], [])
    else:
        _check_kinds(denoised, clean)
        pairing = pair_names(
            [image.name for image in denoised],
            [image.name for image in clean],
            denoised_suffix=options.denoised_suffix,
            clean_suffix=options.clean_suffix,
        )
    pairs = ScoredPairs(denoised, clean, pairing)
    _check_partners(pairs, allow_unpaired=options.allow_unpaired)
    _check_apart(pairs)
    return pairs


def _check_kinds(denoised: ImageSet, clean: ImageSet) -> None:
    arrays = [s for s in (denoised, clean) if s.kind == "array"]
    if len(arrays) == 1:
        other = clean if arrays[0] is denoised else denoised
        raise ValueError(
            f"{arrays[0].source} holds {len(arrays[0])} images without names, "
            f"{other.source} image files: which belongs to which cannot be told. Name "
            "two folders or two .mat files."
        )


def _check_partners(pairs: ScoredPairs, *, allow_unpaired: bool) -> None:
    alone = {
        f"denoised without a clean one in {pairs.clean.source}": (
            pairs.pairing.denoised_alone
        ),
        f"clean without a denoised one in {pairs.denoised.source}": (
            pairs.pairing.clean_alone
        ),
    }
    problem = "; ".join(
        f"{len(names)} {whose}: {list_names(names)}"
        for whose, names in alone.items()
        if names
    )
    if not pairs.pairing.pairs:
        raise ValueError(
            f"No image has a partner of the same name. {problem}. Do the names end "
            "differently? score.denoised_suffix and score.clean_suffix say how; "
            "folders inside the two must be called the same."
        )
    if problem and not allow_unpaired:
        raise ValueError(
            f"Images without a partner: {problem}. Is a folder incomplete, or of "
            "another set? score.allow_unpaired=true scores the "
            f"{len(pairs.pairing.pairs)} that both have."
        )
    if problem:
        logger.warning("Left out, for they have no partner: %s.", problem)


def _check_apart(pairs: ScoredPairs) -> None:
    same = [
        pairs.denoised[i].name
        for i, j in pairs.pairing.pairs
        if _origin(pairs.denoised[i]) == _origin(pairs.clean[j])
    ]
    if same:
        raise ValueError(
            f"{len(same)} images would be compared with themselves: "
            f"{list_names(same)}. "
            "Do denoised and clean name the same folder? If both kinds lie in one, "
            "score.denoised_suffix and score.clean_suffix tell them apart."
        )


def _origin(image: SetImage) -> tuple[Path, str, tuple[int, ...]]:
    return image.file.resolve(), image.variable, image.member
