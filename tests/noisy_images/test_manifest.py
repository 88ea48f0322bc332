import pytest
from pydantic import ValidationError

from cbsn_pipeline.noisy_images.manifest import Manifest, ManifestImage

SCENE = "0001_001_S6_00100_00060_3200_L"


def image(path="a.png", **changes):
    fields = {
        "name": path, "path": path, "bytes": 100, "file_sha256": "f", "dtype": "uint8",
        "pixel_sha256": path, "height": 1000, "width": 2000,
    }  # fmt: skip
    return ManifestImage(**(fields | changes))


def test_the_digest_does_not_depend_on_the_order_of_files():
    one, two = image("a.png"), image("b.png")

    assert Manifest.of("photos", [one, two]) == Manifest.of("photos", [two, one])


@pytest.mark.parametrize(
    "change",
    [
        {"pixel_sha256": "other"},
        {"file_sha256": "other"},
        {"path": "c.png"},
        {"member": (0, 1)},
        {"height": 999},
        {"dtype": "float32"},
        {"scene_instance": SCENE},
    ],
)
def test_the_digest_depends_on_everything_an_image_is(change):
    known = Manifest.of("photos", [image()]).digest

    assert Manifest.of("photos", [image(**change)]).digest != known
    assert Manifest.of("dnd", [image()]).digest != known
    assert Manifest.of("photos", [image(), image("b.png")]).digest != known


def test_options_are_noted_but_do_not_change_the_digest():
    with_options = Manifest.of("photos", [image()], {"workers": 3})

    assert with_options.digest == Manifest.of("photos", [image()]).digest
    assert with_options.options == {"workers": 3}


def test_the_summary_counts_images_megapixels_cameras_and_iso():
    images = [
        image(f"{name}", scene_instance=name)
        for name in (SCENE, SCENE.replace("S6_00100", "GP_01600"), SCENE + "/2")
    ]
    images[2] = image("2", scene_instance=SCENE)

    assert Manifest.of("sidd_medium", images).summary == {
        "images": 3,
        "megapixels": 6.0,
        "file_bytes": 300,
        "images_per_camera": {"GP": 1, "S6": 2},
        "images_per_iso": {"100": 2, "1600": 1},
    }


def test_a_file_with_many_members_counts_once():
    members = [image(member=(0, i)) for i in range(3)]

    assert Manifest.of("sidd_blocks", members).summary["file_bytes"] == 100


def test_images_with_the_same_pixels_are_listed():
    images = [image("a"), image("b", pixel_sha256="a"), image("c")]

    assert Manifest.of("photos", images).duplicates == [["a", "b"]]


def test_a_manifest_changed_by_hand_is_refused():
    content = Manifest.of("photos", [image()]).model_dump()
    content["images"][0]["height"] = 999

    with pytest.raises(ValidationError, match="was changed by hand. Run ingest again"):
        Manifest.model_validate(content)
