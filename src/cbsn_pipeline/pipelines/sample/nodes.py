"""The node that makes the embedded sample."""

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.datasets.sample_dnd_dataset import DndImage
from cbsn_pipeline.datasets.sample_sidd_medium_dataset import ImagePair
from cbsn_pipeline.pipelines.sample.options import SampleOptions


# Every annotation is a real one, not a quoted name: with one that it cannot resolve,
# Kedro hands over the options as a plain dictionary.
def make_sample(
    options: SampleOptions,
) -> tuple[
    list[ImagePair],
    NDArray[np.uint8],
    NDArray[np.uint8],
    NDArray[np.uint8],
    list[DndImage],
]:
    """Simulate every raw file that the other stages read.

    Args:
        options: Which photographs, cameras and ISO speeds; the seed.

    Returns:
        The training pairs; noisy and clean validation blocks and noisy benchmark
        blocks, each uint8 (images, blocks, 256, 256, 3); the images of DND.
    """
    from cbsn_pipeline.pipelines.sample import simulation

    noisy, clean = simulation.simulate_validation(options)
    return (
        simulation.simulate_training(options),
        noisy,
        clean,
        simulation.simulate_benchmark(options),
        simulation.simulate_dnd(options),
    )
