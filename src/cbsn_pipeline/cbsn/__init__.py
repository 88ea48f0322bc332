"""C-BSN: the conditional blind-spot network, its losses, and the denoiser.

The method of Jang et al., ICCV 2023 (arXiv:2304.09507), as released in
jyicu/CBSN at 37da7aa. Needs torch, numpy and pydantic, nothing else. Names load on
first use: whoever needs the options alone does not wait for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cbsn_pipeline.cbsn.denoiser import Denoiser
    from cbsn_pipeline.cbsn.losses import (
        blind_loss,
        invariance_loss,
        training_loss,
        visible_loss,
    )
    from cbsn_pipeline.cbsn.network import CBSN
    from cbsn_pipeline.cbsn.normalisation import normalise
    from cbsn_pipeline.cbsn.official import load_official_weights
    from cbsn_pipeline.cbsn.options import (
        LossOptions,
        NetworkOptions,
        RestitutionSetting,
        UNetOptions,
    )
    from cbsn_pipeline.cbsn.provenance import Provenance
    from cbsn_pipeline.cbsn.subsampling import (
        batch_to_space,
        random_subsample,
        space_to_batch,
    )
    from cbsn_pipeline.cbsn.unet import UNet

__all__ = [
    "CBSN",
    "Denoiser",
    "LossOptions",
    "NetworkOptions",
    "Provenance",
    "RestitutionSetting",
    "UNet",
    "UNetOptions",
    "batch_to_space",
    "blind_loss",
    "invariance_loss",
    "load_official_weights",
    "normalise",
    "random_subsample",
    "space_to_batch",
    "training_loss",
    "visible_loss",
]

_MODULE_OF = {
    "CBSN": "network",
    "Denoiser": "denoiser",
    "LossOptions": "options",
    "NetworkOptions": "options",
    "Provenance": "provenance",
    "RestitutionSetting": "options",
    "UNet": "unet",
    "UNetOptions": "options",
    "batch_to_space": "subsampling",
    "blind_loss": "losses",
    "invariance_loss": "losses",
    "load_official_weights": "official",
    "normalise": "normalisation",
    "random_subsample": "subsampling",
    "space_to_batch": "subsampling",
    "training_loss": "losses",
    "visible_loss": "losses",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
