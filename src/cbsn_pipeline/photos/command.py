"""The command ``cbsn-denoise``: photographs in, denoised photographs out."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kedro.io import DatasetError

from cbsn_pipeline import models
from cbsn_pipeline.formats.checks import file_sha256
from cbsn_pipeline.photos.files import find_photo_files
from cbsn_pipeline.photos.names import name_outputs

if TYPE_CHECKING:
    from cbsn_pipeline.cbsn.denoiser import Denoiser
    from cbsn_pipeline.photos.batch import Work

logger = logging.getLogger(__name__)

REPORT = "cbsn-denoise.csv"
FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130
GIB = 2**30

EXAMPLES = """examples:
  cbsn-denoise IN.jpg OUT.jpg
  cbsn-denoise photos/ denoised/ --recursive
  cbsn-denoise photos/ denoised/ --strength 0.8 --format png
  cbsn-denoise IN.tif OUT.tif --model data/06_models/photos/denoiser.safetensors
  cbsn-denoise photos/ --diagnose
  torchrun --nproc-per-node=4 -m cbsn_pipeline.photos photos/ denoised/

The same command again goes on where it was: what is there, of the same photograph and
with the same options, is not made again. Nothing is ever overwritten. A report of all
photographs is in OUTPUT/cbsn-denoise.csv.
exit status: 0 all denoised, 1 some were not, 2 wrong use
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit status: 0 all denoised, 1 some were not, 2 wrong use, 130 interrupted.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        format="%(message)s",
        level=logging.WARNING if options.quiet else logging.INFO,
        stream=sys.stderr,
    )
    try:
        if options.diagnose:
            return _diagnose(options)
        works = _plan(options)
        denoiser = _load(options)
    except (DatasetError, ValueError, OSError) as error:
        sys.stderr.write(f"cbsn-denoise: {error}\n")
        return WRONG_USE
    return _denoise(denoiser, works, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cbsn-denoise",
        description="Remove camera noise from photographs. Each keeps its format, "
        "depth, EXIF data, colour profile and time.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("input", type=Path, help="a photograph, a folder or a quoted pattern")
    add("output", type=Path, nargs="?", help="a file, or a folder")
    add(
        "--model",
        default="sidd_small",
        help="weights by name, a .safetensors file, or MLflow's models:/ or runs:/ "
        "address (default: %(default)s)",
    )
    add(
        "--strength",
        type=float,
        default=1.0,
        help="0 the photograph as it is, 1 all noise removed (default: %(default)s)",
    )
    add("--format", choices=("png", "jpeg", "tiff"), help="of all that is written")
    add("--quality", type=int, default=95, help="of JPEG files (default: %(default)s)")
    add(
        "--restitution",
        choices=("auto", "off"),
        default="auto",
        help="give back tone and colour that the network took (default: %(default)s)",
    )
    add("--memory", type=float, default=1.0, help="GiB for the network (default: 1)")
    add("--recursive", action="store_true", help="folders within the folder, too")
    add("--skip-existing", action="store_true", help="leave all that is there")
    add(
        "--diagnose",
        action="store_true",
        help="make nothing; say what the noise is like, and how to train on it",
    )
    add("--quiet", action="store_true", help="say only what went wrong")
    return parser


def _plan(options: argparse.Namespace) -> "list[Work]":
    """List what is to be made of what.

    Raises:
        DatasetError: There is no photograph.
        ValueError: An option, or the output, is none that can be.
    """
    from cbsn_pipeline.photos.batch import Work
    from cbsn_pipeline.photos.writing import format_of

    if not 0 <= options.strength <= 1:
        raise ValueError(f"--strength {options.strength:g}: expected 0 to 1.")
    if not 1 <= options.quality <= 100:  # noqa: PLR2004
        raise ValueError(f"--quality {options.quality}: expected 1 to 100.")
    if options.output is None:
        raise ValueError("Where to? Name a file or a folder for what is denoised.")
    source, target = options.input.absolute(), options.output.absolute()
    photos, root = find_photo_files(source)
    if source.is_file() and not target.is_dir():
        format_of(target)
        works = [Work(source, target)]
    else:
        if target.is_file():
            raise ValueError(f"{target} is a file; expected a folder for the results.")
        if source.is_dir() and not options.recursive:
            photos = [photo for photo in photos if photo.parent == root]
            if not photos:
                raise ValueError(
                    f"{source} has photographs in folders within it alone. Add "
                    "--recursive."
                )
        photos = [p for p in photos if not p.is_relative_to(target) or target == root]
        relative = [photo.relative_to(root) for photo in photos]
        names = name_outputs(relative, options.format)
        works = [Work(p, target / n) for p, n in zip(photos, names, strict=True)]
    if options.skip_existing:
        works = [work for work in works if not work.target.exists()]
    return works[_rank() :: _world_size()]


def _diagnose(options: argparse.Namespace) -> int:
    """Print a line for each photograph, and the advice."""
    from cbsn_pipeline.photos.diagnosing import advise, diagnose_photo
    from cbsn_pipeline.photos.photo import FAILURES, read_photo, why

    photos, root = find_photo_files(options.input.absolute())
    diagnosed = []
    for path in photos:
        name = path.relative_to(root).as_posix()
        try:
            found = diagnose_photo(name, read_photo(path))
        except FAILURES as error:
            logger.error("Not measured: %s", why(path, error))
            continue
        diagnosed.append(found)
        shot = f"{found.camera or 'camera not said'}, ISO {found.iso or 'not said'}"
        noise = f"noise {found.noise.level:.1f} of 255"
        stride = found.noise.stride or "more than 10"
        sys.stdout.write(f"{name}: {shot}, {noise}, alike below {stride} pixels\n")
    for sentence in advise(diagnosed) if diagnosed else []:
        sys.stdout.write(f"{sentence}\n")
    return 0 if len(diagnosed) == len(photos) else FAILED


def _rank() -> int:
    return int(os.environ.get("RANK", "0"))  # as torchrun tells its processes


def _world_size() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))


