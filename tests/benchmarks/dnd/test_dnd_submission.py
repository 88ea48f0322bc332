import io

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from cbsn_pipeline.benchmarks.dnd.submission import bundle, check_crop, unbundle

NOISY = np.full((6, 6, 3), 0.5, np.float32)


def changed(value, dtype=np.float32):
    crop = NOISY.astype(dtype)
    crop[0, 0, 0] = value
    return crop


def test_a_crop_that_differs_from_the_noisy_one_is_accepted():
    check_crop(changed(0.4), NOISY, "0001_01")


@pytest.mark.parametrize(
    ("crop", "message"),
    [
        (changed(0.4)[None], r"shape \(1, 6, 6, 3\); expected \(6, 6, 3\).*batch axis"),
        (changed(0.4, np.float64), "crop of float64; expected float32"),
        (changed(np.nan), "1 values of the denoised crop are NaN or infinite"),
        (changed(np.inf), "1 values of the denoised crop are NaN or infinite"),
        (changed(1.5), r"ranges over 0.5..1.5; expected \[0, 1\]"),
        (changed(-0.1), r"ranges over -0.1..0.5; expected \[0, 1\]"),
        (NOISY, "the denoised crop is the noisy input"),
        (changed(0.5 + 0.4 / 255), "the denoised crop is the noisy input"),
    ],
)
def test_a_crop_that_the_site_would_refuse_is_refused(crop, message):
    with pytest.raises(ValueError, match=f"^0001_01: .*{message}"):
        check_crop(crop, NOISY, "0001_01")


def written_and_read(content):
    file = io.BytesIO()
    savemat(file, content)
    return loadmat(file)


def test_a_bundle_is_a_cell_of_crops_a_logical_and_a_version():
    crops = [np.full((4, 4, 3), k / 20, np.float32) for k in range(20)]

    content = written_and_read(bundle(crops))

    assert content["Idenoised"].shape == (1, 20)
    assert content["Idenoised"].dtype == object
    assert content["Idenoised"][0, 7].dtype == np.float32
    assert content["israw"].shape == (1, 1)
    assert not content["israw"][0, 0]
    assert content["eval_version"].tolist() == ["1.0"]
    for crop, again in zip(crops, unbundle(content, where="0001.mat"), strict=True):
        np.testing.assert_array_equal(again, crop)


def test_one_crop_is_still_a_cell():
    content = written_and_read(bundle([NOISY]))

    assert unbundle(content, where="0001.mat", num_boxes=1)[0].shape == (6, 6, 3)


def test_an_empty_bundle_is_refused():
    with pytest.raises(ValueError, match="No crops to bundle"):
        bundle([])


def test_a_single_crop_file_is_not_a_bundle():
    content = written_and_read({"Idenoised_crop": NOISY})

    with pytest.raises(ValueError, match=r"lacks Idenoised, .*\['Idenoised_crop'\]"):
        unbundle(content, where="0001_01.mat")


@pytest.mark.parametrize("cell", [np.stack([NOISY] * 20), bundle([NOISY])["Idenoised"]])
def test_a_bundle_with_another_number_of_crops_is_refused(cell):
    content = written_and_read(bundle([NOISY]) | {"Idenoised": cell})

    with pytest.raises(ValueError, match=r"expected a cell .* \(1, 20\)"):
        unbundle(content, where="0001.mat")


@pytest.mark.parametrize("wrong", [{"israw": True}, {"eval_version": "2.0"}])
def test_a_bundle_for_another_track_is_refused(wrong):
    content = written_and_read(bundle([NOISY]) | wrong)

    with pytest.raises(ValueError, match=r"expected \[False\] and \['1.0'\], the sRGB"):
        unbundle(content, where="0001.mat", num_boxes=1)
