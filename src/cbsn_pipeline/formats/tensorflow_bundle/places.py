"""Where the files of a TensorFlow checkpoint are, whichever of them was named."""

import re
from pathlib import Path

from kedro.io import DatasetError

from cbsn_pipeline.formats.checks import check_file
from cbsn_pipeline.formats.tensorflow_bundle.table import MAGIC

SUFFIX = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")
STATE = "checkpoint"  # TensorFlow notes the newest checkpoint of a folder in it
NEWEST = re.compile(r'^model_checkpoint_path:\s*".*?([^"/\\]+)"', re.MULTILINE)
MOST_STATE_BYTES = 2**20
EXPECTED = "the index of a TensorFlow checkpoint (PREFIX.index beside PREFIX.data-...)"


def find_index(named: Path) -> Path:
    """Find the index of a checkpoint.

    Args:
        named: The prefix of its files, any of them, or their folder. In a folder the
            file ``checkpoint`` says which is meant; without it there must be one.

    Raises:
        DatasetError: There is none, or it is of TensorFlow's older format.
    """
    if named.is_dir():
        return _in_folder(named)
    if named.name == STATE and named.is_file():
        return _in_folder(named.parent)
    index = _index_of(named.parent, SUFFIX.sub("", named.name))
    if named.is_file() and not index.exists():
        _refuse_single_file(named)
    check_file(index, expected=EXPECTED)
    return index


def data_file(index: Path, shard: int, num_shards: int) -> Path:
    """Name one of the files that hold the values."""
    return index.with_suffix(f".data-{shard:05d}-of-{num_shards:05d}")


def _index_of(folder: Path, prefix: str) -> Path:
    return folder / f"{prefix}.index"


def _in_folder(folder: Path) -> Path:
    state = folder / STATE
    if state.is_file():
        with state.open("rb") as file:
            text = file.read(MOST_STATE_BYTES).decode(errors="replace")
        if newest := NEWEST.search(text):
            # The folder that it was written in is not this one: the name alone counts.
            index = _index_of(folder, newest[1])
            check_file(index, expected=f"{EXPECTED}, which {state} names")
            return index
    found = sorted(folder.glob("*.index"))
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.stem for path in found[:5])
    raise DatasetError(
        f"{folder} holds {len(found)} TensorFlow checkpoints"
        f"{f', such as {names},' if found else ''} and no file named {STATE!r} that "
        "says which is meant; expected one. Name it: --params checkpoint="
        f"{folder}/{found[0].stem if found else 'PREFIX'}"
    )


def _refuse_single_file(named: Path) -> None:
    check_file(named, expected=EXPECTED)
    with named.open("rb") as file:
        file.seek(-min(len(MAGIC), named.stat().st_size), 2)
        is_table = file.read() == MAGIC
    if is_table:
        raise DatasetError(
            f"{named} is a checkpoint of TensorFlow's older format (V1, a single "
            f"file); expected {EXPECTED}. Load it with TensorFlow and save it again: "
            "tf.compat.v1.train.Saver() writes the newer one."
        )
    raise DatasetError(
        f"{named} stands alone; expected {EXPECTED}. Fetch all files whose names "
        "begin with the same prefix into one folder."
    )
