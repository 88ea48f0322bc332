"""How errors say that memory ran out, and what to advise then."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cbsn_pipeline.training.options import TrainOptions

# The host's allocator, cuBLAS, cuDNN; the last is cuDNN's search for the fastest
# kernel, which passes over every one that it finds no workspace for.
SIGNS = (
    "can't allocate memory",
    "ALLOC_FAILED",
    "out of memory",
    "unable to find an engine",
)
MEMORY_ADVICE = (
    "Lower train.batch_size or train.crop_size; set train.precision to bfloat16 or "
    "train.speed.patches_on_device to false; or share the batch among GPUs with "
    "train.devices. kedro run --pipelines=estimate says what fits. Saved states are "
    "untouched."
)


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether an error says that memory ran out, of a GPU or of the host.

    Args:
        error: What it was raised in the middle of counts too: a failed recording of a
            CUDA graph hides its cause there.
    """
    if error is None:
        return False
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    says_so = isinstance(error, RuntimeError) and any(
        sign in str(error) for sign in SIGNS
    )
    return says_so or is_out_of_memory(error.__context__)


@contextmanager
def memory_advice(options: TrainOptions) -> Iterator[None]:
    """Turn torch's out-of-memory errors into one that says what would help."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryError(
            f"There is not enough memory to train {options.network.channels} channels "
            f"x {options.network.blocks} blocks on {options.batch_size} crops of "
            f"{options.crop_size} x {options.crop_size} ({_first_line(error)}). "
            f"{MEMORY_ADVICE}"
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).partition("\n")[0]
