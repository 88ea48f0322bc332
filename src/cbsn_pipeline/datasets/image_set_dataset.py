"""Images to score, found by the path that a user names."""

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from cbsn_pipeline.photos.image_set import ImageSet, find_image_set


class ImageSetDataset(AbstractDataset[None, ImageSet]):
    """Finds images of a folder, a file or a MATLAB array; refuses to save.

    Args:
        filepath: A folder (searched to any depth), a glob, an image file, or a .mat
            file with an array (..., H, W, 3); None if the user named none.
        option: What the user calls the path on the command line, for messages.
        variable: Which array of a .mat file; None takes the only one that fits.
        metadata: For other programs, such as kedro-viz.

    Example for catalog.yml::

        denoised_images:
          type: cbsn_pipeline.datasets.ImageSetDataset
          filepath: ${runtime_params:denoised, null}
          option: denoised
    """

    def __init__(
        self,
        *,
        filepath: str | None,
        option: str,
        variable: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._filepath = filepath
        self._option = option
        self._variable = variable
        self.metadata = metadata

    def load(self) -> ImageSet:
        if not self._filepath:
            raise DatasetError(
                f"No {self._option} images are named: expected a folder, an image or "
                "a .mat file. Say, for example, --params "
                "denoised=/my/results,clean=/my/gt"
            )
        return find_image_set(Path(self._filepath).absolute(), self._variable)

    def save(self, data: None) -> NoReturn:
        raise DatasetError("Images to score are raw data: never written.")

    def _exists(self) -> bool:
        return bool(self._filepath) and Path(str(self._filepath)).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "variable": self._variable}
