"""What a doctor is asked to look at, and what it saw."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cbsn_pipeline.findings import Finding, Severity

Kind = Literal["sidd_medium", "sidd_blocks", "dnd", "photos"]
Role = Literal["training", "scored", "clean", "to_denoise"]

_SENTENCE = re.compile(r"(?<=\?) |(?<=\.) (?=[A-Z])")


@dataclass(frozen=True)
class Expected:
    """How many of what there must be; None accepts any number.

    Attributes:
        num_images: Noisy images of a folder, images of a file of blocks.
        num_blocks: Blocks per image of a file of blocks.
        num_boxes: Boxes per image of DND.
        crop_size: Height and width of DND's boxes, in pixels.
        patch_size: The smallest side that gives a patch, borders included, in pixels.
        variable: Name of the array in a file of blocks; None: by the file's name.
    """

    num_images: int | None = None
    num_blocks: int | None = None
    num_boxes: int | None = None
    crop_size: int | None = None
    patch_size: int | None = None
    variable: str | None = None


@dataclass(frozen=True)
class Part:
    """One data set, or file of one, of an environment.

    Attributes:
        name: As in tables, for example ``validation blocks, noisy``.
        kind: Its layout.
        path: Where it is looked for; for photos perhaps a glob.
        roles: What it is used as.
        needed_by: Pipelines that read it.
        source: Where it is to be had.
        required: Whether its absence is an error of this environment.
        expected: What it must hold.
    """

    name: str
    kind: Kind
    path: Path
    roles: tuple[Role, ...]
    needed_by: tuple[str, ...]
    source: str
    required: bool = False
    expected: Expected = Expected()

    def finding(
        self,
        severity: Severity,
        code: str,
        index: object = "",
        *,
        what: str,
        cause: str = "",
        remedy: str = "",
    ) -> Finding:
        """Say that something in this part is wrong; ``index`` names the place in it."""
        file, place = str(self.path), str(index)
        return Finding(severity, code, file, place, what, cause, remedy)

    def from_error(
        self,
        error: Exception,
        code: str,
        index: object = "",
        *,
        path: Path | None = None,
        severity: Severity = "error",
    ) -> Finding:
        """Turn a reader's message into a finding.

        Args:
            error: Its sentences say what is wrong, ask for the cause, tell the remedy.
            code: Of the finding.
            index: The place in this part.
            path: The file whose name begins the message; None: the part's own.
            severity: Of the finding.
        """
        text = str(error)
        for name in (str(path or self.path), str(self.path)):
            if text.startswith(f"{name} "):
                text = f"It {text.removeprefix(name).lstrip()}"
            text = text.removeprefix(f"{name}: ")
        sentences = _SENTENCE.split(text)
        asked = next((i for i, s in enumerate(sentences) if s.endswith("?")), None)
        split = 1 if asked is None else asked
        return self.finding(
            *(severity, code, index),
            what=" ".join(sentences[:split]),
            cause=sentences[asked] if asked is not None else "",
            remedy=" ".join(sentences[split + (asked is not None) :]),
        )


@dataclass(frozen=True)
class ImageFacts:
    """One image as it was seen.

    Attributes:
        name: Its path in the part, or its indices in a file of blocks.
        height: In pixels.
        width: In pixels.
        dtype: As stored.
        pixels: Hash of the decoded pixels; None unless they were.
        level: Estimated standard deviation of the noise, in 8-bit levels; None unless
            it was decoded.
        flat_level: The same where the image is flattest.
    """

    name: str
    height: int
    width: int
    dtype: str
    pixels: str | None = None
    level: float | None = None
    flat_level: float | None = None


@dataclass
class Examination:
    """What was seen of one part.

    Attributes:
        part: What was asked for.
        found: Whether anything of it is there.
        images: The noisy images (or blocks) that could be read.
        facts: For the report: plain values by name.
        findings: What is wrong.
    """

    part: Part
    found: bool = False
    images: list[ImageFacts] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def describe_images(self) -> None:
        """Note number, sizes and types of the images."""
        self.facts["images"] = len(self.images)
        self.facts["sizes"] = count(f"{i.height}x{i.width}" for i in self.images)
        self.facts["dtypes"] = count(image.dtype for image in self.images)


def count(values: Iterable[str]) -> dict[str, int]:
    """Count values, the most frequent first.

    >>> count(["a", "b", "b"])
    {'b': 2, 'a': 1}
    """
    return dict(Counter(values).most_common())


def near(path: str | Path) -> str:
    """Write a path as seen from here, where it lies below."""
    here = Path.cwd()
    return str(
        Path(path).relative_to(here) if Path(path).is_relative_to(here) else path
    )
