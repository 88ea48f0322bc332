"""The sample's DND is read back by the reader of the real one, and built alike."""

import h5py
import numpy as np
import pytest
from kedro.io import DatasetError

from cbsn_pipeline.datasets import DndFolderDataset, SampleDndDataset
from cbsn_pipeline.datasets.sample_dnd_dataset import DndImage
from cbsn_pipeline.formats.mat_file import container


def image(seed, *, height=9, width=7):
    rng = np.random.default_rng(seed)
    return DndImage(
        noisy=rng.random((height, width, 3), dtype=np.float32),
        boxes=np.array([[1, 1, 4, 4], [5, 3, 8, 6]]),
        camera={"type": f"camera {seed}", "blacklevel": 4096.0, "pattern": np.eye(2)},
        noise_level=(0.01, 0.001),
        sigma_raw=np.full((2, 2, 2), 0.1),
        sigma_srgb=np.array([0.1, 0.2]),
    )


@pytest.fixture
def saved(tmp_path):
    SampleDndDataset(filepath=str(tmp_path / "dnd")).save([image(0), image(1)])
    return tmp_path / "dnd"


def test_images_boxes_and_cameras_come_back(saved):
    folder = DndFolderDataset(filepath=str(saved)).load()

    assert folder.num_images == 2
    assert folder.boxes(1).tolist() == [[1, 1, 4, 4], [5, 3, 8, 6]]
    assert folder.camera(1) == "camera 1"
    assert np.array_equal(folder.read(1), image(1).noisy)  # not quantised
    assert np.array_equal(folder.crop(folder.read(0), 0, 1), image(0).noisy[4:8, 2:6])


def test_the_image_is_stored_as_matlab_does(saved):
    path = saved / "images_srgb" / "0001.mat"

    assert container(path) == "v7.3"
    assert path.read_bytes().startswith(b"MATLAB 7.3 MAT-file")
    with h5py.File(path) as file:
        stored = file["InoisySRGB"]
        assert stored.shape == (3, 7, 9)  # axes reversed: (3, W, H)
        assert stored.dtype == np.float32
        assert stored.attrs["MATLAB_class"] == b"single"


def test_info_is_built_like_the_real_one(saved, shared):
    ours, real = describe(saved / "info.mat"), describe(shared / "data/dnd/info.mat")

    fields = {name.split(".")[1] for name in real if "." in name}
    assert fields >= {"type", "blacklevel", "a", "b"}
    for name in ("", "boundingboxes", "nlf", "nlf.a", "nlf.b", "camera.type"):
        assert ours[name] == real[name], name
    for name in ("sigma_raw", "sigma_srgb", "camera.blacklevel", "camera.pattern"):
        assert ours[name] == real[name], name


def describe(path):
    """Kind, MATLAB class and number of axes of everything about the first image."""
    found = {}

    def visit(name, item):
        fields = item.attrs.get("MATLAB_fields")
        kind = type(item).__name__, item.attrs["MATLAB_class"]
        if isinstance(item, h5py.Group):
            found[name] = (*kind, fields.dtype)
            for inner in item:
                visit(f"{name}.{inner}", item[inner])
        else:
            found[name] = (*kind, item.dtype, item.ndim)

    with h5py.File(path) as file:
        info = file["info"]
        listed = [b"".join(name).decode() for name in info.attrs["MATLAB_fields"]]
        found[""] = (info.attrs["MATLAB_class"], listed, file.userblock_size)
        for field in listed:
            visit(field, file[info[field][0, 0]])
    return found


def test_same_images_same_bytes(tmp_path, saved):
    SampleDndDataset(filepath=str(tmp_path / "again")).save([image(0), image(1)])

    files = sorted(path.relative_to(saved) for path in saved.rglob("*.mat"))
    assert len(files) == 3
    for file in files:
        again = (tmp_path / "again" / file).read_bytes()
        assert (saved / file).read_bytes() == again


def test_it_exists_once_it_was_saved(tmp_path, saved):
    assert SampleDndDataset(filepath=str(saved)).exists()
    assert not SampleDndDataset(filepath=str(tmp_path / "none")).exists()


def test_it_does_not_load_and_says_what_does(tmp_path):
    dataset = SampleDndDataset(filepath=str(tmp_path / "dnd"))

    with pytest.raises(DatasetError, match="only written here. .* DndFolderDataset"):
        dataset.load()
    assert "dnd" in str(dataset)
