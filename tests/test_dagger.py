import numpy as np
import pytest

from cbsn_pipeline.dagger import count_seen, in_words
from cbsn_pipeline.imaging.pixels import pixel_sha256


def test_images_are_recognised_by_their_pixels():
    images = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)

    assert count_seen(images, [pixel_sha256(images[1]), "another"]) == 1
    assert count_seen(images, []) == 0


@pytest.mark.parametrize(
    ("count", "known", "words"),
    [
        (0, False, "unknown: the denoiser does not say which images it was trained on"),
        (0, True, "not dagger: none of the blocks was trained on"),
        (3, True, "dagger: 3 of the 8 blocks were trained on"),
    ],
)
def test_it_is_said_in_words(count, known, words):
    assert in_words(count, 8, known=known, what="blocks") == words
