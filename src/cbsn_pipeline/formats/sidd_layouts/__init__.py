"""The files in which SIDD's blocks are submitted: one module per layout.

Each module writes from the spool of denoised blocks, image by image, and compares what
it reads back with the spool; both need little memory, however many blocks there are.
"""

from pathlib import Path

from cbsn_pipeline.benchmarks.sidd.submission import Layout
from cbsn_pipeline.formats.blocks_spool import BlocksSpool
from cbsn_pipeline.formats.sidd_layouts import kaggle_csv, legacy_array, legacy_cell
from cbsn_pipeline.formats.sidd_layouts.extras import Extras

__all__ = ["Extras", "write_layout_checked"]


def write_layout_checked(
    layout: Layout, path: Path, spool: BlocksSpool, extras: Extras
) -> None:
    """Write one layout, read the file back and compare it with what was denoised.

    Args:
        layout: Which one.
        path: The file, not yet there.
        spool: All denoised blocks.
        extras: What the legacy layouts hold beside them.

    Raises:
        ValueError: What is read back is not what was denoised.
    """
    if layout == "kaggle":
        kaggle_csv.write(path, spool)
        kaggle_csv.check(path, spool)
    elif layout == "legacy_cell":
        legacy_cell.write(path, spool, extras)
        legacy_cell.check(path, spool, extras)
    else:
        legacy_array.write(path, spool, extras)
        legacy_array.check(path, spool, extras)
