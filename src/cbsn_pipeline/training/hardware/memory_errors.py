"""How errors say that memory ran out."""

import torch

# The host's allocator, cuBLAS, cuDNN; the last is cuDNN's search for the fastest
# kernel, which passes over every one that it finds no workspace for.
SIGNS = (
    "can't allocate memory",
    "ALLOC_FAILED",
    "out of memory",
    "unable to find an engine",
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
