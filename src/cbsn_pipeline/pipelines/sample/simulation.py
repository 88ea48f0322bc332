"""Takes the simulated photographs and cuts them into what each data set holds."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.sidd.blocks import BLOCK_SIZE
from cbsn_pipeline.benchmarks.sidd.names import format_scene_instance
from cbsn_pipeline.datasets.sample_dnd_dataset import DndImage
from cbsn_pipeline.datasets.sample_sidd_medium_dataset import ImagePair
from cbsn_pipeline.formats.matlab_hdf5 import Value
from cbsn_pipeline.imaging import camera_noise
from cbsn_pipeline.imaging.camera_noise import CAMERAS, Camera, Exposure
from cbsn_pipeline.imaging.quantise import to_uint8
from cbsn_pipeline.pipelines.sample.options import Grid, SampleOptions, Shot
from cbsn_pipeline.pipelines.sample.photos import PHOTOS, magnify, mute, read_photo

Blocks = NDArray[np.uint8]  # (images, blocks, 256, 256, RGB)

FRAMES = ("010", "011")
DAYLIGHT_KELVIN = 5500
# Streams of random numbers: no two of them share a number.
TRAINING, VALIDATION, BENCHMARK, DND = range(4)


def simulate_training(options: SampleOptions) -> list[ImagePair]:
    """Photograph each training scene once per frame, with noise of its own."""
    pairs = []
    for index, shot in enumerate(options.training):
        name = scene_instance(shot, index + 1)
        for frame in range(options.frames):
            taken = _take(shot, options, (TRAINING, index, frame))
            pair = to_uint8(taken.noisy), to_uint8(taken.clean)
            pairs.append(ImagePair(name, FRAMES[frame], *pair))
    return pairs


def simulate_validation(options: SampleOptions) -> tuple[Blocks, Blocks]:
    """Photograph the validation scenes; noisy blocks and their clean twins."""
    shots, grid = options.validation, options.validation_grid
    return _take_blocks(shots, grid, options, VALIDATION)


def simulate_benchmark(options: SampleOptions) -> Blocks:
    """Photograph the benchmark scenes; their clean blocks are kept from everybody."""
    shots, grid = options.benchmark, options.benchmark_grid
    return _take_blocks(shots, grid, options, BENCHMARK)[0]


def simulate_dnd(options: SampleOptions) -> list[DndImage]:
    """Photograph the scenes in DND's format, with what its info.mat tells of them."""
    return [_dnd_image(shot, i, options) for i, shot in enumerate(options.dnd)]


def scene_instance(shot: Shot, instance: int) -> str:
    """Name the folder of a shot as SIDD does; the shutter follows from the ISO."""
    return format_scene_instance(
        instance=instance,
        scene=PHOTOS[shot.photo].scene,
        camera=shot.camera,
        iso=shot.iso,
        inverse_shutter=shot.iso,  # the same light at twice the speed in half the time
        temperature=DAYLIGHT_KELVIN,
        brightness="L",
    )


def block_origins(
    height: int, width: int, *, grid: Grid, size: int, what: str
) -> list[tuple[int, int]]:
    """Place blocks side by side around the centre, at even rows and columns.

    Even, so that a block starts where a cell of the colour mosaic does.

    Args:
        height: Of the photograph, in pixels.
        width: Of the photograph, in pixels.
        grid: Rows and columns of blocks.
        size: Height and width of a block, in pixels.
        what: The photograph, for the message.

    Returns:
        Row and column of each block's first pixel, row-major.

    Raises:
        ValueError: If they do not fit.
    """
    spare = height - grid.rows * size, width - grid.columns * size
    if min(spare) < 0:
        raise ValueError(
            f"{what} is {height} x {width} pixels; {grid.rows} x {grid.columns} blocks "
            f"of {size} do not fit. Ask for fewer in the parameters of sample."
        )
    top, left = (pixels // 4 * 2 for pixels in spare)
    rows = [top + row * size for row in range(grid.rows)]
    columns = [left + column * size for column in range(grid.columns)]
    return list(product(rows, columns))


def _scene(shot: Shot, options: SampleOptions) -> NDArray[np.uint8]:
    photo = mute(read_photo(shot.photo), options.saturation)
    return magnify(photo, options.magnification, max_side=options.max_side)


def _take(shot: Shot, options: SampleOptions, stream: Sequence[int]) -> Exposure:
    return camera_noise.photograph(
        _scene(shot, options),
        CAMERAS[shot.camera],
        iso=shot.iso,
        brightness=options.brightness,
        rng=np.random.default_rng([options.seed, *stream]),
    )


def _take_blocks(
    shots: Sequence[Shot], grid: Grid, options: SampleOptions, part: int
) -> tuple[Blocks, Blocks]:
    noisy, clean = [], []
    for index, shot in enumerate(shots):
        taken = _take(shot, options, (part, index))
        noisy.append(_cut(to_uint8(taken.noisy), grid, shot.photo))
        clean.append(_cut(to_uint8(taken.clean), grid, shot.photo))
    return np.stack(noisy), np.stack(clean)


def _cut(image: NDArray[np.uint8], grid: Grid, what: str) -> NDArray[np.uint8]:
    origins = block_origins(*image.shape[:2], grid=grid, size=BLOCK_SIZE, what=what)
    return np.stack([image[r : r + BLOCK_SIZE, c : c + BLOCK_SIZE] for r, c in origins])


def _dnd_image(shot: Shot, index: int, options: SampleOptions) -> DndImage:
    scene, camera = _scene(shot, options), CAMERAS[shot.camera]
    taken = _take(shot, options, (DND, index))
    raw = camera_noise.sensor_values(scene, camera, brightness=options.brightness)
    a, b = camera_noise.noise_level(camera, iso=shot.iso)
    size, grid = options.dnd_crop_size, options.dnd_grid
    origins = block_origins(*raw.shape, grid=grid, size=size, what=shot.photo)
    noise = taken.noisy - taken.clean
    cells = [_cell_means(raw[r : r + size, c : c + size]) for r, c in origins]
    spread = [noise[r : r + size, c : c + size].std() for r, c in origins]
    return DndImage(
        noisy=taken.noisy,
        boxes=np.array([(r + 1, c + 1, r + size, c + size) for r, c in origins]),
        camera=_camera_info(camera),
        noise_level=(a, b),
        sigma_raw=np.sqrt(a * np.array(cells) + b),
        sigma_srgb=np.array(spread, dtype=np.float64),
    )


def _cell_means(raw: NDArray[np.float32]) -> list[list[float]]:
    """Average the raw values at each of the four places of the Bayer cell."""
    return [[float(raw[i::2, j::2].mean()) for j in (0, 1)] for i in (0, 1)]


def _camera_info(camera: Camera) -> dict[str, Value]:
    """Fields of DND's struct that a simulated camera has; colours count from 1."""
    return {
        "type": f"simulated {camera.name}",
        "blacklevel": float(camera_noise.BLACK_LEVEL),
        "whitelevel": float(camera_noise.WHITE_LEVEL),
        "baseISO": 100.0,
        "pattern": np.array([[1.0, 2.0], [2.0, 3.0]]),
        "bayertype": "rggb",
        "AsShotNeutral": 1 / np.array([camera.white_balance]),
    }
