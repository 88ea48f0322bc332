import csv

import pytest

from cbsn_pipeline.benchmarks.sidd.names import (
    CAMERAS,
    VALIDATION_INSTANCES,
    SceneInstance,
    clean_twin,
    format_scene_instance,
    parse_image_name,
    parse_scene_instance,
)


def test_a_scene_instance_says_camera_iso_and_light():
    assert parse_scene_instance("0052_002_S6_01600_01000_5500_N") == SceneInstance(
        name="0052_002_S6_01600_01000_5500_N",
        instance=52,
        scene=2,
        camera="S6",
        iso=1600,
        inverse_shutter=1000,
        temperature=5500,
        brightness="N",
    )


@pytest.mark.parametrize("name", VALIDATION_INSTANCES)
def test_formatting_undoes_parsing(name):
    fields = vars(parse_scene_instance(name)) | {}
    fields.pop("name")

    assert format_scene_instance(**fields) == name


def test_there_are_forty_validation_instances_eight_per_camera():
    cameras = [parse_scene_instance(name).camera for name in VALIDATION_INSTANCES]

    assert len(set(VALIDATION_INSTANCES)) == 40
    assert {c: cameras.count(c) for c in CAMERAS} == dict.fromkeys(CAMERAS, 8)


@pytest.mark.parametrize(
    "name",
    [
        "0052_002_S7_01600_01000_5500_N",
        "52_002_S6_01600_01000_5500_N",
        "0052_002_S6_01600_01000_5500_N_copy",
        "holiday",
        "",
    ],
)
def test_another_folder_is_refused(name):
    with pytest.raises(ValueError, match="not a SIDD scene instance; expected"):
        parse_scene_instance(name)


def test_formatting_refuses_a_number_that_does_not_fit():
    with pytest.raises(ValueError, match="not a SIDD scene instance"):
        format_scene_instance(
            instance=12345,
            scene=1,
            camera="S6",
            iso=100,
            inverse_shutter=100,
            temperature=3200,
            brightness="L",
        )


@pytest.mark.parametrize(
    ("name", "layout", "noisy", "instance"),
    [
        ("0001_NOISY_SRGB_010.PNG", "medium", True, 1),
        ("0200_GT_SRGB_011.PNG", "medium", False, 200),
        ("NOISY_SRGB_010.PNG", "small", True, None),
        ("GT_SRGB_010.png", "small", False, None),
    ],
)
def test_image_names_of_both_layouts(name, layout, noisy, instance):
    parsed = parse_image_name(name)

    assert parsed is not None
    assert (parsed.layout, parsed.is_noisy, parsed.instance) == (
        layout,
        noisy,
        instance,
    )


@pytest.mark.parametrize(
    "name",
    [
        "0001_NOISY_SRGB_010 (1).PNG",
        "0001_NOISY_RAW_010.MAT",
        "0001_NOISY_SRGB_012.PNG",
    ],
)
def test_other_files_are_not_images_of_sidd(name):
    assert parse_image_name(name) is None


def test_the_clean_twin_of_a_noisy_image():
    assert clean_twin("NOISY_SRGB_011.PNG") == "GT_SRGB_011.PNG"


def test_a_clean_image_has_no_clean_twin():
    with pytest.raises(ValueError, match="not the name of a noisy SIDD photograph"):
        clean_twin("0001_GT_SRGB_010.PNG")


def test_the_order_agrees_with_the_shared_table(shared):
    table = shared / "data/sidd_validation/images.csv"
    with table.open() as file:
        rows = list(csv.DictReader(file))

    for row in rows:
        parsed = parse_scene_instance(VALIDATION_INSTANCES[int(row["image"])])
        assert parsed.name == row["scene_instance"]
        assert (parsed.camera, parsed.iso) == (row["camera"], int(row["iso"]))
