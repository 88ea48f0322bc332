"""What a data set was, exactly: one line per image, and one digest of them all."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from cbsn_pipeline.benchmarks.sidd.names import parse_scene_instance


class ManifestImage(BaseModel):
    """One image.

    Attributes:
        name: As in messages, for example ``a.mat[3, 17]``.
        path: Relative to the data set's folder, with ``/``.
        member: Part of the file, for example image and block; None if it is the file.
        bytes: Size of the file.
        file_sha256: Hash of the file's bytes.
        pixel_sha256: Hash of the decoded pixels (``imaging.pixels``): the same image in
            another file has the same.
        height: In pixels.
        width: In pixels.
        dtype: uint8 (0..255) or float32 ([0, 1]).
        scene_instance: SIDD's folder name, if known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    path: str
    member: tuple[int, ...] | None = None
    bytes: int
    file_sha256: str
    pixel_sha256: str
    height: int
    width: int
    dtype: Literal["uint8", "float32"]
    scene_instance: str | None = None

    @field_validator("path")
    @classmethod
    def _stays_in_the_folder(cls, path: str) -> str:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ValueError(
                f"the path {path!r} leads out of the data set's folder: the manifest "
                "was changed by hand. Run ingest again."
            )
        return path

    @property
    def key(self) -> tuple[str, tuple[int, ...]]:
        """Sort by this."""
        return self.path, self.member or ()


class Manifest(BaseModel):
    """The images of one data set; make it with :meth:`of`.

    Attributes:
        version: Of this format.
        kind: Layout of the data set, for example ``sidd_medium``.
        digest: Hash of kind and images. It depends neither on where the folder is nor
            on the order in which files were found.
        options: Those of ingest, for the record; not in the digest.
        images: Sorted by path and member.
        left_out: Names of images that could not be read, and are not trained on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    kind: str
    digest: str
    options: dict[str, Any] = {}
    images: tuple[ManifestImage, ...]
    left_out: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        kind: str,
        images: Iterable[ManifestImage],
        options: Mapping[str, Any] | None = None,
        left_out: Iterable[str] = (),
    ) -> Self:
        """Sort the images and compute the digest."""
        in_order = tuple(sorted(images, key=lambda image: image.key))
        return cls(
            kind=kind,
            digest=_digest(kind, in_order),
            options=dict(options or {}),
            images=in_order,
            left_out=tuple(sorted(left_out)),
        )

    @model_validator(mode="after")
    def _digest_is_true(self) -> Self:
        if self.digest != (true := _digest(self.kind, self.images)):
            raise ValueError(
                f"digest {self.digest[:12]} is not that of the images listed "
                f"({true[:12]}): the manifest was changed by hand. Run ingest again."
            )
        return self

    @property
    def summary(self) -> dict[str, Any]:
        """Count images and megapixels; for SIDD also images per camera and ISO."""
        pixels = sum(image.height * image.width for image in self.images)
        sizes = {(image.path, image.bytes) for image in self.images}
        numbers: dict[str, Any] = {
            "images": len(self.images),
            "megapixels": round(pixels / 1e6, 3),
            "file_bytes": sum(size for _, size in sizes),
        }
        names = [image.scene_instance for image in self.images]
        scenes = [parse_scene_instance(name) for name in names if name]
        if scenes:
            numbers["images_per_camera"] = _counts(scene.camera for scene in scenes)
            numbers["images_per_iso"] = _counts(scene.iso for scene in scenes)
        return numbers

    @property
    def duplicates(self) -> list[list[str]]:
        """Names of the images that share their pixels, one list per picture."""
        same: defaultdict[str, list[str]] = defaultdict(list)
        for image in self.images:
            same[image.pixel_sha256].append(image.name)
        return [names for names in same.values() if len(names) > 1]


def _digest(kind: str, images: Iterable[ManifestImage]) -> str:
    content = [kind, [image.model_dump(mode="json") for image in images]]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _counts(values: Iterable[str | int]) -> dict[str, int]:
    return {str(value): count for value, count in sorted(Counter(values).items())}
