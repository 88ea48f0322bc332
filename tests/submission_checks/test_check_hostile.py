"""Whatever a file holds, a check ends in findings."""

import random
import zipfile

import numpy as np
import pytest

KINDS = ["auto", "kaggle", "legacy_cell", "legacy_array", "dnd"]


def is_unusable(run_check, path, kind="auto"):
    _, outcome = run_check(path, kind=kind, with_input=False)
    return any(finding.severity == "error" for finding in outcome.findings)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 5000,
        b"PK\x03\x04" + b"\x00" * 100,
        b"\x1f\x8b" + b"\xff" * 100,
        b"\x89HDF\r\n\x1a\n" + b"\x00" * 3000,
        b"MATLAB 5.0".ljust(124) + b"\x00\x01IM" + b"\xff" * 64,
        b'"' * 1001,
        b"\n" * 5000,
        b"ID,BLOCK\n" + b"," * 5000,
        b"<!DOCTYPE html><html></html>",
        random.Random(0).randbytes(5000),
    ],
)
def test_no_content_is_a_crash(kit, run_check, content, kind):
    assert is_unusable(run_check, kit.bytes(content, "a.csv"), kind)


@pytest.mark.parametrize("seed", range(8))
def test_flipped_bits_are_findings_or_harmless(kit, run_check, seed):
    generator = random.Random(seed)
    for path in (kit.array(), kit.bundle() / "0002.mat"):
        content = bytearray(path.read_bytes())
        for _ in range(4):
            place = generator.choice((generator.randrange(400), len(content) - 1))
            content[min(place, len(content) - 1)] ^= 1 << generator.randrange(8)
        path.write_bytes(content)

        run_check(path if path.name.startswith("S") else path.parent)


def test_a_zip_that_unpacks_for_ever_is_stopped(kit, run_check):
    path = kit.folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"ID,BLOCK\n" + b"0,QUJD\n" * 2_000_000)

    _, outcome = run_check(path, with_input=False)

    found = {finding.code: finding for finding in outcome.findings}
    assert "goes on after" in found["unreadable"].what
    assert len(outcome.findings) < 500


def test_objects_in_place_of_numbers_are_findings(kit, run_check):
    for value in ("text", {"a": 1.0}, np.array([["x"]], dtype=object)):
        assert is_unusable(run_check, kit.array(value))
        assert is_unusable(run_check, kit.bundle({0: kit.contents(0, Idenoised=value)}))


def test_links_out_of_an_hdf5_file_are_findings(kit, run_check):
    import h5py

    path = kit.folder / "SubmitSrgb.mat"
    with h5py.File(path, "w") as file:
        file["SubmitSrgb"] = h5py.ExternalLink("/etc/hostname", "x")

    assert is_unusable(run_check, path)
