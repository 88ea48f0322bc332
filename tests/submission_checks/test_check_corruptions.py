"""Every known way to spoil a submission is found, and called by its name.

docs/submission_checks.md shows the same table; a test keeps both in step.
"""

import base64
import gzip
import os
import re
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "submission_checks.md"
CORRUPTIONS = {}


def corruption(name, *codes):
    """Register a way to spoil a submission and the codes that it must give."""

    def register(make):
        assert name not in CORRUPTIONS
        CORRUPTIONS[name] = (codes, make)
        return make

    return register


def encode(content):
    return base64.b64encode(content).decode()


def spoil(rows, index, text):
    rows[index][1] = text
    return rows


# --- Kaggle: the file -----------------------------------------------------------


@corruption("CSV: header left out", "header_missing")
def _(kit):
    return kit.csv(header=None)


@corruption("CSV: header in small letters", "header_names")
def _(kit):
    return kit.csv(header=("id", "block"))


@corruption("CSV: columns exchanged", "header_names")
def _(kit):
    return kit.csv([row[::-1] for row in kit.rows()], header=("BLOCK", "ID"))


@corruption("CSV: index column of pandas", "index_column")
def _(kit):
    import pandas as pd

    path = kit.folder / "submission.csv"
    pd.DataFrame(kit.rows(), columns=["ID", "BLOCK"]).to_csv(path)
    return path


@corruption("CSV: UTF-8 byte order mark", "byte_order_mark")
def _(kit):
    return kit.csv(encoding="utf-8-sig")


@corruption("CSV: UTF-16", "encoding")
def _(kit):
    return kit.csv(encoding="utf-16")


@corruption("CSV: semicolons", "delimiter")
def _(kit):
    return kit.csv(delimiter=";")


@corruption("CSV: one more field in a line", "columns")
def _(kit):
    rows = kit.rows()
    rows[5].append("x")
    return kit.csv(rows)


