"""Make a denoiser of weights that the authors' program trained."""

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from cbsn_pipeline.pipelines.import_official.options import ImportOptions

if TYPE_CHECKING:
    from cbsn_pipeline.cbsn import Denoiser, NetworkOptions
    from cbsn_pipeline.formats.tensorflow_bundle import Checkpoint
else:  # Kedro resolves the annotations of nodes; these would import torch
    Checkpoint = Denoiser = NetworkOptions = Any

logger = logging.getLogger(__name__)


class Release(NamedTuple):
    """Weights that the authors published."""

    name: str
    data_kind: str


# By sha256 of the index, which has a checksum of every weight.
RELEASES = {
    "23e81e10c201235599ffcf8339847df48760ae23056b6d33acd941bd5c226ab8": Release(
        "CBSN_SIDDtrain", "sidd_medium"
    ),
}
MOST_NAMED = 6  # kinds of variables in the log; the report names all variables


def import_weights(
    official_checkpoint: Checkpoint, options: ImportOptions
) -> tuple[Denoiser, dict[str, Any]]:
    """Make a denoiser of a checkpoint of the authors' program.

    Args:
        official_checkpoint: What it wrote.
        options: Size of the network, where it is not to be read off the checkpoint.

    Returns:
        The denoiser, and a report of what was read, from where, and what was left out.

    Raises:
        ValueError: Weights are missing, superfluous or of another shape.
        DatasetError: Weights are damaged or no float32 numbers.
    """
    from cbsn_pipeline.cbsn import CBSN, Denoiser, Provenance, load_official_weights
    from cbsn_pipeline.cbsn.official import official_variables
    from cbsn_pipeline.formats.checks import file_sha256

    shapes = {n: v.shape for n, v in official_checkpoint.variables.items()}
    network = _network(shapes, options)
    try:
        names = official_variables(shapes, network)
    except ValueError as error:
        raise ValueError(f"{official_checkpoint.index}: {error}") from error
    net = CBSN(network)
    load_official_weights(net, official_checkpoint.read(names))
    sums = {p.name: file_sha256(p) for p in official_checkpoint.files(names)}
    release = RELEASES.get(sums[official_checkpoint.index.name])
    imported = {
        "checkpoint": official_checkpoint.index.stem,
        "source": "a checkpoint of the authors' TensorFlow program (jyicu/CBSN)",
        "release": release.name if release else None,
        "sha256": sums,
    }
    provenance = Provenance(
        data_kind=release.data_kind if release else "", imported=imported
    )
    ignored = sorted(shapes.keys() - set(names))
    _log(imported, net, ignored)
    report = {
        **imported,
        "network": network.model_dump(),
        "parameters": net.num_parameters,
        "variables": len(names),
        "ignored_variables": ignored,
    }
    return Denoiser(net, provenance), report


def _network(
    shapes: dict[str, tuple[int, ...]], options: ImportOptions
) -> NetworkOptions:
    from cbsn_pipeline.cbsn.official import network_options

    chosen = {name: size for name, size in options if size != "auto"}
    return network_options(shapes).model_copy(update=chosen)


def _log(imported: dict[str, Any], net: Any, ignored: list[str]) -> None:  # noqa: ANN401
    """Say whose weights these are, and what was left out."""
    release = imported["release"]
    origin = f"the release {release}" if release else "none of the known releases"
    logger.info(
        "%s is %s: %d channels and %d blocks per branch, %s parameters.",
        *(imported["checkpoint"], origin, net.options.channels, net.options.blocks),
        f"{net.num_parameters:,}",
    )
    if ignored:
        kinds = Counter(name.rpartition("/")[2] for name in ignored)
        logger.info(
            "%d variables are no weights of the network and were left out: %s.",
            len(ignored),
            ", ".join(f"{n} {kind}" for kind, n in kinds.most_common(MOST_NAMED)),
        )
