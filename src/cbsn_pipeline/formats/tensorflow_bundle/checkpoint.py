"""Values of a TensorFlow checkpoint (V2), read without TensorFlow.

Nothing is believed that checksums and sizes do not confirm: the index is a table with a
checksum for each block, and every variable has one in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.formats.read_limit import check_decoded_size
from cbsn_pipeline.formats.tensorflow_bundle.crc32c import masked_crc32c
from cbsn_pipeline.formats.tensorflow_bundle.index import (
    FLOAT32,
    Variable,
    parse_index,
)
from cbsn_pipeline.formats.tensorflow_bundle.places import data_file, find_index

MOST_INDEX_BYTES = 16 * 2**20  # some 100 bytes a variable


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose index was read, and whose files are there.

    Attributes:
        index: The file that ends in ``.index``.
        num_shards: Data files that it has.
        variables: What it holds, by name.
    """

    index: Path
    num_shards: int
    variables: dict[str, Variable]

    @classmethod
    def open(cls, named: Path) -> Self:
        """Read the index of a checkpoint, and look for its data.

        Args:
            named: The prefix of its files, any of them, or their folder.

        Raises:
            DatasetError: A file is missing, cut off, damaged, or no checkpoint.
        """
        path = find_index(named)
        if (size := path.stat().st_size) > MOST_INDEX_BYTES:
            raise _damaged(path, f"it has {size:,} bytes")
        try:
            index = parse_index(path.read_bytes())
        except ValueError as error:
            raise _damaged(path, str(error)) from error
        checkpoint = cls(path, *index)
        for shard in sorted({v.shard for v in checkpoint.variables.values()}):
            checkpoint._check_data(shard)
        return checkpoint

    def files(self, names: Iterable[str]) -> list[Path]:
        """Name the files that some variables are read from, the index first."""
        shards = sorted({self.variables[name].shard for name in names})
        return [self.index, *(self._data(shard) for shard in shards)]

    def read(self, names: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """Read some of the variables.

        Args:
            names: Which; each is one of :attr:`variables`.

        Returns:
            Name to array, of the shape that the index says.

        Raises:
            DatasetError: One is damaged, of another type than float32, or all together
                are larger than may be read.
        """
        wanted = {name: self.variables[name] for name in names}
        check_decoded_size(
            sum(variable.size for variable in wanted.values()),
            path=self.index,
            what=f"{len(wanted)} variables",
        )
        return {name: self._read(name, variable) for name, variable in wanted.items()}

    def _read(self, name: str, variable: Variable) -> NDArray[np.float32]:
        path = self._data(variable.shard)
        if variable.dtype != FLOAT32 or variable.is_sliced:
            kind = "parts" if variable.is_sliced else f"type {variable.dtype}"
            raise DatasetError(
                f"{self.index}: {name} is stored as {kind} (numbers of types are those "
                f"of TensorFlow's types.proto); expected float32 (type {FLOAT32}) in "
                "one piece, as the authors' program writes it. Is it the checkpoint of "
                "another program?"
            )
        content = bytearray(variable.size)
        with path.open("rb") as file:
            file.seek(variable.offset)
            file.readinto(content)
        if masked_crc32c(content) != variable.checksum:
            raise self._differs(path, f"{name} does not match its checksum")
        return np.frombuffer(content, "<f4").reshape(variable.shape)

    def _data(self, shard: int) -> Path:
        return data_file(self.index, shard, self.num_shards)

    def _check_data(self, shard: int) -> None:
        """Raise if a data file is missing or shorter than its variables."""
        path = self._data(shard)
        if not path.is_file():
            raise DatasetError(
                f"{path} is missing: {self.index} says that its values are in "
                f"{self.num_shards} files of such names beside it. Fetch all of them "
                "into one folder, under the names that they had."
            )
        ends = {
            variable.offset + variable.size: name
            for name, variable in self.variables.items()
            if variable.shard == shard
        }
        if (end := max(ends)) > (size := path.stat().st_size):
            raise self._differs(
                path, f"it has {size:,} bytes, {ends[end]} ends at {end:,}"
            )

    def _differs(self, path: Path, what: str) -> DatasetError:
        return DatasetError(
            f"{path} does not hold what {self.index} describes: {what}. Was a download "
            "or copy cut short, or are they of different checkpoints? Fetch all files "
            "of the checkpoint again."
        )


def _damaged(path: Path, what: str) -> DatasetError:
    return DatasetError(
        f"{path} is not a whole index of a TensorFlow checkpoint: {what}. Was the "
        "download or copy cut short? Fetch all files of the checkpoint again."
    )
