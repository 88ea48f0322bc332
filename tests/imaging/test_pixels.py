import hashlib

import numpy as np

from cbsn_pipeline.imaging.pixels import pixel_sha256


def test_hash_is_over_type_shape_and_bytes():
    image = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)

    expected = hashlib.sha256(b"uint8 (1, 2, 3)" + bytes(range(6))).hexdigest()

    assert pixel_sha256(image) == expected


def test_memory_layout_does_not_matter_but_type_shape_and_values_do():
    image = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    known = pixel_sha256(image)

    assert pixel_sha256(np.asfortranarray(image)) == known
    assert pixel_sha256(image[::-1][::-1]) == known
    assert pixel_sha256(image.astype(">f4")) == known
    assert pixel_sha256(image.reshape(4, 2, 3)) != known
    assert pixel_sha256(image.astype(np.float64)) != known
    assert pixel_sha256(image + np.eye(4, 3, dtype=np.float32)) != known
