"""DND's fifty noisy images: float32, as stored, not quantised."""

from pathlib import Path

from kedro.io import DatasetError

from cbsn_pipeline.benchmarks.dnd.folder import IMAGE_FOLDER
from cbsn_pipeline.formats.checks import check_folder
from cbsn_pipeline.formats.dnd_folder import read_noisy_srgb
from cbsn_pipeline.noisy_images.images import Image, NoisyImage, NoisyImages

EXPECTED = f"DND's, with {IMAGE_FOLDER}/0001.mat ... 0050.mat in it"
READ_BYTES = 1100 * 2**20  # 36 million pixels of float32, as stored and transposed


def find(root: Path) -> NoisyImages:
    """List the images of a DND folder.

    Raises:
        DatasetError: If the folder or every image is missing.
    """
    check_folder(root, expected=EXPECTED)
    folder = root / IMAGE_FOLDER
    files = [f for f in folder.glob("*.mat") if f.stem.isdigit()]
    if not files:
        inside = ", ".join(sorted(p.name for p in root.iterdir())[:5]) or "nothing"
        raise DatasetError(
            f"{root} has no sRGB image; expected a folder, {EXPECTED}. It holds "
            f"{inside}. Name the folder that has info.mat in it, usually dnd_2017; "
            "images_raw is not used."
        )
    images = [NoisyImage(f"{IMAGE_FOLDER}/{file.name}", file) for file in files]
    return NoisyImages("dnd", images, read=_read, read_bytes=READ_BYTES)


def _read(image: NoisyImage) -> Image:
    return read_noisy_srgb(image.file)
