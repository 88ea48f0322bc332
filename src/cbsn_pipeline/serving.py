"""The denoiser as MLflow serves it: pictures in, pictures out.

MLflow runs this file when it loads the model; the weights come as the artefact
``denoiser``.
"""

import mlflow
import numpy as np
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from cbsn_pipeline.cbsn.denoiser import Denoiser


class DenoisePictures:
    """Denoises (N, H, W, 3) uint8, every picture with its own statistics.

    A class of its own, and ``predict`` without annotations: MLflow would take them for
    a schema, and warns when a PythonModel has none. The signature is the schema here.
    """

    _denoiser: Denoiser

    def load_context(self, context: PythonModelContext) -> None:
        """Load the weights."""
        denoiser = Denoiser.load(context.artifacts["denoiser"])
        self._denoiser = denoiser.restituting("auto")

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        """Return the denoised pictures, same shape and type."""
        return np.stack([self._denoiser.denoise(image) for image in model_input])


class DenoiserModel(DenoisePictures, PythonModel):
    """What MLflow loads."""


mlflow.models.set_model(DenoiserModel())