@corruption("CSV: cut off in the middle", "base64_length", "id_missing")
def _(kit):
    content = kit.csv().read_bytes()
    return kit.bytes(content[: len(content) // 2 + 1])


@corruption("CSV: gzip cut off", "unreadable", "id_missing")
def _(kit):
    packed = gzip.compress(kit.csv().read_bytes(), 1)
    return kit.bytes(packed[: len(packed) // 2], "submission.csv.gz")


@corruption("CSV: a quote never closed", "unreadable", "id_missing")
def _(kit):
    return kit.bytes(kit.csv().read_bytes().replace(b"\n5,", b'\n5,"'))


@corruption("CSV: empty file", "unreadable")
def _(kit):
    return kit.bytes(b"")


@corruption("CSV: not there", "unreadable")
def _(kit):
    return kit.folder / "submission.csv"


# --- Kaggle: IDs -----------------------------------------------------------------


@corruption("IDs: counted from 1", "id_one_based", "order")
def _(kit):
    return kit.csv([[str(int(i) + 1), text] for i, text in kit.rows()])


@corruption("IDs: a block missing", "id_missing")
def _(kit):
    return kit.csv(kit.rows()[:-1])


@corruption("IDs: a line twice", "id_repeated")
def _(kit):
    return kit.csv(kit.rows() + kit.rows()[:1])


@corruption("IDs: a line of another set", "id_outside")
def _(kit):
    return kit.csv([*kit.rows(), ["12", encode(kit.flat[0].tobytes())]])


@corruption("IDs: rows sorted as text", "id_order")
def _(kit):
    return kit.csv(sorted(kit.rows()))


@corruption("IDs: rows block by block", "id_order")
def _(kit):
    rows = kit.rows()
    return kit.csv(
        [rows[image * 4 + block] for block in range(4) for image in range(3)]
    )


@corruption("IDs: with decimals", "id_format")
def _(kit):
    return kit.csv([[f"{i}.0", text] for i, text in kit.rows()])


@corruption("IDs: names for numbers", "id_format", "id_missing")
def _(kit):
    return kit.csv([[f"0000_{int(i):02d}", text] for i, text in kit.rows()])


# --- Kaggle: the text of blocks ----------------------------------------------------


@corruption("Text: empty field", "block_empty")
def _(kit):
    return kit.csv(spoil(kit.rows(), 3, ""))


@corruption("Text: str() of bytes, b'...'", "base64_prefix")
def _(kit):
    return kit.csv([[i, str(text.encode())] for i, text in kit.rows()])


@corruption("Text: base64 with line breaks", "base64_line_breaks")
def _(kit):
    blocks = kit.flat
    texts = [base64.encodebytes(block.tobytes()).decode() for block in blocks]
    return kit.csv([[str(i), text] for i, text in enumerate(texts)])


@corruption(
    "Text: line breaks without quotes",
    *("base64_line_breaks", "block_size", "unreadable", "id_missing"),
)
def _(kit):
    texts = [base64.encodebytes(block.tobytes()).decode() for block in kit.flat]
    lines = "".join(f"{number},{text}" for number, text in enumerate(texts))
    return kit.bytes(f"ID,BLOCK\n{lines}".encode())


@corruption("Text: alphabet for web addresses", "base64_urlsafe")
def _(kit):
    return kit.csv([[i, t.replace("+", "-").replace("/", "_")] for i, t in kit.rows()])


@corruption("Text: cut to a cell of Excel", "base64_length")
def _(kit):
    return kit.csv([[i, text[:32767]] for i, text in kit.rows()])


@corruption("Text: str() of the array", "base64_alphabet")
def _(kit):
    return kit.csv(spoil(kit.rows(), 0, str(kit.flat[0])))


@corruption("Text: one damaged character", "base64_alphabet")
def _(kit):
    rows = kit.rows()
    return kit.csv(
        spoil(rows, 7, rows[7][1][:1000] + "\xa4" + rows[7][1][1001:]),
        encoding="latin-1",
    )


@corruption("Text: hexadecimal", "block_size")
def _(kit):
    return kit.csv(spoil(kit.rows(), 0, kit.flat[0].tobytes().hex()))


@corruption("Text: float32 blocks", "block_size")
def _(kit):
    return kit.blocks(kit.flat[:12].astype(np.float32) / 255)


@corruption("Text: float64 block", "block_size")
def _(kit):
    return kit.csv(spoil(kit.rows(), 2, encode(kit.flat[2].astype(float).tobytes())))


@corruption("Text: half the height and width", "block_size")
def _(kit):
    return kit.blocks(kit.flat[:, ::2, ::2])


@corruption("Text: grey block", "block_size")
def _(kit):
    return kit.csv(spoil(kit.rows(), 2, encode(kit.flat[2, ..., 0].tobytes())))


@corruption("Text: block as PNG file", "block_size")
def _(kit):
    import cv2

    _, png = cv2.imencode(".png", kit.flat[0])
    return kit.csv(spoil(kit.rows(), 0, encode(png.tobytes())))


# --- SIDD: the pixels ---------------------------------------------------------------


@corruption("Pixels: 0..1 written as uint8", "range_0_1")
def _(kit):
    return kit.blocks((kit.flat / 255).astype(np.uint8))


@corruption("Pixels: the noisy input", "identical_to_input")
def _(kit):
    return kit.blocks(kit.noisy.reshape(-1, 256, 256, 3))


@corruption("Pixels: one block is the noisy one", "identical_to_input")
def _(kit):
    blocks = kit.flat
    blocks[6] = kit.noisy.reshape(-1, 256, 256, 3)[6]
    return kit.blocks(blocks)


@corruption("Pixels: a black block", "constant")
def _(kit):
    blocks = kit.flat
    blocks[6] = 0
    return kit.blocks(blocks)


@corruption("Pixels: one block of one colour", "constant")
def _(kit):
    blocks = kit.flat
    blocks[6] = (10, 120, 60)
    return kit.blocks(blocks)


@corruption("Pixels: a block in two places", "repeated", "order")
def _(kit):
    blocks = kit.flat
    blocks[6] = blocks[2]
    return kit.blocks(blocks)


@corruption("Order: two blocks exchanged", "order")
def _(kit):
    blocks = kit.flat
    blocks[[2, 9]] = blocks[[9, 2]]
    return kit.blocks(blocks)


@corruption("Order: block by block", "order")
def _(kit):
    return kit.blocks(kit.denoised.transpose(1, 0, 2, 3, 4).reshape(-1, 256, 256, 3))


@corruption("Order: shifted by one", "order")
def _(kit):
    return kit.blocks(np.roll(kit.flat, 1, axis=0))


@corruption("Order: file names sorted as text", "order")
def _(kit):
    return kit.blocks(kit.flat[sorted(range(12), key=str)])


@corruption("Order: reversed", "order")
def _(kit):
    return kit.blocks(kit.flat[::-1])


@corruption("Channels: BGR", "channels_swapped")
def _(kit):
    return kit.blocks(kit.flat[..., ::-1])


@corruption("Channels: one block BGR", "channels_swapped")
def _(kit):
    blocks = kit.flat
    blocks[4] = blocks[4][..., ::-1]
    return kit.blocks(blocks)


@corruption("Axes: height and width exchanged", "turned")
def _(kit):
    return kit.blocks(kit.flat.transpose(0, 2, 1, 3))


@corruption("Axes: one block mirrored", "turned")
def _(kit):
    blocks = kit.flat
    blocks[4] = blocks[4][:, ::-1]
    return kit.blocks(blocks)


@corruption("Pixels: another set was denoised", "other_input")
def _(kit):
    rng = np.random.default_rng(7)
    coarse = rng.integers(0, 256, (12, 8, 8, 3), dtype=np.uint8)
    return kit.blocks(coarse.repeat(32, axis=1).repeat(32, axis=2))


@corruption("Pixels: 20 levels brighter", "brightness")
def _(kit):
    return kit.blocks(np.clip(kit.flat.astype(int) + 20, 0, 255).astype(np.uint8))


@corruption("Pixels: squeezed to 80 % of the contrast", "contrast")
def _(kit):
    return kit.blocks((25 + kit.flat * 0.8).astype(np.uint8))


@corruption("Pixels: four fifths of the input mixed in", "barely_denoised")
def _(kit):
    noisy = kit.noisy.reshape(-1, 256, 256, 3)
    return kit.blocks(np.round(0.8 * noisy + 0.2 * kit.flat).astype(np.uint8))


@corruption("Pixels: tiles of a block in wrong places", "far_from_input")
def _(kit):
    blocks = kit.flat
    blocks[3, :128] = np.roll(blocks[3, :128], 96, axis=1)
    return kit.blocks(blocks)


# --- the older server ----------------------------------------------------------------


@corruption("Cell: saved as v5", "container")
def _(kit):
    from scipy.io import savemat

    from .conftest import OPTIONAL, as_cell

    path = kit.folder / "SubmitSrgb.mat"
    content = {"DenoisedBlocksSrgb": as_cell(kit.denoised), "TimeMPSrgb": 0.5}
    savemat(path, {**content, "OptionalData": OPTIONAL})
    return path


@corruption("Cell: images and blocks exchanged", "transposed")
def _(kit):
    return kit.cell(cells(kit).T)


@corruption("Cell: an image missing", "cell_shape")
def _(kit):
    return kit.cell(cells(kit)[:2])


@corruption("Cell: double in [0, 1]", "wrong_class")
def _(kit):
    return kit.cell(cells(kit, lambda block: block / 255))


@corruption("Cell: double in 0..255", "wrong_class")
def _(kit):
    return kit.cell(cells(kit, lambda block: block.astype(float)))


@corruption("Cell: channels first", "channels_first")
def _(kit):
    return kit.cell(cells(kit, lambda block: block.transpose(2, 0, 1)))


@corruption("Cell: batch axis left on", "batch_axis")
def _(kit):
    return kit.cell(cells(kit, lambda block: block[None]))


@corruption("Cell: an item is text", "block_empty")
def _(kit):
    blocks = cells(kit)
    blocks[1, 1] = "block.png"
    return kit.cell(blocks)


@corruption("Cell: stacked into an array", "not_a_cell")
def _(kit):
    return kit.cell(kit.denoised)


@corruption("Cell: other name in it", "variable_missing")
def _(kit):
    blocks = cells(kit)
    return kit.cell(drop=["DenoisedBlocksSrgb"], denoisedblockssrgb=blocks)


@corruption("Cell: TimeMPSrgb missing", "variable_missing")
def _(kit):
    return kit.cell(drop=["TimeMPSrgb"])


@corruption("Cell: TimeMPSrgb 0", "time")
def _(kit):
    return kit.cell(TimeMPSrgb=np.array([[0.0]]))


@corruption("Cell: TimeMPSrgb in another unit", "time")
def _(kit):
    return kit.cell(TimeMPSrgb=np.array([[2e6]]))


@corruption("Cell: OptionalData without fields", "optional_data")
def _(kit):
    return kit.cell(OptionalData={"MethodName": "Blur"})


@corruption("Cell: MethodName empty", "method_name")
def _(kit):
    from .conftest import OPTIONAL

    return kit.cell(OptionalData={**OPTIONAL, "MethodName": ""})


@corruption("Array: written by h5py", "axes_reversed", "container")
def _(kit):
    import h5py

    path = kit.folder / "SubmitSrgb.mat"
    with h5py.File(path, "w") as file:
        file["SubmitSrgb"] = kit.denoised
    return path


@corruption("Array: images and blocks exchanged", "transposed")
def _(kit):
    return kit.array(kit.denoised.swapaxes(0, 1))


@corruption("Array: one list of blocks", "array_shape")
def _(kit):
    return kit.array(kit.flat)


@corruption("Array: channels first", "channels_first")
def _(kit):
    return kit.array(kit.denoised.transpose(0, 1, 4, 2, 3))


@corruption("Array: single in [0, 1]", "wrong_class")
def _(kit):
    return kit.array(kit.denoised.astype(np.float32) / 255)


@corruption("Array: NaN in a block", "wrong_class", "not_finite")
def _(kit):
    values = kit.denoised.astype(np.float32)
    values[1, 1, 5, 5] = np.nan
    return kit.array(values)


@corruption("Array: other name in it", "variable_missing")
def _(kit):
    return kit.array(name="results")


@corruption("Array: BGR", "channels_swapped")
def _(kit):
    return kit.array(kit.denoised[..., ::-1])


@corruption("Array: file cut off", "unreadable")
def _(kit):
    content = kit.array().read_bytes()
    return kit.bytes(content[: len(content) // 2], "SubmitSrgb.mat")


# --- DND ----------------------------------------------------------------------------


@corruption("DND: a file missing", "file_missing")
def _(kit):
    return kit.bundle(names=("0001.mat", "0002.mat"))


@corruption("DND: a file too many", "file_superfluous")
def _(kit):
    folder = kit.bundle()
    (folder / ".DS_Store").write_bytes(b"x")
    return folder


@corruption("DND: names without zeros", "file_name", "file_missing")
def _(kit):
    return kit.bundle(names=("1.mat", "2.mat", "3.mat"))


@corruption("DND: images counted from 0", "file_name", "order")
def _(kit):
    return kit.bundle(names=("0000.mat", "0001.mat", "0002.mat"))


@corruption("DND: single crops, not bundled", "unbundled")
def _(kit):
    from scipy.io import savemat

    for image, box in np.ndindex(3, 4):
        name = f"{image + 1:04d}_{box + 1:02d}.mat"
        savemat(kit.folder / name, {"Idenoised_crop": kit.crops[image][box]})
    return kit.folder


@corruption("DND: key Idenoised_crop", "variable_name")
def _(kit):
    row = kit.contents(1)["Idenoised"]
    return kit.bundle({1: kit.contents(1, Idenoised=None, Idenoised_crop=row)})


@corruption("DND: key denoised_crop", "variable_name")
def _(kit):
    row = kit.contents(1)["Idenoised"]
    return kit.bundle({1: kit.contents(1, Idenoised=None, denoised_crop=row)})


@corruption("DND: eval_version missing", "variable_missing")
def _(kit):
    return kit.bundle({1: kit.contents(1, eval_version=None)})


@corruption("DND: eval_version a number", "eval_version")
def _(kit):
    return kit.bundle({1: kit.contents(1, eval_version=1.0)})


@corruption("DND: israw true", "israw")
def _(kit):
    return kit.bundle({1: kit.contents(1, israw=np.array([[True]]))})


@corruption("DND: a column of crops", "cell_shape")
def _(kit):
    return kit.bundle({1: kit.contents(1, Idenoised=kit.contents(1)["Idenoised"].T)})


@corruption("DND: a crop missing", "cell_shape")
def _(kit):
    return kit.bundle({1: kit.contents(1, kit.crops[1][:-1])})


@corruption("DND: crops stacked into an array", "not_a_cell")
def _(kit):
    return kit.bundle({1: kit.contents(1, Idenoised=np.stack(kit.crops[1]))})


@corruption("DND: batch axis left on", "batch_axis")
def _(kit):
    return kit.all_crops(lambda crop: crop[None])


@corruption("DND: channels first", "channels_first")
def _(kit):
    return kit.all_crops(lambda crop: crop.transpose(2, 0, 1))


@corruption("DND: a crop of another size", "block_shape")
def _(kit):
    crops = list(kit.crops[1])
    crops[2] = crops[2][:-1]
    return kit.bundle({1: kit.contents(1, crops)})


@corruption("DND: 0..255", "range_0_255")
def _(kit):
    return kit.all_crops(lambda crop: crop * np.float32(255))


@corruption("DND: divided by 255 twice", "range_0_1")
def _(kit):
    return kit.all_crops(lambda crop: crop / np.float32(255))


@corruption("DND: not clipped", "outside_range")
def _(kit):
    def overshoot(crop):
        crop = crop.copy()
        crop[0, 0] = (-0.02, 0.5, 1.03)
        return crop

    return kit.all_crops(overshoot)


@corruption("DND: NaN", "not_finite")
def _(kit):
    crops = [crop.copy() for crop in kit.crops[1]]
    crops[3][5, 5] = np.nan
    return kit.bundle({1: kit.contents(1, crops)})


@corruption("DND: uint8", "wrong_class")
def _(kit):
    return kit.all_crops(lambda crop: np.round(crop * 255).astype(np.uint8))


@corruption("DND: saved as v7.3", "container")
def _(kit):
    import h5py

    from .conftest import put

    folder = kit.bundle()
    with h5py.File(folder / "0002.mat", "w") as file:
        for name, value in kit.contents(1).items():
            put(file, name, value)
    return folder


@corruption("DND: a file cut off", "unreadable")
def _(kit):
    folder = kit.bundle()
    content = (folder / "0002.mat").read_bytes()
    (folder / "0002.mat").write_bytes(content[: len(content) // 2])
    return folder


@corruption("DND: crops in another order", "order")
def _(kit):
    return kit.bundle({i: kit.contents(i, kit.crops[i][::-1]) for i in range(3)})


@corruption("DND: the noisy crops", "identical_to_input")
def _(kit):
    return kit.bundle({i: kit.contents(i, kit.noisy_crops[i]) for i in range(3)})


@corruption("DND: BGR", "channels_swapped")
def _(kit):
    return kit.all_crops(lambda crop: crop[..., ::-1])


@corruption("DND: height and width exchanged", "turned")
def _(kit):
    return kit.all_crops(lambda crop: crop.transpose(1, 0, 2))


def cells(kit, change=lambda block: block):
    from .conftest import as_cell

    cell = as_cell(kit.denoised)
    for index in np.ndindex(cell.shape):
        cell[index] = change(cell[index])
    return cell


# --- tests ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_found_and_nothing_else(name, kit, found):
    codes, make = CORRUPTIONS[name]

    findings = found(make(kit))

    assert {finding.code for finding in findings} == set(codes)
    assert all(f.what and f.cause and f.remedy for f in findings)
    _check_page(name, codes, findings, kit.folder)


def test_the_page_lists_every_corruption_and_no_other():
    assert set(_rows_of_page()) == set(CORRUPTIONS)


def _check_page(name, codes, findings, folder):
    """The page shows the message that was given now."""
    first = next(finding for finding in findings if finding.code == codes[0])
    message = f"{first.severity}: {first.what}".replace(str(folder), "/my")
    row = [name, ", ".join(f"`{code}`" for code in codes), _escape(message)]
    on_page = _rows_of_page().get(name, ["", ""])
    if target := os.environ.get("WRITE_SUBMISSION_CHECKS"):
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(f"| {' | '.join(row)} |\n")
        return
    assert on_page[0] == row[1]
    assert _without_values(on_page[1]) == _without_values(row[2]), (
        f"| {' | '.join(row)} |"
    )


def _without_values(text):
    """Numbers and quoted bytes follow from the random pixels and library versions."""
    return re.sub(r"[-+]?\d[\d.,e+]*", "#", re.sub(r"'[^']*' \.\.\.", "...", text))


def _escape(text):
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def _rows_of_page():
    text = PAGE.read_text(encoding="utf-8")
    table = text.split("| what was done | code | what is said |", 1)[1]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()]
    cells = [[cell.strip() for cell in row] for row in rows if len(row) == 3]
    return {row[0]: row[1:] for row in cells if not row[0].startswith("-")}
