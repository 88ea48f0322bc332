import numpy as np
import pytest

from cbsn_pipeline.cbsn import CBSN, Denoiser, NetworkOptions, Provenance, UNet
from cbsn_pipeline.distillation.options import StudentOptions
from cbsn_pipeline.noisy_images.manifest import Manifest, ManifestImage
from cbsn_pipeline.pipelines.student import create_pipeline
from cbsn_pipeline.pipelines.student.nodes import group_images, train_student


def image(path, member=None):
    return ManifestImage(
        name=path,
        path=path,
        member=member,
        bytes=3,
        file_sha256="f",
        pixel_sha256=f"{path}{member}",
        height=12,
        width=12,
        dtype="uint8",
    )


@pytest.fixture
def manifest():
    return Manifest.of("photos", [image("a.png"), image("b.png")])


@pytest.fixture
def patches(manifest):
    class Patches:
        digest = fingerprint = manifest.digest

        def __len__(self):
            return 4

        def __getitem__(self, index):
            rng = np.random.default_rng(index)
            return rng.integers(256, size=(32, 32, 3), dtype=np.uint8)

        def image_of(self, index):
            return index // 2

    return Patches()


@pytest.fixture
def cbsn():
    net = CBSN(NetworkOptions(channels=2, blocks=1))
    options = {"invariance_stride": 2}
    return Denoiser(net, Provenance(trained_on=("a",), steps=9, options=options))


def test_without_generations_the_cbsn_is_what_is_used(cbsn, tmp_path):
    denoiser, report = train_student(cbsn, None, None, tmp_path, StudentOptions())

    assert denoiser is cbsn
    assert report == {"generations": 0}


def test_a_student_says_where_it_and_its_teacher_come_from(
    cbsn, patches, manifest, tmp_path
):
    options = StudentOptions(
        generations=1, steps=2, crop_size=16, start="sidd_small", device="cpu"
    )

    denoiser, report = train_student(cbsn, patches, manifest, tmp_path, options)

    assert isinstance(denoiser.net, UNet)
    assert report["steps"] == 2
    known = denoiser.provenance
    assert known.steps == 9
    assert known.options["invariance_stride"] == 2
    assert known.options["student"]["steps"] == 2
    assert known.trained_on[0] == "a"
    assert len(known.trained_on) == 641  # with those of what it started from


def test_a_cbsn_is_nothing_to_start_from(cbsn, patches, manifest, tmp_path):
    cbsn.save(tmp_path / "cbsn.safetensors")
    options = StudentOptions(generations=1, start=str(tmp_path / "cbsn.safetensors"))

    with pytest.raises(ValueError, match="is a C-BSN, and a student cannot start"):
        train_student(cbsn, patches, manifest, tmp_path, options)


def test_patches_of_other_data_are_refused(cbsn, patches, tmp_path):
    other = Manifest.of("photos", [image("c.png")])

    with pytest.raises(ValueError, match="images changed since the patches were cut"):
        train_student(cbsn, patches, other, tmp_path, StudentOptions(generations=1))


def test_blocks_of_one_picture_share_their_noise():
    blocks = [image("a.mat", (0, 0)), image("a.mat", (0, 1)), image("a.mat", (1, 0))]

    assert group_images((*blocks, image("b.png"), image("c.png"))) == [0, 0, 1, 2, 3]


def test_the_stage_makes_what_later_stages_use():
    pipeline = create_pipeline()

    assert pipeline.outputs() == {"denoiser", "student_report"}
    assert {"cbsn", "patches", "manifest", "params:student"} <= pipeline.inputs()
