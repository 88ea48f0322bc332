"""Findings about files as a whole: the submission's, and the noisy input's."""

from cbsn_pipeline.submission_checks.rules.messages.message import (
    error,
    note,
    warning,
)

_UNUSABLE_INPUT = (
    "Expected the noisy input of this submission at {path}: {reason}",
    "It is another file, or the numbers of images and blocks are not declared.",
    "Name it with --params noisy=...; declare a partial set by num_images and "
    "num_blocks (DND: dnd_num_images, dnd_num_boxes, dnd_crop_size) of "
    "check_submission.",
)

FILES = {
    "unreadable": error(
        "Expected a file that can be read to its end: {reason}",
        "It was cut off, damaged, or is another kind of file.",
        "Write or copy it again.",
    ),
    "input_absent": note(
        "Expected the noisy input at {path}; it is not there. Not checked: {skipped}.",
        "This environment does not have the data set.",
        "Name it with --params noisy=..., or choose the environment with --env.",
    ),
    "input_unusable": warning(*_UNUSABLE_INPUT),
    "input_unusable/named": error(*_UNUSABLE_INPUT),
}
