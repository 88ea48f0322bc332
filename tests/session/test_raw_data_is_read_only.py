"""Whole runs write nothing below 01_raw, and its datasets cannot."""

import hashlib
import json
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog, DatasetError

from cbsn_pipeline.settings import CONFIG_LOADER_ARGS

CONF = Path(__file__).resolve().parents[2] / "conf"
ENVIRONMENTS = ["sample", "sidd", "blocks", "dnd", "photos"]

# Notes whatever asks the system to change something below 01_raw. Other programs that
# the run starts are not heard, nor is the HDF5 library: hence the snapshots.
AUDIT = """
import os, sys
RAW, NOTES = {raw!r}, {notes!r}
CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.utime",
           "os.truncate", "os.link", "os.symlink", "os.chown", "os.setxattr",
           "shutil.rmtree", "shutil.move", "tempfile.mkstemp", "tempfile.mkdtemp")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
def audit(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if not (flags & WRITING or set(str(mode)) & set("wax+")):
            return
    elif event not in CHANGES:
        return
    for argument in arguments:
        if isinstance(argument, (str, bytes, os.PathLike)):
            if (os.path.abspath(os.fsdecode(argument)) + os.sep).startswith(RAW):
                handle = os.open(NOTES, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
                os.write(handle, f"{{event}} {{argument}}\\n".encode())
                os.close(handle)
sys.addaudithook(audit)
"""


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Size, time, rights and hash of everything in a folder."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted([folder, *folder.rglob("*")]):
        status = path.stat()
        content = path.read_bytes() if path.is_file() else b""
        facts = (status.st_size, status.st_mtime_ns, status.st_mode)
        found[str(path)] = (*facts, hashlib.sha256(content).hexdigest())
    return found


@pytest.fixture
def raw_data(project, kedro):
    """The sample's raw data, with the right to write taken away."""
    raw = project / "data" / "01_raw"
    if not (raw / "sample").is_dir():
        with kedro("run", "--pipelines=sample") as process:
            output = process.stdout.read()
        assert process.returncode == 0, output
    before = {path: path.stat().st_mode for path in [raw, *raw.rglob("*")]}
    for path, mode in before.items():
        path.chmod(mode & ~0o222)
    yield raw
    for path, mode in before.items():
        path.chmod(mode)


@pytest.mark.slow
def test_a_whole_run_changes_nothing_below_01_raw(
    raw_data, kedro, project, tiny, tmp_path
):
    notes = tmp_path / "notes"
    watch = AUDIT.format(raw=f"{raw_data}/", notes=str(notes))
    options = [
        f"train.{key}.{inner}={value}" if inner else f"train.{key}={value}"
        for key, tree in tiny.items()
        for inner, value in (tree.items() if isinstance(tree, dict) else [("", tree)])
    ]
    before = snapshot(raw_data)

    with kedro("run", "--params", ",".join(options), before=watch) as process:
        output = process.stdout.read()

    assert process.returncode == 0, output
    assert not notes.exists(), notes.read_text()
    assert snapshot(raw_data) == before


@pytest.mark.slow
def test_the_watch_hears_what_it_listens_for(raw_data, kedro, tmp_path):
    """Root may write where it has no right to: only the watch would notice."""
    notes = tmp_path / "notes"
    target = raw_data / "new"
    deed = (
        f"for act in (lambda: open({str(target)!r}, 'w'), "
        f"lambda: os.rename({str(target)!r}, {str(target) + '2'!r}), "
        f"lambda: os.remove({str(target) + '2'!r}), "
        f"lambda: os.mkdir({str(target)!r}), lambda: os.rmdir({str(target)!r})):\n"
        "    try: act()\n"
        "    except OSError: pass\n"
        "raise SystemExit\n"
    )
    with kedro(
        before=AUDIT.format(raw=f"{raw_data}/", notes=str(notes)) + deed
    ) as process:
        process.stdout.read()

    heard = [line.split()[0] for line in notes.read_text().splitlines()]
    assert heard[0] == "open"
    assert {"os.rename", "os.remove", "os.mkdir", "os.rmdir"} <= set(heard)


def raw_entries(environment: str) -> dict[str, dict[str, object]]:
    """The entries of the catalog that are raw data, but the sample's own makers."""
    catalog = OmegaConfigLoader(CONF, env=environment, **CONFIG_LOADER_ARGS)["catalog"]
    return {
        name: entry
        for name, entry in catalog.items()
        if entry["metadata"]["kedro-viz"]["layer"] == "raw"
        and not name.startswith("sample_")
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_raw_dataset_refuses_to_save(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entries = raw_entries(environment)
    catalog = DataCatalog.from_config(json.loads(json.dumps(entries)))

    assert {"noisy_images", "dnd_images", "photos_to_denoise"} <= set(entries)
    for name in entries:
        with pytest.raises(DatasetError, match="never written|no node returns it"):
            catalog.save(name, object())
    assert list(tmp_path.iterdir()) == []


def test_whatever_lies_in_01_raw_is_of_the_layer_raw():
    for environment in ENVIRONMENTS:
        loader = OmegaConfigLoader(CONF, env=environment, **CONFIG_LOADER_ARGS)
        for name, entry in loader["catalog"].items():
            if "01_raw" in str(entry.get("filepath", "")):
                assert entry["metadata"]["kedro-viz"]["layer"] == "raw", name
