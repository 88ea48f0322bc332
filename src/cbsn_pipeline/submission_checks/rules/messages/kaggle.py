"""Findings about Kaggle's CSV file: header, IDs and texts of blocks."""

from cbsn_pipeline.submission_checks.rules.messages.message import error

_HEADER = "Expected the header {header}; it is {got!r}."
_ID = "Expected a whole number from 0 as ID; got {got}."
_NUMBER_ID = "Write image * blocks per image + block as an integer."
_DECLARE = (
    "A partial set must be declared, by check_submission.num_images and num_blocks."
)
_LINE_BREAKS = (
    "base64.encodebytes or the command base64 breaks lines after 76 characters.",
    "Use base64.b64encode, or base64 -w0.",
)

KAGGLE = {
    "index_column": error(
        _HEADER,
        "pandas wrote its index as a column of its own.",
        "Write with to_csv(..., index=False).",
    ),
    "header_names": error(
        _HEADER,
        "Columns have other names, or another order.",
        "Name them {header}, in this order and in capitals.",
    ),
    "header_missing": error(
        "Expected the header {header}; the first line is a block: {got}.",
        "The header was not written: to_csv(header=False), or lines written by hand.",
        "Write {header} as the first line.",
    ),
    "byte_order_mark": error(
        "Expected {header} from the first byte on; the bytes EF BB BF precede it, so "
        "that a strict reader finds no column named ID.",
        "It was written with encoding utf-8-sig, or by Excel.",
        "Write with encoding utf-8.",
    ),
    "encoding": error(
        "Expected plain ASCII; the file begins with {got}, the mark of UTF-16.",
        "It was written by a Windows shell (>) or saved as Unicode text.",
        "Write with encoding utf-8; nothing else was checked.",
    ),
    "delimiter": error(
        "Expected fields separated by commas; they are by {delimiter!r}: {got}.",
        "It was written with another sep, or by Excel in a language with a decimal "
        "comma.",
        'Write with to_csv(..., sep=",").',
    ),
    "columns": error(
        "Expected {expected} fields as in the header; got {number}: {got}.",
        "The line was cut off, or a field holds a comma.",
        "Write one line per block: its ID, a comma, its text.",
    ),
    "id_format/float": error(_ID, "pandas made the column float.", _NUMBER_ID),
    "id_format/name": error(_ID, "A name was written instead.", _NUMBER_ID),
    "id_order": error(
        "Expected IDs in rising order, here {expected}; got {got}.",
        "{cause}",
        "Sort the rows by ID as numbers, blocks together with their IDs.",
    ),
    "id_one_based": error(
        "Expected the IDs 0 to {last}; they are 1 to {total}.",
        "IDs were counted from 1, as in MATLAB.",
        "Subtract 1 from every ID.",
    ),
    "id_outside": error(
        "Expected IDs from 0 to {last}; got {got}.",
        "There are blocks of another set, or IDs were not image * blocks + block.",
        f"Write the benchmark's blocks only. {_DECLARE}",
    ),
    "id_repeated": error(
        "Expected every ID once; ID {got} was on line {first} already.",
        "Parts were put together twice, or the index does not advance.",
        "Write every block once.",
    ),
    "id_missing": error(
        "Expected {total} blocks, one line each; this ID is not there.",
        "The file was cut off, or a block was skipped.",
        f"Write every block. {_DECLARE}",
    ),
    "block_empty/text": error(
        "Expected base64 text; the field is empty or says that nothing is there.{got}",
        "The block was missing when the table was written.",
        "Write every block.",
    ),
    "base64_prefix": error(
        "Expected bare base64 text; it is wrapped like a Python literal or a web "
        "address.{got}",
        "str() of a bytes object was written: b'...'.",
        'Write base64.b64encode(...).decode("ascii").',
    ),
    "base64_line_breaks": error(
        "Expected base64 text in one piece; there are line breaks or blanks in it."
        "{got}",
        *_LINE_BREAKS,
    ),
    "base64_line_breaks/unquoted": error(
        "Expected a new block; the line goes on with the text before: {got}.",
        *_LINE_BREAKS,
    ),
    "base64_urlsafe": error(
        "Expected the standard alphabet of base64 with + and /; - and _ are used.{got}",
        "base64.urlsafe_b64encode was used.",
        "Use base64.b64encode.",
    ),
    "base64_alphabet": error(
        "Expected base64 text; {foreign} at character {place} does not belong there. "
        "It begins with {got}.",
        "Numbers, hexadecimal or str(array) were written, or a byte was damaged.",
        "Write base64 of the bytes of each uint8 block.",
    ),
    "base64_length": error(
        "Expected {expected:,} characters; got {got:,}, which is no whole number of "
        "bytes.",
        "{cause}",
        "Write the file again; do not open it in a spreadsheet program.",
    ),
    "block_size": error(
        "Expected {expected:,} bytes, height x width x RGB of uint8; got {got:,}.",
        "{cause}",
        "Write the bytes of the rounded, clipped uint8 block, not resized.",
    ),
}
