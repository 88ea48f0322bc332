"""Findings about SubmitSrgb.mat, and about the arrays in MATLAB files of any kind."""

from cbsn_pipeline.submission_checks.rules.messages.message import (
    error,
    note,
    warning,
)

_BLOCK_CLASS = "Expected uint8, 0..255; got {got}, {low:.4g}..{high:.4g}."
_BLOCK_AXES = "Expected height x width x RGB {expected}; got {got}."
_ARRAY_AXES = "Expected {expected}, images x blocks x height x width x RGB; got {got}."
_CELL_SHAPE = "Expected a cell of {expected}, images x blocks; got {got}."
_CROP_RANGE = "Expected values in [0, 1]; they range over {low:.4g}..{high:.4g}."
_DECLARE = (
    "A partial set must be declared, by check_submission.num_images and num_blocks."
)
_SAVE_CELL = f"Save images as rows, blocks as columns. {_DECLARE}"
_VARIABLE = "Expected a variable {name}; the file has {found}."
_TIME = "Expected one number above 0, seconds per megapixel; {got}."
_MEASURE = (
    "Measure the time of all blocks, divided by their megapixels (83.9 in the whole "
    "benchmark)."
)

MATLAB = {
    "wrong_class/in_one": error(
        _BLOCK_CLASS,
        "The output of the network was saved as it came.",
        "Multiply by 255, round, clip and convert to uint8.",
    ),
    "wrong_class/levels": error(
        _BLOCK_CLASS,
        "Levels were saved without converting their type.",
        "Round, clip and convert to uint8.",
    ),
    "wrong_class/crop": error(
        "Expected single (float32) in [0, 1]; got {got}, {low:.4g}..{high:.4g}.",
        "8-bit pictures were saved in place of the output of the denoiser.",
        "Save float32 in [0, 1]; DND is not quantised to 8 bits.",
    ),
    "double": note(
        "Expected single (float32), as the kit of DND writes; got double, which MATLAB "
        "computes with alike.",
        "The crop was not converted.",
        "Nothing must be done; float32 makes the upload half as large.",
    ),
    "range_0_255": error(_CROP_RANGE, "Levels 0..255 were saved.", "Divide by 255."),
    "outside_range": error(
        _CROP_RANGE, "The output of the network was not clipped.", "Clip to [0, 1]."
    ),
    "not_finite": error(
        "Expected numbers; {number:,} of {total:,} values are NaN or infinite.",
        "Training diverged, or a division by zero in the normalisation.",
        "Look at the outputs of the denoiser; do not replace NaN by 0.",
    ),
    "block_empty/array": error(
        "Expected an array of numbers; got {got}.",
        "The cell holds text, another cell or a struct.",
        "Put one array of numbers into each place.",
    ),
    "batch_axis": error(
        _BLOCK_AXES,
        "The batch axis of the network was left on.",
        "Take the first element, or use squeeze(0), before saving.",
    ),
    "channels_first": error(
        _BLOCK_AXES,
        "Channels are first, as PyTorch has them, or HDF5 reversed the axes.",
        "Use permute(1, 2, 0), numpy's transpose(1, 2, 0), before saving.",
    ),
    "block_shape": error(
        _BLOCK_AXES,
        "It was cropped, resized, padded, or lost its colours.",
        "Save height x width x RGB of the size of the input.",
    ),
    "variable_missing": error(
        _VARIABLE, "It was given another name, or not saved.", "Save it as {name}."
    ),
    "variable_missing/capitals": error(
        _VARIABLE, "Capitals count.", "Save it as {name}."
    ),
    "container": warning(
        "Expected a MATLAB {expected} file, as the kit of this layout writes; it is "
        "{got}.",
        "It was saved by another program or with another option.",
        "MATLAB reads both; to be safe, write it with {how}.",
    ),
    "not_a_cell": error(
        "Expected a cell of {expected}; got {kind} of {got}.",
        "Blocks were stacked into one array: numpy does so with a list of equal "
        "shapes.",
        "Fill an object array of that shape block by block.",
    ),
    "transposed": error(_CELL_SHAPE, "Images and blocks are exchanged.", _SAVE_CELL),
    "cell_shape": error(_CELL_SHAPE, "Another number of blocks was saved.", _SAVE_CELL),
    "axes_reversed": error(
        _ARRAY_AXES,
        "It was written with h5py: HDF5 files of MATLAB have their axes reversed.",
        "Write with scipy.io.savemat, or transpose before writing with h5py.",
    ),
    "transposed/array": error(
        _ARRAY_AXES,
        "Images and blocks are exchanged.",
        "Save images on the first axis, blocks on the second.",
    ),
    "channels_first/array": error(
        _ARRAY_AXES,
        "Channels are first, as PyTorch has them.",
        "Use transpose(0, 1, 3, 4, 2) before saving.",
    ),
    "array_shape": error(
        _ARRAY_AXES,
        "Blocks were saved as one list, or another number of them.",
        f"Reshape to images, blocks, height, width, RGB. {_DECLARE}",
    ),
    "time/no_number": error(_TIME, "Several times, or text, were saved.", _MEASURE),
    "time/not_positive": error(_TIME, "It was not measured.", _MEASURE),
    "time/implausible": warning(
        _TIME, "Another unit: per block, per image, or milliseconds.", _MEASURE
    ),
    "optional_data": error(
        "Expected a struct with {expected}; it lacks {missing}.",
        "It is no struct, or some fields were left out.",
        "Save all five fields; a field may be an empty text.",
    ),
    "method_name": warning(
        "Expected the name of the method; it is empty.",
        "The template was not filled in.",
        "Write a name: the table of results shows it.",
    ),
}
