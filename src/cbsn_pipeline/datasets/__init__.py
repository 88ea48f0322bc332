"""The Kedro datasets of the catalog.

Classes load on first use, so that listing pipelines does not import h5py,
scipy or torch.
"""

from importlib import import_module
from typing import Any

_EXPORTS = {
    "SampleSiddMediumDataset": "sample_sidd_medium_dataset",
    "SampleBlocksDataset": "sample_blocks_dataset",
    "SampleDndDataset": "sample_dnd_dataset",
    "PhotoFolderDataset": "photo_folder_dataset",
    "PhotosDataset": "photos_dataset",
    "SiddSubmissionDataset": "sidd_submission_dataset",
    "DndSubmissionDataset": "dnd_submission_dataset",
    "PatchesDataset": "patches_dataset",
    "NoisyImagesDataset": "noisy_images_dataset",
    "MatBlocksDataset": "mat_blocks_dataset",
    "ManifestDataset": "manifest_dataset",
    "DndFolderDataset": "dnd_folder_dataset",
    "BytesDataset": "bytes_dataset",
    "DenoiserDataset": "denoiser_dataset",
    "FolderDataset": "folder_dataset",
    "HeldDataset": "held_dataset",
    "SaveVersionDataset": "save_version_dataset",
    "VersionsDataset": "versions_dataset",
    "ImageSetDataset": "image_set_dataset",
    "SubmissionDataset": "submission_dataset",
    "TensorFlowCheckpointDataset": "tensorflow_checkpoint_dataset",
}

__all__ = sorted(_EXPORTS)  # noqa: PLE0605


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)
