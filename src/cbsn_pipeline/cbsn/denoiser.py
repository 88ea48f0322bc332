"""A trained network with its way from pictures to pictures."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch.backends import cudnn

from cbsn_pipeline.cbsn.denoiser_file import (
    DenoiserContent,
    read_denoiser,
    write_denoiser,
)
from cbsn_pipeline.cbsn.inference import Inference
from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.cbsn.options import (
    NetworkOptions,
    Restitution,
    RestitutionSetting,
    UNetOptions,
)
from cbsn_pipeline.cbsn.padded import PaddedPictures
from cbsn_pipeline.cbsn.provenance import Provenance
from cbsn_pipeline.cbsn.restitution import (
    NOTHING,
    GiveBack,
    choose_by_parts,
    spread_parts,
)
from cbsn_pipeline.cbsn.unet import UNet
from cbsn_pipeline.imaging.local_median import Rows
from cbsn_pipeline.imaging.quantise import to_dtype, to_unit

SPARE_PADDING = 3  # the released 32 pixels are the receptive radius of 29 and these
DEFAULT_MEMORY_BYTES = 1 << 30
STUDENT_PADDING = 32  # of a receptive radius of 108; more changes nothing to be seen
MOST_PICTURES = 16  # in a batch: more are not faster
RGB = 3
# Pixels of a picture that is denoised whole before its restitution is chosen. Of a
# larger one, places to choose by are denoised first: more work, no picture in floats.
KEPT_PIXELS = 1 << 24
ROWS_AT_ONCE = 64  # that are restituted and quantised at once


class DenoisedPicture(NamedTuple):
    """What a denoiser made of one picture."""

    image: NDArray[Any]
    """(H, W, 3), of the type that :meth:`Denoiser.denoise` describes."""
    alone: NDArray[Any] | None
    """What the network made, before anything was given back, if it was asked for."""
    restitution: RestitutionSetting
    """What was given back; strength 0 for the network alone."""
    tone: float
    """Root mean square of the tone given back, share of the range."""
    colour: float
    """Root mean square of the colour given back, share of the range."""


class Denoiser:
    """Denoise pictures of any size: normalise, tile, run the network, undo.

    Statistics are those of the whole picture, as released, and tiles overlap by the
    receptive field: the tiled result is that of the whole picture.

    Args:
        net: The network, or a student; used as it is, not copied.
        provenance: Where it comes from.
        memory_bytes: Memory a forward pass may take; sets the size of the tiles.
        average: The same network with averaged weights, where training kept some.
        blind_stride: Run the blind network on sub-images of this stride instead of
            the visible one; see :meth:`blind`.
        restitution: Give tone and colour back after the network; ``off``, the network
            alone, as published. See :mod:`~cbsn_pipeline.cbsn.restitution`.

    Source:
        infer.py of jyicu/CBSN at 37da7aa, except that we round where it truncates.
    """

    def __init__(
        self,
        net: CBSN | UNet,
        provenance: Provenance | None = None,
        *,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
        average: CBSN | UNet | None = None,
        blind_stride: int | None = None,
        restitution: Restitution = "off",
    ) -> None:
        self.net = net
        self.restitution = restitution
        self.blind_stride = blind_stride
        self.average = average
        self.provenance = provenance or Provenance()
        self.file: Path | None = None  # where it was loaded from
        self.memory_bytes = memory_bytes

    @property
    def network_options(self) -> NetworkOptions | UNetOptions:
        """Size of the network."""
        return self.net.options

    @property
    def padding(self) -> int:
        """Pixels reflected at every edge: 32 for the paper's network, as released."""
        if not self.net.normalised:
            return STUDENT_PADDING
        return self._inference.margin + SPARE_PADDING

    def to(self, device: str | torch.device) -> Self:
        """Move the network to ``device``; returns self."""
        self.net.to(device)
        if self.average is not None:
            self.average.to(device)
        return self

    def averaged(self) -> Self:
        """Give the denoiser of the averaged weights.

        Raises:
            ValueError: The training kept none.
        """
        if self.average is None:
            raise ValueError(
                "This denoiser has no averaged weights: it was trained without "
                "train.ema_decay. Train with, say, train.ema_decay=0.999, or use the "
                "raw weights."
            )
        return self._changed(net=self.average, average=None)

    def blind(self, stride: int) -> Self:
        """Give the denoiser that never sees the pixel itself.

        That is what blind-spot networks do without a visible pass: the picture is
        taken apart into sub-images, denoised blind, and put together again.

        Args:
            stride: Pixels between neighbours of a sub-image; 1 runs the whole picture.

        Raises:
            ValueError: The stride is below 1.
        """
        if stride < 1:
            raise ValueError(f"A blind pass at stride {stride}: expected 1 or more.")
        return self._changed(blind_stride=stride)

    def restituting(self, restitution: Restitution) -> Self:
        """Give the denoiser that gives tone and colour back after the network.

        Args:
            restitution: ``auto`` chooses for every picture, ``off`` gives nothing back.
        """
        return self._changed(restitution=restitution)

    def denoise(
        self, image: NDArray[Any], *, padding: int | None = None
    ) -> NDArray[Any]:
        """Denoise one picture.

        Args:
            image: (H, W, 3), uint8, uint16, or floating point in [0, 1]; any size.
            padding: Pixels to reflect at the edges; as released by default, 0 to leave
                the edges to the network's zero padding, as its authors validate.

        Returns:
            The same shape: uint8 and uint16 rounded and clipped, floating point as
            float32 clipped to [0, 1].

        Raises:
            ValueError: The shape is not (H, W, 3) or the type is none of these.
        """
        return self.denoise_picture(image, padding=padding).image

    @cudnn.flags(enabled=True, allow_tf32=False)  # float32 is float32
    def denoise_picture(
        self,
        image: NDArray[Any],
        *,
        padding: int | None = None,
        keep_alone: bool = False,
        advance: Callable[[int], object] | None = None,
    ) -> DenoisedPicture:
        """Denoise one picture and say what was given back.

        Errors are those of :meth:`denoise`.

        Args:
            image: As for :meth:`denoise`.
            padding: As for :meth:`denoise`.
            keep_alone: Keep what the network made, too.
            advance: Called with a number of rows whenever so many more are denoised.
        """
        if image.ndim != RGB or image.shape[2] != RGB or image.size == 0:
            raise ValueError(
                f"An image of shape {image.shape} cannot be denoised: expected "
                "(height, width, 3). Grey images: repeat the channel three times; "
                "drop an alpha channel."
            )
        rows = (restored[0] for restored in self._restored(image[None], padding))
        return self._finish(image, padding, _announced(rows, advance), keep_alone)

    @cudnn.flags(enabled=True, allow_tf32=False)
    def denoise_blocks(
        self,
        blocks: NDArray[np.uint8],
        *,
        padding: int = 0,
        batch_size: int | None = None,
    ) -> NDArray[np.uint8]:
        """Denoise many pictures of one size, each with its own statistics.

        Args:
            blocks: (N, H, W, 3), uint8.
            padding: Pixels to reflect at the edges; 0 as the authors validate.
            batch_size: Blocks per forward pass; by default 1 on a CPU, where small
                feature maps are twice as fast, and elsewhere as many as fit into
                memory whole, at most 16.

        Returns:
            (N, H, W, 3), uint8, rounded and clipped.
        """
        size = batch_size or self._batch_size(blocks.shape, padding)
        denoised = np.empty_like(blocks)
        for start in range(0, len(blocks), size):
            chunk = blocks[start : start + size]
            restored = np.concatenate(list(self._restored(chunk, padding)), axis=1)
            for place, (block, rows) in enumerate(zip(chunk, restored, strict=True)):
                finished = self._finish(block, padding, iter([rows]))
                denoised[start + place] = finished.image
        return denoised

    def save(self, path: Path) -> None:
        """Write weights, network options and provenance to a safetensors file.

        The file appears under its name only when it is complete.
        """
        write_denoiser(path, DenoiserContent(self.net, self.average, self.provenance))

    @classmethod
    def load(cls, path: Path | str, *, device: str | torch.device = "cpu") -> Self:
        """Read a denoiser written by :meth:`save`.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: The file is truncated, no denoiser, or of a newer version.
        """
        content = read_denoiser(Path(path))
        denoiser = cls(content.net, content.provenance, average=content.average)
        denoiser.file = Path(path)
        return denoiser.to(device)

    def _changed(self, **changes: Any) -> Self:  # noqa: ANN401 - any attribute
        """Give a copy with other attributes; networks are shared."""
        changed = copy.copy(self)
        for name, value in changes.items():
            setattr(changed, name, value)
        return changed

    def _restored(
        self, pictures: NDArray[Any], padding: int | None
    ) -> Iterator[NDArray[np.float32]]:
        """Run the network over (B, H, W, 3); yields (B, h, W, 3), not clipped."""
        rows = self._inference.restored_rows(self._padded(pictures, padding))
        return (values.permute(0, 2, 3, 1).numpy() for values in rows)

    def _finish(
        self,
        image: NDArray[Any],
        padding: int | None,
        rows: Iterator[Rows],
        keep_alone: bool = False,
    ) -> DenoisedPicture:
        """Give tone and colour back to what the network makes, and quantise it."""
        result, alone = _empty_result(image), None
        if keep_alone:
            alone = _empty_result(image)
            rows = _written(rows, alone)
        setting, rows = self._choose(image, padding, rows)
        giving = GiveBack(setting, image.shape)
        for _ in _written(giving.rows(_beside(image, rows)), result):
            pass
        return DenoisedPicture(result, alone, setting, giving.tone, giving.colour)

    def _choose(
        self, image: NDArray[Any], padding: int | None, rows: Iterator[Rows]
    ) -> tuple[RestitutionSetting, Iterator[Rows]]:
        """Choose what to give back; returns it, and restored rows that still come."""
        if self.restitution == "off":
            return NOTHING, rows
        if self.restitution != "auto":
            return self.restitution, rows
        places = spread_parts(image.shape[:2])
        if image.shape[0] * image.shape[1] <= KEPT_PIXELS:
            kept = np.concatenate(list(rows))
            parts = [kept[place] for place in places]
            rows = (
                kept[top : top + ROWS_AT_ONCE]
                for top in range(0, len(kept), ROWS_AT_ONCE)
            )
        else:
            padded = self._padded(image[None], padding)
            restored = self._inference.restored_parts(padded, places)
            parts = [part[0].permute(1, 2, 0).numpy() for part in restored]
        residues = [
            to_unit(image[place]) - part
            for place, part in zip(places, parts, strict=True)
        ]
        return choose_by_parts(residues), rows

    @property
    def _inference(self) -> Inference:
        return Inference(self.net, self.memory_bytes, self.blind_stride)

    def _padded(self, pictures: NDArray[Any], padding: int | None) -> PaddedPictures:
        return PaddedPictures(
            pictures,
            padding=self.padding if padding is None else padding,
            unit=self.net.alignment,
            normalised=self.net.normalised,
        )

    def _batch_size(self, shape: tuple[int, ...], padding: int) -> int:
        """Pictures per forward pass, for pictures (N, H, W, 3)."""
        if self._inference.device.type == "cpu":
            return 1
        pixels = (shape[1] + 2 * padding) * (shape[2] + 2 * padding)
        return max(1, min(MOST_PICTURES, self._inference.pixels_at_once // pixels))


def _empty_result(image: NDArray[Any]) -> NDArray[Any]:
    """Make room for a result: of the type of integers, float32 for floats."""
    dtype = image.dtype if image.dtype.kind == "u" else np.dtype(np.float32)
    return np.empty(image.shape, dtype)


def _announced(
    rows: Iterator[Rows], advance: Callable[[int], object] | None
) -> Iterator[Rows]:
    """Say how many rows pass."""
    for values in rows:
        if advance is not None:
            advance(len(values))
        yield values


def _written(rows: Iterator[Rows], result: NDArray[Any]) -> Iterator[Rows]:
    """Quantise rows that pass into ``result``."""
    done = 0
    for values in rows:
        result[done : done + len(values)] = to_dtype(values, result.dtype)
        done += len(values)
        yield values


def _beside(image: NDArray[Any], rows: Iterator[Rows]) -> Iterator[tuple[Rows, Rows]]:
    """Put noisy rows beside those that pass."""
    done = 0
    for values in rows:
        yield to_unit(image[done : done + len(values)]), values
        done += len(values)
