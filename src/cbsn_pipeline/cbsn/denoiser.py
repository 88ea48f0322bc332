"""A trained network with its way from pictures to pictures."""

import copy
import math
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.backends import cudnn

from cbsn_pipeline.cbsn.denoiser_file import (
    DenoiserContent,
    read_denoiser,
    write_denoiser,
)
from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.cbsn.normalisation import normalise
from cbsn_pipeline.cbsn.options import (
    NetworkOptions,
    Restitution,
    RestitutionSetting,
    UNetOptions,
)
from cbsn_pipeline.cbsn.padding import reflect
from cbsn_pipeline.cbsn.provenance import Provenance
from cbsn_pipeline.cbsn.restitution import NOTHING, Restituted, restitute
from cbsn_pipeline.cbsn.unet import UNet
from cbsn_pipeline.imaging.quantise import to_dtype, to_unit
from cbsn_pipeline.imaging.tiles import tile_spans

SPARE_PADDING = 3  # the released 32 pixels are the receptive radius of 29 and these
DEFAULT_MEMORY_BYTES = 1 << 30
STUDENT_PADDING = 32  # of a receptive radius of 108; more changes nothing to be seen
MOST_PICTURES = 16  # in a batch: more are not faster
RGB = 3


class DenoisedPicture(NamedTuple):
    """What a denoiser made of one picture."""

    image: NDArray[Any]
    """(H, W, 3), of the type that :meth:`Denoiser.denoise` describes."""
    alone: NDArray[np.float32]
    """(H, W, 3), what the network made, before anything was given back; about 0..1."""
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
        return self._margin + SPARE_PADDING

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

    def denoise_picture(
        self, image: NDArray[Any], *, padding: int | None = None
    ) -> DenoisedPicture:
        """Denoise one picture and say what was given back.

        Arguments and errors are those of :meth:`denoise`.
        """
        if image.ndim != RGB or image.shape[2] != RGB or image.size == 0:
            raise ValueError(
                f"An image of shape {image.shape} cannot be denoised: expected "
                "(height, width, 3). Grey images: repeat the channel three times; "
                "drop an alpha channel."
            )
        unit = torch.from_numpy(to_unit(image).transpose(2, 0, 1)[None].copy())
        restored = self._denoise_unit(
            unit, self.padding if padding is None else padding
        )
        given_back = self._give_back(unit[0], restored[0])
        dtype = image.dtype if image.dtype.kind == "u" else np.dtype(np.float32)
        pixels = to_dtype(given_back.image.permute(1, 2, 0).numpy(), dtype)
        alone = restored[0].permute(1, 2, 0).numpy()
        return DenoisedPicture(pixels, alone, *given_back[1:])

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
            chunk = slice(start, start + size)
            unit = torch.from_numpy(to_unit(blocks[chunk]).transpose(0, 3, 1, 2).copy())
            restored = self._denoise_unit(unit, padding)
            for place, noisy, block in zip(
                range(start, start + size), unit, restored, strict=False
            ):
                pixels = self._give_back(noisy, block).image.permute(1, 2, 0).numpy()
                denoised[place] = to_dtype(pixels, blocks.dtype)
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

    def _give_back(self, noisy: Tensor, restored: Tensor) -> Restituted:
        """Give tone and colour back to (3, H, W), if options ask for it."""
        if self.restitution == "off":
            return Restituted(restored, NOTHING, tone=0.0, colour=0.0)
        return restitute(noisy, restored, self.restitution)

    @property
    def _device(self) -> torch.device:
        return next(self.net.parameters()).device

    def _denoise_unit(self, x: Tensor, padding: int) -> Tensor:
        """Denoise (B, 3, H, W) in [0, 1]; same shape, on the CPU, not clipped."""
        if not self.net.normalised:
            return self._run_padded(x, padding)
        normalised, mean, deviation = normalise(x)
        return self._run_padded(normalised, padding) * deviation + mean

    def _run_padded(self, x: Tensor, padding: int) -> Tensor:
        """Run the network on (B, 3, H, W) with reflected edges; same shape."""
        height, width = x.shape[-2:]
        unit = self.net.alignment
        rest = [-(side + 2 * padding) % unit for side in (height, width)]
        edges = [(padding, padding + more) for more in rest]
        restored = self._run_tiles(reflect(x, *edges))
        return restored[..., padding : padding + height, padding : padding + width]

    @torch.no_grad()
    @cudnn.flags(enabled=True, allow_tf32=False)  # float32 is float32
    def _run_tiles(self, x: Tensor) -> Tensor:
        """Run the network over (B, 3, H, W) tile by tile."""
        device = self._device
        tile, margin, unit = self._tile_size(x.shape), self._margin, self.net.alignment
        output = torch.empty_like(x)
        for rows in tile_spans(x.shape[2], tile=tile, margin=margin, unit=unit):
            for columns in tile_spans(x.shape[3], tile=tile, margin=margin, unit=unit):
                # 1x1 kernels are plain matrix products in this layout
                read = x[:, :, rows.read, columns.read].to(
                    device, memory_format=torch.channels_last
                )
                result = self._run(read)[:, :, rows.core_in_read, columns.core_in_read]
                output[:, :, rows.core, columns.core] = result.cpu()
        return output

    def _run(self, x: Tensor) -> Tensor:
        """Run the visible network, or the blind one on sub-images."""
        if self.blind_stride is None:
            return self.net(x)  # type: ignore[no-any-return]
        return _run_sub_images(self.net, x, self.blind_stride)

    @property
    def _margin(self) -> int:
        """Pixels to each side that an output pixel depends on."""
        radius = self.net.receptive_radius * (self.blind_stride or 1)
        return -(-radius // self.net.alignment) * self.net.alignment

    def _batch_size(self, shape: tuple[int, ...], padding: int) -> int:
        """Pictures per forward pass, for pictures (N, H, W, 3)."""
        if self._device.type == "cpu":
            return 1
        pixels = (shape[1] + 2 * padding) * (shape[2] + 2 * padding)
        return max(1, min(MOST_PICTURES, self._pixels_at_once // pixels))

    def _tile_size(self, shape: tuple[int, ...]) -> int:
        """Side of a tile's core so that a forward pass stays in the memory budget."""
        batch, _, height, width = shape
        pixels = self._pixels_at_once // batch
        if height * width <= pixels:
            return max(height, width)
        margin = self._margin
        # smaller cores would be mostly margin
        return max(math.isqrt(pixels) - 2 * margin, margin)

    @property
    def _pixels_at_once(self) -> int:
        """Pixels that a forward pass has memory for."""
        return self.memory_bytes // (4 * self.net.live_channels)


def _run_sub_images(net: CBSN | UNet, x: Tensor, stride: int) -> Tensor:
    """Run the blind network on every sub-image of (B, 3, H, W), each as it is.

    Those of one size are a batch; there are up to four sizes.
    """
    output = torch.empty_like(x)
    for rows in _offsets(x.shape[2], stride):
        for columns in _offsets(x.shape[3], stride):
            places = [
                (..., slice(row, None, stride), slice(column, None, stride))
                for row, column in product(rows, columns)
            ]
            restored = net(torch.cat([x[place] for place in places]), blind=True)
            for place, part in zip(places, restored.split(len(x)), strict=True):
                output[place] = part
    return output


def _offsets(length: int, stride: int) -> list[range]:
    """Where sub-images begin along an axis: first those with a pixel more."""
    longer = length % stride
    begins = range(longer), range(longer, min(stride, length))
    return [offsets for offsets in begins if offsets]
