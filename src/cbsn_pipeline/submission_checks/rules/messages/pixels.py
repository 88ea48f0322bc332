"""Findings about pixels, of all kinds of submission."""

from cbsn_pipeline.submission_checks.rules.messages.message import error, warning

_CONSTANT = (
    "Expected a picture; every pixel has the colour {colour} (levels).",
    "The block was never filled in, or the network collapsed to one value.",
    "Write every block; look at the outputs of the denoiser.",
)

PIXELS = {
    "range_0_1": error(
        "Expected 8-bit levels 0..255 (DND: values that reach up to 1); no value is "
        "above level {highest:.3g}: the picture is black.",
        "Values in [0, 1] were written as whole numbers, or divided by 255 twice.",
        "Multiply by 255, round and clip before converting to uint8.",
    ),
    "constant": error(*_CONSTANT),
    "constant/perhaps": warning(*_CONSTANT),
    "identical_to_input": error(
        "Expected a denoised block; it is the noisy input, value by value.",
        "The denoiser was not applied, or the input was written in its place.",
        "Write the output of the denoiser.",
    ),
    "repeated": error(
        "Expected a block of its own; it has the same values as {other}.",
        "A block was written twice: an index that does not advance, or a buffer that "
        "is used again.",
        "Write every block once; check the loop over images and blocks.",
    ),
    "other_input": error(
        "Expected the denoised blocks of the noisy input that was compared with; they "
        "do not look like any of it (median similarity {similarity:.2f}).",
        "Another set was denoised, such as validation in place of benchmark blocks, or "
        "this check was given another noisy input.",
        "Denoise the noisy blocks of the benchmark; or name the input with --params "
        "noisy=...",
    ),
    "order": error(
        "Expected the denoised block of this place; it looks like the noisy block of "
        "{other} (similarity {similarity:.3f}, {own:.2f} with its own).",
        "{cause}",
        "Write blocks in the order of the noisy file: images first, then blocks.",
    ),
    "channels_swapped": error(
        "Expected red, green, blue; the colours differ from the input's by "
        "{as_is:.2g} levels, with red and blue exchanged by {exchanged:.2g}.",
        "BGR was written: OpenCV's imread and imwrite have blue first.",
        "Write pixels[..., ::-1], or convert with cv2.COLOR_BGR2RGB.",
    ),
    "turned": error(
        "Expected height, width, RGB as in the input; it is {how} (similarity "
        "{similarity:.3f}, {own:.2f} as it is).",
        "Height and width were exchanged (MATLAB stores column by column, HDF5 "
        "reverses the axes), or flips for an ensemble were not undone.",
        "Write each block as it stands in the noisy file; undo flips.",
    ),
    "brightness": warning(
        "Expected the brightness of the input; it is {shift:.1f} levels {direction}.",
        "A mean was not added back, values were normalised, or another gamma or range "
        "(16..235) was applied.",
        "Undo the normalisation with the numbers of the same block.",
    ),
    "contrast": warning(
        "Expected the contrast of the input; it is {contrast:.2f} times that.",
        "Values were stretched, squeezed into 16..235, or another gamma was applied.",
        "Write the levels of the input's own scale.",
    ),
    "barely_denoised/all": warning(
        "Expected a change about as large as the noise; it is {share:.2f} of it in the "
        "median.",
        "The denoiser hardly does anything: untrained weights, another range of "
        "values, or its output was mixed with the input.",
        "Look at some blocks; check weights and the range that the network expects.",
    ),
    "barely_denoised": warning(
        "Expected a change about as large as the noise, {sigma:.1f} levels; it is "
        "{change:.2f}.",
        "This block is the input but for rounding or compression.",
        "Write the output of the denoiser for this block.",
    ),
    "far_from_input": warning(
        "Expected a change that noise of {sigma:.1f} levels explains; it is "
        "{change:.1f} (root mean square).",
        "Part of the picture is missing or invented: tiles put in wrong places, a "
        "diverged network, or far too strong smoothing.",
        "Look at this block beside its input.",
    ),
}
