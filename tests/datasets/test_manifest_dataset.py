import json

import pytest
from kedro.io import DatasetError, Version

from cbsn_pipeline.datasets import ManifestDataset
from cbsn_pipeline.noisy_images.manifest import Manifest, ManifestImage


@pytest.fixture
def manifest():
    block = ManifestImage(
        name="a.mat[0, 1]", path="a.mat", member=(0, 1), bytes=9, file_sha256="f",
        pixel_sha256="p", height=256, width=256, dtype="uint8",
    )  # fmt: skip
    return Manifest.of("sidd_blocks", [block], {"workers": "auto"})


def test_what_is_saved_is_loaded(tmp_path, manifest):
    dataset = ManifestDataset(filepath=str(tmp_path / "new" / "manifest.json"))

    dataset.save(manifest)

    assert dataset.load() == manifest
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["manifest.json"]


def test_an_old_version_can_be_loaded(tmp_path, manifest):
    path = str(tmp_path / "manifest.json")
    empty = Manifest.of("photos", [])
    ManifestDataset(filepath=path, version=Version(None, "1")).save(empty)
    ManifestDataset(filepath=path, version=Version(None, "2")).save(manifest)

    assert ManifestDataset(filepath=path, version=Version("1", None)).load() == empty
    assert (
        ManifestDataset(filepath=path, version=Version(None, None)).load() == manifest
    )


@pytest.mark.parametrize(
    "content", ["{", '{"version": 2, "kind": "dnd", "digest": "", "images": []}']
)
def test_another_file_is_an_error(tmp_path, content):
    path = tmp_path / "manifest.json"
    path.write_text(content)

    with pytest.raises(DatasetError, match="is not a manifest of this version"):
        ManifestDataset(filepath=str(path)).load()


def test_a_missing_manifest_is_an_error_that_says_how_to_make_it(tmp_path):
    with pytest.raises(DatasetError, match="kedro run --pipelines ingest"):
        ManifestDataset(filepath=str(tmp_path / "manifest.json")).load()


def test_the_preview_is_json_with_the_summary(tmp_path, manifest):
    dataset = ManifestDataset(filepath=str(tmp_path / "manifest.json"))
    dataset.save(manifest)

    shown = json.loads(dataset.preview())

    assert shown["summary"]["images"] == 1
    assert shown["first_images"][0]["member"] == [0, 1]
    assert ManifestDataset.preview.__annotations__["return"].__name__ == "JSONPreview"


def test_before_any_ingest_the_environment_is_asked_for(tmp_path):
    path = str(tmp_path / "manifest.json")
    dataset = ManifestDataset(filepath=path, version=Version(None, None))

    with pytest.raises(DatasetError, match="no manifest in .* yet.*--env"):
        dataset.load()
