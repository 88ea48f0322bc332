"""Nothing that is read can run: shown of the source, and of the readers at work."""

import ast
import io
import os
import pickle
import zipfile
from pathlib import Path

import corruptions
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
# Modules that build objects out of bytes, and functions that run text.
FORBIDDEN_MODULES = {
    *("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve"),
    *("marshal", "code", "codeop", "runpy"),
}
FORBIDDEN_CALLS = {
    *(
        "eval",
        "exec",
        "compile",
        "__import__",
        "read_pickle",
        "load_model",
        "unsafe_load",
    ),
    *("full_load", "hub.load", "os.system", "popen"),
}


def name_of(node: ast.expr) -> str:
    """``torch.load`` of a call's function; empty for what has no name."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def faults(source: str) -> list[str]:
    """What of a source could build objects or run code out of a file."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        else:
            modules = []
        found += [m for m in modules if m.split(".")[0] in FORBIDDEN_MODULES]
        if isinstance(node, ast.Call):
            found += _faults_of_call(node)
    return found


def _faults_of_call(call: ast.Call) -> list[str]:
    name = name_of(call.func)
    constants = {
        k.arg: k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)
    }
    if name == "torch.load" and constants.get("weights_only") is not True:
        return ["torch.load without weights_only=True"]
    if constants.get("allow_pickle"):
        return [f"{name} with allow_pickle"]
    if name == "yaml.load":
        return ["yaml.load"]
    is_method = name.startswith(("re.", "torch.compile", "self."))
    if not is_method and {name, name.rpartition(".")[2]} & FORBIDDEN_CALLS:
        return [name]
    return []


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_source_unpickles_or_evaluates(path):
    assert not faults(path.read_text("utf-8"))


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "eval(text)",
        "builtins.exec(text)",
        "yaml.load(text, Loader)",
        "pd.read_pickle(path)",
        "mlflow.pyfunc.load_model(uri)",
    ],
)
def test_the_search_finds_what_it_looks_for(source):
    assert faults(source)


def test_no_catalog_names_a_dataset_that_unpickles():
    for file in (ROOT / "conf").rglob("*.yml"):
        assert "pickle" not in file.read_text("utf-8").lower(), file


class Malice:
    """Makes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (os.mkdir, (str(self.marker),))


def disguises(malice: Malice) -> dict[str, bytes]:
    """The same pickle as a bare file, in a zip as torch's, and in numpy's format."""
    import torch

    torch_file, archive, numpy_file = io.BytesIO(), io.BytesIO(), io.BytesIO()
    torch.save({"network": malice}, torch_file)
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("archive/data.pkl", pickle.dumps(malice, protocol=2))
        zipped.writestr("archive/version", b"3\n")
    np.save(numpy_file, np.array([malice], object), allow_pickle=True)
    return {
        "pickle": pickle.dumps(malice),
        "pickle of protocol 2": pickle.dumps(malice, protocol=2),
        "torch": torch_file.getvalue(),
        "zip": archive.getvalue(),
        "npy": numpy_file.getvalue(),
    }


@pytest.fixture(scope="module")
def readers():
    """Every reader of the fuzzing, with the name that its files must have."""
    import sys

    sys.path.append(str(ROOT / "tests" / "fuzz"))
    from readers import READERS

    return READERS


def test_the_pickle_works_where_it_is_unpickled(tmp_path):
    content = disguises(Malice(tmp_path / "marker"))["pickle"]

    pickle.loads(content)

    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    "disguise", ["pickle", "pickle of protocol 2", "torch", "zip", "npy"]
)
def test_no_reader_unpickles(disguise, readers, tmp_path):
    marker = tmp_path / "marker"
    content = disguises(Malice(marker))[disguise]
    for read, name in readers.values():
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

        message = corruptions.message_of(lambda read=read, path=path: read(path))

        assert name in message
        assert not marker.exists(), f"{name} was unpickled"


def test_an_object_in_a_mat_file_is_never_built(tmp_path):
    from scipy.io import savemat

    marker = tmp_path / "marker"
    content = np.frombuffer(pickle.dumps(Malice(marker)), np.uint8)
    savemat(tmp_path / "a.mat", {"A": {"pickled": content}})

    assert "'A' is struct" in corruptions.read_mat(tmp_path / "a.mat")
    assert not marker.exists()
