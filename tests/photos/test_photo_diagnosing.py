from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cbsn_pipeline.imaging.noise_diagnosis import LEVELS, MAX_LAG, NoiseDiagnosis
from cbsn_pipeline.photos.diagnosing import (
    Diagnosed,
    advise,
    diagnose_photo,
    group_by_shot,
    needed_stride,
)
from cbsn_pipeline.photos.photo import Metadata, Photo


def noise(reach=1, level=8.0, clipped=(0.0, 0.0), blocking=1.0):
    """Noise that is alike up to a distance of ``reach`` - 1."""
    correlation = np.zeros((2, MAX_LAG))
    correlation[0, : reach - 1] = 0.3
    levels = np.full((3, LEVELS), level)
    return NoiseDiagnosis(levels, np.arange(LEVELS), correlation, clipped, blocking, 9)


def shot(name="a", camera="K", iso=100, **of):
    return Diagnosed(name, camera, iso, noise(**of))


def test_what_the_file_says_of_the_camera_is_taken():
    exif = Image.Exif()
    exif[0x0110] = "Model 1"
    exif.get_ifd(0x8769)[0x8827] = 800
    metadata = Metadata(exif=exif.tobytes().removeprefix(b"Exif\0\0"))
    pixels = np.random.default_rng(0).integers(90, 110, (300, 300, 3), dtype=np.uint8)

    found = diagnose_photo("a.jpg", Photo(Path("a.jpg"), "JPEG", pixels, 2, metadata))
    without = diagnose_photo("b.jpg", Photo(Path("b.jpg"), "JPEG", pixels))

    assert (found.camera, found.iso) == ("Model 1", 800)
    assert (without.camera, without.iso) == ("", None)
    assert found.facts()["iso"] == 800


def test_groups_are_by_camera_and_iso():
    shots = [shot(iso=800, level=9.0), shot(iso=100), shot(iso=800, level=11.0)]

    assert group_by_shot([*shots, shot(camera="", iso=None, reach=3)]) == [
        {"camera": "not said", "iso": None, "photos": 1, "level": 8.0, "stride": 3},
        {"camera": "K", "iso": 100, "photos": 1, "level": 8.0, "stride": 1},
        {"camera": "K", "iso": 800, "photos": 2, "level": 10.0, "stride": 1},
    ]


def test_the_stride_is_that_of_most_photographs():
    assert needed_stride([shot(reach=2), shot(reach=2), shot(reach=9)]) == 2


@pytest.mark.parametrize(
    ("reach", "words"),
    [
        (1, "train.blind_stride=5, as released, fits: beyond 1 pixels"),
        (5, "train.blind_stride=5, as released, fits: beyond 5 pixels"),
        (6, "too long for a stride of 5 .* train.blind_stride=6,train.crop_size=120"),
        (7, "too long for a stride of 5 .* train.blind_stride=7,train.crop_size=126"),
        (MAX_LAG + 1, "too long for any stride up to 10"),
    ],
)
def test_the_advice_on_the_stride(reach, words):
    import re

    assert re.search(words, advise([shot(reach=reach)])[0])


def test_what_is_wrong_with_files_is_said():
    shots = [shot(name=str(n), clipped=(0.0, 0.1), blocking=1.2) for n in range(5)]

    _, clipped, blocks, little = advise([*shots, shot(name="calm", level=0.5)])

    assert "black or white in 0, 1, 2 and 2 more" in clipped
    assert "The blocks of JPEG show in 0, 1, 2 and 2 more" in blocks
    assert "hardly any noise (below 1 of 255 levels) in calm" in little
