"""Run a network over pictures of any size: in tiles, or a student row by row.

What a pixel is computed from, and in which order, does not depend on how a picture is
divided: the result is that of the whole picture.
"""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import product

import torch
from torch import Tensor

from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.cbsn.padded import PaddedPictures
from cbsn_pipeline.cbsn.unet import UNet
from cbsn_pipeline.cbsn.unet_rows import UNetByRows
from cbsn_pipeline.imaging.tiles import TileSpan, tile_spans
from cbsn_pipeline.threads import map_in_order, run_ahead

# Pixels that a student is given at once by a thread of a CPU. Its largest feature map
# is 4 MiB then: memory that is freed and taken again, where maps from 32 MiB on come
# from the system page by page. With fewer rows, those that kernels keep cost more.
STRIP_PIXELS = 1 << 17
TILE_BYTES = 1 << 26  # the same for tiles of the C-BSN: twice as fast as 2^30, measured
WIDE = 20  # margins that a tile is wide at least, where there is memory for it
NARROWEST = 4  # margins that a thread's strip is wide at least
AHEAD = 2  # pieces that a strip may be ahead of its neighbours

Place = tuple[TileSpan, TileSpan]  # rows and columns of padded pictures


@dataclass(frozen=True)
class Inference:
    """A network and how it is run.

    Args:
        net: The network, or a student.
        memory_bytes: That a forward pass may take.
        blind_stride: Run the blind network on sub-images of this stride instead of
            the visible one.
    """

    net: CBSN | UNet
    memory_bytes: int
    blind_stride: int | None = None

    @property
    def margin(self) -> int:
        """Pixels to each side that an output pixel depends on."""
        radius = self.net.receptive_radius * (self.blind_stride or 1)
        return -(-radius // self.net.alignment) * self.net.alignment

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.net.parameters()).device

    @property
    def pixels_at_once(self) -> int:
        """Pixels that a forward pass has memory for."""
        return self.memory_bytes // (4 * self.net.live_channels)

    def restored_rows(self, pictures: PaddedPictures) -> Iterator[Tensor]:
        """Denoise pictures from top to bottom.

        Args:
            pictures: Padded by multiples of ``net.alignment``.

        Yields:
            All rows in order, each (B, 3, h, W), intensity, on the CPU, not clipped.
        """
        padded = self._strips(pictures) if self._by_rows else self._tiles(pictures)
        edge, (height, width) = pictures.padding, pictures.size
        for rows in _cropped(padded, edge, edge + height):
            yield pictures.to_intensity(rows[..., edge : edge + width])

    def restored_parts(
        self, pictures: PaddedPictures, places: Iterable[tuple[slice, slice]]
    ) -> Iterator[Tensor]:
        """Denoise some places alone, as they are in the whole pictures.

        Args:
            pictures: Padded by multiples of ``net.alignment``.
            places: Rows and columns.

        Yields:
            (B, 3, h, w) each, intensity, on the CPU, not clipped.
        """
        spans = [
            (
                self._span(pictures.padding, rows, pictures.shape[1]),
                self._span(pictures.padding, columns, pictures.shape[2]),
            )
            for rows, columns in places
        ]
        workers = torch.get_num_threads() if self.device.type == "cpu" else 1
        threads = 1 if workers > 1 else None
        run = partial(self._part, pictures, share=workers, threads=threads)
        with _own_threads():
            for part in map_in_order(run, spans, workers=workers):
                yield pictures.to_intensity(part)

    def tile_size(self, batch: int, height: int, width: int) -> int:
        """Side of a tile's core so that a forward pass stays in the memory budget."""
        pixels = self.pixels_at_once
        if self.device.type == "cpu":
            reused = TILE_BYTES // (4 * self.net.live_channels)
            pixels = min(pixels, max(reused, (WIDE * self.margin) ** 2))
        pixels //= batch
        if height * width <= pixels:
            return max(height, width)
        # smaller cores would be mostly margin
        return max(math.isqrt(pixels) - 2 * self.margin, self.margin)

    def _tiles(self, pictures: PaddedPictures) -> Iterator[Tensor]:
        """Run the network tile by tile; yield rows of tiles."""
        _, height, width = pictures.shape
        divide = partial(
            tile_spans,
            tile=self.tile_size(*pictures.shape),
            margin=self.margin,
            unit=self.net.alignment,
        )
        for rows in divide(height):
            tiles = [self._part(pictures, (rows, columns)) for columns in divide(width)]
            yield torch.cat(tiles, dim=3)

    def _strips(self, pictures: PaddedPictures) -> Iterator[Tensor]:
        """Run a student row by row, a strip of columns in every thread of a CPU.

        Threads that share every kernel would wait for each other after each, the
        longer the busier the machine is.
        """
        width, cpu = pictures.shape[2], self.device.type == "cpu"
        most = torch.get_num_threads() if cpu else 1
        number = max(1, min(most, width // (NARROWEST * self.margin)))
        spans = tile_spans(
            width, tile=-(-width // number), margin=self.margin, unit=self.net.alignment
        )
        rows = TileSpan(0, pictures.shape[1], 0, pictures.shape[1])
        threads = most // len(spans) if len(spans) > 1 else None
        widest = max(columns.read_stop - columns.read_start for columns in spans)
        step = self._step(pictures.shape[0] * widest, share=len(spans))
        strips = [
            self._strip(pictures, (rows, columns), step=step, threads=threads)
            for columns in spans
        ]
        if len(strips) == 1:
            yield from strips[0]
            return
        with _own_threads():
            ahead = [run_ahead(strip, ahead=AHEAD) for strip in strips]
            for parts in zip(*ahead, strict=True):
                yield torch.cat(parts, dim=3)

    @torch.no_grad()
    def _strip(
        self, pictures: PaddedPictures, place: Place, *, step: int, threads: int | None
    ) -> Iterator[Tensor]:
        """Run a student over a place row by row.

        Args:
            pictures: The pictures.
            place: Rows and columns.
            step: Rows that it is given at once.
            threads: That torch takes in this thread from now on; None leaves it.
        """
        assert isinstance(self.net, UNet)
        if threads:
            torch.set_num_threads(threads)
        rows, columns = place
        by_rows, top = UNetByRows(self.net), rows.read_start
        while top < rows.read_stop:
            bottom = min(top + step, rows.read_stop)
            x = self._read(pictures, slice(top, bottom), columns.read)
            restored = by_rows(x, last=bottom == rows.read_stop)
            yield restored[..., columns.core_in_read].cpu()
            top = bottom

    def _step(self, width: int, share: int) -> int:
        """Rows of ``width`` pixels that one of ``share`` students is given at once."""
        pixels = self.pixels_at_once // share
        if self.device.type == "cpu":
            pixels = min(pixels, STRIP_PIXELS)
        unit = self.net.alignment
        return max(pixels // (width * unit), 1) * unit

    @torch.no_grad()
    def _part(
        self,
        pictures: PaddedPictures,
        place: Place,
        *,
        share: int = 1,
        threads: int | None = None,
    ) -> Tensor:
        """Run the network on what a place depends on."""
        rows, columns = place
        if self._by_rows:
            width = pictures.shape[0] * (columns.read_stop - columns.read_start)
            step = self._step(width, share)
            strip = self._strip(pictures, place, step=step, threads=threads)
            inside = rows.core_in_read
            return torch.cat(list(_cropped(strip, inside.start, inside.stop)), dim=2)
        if threads:
            torch.set_num_threads(threads)
        x = self._read(pictures, rows.read, columns.read)
        restored: Tensor
        if self.blind_stride is None:
            restored = self.net(x)
        else:
            restored = _run_sub_images(self.net, x, self.blind_stride)
        return restored[..., rows.core_in_read, columns.core_in_read].cpu()

    @property
    def _by_rows(self) -> bool:
        return isinstance(self.net, UNet) and self.blind_stride is None

    def _read(self, pictures: PaddedPictures, rows: slice, columns: slice) -> Tensor:
        # channels-last: 1x1 kernels are plain matrix products in this layout
        return pictures.read(rows, columns).to(
            self.device, memory_format=torch.channels_last
        )

    def _span(self, padding: int, part: slice, length: int) -> TileSpan:
        """Say what has to be read for a part of an axis of ``length`` when padded."""
        start, stop, unit = (
            part.start + padding,
            part.stop + padding,
            self.net.alignment,
        )
        read_start = max(start - self.margin, 0) // unit * unit
        read_stop = min(-(-(stop + self.margin) // unit) * unit, length)
        return TileSpan(start, stop, read_start, read_stop)


def _cropped(pieces: Iterable[Tensor], start: int, stop: int) -> Iterator[Tensor]:
    """Take rows from ``start`` to ``stop`` out of (B, C, h, W) by (B, C, h, W)."""
    top = 0
    for rows in pieces:
        inside = rows[:, :, max(start - top, 0) : max(stop - top, 0)]
        top += rows.shape[2]
        if inside.shape[2]:
            yield inside


@contextmanager
def _own_threads() -> Iterator[None]:
    """Restore the number of threads that torch uses: threads of ours set theirs.

    Each has a number of its own, but new threads inherit the last one that was set.
    """
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)


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
