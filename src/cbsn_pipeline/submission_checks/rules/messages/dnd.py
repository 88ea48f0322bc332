"""Findings about the bundle of DND: its files, and the variables of one."""

from cbsn_pipeline.submission_checks.rules.messages.message import error, warning

_SUPERFLUOUS = "Expected only 0001.mat to {last}; there is {got}."
_VARIABLES = "Expected {expected}, israw and eval_version; the file has {found}."
_CELL = "Expected a cell of 1 x {expected}; got {got}."
_SAVE_CELL = (
    "Save one crop per box, in one row. Another number of boxes must be declared, by "
    "check_submission.dnd_num_boxes."
)

DND = {
    "file_name/from_zero": error(
        "Expected 0001.mat to {last}; there is 0000.mat and no {last}.",
        "Images were counted from 0.",
        "Name the file of image i (from 0) with i + 1; the others would be taken for "
        "the image before.",
    ),
    "file_name": error(
        _SUPERFLUOUS, "Numbers were written without leading zeros.", "Use %04d.mat."
    ),
    "file_superfluous": error(
        _SUPERFLUOUS,
        "It is left from something else (systems hide files such as .DS_Store).",
        "Remove it before uploading.",
    ),
    "file_missing": error(
        "Expected a file {name}; it is not there.",
        "Writing stopped early, or files were copied in part.",
        "Bundle every image.",
    ),
    "unbundled": error(
        "Expected {expected} bundled files 0001.mat, ...; there are {number} files of "
        "single crops: {got}.",
        "The last step, bundling, was left out: the kit's bundle_submissions_srgb.",
        "Bundle the crops of each image into one file, and upload those.",
    ),
    "container/dnd": warning(
        "Expected a MATLAB v5 file, as the kit writes; it is {got} (HDF5).",
        "It was saved with '-v7.3', or by h5py.",
        "Save with scipy.io.savemat, or with save(..., '-v7') in MATLAB.",
    ),
    "variable_name": error(
        _VARIABLES,
        "It holds a single crop, or a script's own name was kept.",
        "Save it as {name}.",
    ),
    "variable_missing/dnd": error(
        _VARIABLES,
        "The file was not written by the kit's bundling.",
        "Save it as {name}.",
    ),
    "not_a_cell/dnd": error(
        "Expected a cell of 1 x {expected}; got {kind} of {got}.",
        "Crops were stacked into one array: numpy does so with a list of equal shapes "
        "(np.object is gone; np.array(crops, dtype=object) stacks too).",
        "Fill np.empty((1, n), dtype=object) crop by crop.",
    ),
    "cell_shape/column": error(_CELL, "It is a column, not a row.", _SAVE_CELL),
    "cell_shape/dnd": error(_CELL, "Crops are missing, or too many.", _SAVE_CELL),
    "israw": error(
        "Expected a logical 0, 1x1: the sRGB track; got {got}.",
        "It was made for the track of raw images, or with another type.",
        "Save israw = false (np.array([[False]])).",
    ),
    "eval_version": error(
        "Expected the text '{expected}'; got {got}.",
        "A number was saved in place of text, or another version of the kit.",
        "Save eval_version = '{expected}'.",
    ),
}
