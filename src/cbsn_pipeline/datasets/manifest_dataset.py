"""The manifest as a versioned JSON file."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset, DatasetError, Version
from kedro.io.core import VersionNotFoundError
from kedro_datasets._typing import JSONPreview
from pydantic import ValidationError

from cbsn_pipeline.files.atomic import write_file
from cbsn_pipeline.formats.checks import check_file
from cbsn_pipeline.noisy_images.manifest import Manifest


class ManifestDataset(AbstractVersionedDataset[Manifest, Manifest]):
    """Saves and loads the manifest of a data set.

    Example for catalog.yml::

        manifest:
          type: cbsn_pipeline.datasets.ManifestDataset
          filepath: data/02_intermediate/${globals:name}/manifest.json
          versioned: true
    """

    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(PurePosixPath(filepath), version)
        self.metadata = metadata

    def load(self) -> Manifest:
        try:
            path = Path(self._get_load_path())
        except VersionNotFoundError as error:
            raise DatasetError(
                f"There is no manifest in {self._filepath} yet: expected one that an "
                "ingest of this environment saved. Make it first: `kedro run "
                "--pipelines ingest`, with the same --env."
            ) from error
        check_file(
            path, expected="a manifest, written by `kedro run --pipelines ingest`"
        )
        try:
            return Manifest.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise DatasetError(
                f"{path} is not a manifest of this version of the program: "
                f"{error.errors()[0]['msg']}. Make it again: "
                "`kedro run --pipelines ingest`."
            ) from error

    def save(self, data: Manifest) -> None:
        with write_file(Path(self._get_save_path())) as partial:
            partial.write_text(data.model_dump_json(indent=1) + "\n")

    def preview(self, num_images: int = 3) -> JSONPreview:
        """Show the summary and the first images in kedro-viz."""
        manifest = self.load()
        shown = manifest.model_dump(mode="json", include={"kind", "digest", "options"})
        first = [i.model_dump(mode="json") for i in manifest.images[:num_images]]
        content = shown | {"summary": manifest.summary, "first_images": first}
        return JSONPreview(json.dumps(content, indent=1))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "version": self._version}