def _load(options: argparse.Namespace) -> "Denoiser":
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    denoiser = models.load(_model_file(options.model), device=device)
    denoiser.memory_bytes = int(options.memory * GIB)
    return denoiser.restituting(options.restitution)


def _model_file(model: str) -> str:
    """Fetch a model that MLflow has; give other names back as they are."""
    if not model.startswith(("models:/", "runs:/", "mlflow-artifacts:/")):
        return model
    from mlflow.artifacts import download_artifacts

    folder = Path(download_artifacts(model))
    found = sorted(folder.rglob("*.safetensors")) if folder.is_dir() else [folder]
    if len(found) != 1:
        raise ValueError(
            f"{model} has {len(found)} .safetensors files; expected one denoiser. Is "
            "it a model that this program logged?"
        )
    return str(found[0])


def _denoise(
    denoiser: "Denoiser", works: "list[Work]", options: argparse.Namespace
) -> int:
    from cbsn_pipeline.photos.batch import Report, denoise_batch

    assert denoiser.file is not None
    identity = f"{file_sha256(denoiser.file)} {options.restitution}"
    report = Report(_report_path(options))
    counts = {"denoised": 0, "there": 0, "failed": 0}
    try:
        for outcome in denoise_batch(
            denoiser,
            works,
            report,
            strength=options.strength,
            quality=options.quality,
            identity=identity,
        ):
            counts[outcome.status] += 1
    except KeyboardInterrupt:
        done = counts["denoised"] + counts["there"]
        sys.stderr.write(
            f"\nStopped: {done} of {len(works)} are done. The same command goes on.\n"
        )
        return INTERRUPTED
    where = f" Report: {report.path}" if report.path else ""
    logger.info("%d denoised, %d were there, %d failed.%s", *counts.values(), where)
    return FAILED if counts["failed"] else 0


def _report_path(options: argparse.Namespace) -> Path | None:
    """Where the report is; None for a single file, which has none."""
    if options.input.is_file() and not options.output.is_dir():
        return None
    name = REPORT if _world_size() == 1 else f"{_rank()}-{REPORT}"
    folder: Path = options.output.absolute()
    return folder / name
