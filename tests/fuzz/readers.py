"""What is fuzzed: every reader, and what a clean load of its files looks like."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np


def read_mat(path: Path) -> None:
    """List a MATLAB file and read one array of it."""
    from cbsn_pipeline.formats.mat_file import list_variables, read_variable

    for shape, kind in list_variables(path).values():
        assert isinstance(shape, tuple)
        assert isinstance(kind, str)
    array = read_variable(path, "A")
    assert array.dtype.kind in "uifb"
    assert array.flags.c_contiguous
    array.sum()  # touches every byte


def read_dnd(path: Path) -> None:
    """Read DND's list of boxes."""
    from cbsn_pipeline.formats.dnd_folder import DndFolder

    folder = DndFolder(path.parent)
    for image in range(folder.num_images):
        assert folder.boxes(image).shape[1] == 4
        assert folder.boxes(image).dtype == np.int64
        assert isinstance(folder.camera(image), str)


def read_patches(path: Path) -> None:
    """Open a file of patches and read all of it, in both ways."""
    from cbsn_pipeline.formats.patch_file import PatchFile

    patches = PatchFile(path)
    try:
        for index in range(len(patches)):
            assert patches[index].dtype in (np.uint8, np.float32)
            assert patches.describe(index)
    finally:
        patches.close()


def read_image(path: Path) -> None:
    """Read a picture."""
    from cbsn_pipeline.formats.images import read_rgb

    image = read_rgb(path)
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert image.size
    assert image.dtype in (np.uint8, np.uint16)


def read_all(path: Path) -> None:
    """Read a photograph with what is beside its pixels."""
    from cbsn_pipeline.photos.photo import read_photo

    photo = read_photo(path)
    assert isinstance(photo.metadata.exif, bytes)
    assert photo.rgb.shape[2] == 3


def read_manifest(path: Path) -> None:
    """Read a manifest and what is told of it."""
    from cbsn_pipeline.datasets.manifest_dataset import ManifestDataset

    manifest = ManifestDataset(filepath=str(path)).load()
    assert manifest.summary["images"] == len(manifest.images)
    assert manifest.duplicates is not None


def read_denoiser(path: Path) -> None:
    """Load a denoiser."""
    from cbsn_pipeline.datasets.denoiser_dataset import DenoiserDataset

    denoiser = DenoiserDataset(filepath=str(path)).load()
    assert denoiser.network_options.channels < 100


def read_state(path: Path) -> None:
    """Resume from a state that is the only one."""
    import torch
    from seeds import TINY_TRAINING

    from cbsn_pipeline.training.checkpoints.content import restore
    from cbsn_pipeline.training.checkpoints.store import StateStore
    from cbsn_pipeline.training.options import TrainOptions
    from cbsn_pipeline.training.trainer_state import new_trainer_state

    options = TrainOptions(**TINY_TRAINING)
    trainer = new_trainer_state(options, torch.device("cpu"))
    saved = StateStore(path.parent).latest()
    assert saved is not None
    restore(saved, trainer, options, digest="d")
    for parameter in trainer.net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    trainer.optimiser.step()


def read_checkpoint(path: Path) -> None:
    """Import the weights of a checkpoint whose other file is whole."""
    from seeds import bundle

    from cbsn_pipeline.formats.tensorflow_bundle import Checkpoint
    from cbsn_pipeline.pipelines.import_official.nodes import import_weights
    from cbsn_pipeline.pipelines.import_official.options import ImportOptions

    for name, content in bundle().items():
        if name != path.name:
            path.with_name(name).write_bytes(content)
    denoiser, report = import_weights(Checkpoint.open(path), ImportOptions())
    assert denoiser.network_options.channels == 2
    assert report["variables"] == 34


def read_scores(path: Path) -> None:
    """Read the scores of both methods, as a comparison does."""
    from cbsn_pipeline.pipelines.compare.score_files import find_by_path
    from cbsn_pipeline.pipelines.compare.sources import ComparedRun
    from cbsn_pipeline.pipelines.compare.tables import METRICS, pair_scores

    found = find_by_path(str(path), path.parent)
    run = ComparedRun("A", found.label, str(path), found.scores)
    table = pair_scores([run], "denoised")
    assert len(table)
    assert all(table[metric].dtype == np.float64 for metric in METRICS)


def read_card(path: Path) -> None:
    """Follow a card to its scores, and read it as a card of another seed."""
    from cbsn_pipeline.datasets import VersionsDataset
    from cbsn_pipeline.pipelines.compare.score_files import find_by_path
    from cbsn_pipeline.pipelines.reproduce.card import read_cards

    (path.parent / "block_scores.csv").touch()
    file = path.parent / "card.json"
    entry = {"type": "json.JSONDataset", "filepath": str(file), "versioned": True}
    versioned = file / "version" / "card.json"
    versioned.parent.parent.unlink(missing_ok=True)
    versioned.parent.mkdir(parents=True)
    try:
        shutil.copy(path, versioned)
        for card in read_cards(VersionsDataset(dataset=entry).load()):
            assert isinstance(card, dict)
            assert isinstance(card["psnr_db"], float)
    finally:
        shutil.rmtree(file)
    assert isinstance(find_by_path(str(path), path.parent).label, str)


# Its function, and the name that a file must have to be read by it.
READERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "mat_v5": (read_mat, "a.mat"),
    "mat_v5_compressed": (read_mat, "a.mat"),
    "mat_v73": (read_mat, "a.mat"),
    "dnd_info": (read_dnd, "info.mat"),
    "patches": (read_patches, "patches.h5"),
    "png": (read_image, "a.png"),
    "jpeg": (read_image, "a.jpg"),
    "tiff": (read_image, "a.tif"),
    "webp": (read_image, "a.webp"),
    "avif": (read_image, "a.avif"),
    "bmp": (read_image, "a.bmp"),
    "heic": (read_image, "a.heic"),
    "metadata": (read_all, "a.jpg"),
    "manifest": (read_manifest, "manifest.json"),
    "denoiser": (read_denoiser, "denoiser.safetensors"),
    "state": (read_state, "step_000000001.pt"),
    "tensorflow_index": (read_checkpoint, "a.ckpt.index"),
    "tensorflow_data": (read_checkpoint, "a.ckpt.data-00000-of-00001"),
    "scores": (read_scores, "block_scores.csv"),
    "card": (read_card, "reproduction_card.json"),
}
