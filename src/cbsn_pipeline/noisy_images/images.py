"""A list of images that are read one by one, when asked for."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, overload

from numpy.typing import NDArray

Image = NDArray[Any]  # (H, W, 3): uint8 in 0..255, or float32 in [0, 1]


@dataclass(frozen=True)
class NoisyImage:
    """Where one image is; not its pixels.

    Attributes:
        path: Relative to the data set's folder, with ``/``, the same on every machine.
        file: The file that holds it.
        member: Which part of the file it is, for example image and block; None if the
            file holds one image.
        scene_instance: Name of the SIDD folder it is from, if known.
    """

    path: str
    file: Path
    member: tuple[int, ...] | None = None
    scene_instance: str | None = None

    @property
    def name(self) -> str:
        """Name the image in messages and reports, for example ``a.mat[3, 17]``."""
        return f"{self.path}{list(self.member)}" if self.member else self.path

    @property
    def key(self) -> tuple[str, tuple[int, ...]]:
        """Sort by this: the order is then that of no file system."""
        return self.path, self.member or ()


class NoisyImages(Sequence[NoisyImage]):
    """The images of one data set, in the order of their paths.

    Args:
        kind: Which layout they came in, for example ``sidd_medium``.
        images: Where they are.
        read: Reads one; called from several threads at once.
        read_bytes: About how much memory reading one takes, all buffers counted.
    """

    def __init__(
        self,
        kind: str,
        images: Sequence[NoisyImage],
        *,
        read: Callable[[NoisyImage], Image],
        read_bytes: int,
    ) -> None:
        self.kind = kind
        self.read_bytes = read_bytes
        self._images = tuple(sorted(images, key=lambda image: image.key))
        self._read = read

    def __len__(self) -> int:
        return len(self._images)

    @overload
    def __getitem__(self, index: int) -> NoisyImage: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[NoisyImage, ...]: ...
    def __getitem__(self, index: int | slice) -> NoisyImage | tuple[NoisyImage, ...]:
        return self._images[index]

    def without(self, names: Collection[str]) -> Self:
        """Give the images but for those of these names."""
        images = [image for image in self._images if image.name not in names]
        kind, read = self.kind, self._read
        return type(self)(kind, images, read=read, read_bytes=self.read_bytes)

    def read(self, index: int) -> Image:
        """Read one image; safe to call from several threads.

        Returns:
            (H, W, 3) RGB: uint8 in 0..255, or float32 in [0, 1].

        Raises:
            DatasetError: If the file is missing, truncated or not what it should be.
        """
        return self._read(self._images[index])
