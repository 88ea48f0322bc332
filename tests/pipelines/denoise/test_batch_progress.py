import logging
from pathlib import Path

import pytest

from cbsn_pipeline.datasets.photos_dataset import Photos
from cbsn_pipeline.pipelines.denoise.batch_progress import BatchProgress


class SizedPhotos(Photos):
    """Photographs of which headers tell the size, 0 where they cannot."""

    def __init__(self, *megapixels):
        root = Path("/photos")
        super().__init__([root / str(n) for n in range(len(megapixels))], root)
        self.sizes = megapixels

    def megapixels(self, index):
        return self.sizes[index]


def test_all_megapixels_are_counted_whatever_headers_said(caplog):
    caplog.set_level(logging.INFO)
    with BatchProgress(SizedPhotos(2.0, 0.0)) as batch:
        for _ in range(2):  # the second is larger than nothing
            with batch.photo(_) as photo:
                photo.begin(1000, 3000)
                photo.advance(400)
                photo.advance(600)

    assert "Denoising done: 6.0 of 6.0 megapixels" in caplog.messages[-1]


def test_a_photo_that_fails_is_done_too(caplog):
    caplog.set_level(logging.INFO)
    with BatchProgress(SizedPhotos(2.0, 3.0)) as batch:
        with pytest.raises(ValueError, match="damaged"), batch.photo(0):
            raise ValueError("damaged")
        with batch.photo(1) as photo:
            photo.begin(1000, 3000)
            photo.advance(1000)

    assert "5.0 of 5.0 megapixels" in caplog.messages[-1]


def test_nothing_is_said_where_nothing_was_begun(caplog):
    caplog.set_level(logging.INFO)

    with BatchProgress(SizedPhotos(1.0)):
        pass

    assert not caplog.messages
