"""Checkpoints of TensorFlow (format V2), read without TensorFlow."""

from cbsn_pipeline.formats.tensorflow_bundle.checkpoint import Checkpoint

__all__ = ["Checkpoint"]
