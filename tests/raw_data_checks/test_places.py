import errno
import os
import zipfile
from pathlib import Path

import pytest

from cbsn_pipeline.raw_data_checks.examination import Part
from cbsn_pipeline.raw_data_checks.examine import examine
from cbsn_pipeline.raw_data_checks.places import check_zips, first_look, list_files


@pytest.fixture
def part(tmp_path):
    (tmp_path / "raw").mkdir()
    return Part(
        *("noisy training images", "photos", tmp_path / "raw", ("training",)),
        *(("train",), "your own camera"),
        required=True,
    )


@pytest.fixture
def forbid(monkeypatch):
    """Opening one file fails as without the right to read: root has all rights."""

    def make(path):
        was = Path.open

        def refuse(self, *args, **kwargs):
            if self == path:
                raise PermissionError(errno.EACCES, "Permission denied", str(self))
            return was(self, *args, **kwargs)

        monkeypatch.setattr(Path, "open", refuse)

    return make


@pytest.mark.parametrize(
    ("name", "place", "file"),
    [
        ("sidd", "SIDD_Medium_Srgb", "0001_NOISY_SRGB_010.PNG"),
        ("blocks", "sidd", "ValidationNoisyBlocksSrgb.mat"),
        ("dnd", "dnd_2017/images_srgb", "0002.mat"),
        ("dnd", "dnd_2017", "info.mat"),
        ("photos", "photos", "a.png"),
    ],
)
def test_a_file_that_may_not_be_read_is_an_error(
    findings, data, forbid, name, place, file
):
    forbid(next((data / place).rglob(file)))

    found = [f for f in findings(name) if f.code == "unreadable"]

    assert [f.severity for f in found] == ["error"]
    assert found[0].what == "It cannot be opened: Permission denied."
    assert "chmod" in found[0].remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_listed_is_an_error(part):
    closed = part.path / "closed"
    closed.mkdir(mode=0)

    files, found = list_files(part)

    assert files == []
    assert [(f.code, f.index) for f in found] == [("unreadable", "closed")]
    closed.chmod(0o700)


def test_notes_that_macos_leaves_behind_are_passed_over(findings, data):
    scene = next((data / "SIDD_Medium_Srgb" / "Data").iterdir())
    (scene / "._0001_NOISY_SRGB_010.PNG").write_bytes(b"Mac OS X")

    assert findings("sidd") == []


def test_a_missing_part_says_what_is_there_instead(part):
    part.path.rename(part.path.with_name("RAW_"))

    (finding,) = examine(part, thorough=False, workers=1).findings

    assert finding.severity == "error"
    assert finding.cause.startswith("There is")
    assert finding.cause.endswith("RAW_: is it that?")
    assert "To be had from your own camera" in finding.remedy


def test_a_missing_part_that_is_optional_is_nothing_wrong(part):
    from dataclasses import replace

    absent = replace(part, path=part.path / "photos", required=False)
    for kind in ("sidd_medium", "sidd_blocks", "dnd", "photos"):
        seen = examine(replace(absent, kind=kind), thorough=True, workers=1)

        assert not seen.found
        assert seen.findings == []


def write_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Data/a", "a")
    return path


def test_the_md5_of_the_archive_is_compared_when_thorough(part, monkeypatch):
    path = write_zip(part.path / "SIDD_Medium_Srgb.zip")
    places = "cbsn_pipeline.raw_data_checks.places"
    monkeypatch.setattr(f"{places}.ZIP_BYTES", path.stat().st_size)

    def codes(**options):
        found = check_zips(part, [path], data_there=True, **options)
        return [(f.severity, f.code) for f in found]

    assert codes(thorough=False) == [("note", "still_zipped")]
    assert codes(thorough=True) == [("error", "zip_damaged")]
    import hashlib

    md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(f"{places}.ZIP_MD5", md5)
    assert codes(thorough=True) == [("note", "still_zipped")]


def test_another_archive_that_is_cut_off_is_incomplete(part):
    path = write_zip(part.path / "photos.zip")
    path.write_bytes(path.read_bytes()[:-30])

    (finding,) = check_zips(part, [path], data_there=False, thorough=False)

    assert finding.code == "zip_incomplete"


def test_an_archive_beside_the_missing_folder_is_found(part):
    write_zip(part.path.parent / "raw.zip")
    part.path.rmdir()

    found = examine(part, thorough=False, workers=1).findings

    assert [f.code for f in found] == ["missing", "still_zipped"]
    assert "unzip " in found[1].remedy


def test_a_sound_file_has_nothing_wrong_at_first_look(part):
    (part.path / "a").write_text("data")

    assert first_look(part, part.path / "a") is None


def test_the_sentences_of_an_error_become_what_cause_and_remedy(part):
    file = part.path / "a.b.png"
    error = ValueError(f"{file} is cut off. It ends. Was it copied? docs say. Again.")

    finding = part.from_error(error, "code", "a.b.png", path=file)

    assert finding.what == "It is cut off. It ends."
    assert finding.cause == "Was it copied?"
    assert finding.remedy == "docs say. Again."


def test_without_a_question_the_first_sentence_is_what(part):
    finding = part.from_error(ValueError(f"{part.path}: No. Do this."), "code")

    assert (finding.what, finding.cause, finding.remedy) == ("No.", "", "Do this.")


def test_nothing_is_written_below_the_data(findings, data):
    def state():
        return {p: p.lstat().st_mtime_ns for p in [data, *data.rglob("*")]}

    before = state()
    for name in ("sidd", "blocks", "dnd", "photos"):
        findings(name, thorough=True)

    assert state() == before


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "unreadable"),
        (RuntimeError("no such element"), "not_understood"),
    ],
)
def test_what_nobody_foresaw_is_a_finding_too(part, monkeypatch, error, code):
    from cbsn_pipeline.raw_data_checks.examine import _EXAMINERS

    def fail(*args, **options):
        raise error

    monkeypatch.setitem(_EXAMINERS, "photos", fail)

    seen = examine(part, thorough=False, workers=1)

    assert [(f.severity, f.code) for f in seen.findings] == [("error", code)]
    assert not seen.found
