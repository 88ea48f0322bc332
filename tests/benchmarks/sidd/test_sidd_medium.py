from pathlib import PurePosixPath

import pytest

from cbsn_pipeline.benchmarks.sidd.medium import (
    INSTANCES_PER_CAMERA,
    NUM_INSTANCES,
    NUM_PAIRS,
    check_counts,
    count_cameras,
    read_names,
    scored_scenes,
)
from cbsn_pipeline.benchmarks.sidd.names import VALIDATION_INSTANCES

SCENE = "0001_001_S6_00100_00060_3200_L"


def names(*files):
    return read_names([PurePosixPath(f) for f in files], where="here")


def codes(found):
    return [(f.severity, f.code, f.index) for f in found.findings]


def test_the_published_counts_agree_with_each_other():
    assert sum(INSTANCES_PER_CAMERA.values()) == NUM_INSTANCES == NUM_PAIRS // 2


def test_noisy_and_clean_images_are_told_apart():
    noisy, clean = f"Data/{SCENE}/0001_NOISY_SRGB_010.PNG", "0001_GT_SRGB_010.PNG"

    found = names(noisy, f"Data/{SCENE}/{clean}", "Data/readme.txt")

    assert found.noisy == {f"{SCENE}/0001_NOISY_SRGB_010.PNG": PurePosixPath(noisy)}
    assert list(found.clean) == [f"{SCENE}/{clean}"]
    assert found.scenes == (SCENE,)
    assert found.roots == (PurePosixPath("Data"),)
    assert found.findings == ()


def test_a_copy_in_another_folder_is_the_data_set_twice():
    name = f"{SCENE}/0001_NOISY_SRGB_010.PNG"

    found = names(f"Data/{name}", f"b/Data/{name}")

    assert codes(found) == [("error", "data_set_twice", f"b/Data/{name}")]
    assert "Name one of the two (Data or b/Data)" in found.findings[0].remedy


@pytest.mark.parametrize(
    "name", ["0001_Gt_SRGB_010.PNG", "0001_NOISY_SRGB_010 (1).PNG", "gt_srgb_010.jpg"]
)
def test_a_name_that_is_almost_right_is_a_warning(name):
    found = names(f"Data/{SCENE}/{name}")

    assert codes(found) == [("warning", "misnamed_image", f"Data/{SCENE}/{name}")]


@pytest.mark.parametrize("name", ["IMG_0001.JPG", "Thumbs.db", "notes_gt.txt"])
def test_other_files_are_passed_over(name):
    assert names(f"Data/{SCENE}/{name}").findings == ()


def test_missing_twins_are_told_for_both_layouts():
    small = names(
        f"{SCENE}/NOISY_SRGB_010.PNG",
        f"{SCENE}/NOISY_SRGB_011.PNG",
        f"{SCENE}/GT_SRGB_010.PNG",
    )

    assert [(c, i) for _, c, i in codes(small)] == [
        ("clean_twin_missing", f"{SCENE}/NOISY_SRGB_011.PNG")
    ]


def test_no_clean_image_at_all_is_nothing_wrong():
    assert names(f"{SCENE}/0001_NOISY_SRGB_010.PNG").findings == ()


def test_scenes_are_counted_per_camera():
    assert count_cameras([SCENE, "0002_001_S6_00100_00020_3200_N"]) == {"S6": 2}


def test_what_is_missing_is_told_per_camera():
    found = names(f"Data/{SCENE}/0001_NOISY_SRGB_010.PNG")

    (finding,) = check_counts(found, expected=NUM_PAIRS, where="here")

    assert finding.code == "wrong_count"
    assert "1 noisy images are there; expected 320" in finding.what
    assert "G4 0 of 16, GP 0 of 33, IP 0 of 54, N6 0 of 22, S6 1 of 35" in finding.what
    assert "ingest.num_images=1" in finding.remedy


def test_counts_as_expected_or_not_asked_for_are_right():
    found = names(f"Data/{SCENE}/0001_NOISY_SRGB_010.PNG")

    assert check_counts(found, expected=1, where="here") == []
    assert check_counts(found, expected=None, where="here") == []


def test_validation_scenes_are_found_among_those_to_train_on():
    found = scored_scenes([SCENE, VALIDATION_INSTANCES[3]], where="here")

    assert [finding.index for finding in found] == [VALIDATION_INSTANCES[3]]
