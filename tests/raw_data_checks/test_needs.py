from pathlib import Path

from cbsn_pipeline.raw_data_checks import needs as module
from cbsn_pipeline.raw_data_checks.examination import Examination, Part
from cbsn_pipeline.raw_data_checks.needs import Needs, check_needs, estimate_needs
from cbsn_pipeline.raw_data_checks.stage_options import PatchGrid

MIB = 2**20


def seen(kind="sidd_medium", name="x", role="training", **facts):
    part = Part(*("images", kind, Path(name), (role,)), ("train",), "somewhere")
    return Examination(part, found=True, facts=facts)


def estimate(*parts, patch_size=256, stride=200, border=10, workers=2):
    grid = PatchGrid(patch_size=patch_size, stride=stride, border=border)
    return estimate_needs(parts, grid, Path("patches.h5"), workers)


def test_patches_of_sidd_medium_by_hand():
    # 3000: (3000 - 20 - 256) // 200 + 1 = 14 rows; 5328: 26 columns; 2 images
    found = estimate(seen(sizes={"3000x5328": 2}, dtypes={"uint8": 2}))

    assert found.patches == 2 * 14 * 26
    assert found.disk_bytes == found.patches * 256 * 256 * 3 + 64 * MIB
    assert found.memory_bytes == 2 * 110 * MIB


def test_sixteen_bits_take_four_times_the_disk():
    facts = {"sizes": {"300x300": 1}}

    eight = estimate(seen("photos", **facts, dtypes={"uint8": 1}))
    mixed = estimate(seen("photos", **facts, dtypes={"uint8": 1, "uint16": 1}))

    spare = 64 * MIB
    assert mixed.disk_bytes - spare == 4 * (eight.disk_bytes - spare)


def test_scoring_holds_noisy_clean_and_denoised_blocks():
    blocks = [
        seen("sidd_blocks", f"Validation{n}BlocksSrgb.mat", "scored", images=1280)
        for n in ("Noisy", "Gt")
    ]

    assert estimate(*blocks).memory_bytes == 3 * 1280 * 256 * 256 * 3


def test_nothing_there_needs_nothing():
    found = estimate(Examination(seen().part))

    assert (found.patches, found.disk_bytes, found.memory_bytes) == (0, 0, 0)
    assert check_needs(found, seen().part) == []


def test_a_full_disk_is_an_error_and_short_memory_a_warning():
    found = check_needs(
        Needs(1000, "p.h5", 3 * 2**30, 2**30, 2**31, 2**30), seen().part
    )

    assert [(f.severity, f.code) for f in found] == [
        ("error", "disk_too_small"),
        ("warning", "memory_short"),
    ]
    assert "1,000 patches take 3.0 GiB; 1.0 GiB are free for p.h5" in found[0].what
    assert "About 2.0 GiB of memory will be held; 1.0 GiB are free" in found[1].what


def test_free_disk_is_that_of_the_nearest_folder(tmp_path, monkeypatch):
    asked = []
    usage = module.shutil.disk_usage

    def ask(path):
        asked.append(path)
        return usage(path)

    monkeypatch.setattr(module.shutil, "disk_usage", ask)
    grid = PatchGrid(patch_size=8, stride=8, border=0)

    estimate_needs([], grid, tmp_path / "a" / "b" / "patches.h5", 1)

    assert asked == [tmp_path]
