"""Files that are broken, or made by an enemy: each function makes one and reads it.

The docstring is what was done to the file; a function returns the reader's message, or
raises if the reader says nothing. The table of docs/hostile_files.md is printed by

    python tests/hostile/corruptions.py
"""

import io
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "fuzz"))

Corruption = Callable[[Path], str]

ALL: list[Corruption] = []


def listed(corruption: Corruption) -> Corruption:
    """Put a corruption into the table."""
    ALL.append(corruption)
    return corruption


def table_row(corruption: Corruption, message: str, folder: Path) -> str:
    """Write a line of the table of docs/hostile_files.md."""
    said = message.replace(str(folder), "...").replace("|", "\\|").replace("\n", " ")
    return f"| {corruption.__doc__} | {said} |"


def message_of(read: Callable[[], object]) -> str:
    """Return the one error that a reader has for a file."""
    from kedro.io import DatasetError

    try:
        read()
    except (DatasetError, ValueError) as error:
        return str(error)
    raise AssertionError("The reader took it for a good file.")


def read_mat(path: Path) -> str:
    from cbsn_pipeline.formats.mat_file import read_variable

    return message_of(lambda: read_variable(path, "A"))


def read_picture(path: Path) -> str:
    from cbsn_pipeline.formats.images import read_rgb

    return message_of(lambda: read_rgb(path))


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def chunk(kind: bytes, data: bytes) -> bytes:
    """Write a chunk of a PNG with the checksum that fits."""
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png(width: int, height: int, packed: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", packed), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@listed
def png_of_60000_by_60000(folder: Path) -> str:
    """A PNG of 60000 x 60000 pixels, in 11 MB of nothing but zeros"""
    path = folder / "a.png"
    path.write_bytes(png(60_000, 60_000, zlib.compress(bytes(2**20)) * 10_500))
    return read_picture(path)


@listed
def png_with_too_few_bytes(folder: Path) -> str:
    """A PNG of 20000 x 20000 pixels in 100 bytes"""
    path = folder / "a.png"
    path.write_bytes(png(20_000, 20_000, zlib.compress(bytes(1000))))
    return read_picture(path)


@listed
def png_with_a_changed_byte(folder: Path) -> str:
    """One bit of a PNG flipped"""
    path = folder / "a.png"
    content = bytearray(png(4, 4, zlib.compress(bytes(52))))
    content[44] ^= 1
    path.write_bytes(content)
    return read_picture(path)


@listed
def jpeg_of_65500_by_65500(folder: Path) -> str:
    """A JPEG whose header was changed to 65500 x 65500 pixels"""
    from PIL import Image

    path, file = folder / "a.jpg", io.BytesIO()
    Image.fromarray(noise(16, 16, 3)).save(file, "JPEG")
    content = bytearray(file.getvalue())
    frame = content.index(b"\xff\xc0") + 5
    content[frame : frame + 4] = struct.pack(">HH", 65_500, 65_500)
    path.write_bytes(content)
    return read_picture(path)


@listed
def jpeg_without_its_middle(folder: Path) -> str:
    """The middle third of a JPEG missing"""
    from PIL import Image

    path, file = folder / "a.jpg", io.BytesIO()
    Image.fromarray(noise(64, 64, 3)).save(file, "JPEG")
    content, third = file.getvalue(), file.tell() // 3
    path.write_bytes(content[:third] + content[2 * third :])
    return read_picture(path)


@listed
def tiff_of_absurd_size(folder: Path) -> str:
    """A TIFF whose directory was changed to 4 x 10^9 pixels of width"""
    from PIL import Image

    path, file = folder / "a.tif", io.BytesIO()
    Image.fromarray(noise(16, 16, 3)).save(file, "TIFF")
    content = bytearray(file.getvalue())
    (directory,) = struct.unpack_from("<I", content, 4)
    width = directory + 2
    struct.pack_into("<HHII", content, width, 256, 4, 1, 4_000_000_000)
    path.write_bytes(content)
    return read_picture(path)


@listed
def tiff_cut_off(folder: Path) -> str:
    """The second half of a TIFF's pixels missing"""
    import tifffile

    path = folder / "a.tif"
    tifffile.imwrite(path, noise(64, 48, 3), photometric="rgb")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return read_picture(path)


def v5_array(shape: tuple[int, ...], *, num_bytes: int, kind: int = 9) -> bytes:
    """Write the beginning of an array of uint8, up to its values."""
    fields = struct.pack("<IIII", 6, 8, kind, 0)
    axes = struct.pack(f"<{len(shape)}i", *shape)
    fields += struct.pack("<II", 5, len(axes)) + axes + bytes(-len(axes) % 8)
    fields += struct.pack("<HH4s", 1, 1, b"A")
    fields += struct.pack("<II", 2, num_bytes)
    return fields


def v5_file(*elements: bytes) -> bytes:
    return b"MATLAB 5.0".ljust(124) + b"\x00\x01IM" + b"".join(elements)


def element(kind: int, content: bytes) -> bytes:
    return struct.pack("<II", kind, len(content)) + content


@listed
def v5_bomb(folder: Path) -> str:
    """A .mat v5 of 300 KB that inflates to 64 MB, and declares 8 GiB"""
    path = folder / "a.mat"
    size = 2**32 - 4096
    matrix = struct.pack("<II", 14, size) + v5_array(
        (2**16, 2**17), num_bytes=size - 1024
    )
    packed = zlib.compress(matrix + bytes(2**26), 1)
    path.write_bytes(v5_file(element(15, packed)))
    return read_mat(path)


@listed
def v5_that_lies(folder: Path) -> str:
    """A .mat v5 that announces 4 GB in an element of 100 bytes"""
    path = folder / "a.mat"
    content = v5_array((2**16, 2**15), num_bytes=2**31) + bytes(32)
    path.write_bytes(v5_file(element(14, content)))
    return read_mat(path)


@listed
def v5_cell(folder: Path) -> str:
    """A .mat v5 with a cell (objects) for the array"""
    from scipy.io import savemat

    path, cell = folder / "a.mat", np.empty((1, 2), object)
    cell[0, 0], cell[0, 1] = np.eye(2), "text"
    savemat(path, {"A": cell})
    return read_mat(path)


@listed
def v5_function_handle(folder: Path) -> str:
    """A .mat v5 with a function handle for the array"""
    path = folder / "a.mat"
    content = v5_array((1, 1), num_bytes=0, kind=16)
    path.write_bytes(v5_file(element(14, content)))
    return read_mat(path)


@listed
def v5_opaque_class(folder: Path) -> str:
    """A .mat v5 with an object of a class of MATLAB's (string, table) for the array"""
    path = folder / "a.mat"
    content = struct.pack("<IIII", 6, 8, 17, 0) + struct.pack("<HH4s", 1, 1, b"A")
    path.write_bytes(v5_file(element(14, content)))
    return read_mat(path)


@listed
def v5_with_one_name_twice(folder: Path) -> str:
    """A .mat v5 with two arrays under one name"""
    path = folder / "a.mat"
    array = element(14, v5_array((1, 8), num_bytes=8) + bytes(8))
    path.write_bytes(v5_file(array, array))
    return read_mat(path)


@listed
def v73_of_petabytes(folder: Path) -> str:
    """A .mat v7.3 of 10^15 bytes in pieces, none of them stored"""
    path = folder / "a.mat"
    with h5py.File(path, "w") as file:
        file.create_dataset("A", (10**5, 10**5, 10**5), np.uint8, chunks=(64, 64, 64))
    return read_mat(path)


@listed
def v73_never_written(folder: Path) -> str:
    """A .mat v7.3 with half of its pieces stored, the others to be read as zeros"""
    path = folder / "a.mat"
    with h5py.File(path, "w") as file:
        array = file.create_dataset("A", (8, 8), np.uint8, chunks=(4, 8))
        array[:4] = 1
    return read_mat(path)


def bomb(megabytes: int) -> bytes:
    """Compress zeros: the same compressed MiB over and over."""
    deflate = zlib.compressobj(9)
    start = deflate.compress(bytes(1)) + deflate.flush(zlib.Z_FULL_FLUSH)
    one = deflate.compress(bytes(2**20)) + deflate.flush(zlib.Z_FULL_FLUSH)
    return start + one * megabytes + deflate.flush()


@listed
def v73_gzip_bomb(folder: Path) -> str:
    """A .mat v7.3 whose piece of 64 bytes inflates to 4 GB"""
    path = folder / "a.mat"
    with h5py.File(path, "w") as file:
        array = file.create_dataset(
            "A", (8, 8), np.uint8, chunks=(8, 8), compression="gzip"
        )
        array.id.write_direct_chunk((0, 0), bomb(4096))
    return read_mat(path)


@listed
def v73_of_another_filter(folder: Path) -> str:
    """A .mat v7.3 compressed by a filter that would load a plugin"""
    path = folder / "a.mat"
    with h5py.File(path, "w") as file:
        file.create_dataset("A", data=noise(8, 8), chunks=(8, 8), compression="lzf")
    lzf, lz4 = struct.pack("<H", 32000), struct.pack("<H", 32004)
    content = path.read_bytes()
    number = content.rindex(lzf, 0, content.index(b"lzf"))
    path.write_bytes(content[:number] + lz4 + content[number + 2 :])
    return read_mat(path)


def secret(folder: Path) -> Path:
    """Make another file that nothing may open."""
    path = folder / "secret.h5"
    with h5py.File(path, "w") as file:
        file["A"] = noise(4, 4)
    return path


@listed
def v73_external_link(folder: Path) -> str:
    """A .mat v7.3 whose array is a link to another file"""
    path = folder / "a.mat"
    with h5py.File(path, "w") as file:
        file["A"] = h5py.ExternalLink(str(secret(folder)), "/A")
    return read_mat(path)


@listed
def v73_soft_link(folder: Path) -> str:
    """A .mat v7.3 whose array is a link that leads to a link to another file"""
    path = folder / "a.mat"
    with h5py.File(path, "w") as file:
        file["deep/out"] = h5py.ExternalLink(str(secret(folder)), "/")
        file["A"] = h5py.SoftLink("/deep/out/A")
    return read_mat(path)


@listed
def v73_external_storage(folder: Path) -> str:
    """A .mat v7.3 whose values are the bytes of another file"""
    path, other = folder / "a.mat", folder / "secret"
    other.write_bytes(bytes(64))
    with h5py.File(path, "w") as file:
        external = [(str(other), 0, 64)]
        file.create_dataset("A", (8, 8), np.uint8, external=external)
    return read_mat(path)


@listed
def v73_virtual(folder: Path) -> str:
    """A .mat v7.3 whose array is virtual, of unlimited size, from other files"""
    path, maximum = folder / "a.mat", (None, 4)
    layout = h5py.VirtualLayout((4, 4), np.uint8, maxshape=maximum)
    source = h5py.VirtualSource(str(secret(folder)), "A", (4, 4), maxshape=maximum)
    layout[: h5py.h5s.UNLIMITED, :] = source[: h5py.h5s.UNLIMITED, :]
    with h5py.File(path, "w", libver="latest") as file:
        file.create_virtual_dataset("A", layout)
    return read_mat(path)


@listed
def v73_text(folder: Path) -> str:
    """A .mat v7.3 with texts of any length for the array"""
    path = folder / "a.mat"
    with h5py.File(path, "w") as file:
        file.create_dataset("A", data=["a", "b"], dtype=h5py.string_dtype())
    return read_mat(path)


@listed
def v73_references(folder: Path) -> str:
    """A .mat v7.3 with references to objects (a cell) for the array"""
    path = folder / "a.mat"
    with h5py.File(path, "w") as file:
        file["B"] = noise(4)
        file.create_dataset("A", data=[file["B"].ref], dtype=h5py.ref_dtype)
    return read_mat(path)


@listed
def dnd_info_with_region_references(folder: Path) -> str:
    """An info.mat with references to regions for its boxes"""
    from cbsn_pipeline.formats.dnd_folder import DndFolder

    with h5py.File(folder / "info.mat", "w") as file:
        file["B"] = noise(4, 20)
        region = file["B"].regionref[:2]
        file.create_dataset(
            "info/boundingboxes", data=[region], dtype=h5py.regionref_dtype
        )
    return message_of(lambda: DndFolder(folder))


@listed
def dnd_info_of_nan(folder: Path) -> str:
    """An info.mat with a corner of a box that is NaN"""
    from cbsn_pipeline.formats.dnd_folder import DndFolder

    with h5py.File(folder / "info.mat", "w") as file:
        file["box"] = np.full((4, 20), np.nan)
        file["camera/type"] = np.array([[78]], np.uint16)
        for name, target in (("boundingboxes", "box"), ("camera", "camera")):
            references = [file[target].ref]
            file.create_dataset(f"info/{name}", data=references, dtype=h5py.ref_dtype)
    return message_of(lambda: DndFolder(folder))


@listed
def patches_without_all_patches(folder: Path) -> str:
    """A patches.h5 marked complete, its last patch missing"""
    from cbsn_pipeline.formats.patch_file import PATCHES_VERSION, PatchFile

    path = folder / "patches.h5"
    with h5py.File(path, "w") as file:
        shape = (3, 8, 8, 3)
        file.create_dataset("patches", shape, np.uint8, chunks=(1, 8, 8, 3))[:2] = 1
        file["provenance"] = np.zeros((3, 3), np.int32)
        file.create_dataset("image_names", data=["a"], dtype=h5py.string_dtype())
        file.attrs.update(complete=True, format_version=PATCHES_VERSION)
        file.attrs.update(fingerprint="f", digest="d", kind="photos", options="{}")
    return message_of(lambda: PatchFile(path))


@listed
def manifest_that_climbs(folder: Path) -> str:
    """A manifest with an image ../../etc/passwd, its digest mended"""
    from cbsn_pipeline.datasets.manifest_dataset import ManifestDataset
    from cbsn_pipeline.noisy_images import manifest as module

    image = module.ManifestImage(
        name="a", path="a.png", bytes=1, file_sha256="", pixel_sha256="",
        height=1, width=1, dtype="uint8",
    )  # fmt: skip
    climbing = image.model_copy(update={"path": "../../etc/passwd"})
    digest = module._digest("photos", [climbing])
    text = module.Manifest.of("photos", [image]).model_copy(
        update={"images": (climbing,), "digest": digest}
    )
    path = folder / "manifest.json"
    path.write_text(text.model_dump_json())
    return message_of(lambda: ManifestDataset(filepath=str(path)).load())


@listed
def manifest_of_brackets(folder: Path) -> str:
    """A manifest of 100,000 opening brackets"""
    from cbsn_pipeline.datasets.manifest_dataset import ManifestDataset

    path = folder / "manifest.json"
    path.write_text("[" * 100_000)
    return message_of(lambda: ManifestDataset(filepath=str(path)).load())


def denoiser_file(folder: Path, **network: int) -> Path:
    """Write a denoiser of 2 channels that says it has another size."""
    import json

    from cbsn_pipeline.cbsn import CBSN, Denoiser, NetworkOptions

    path = folder / "denoiser.safetensors"
    Denoiser(CBSN(NetworkOptions(channels=2, blocks=1))).save(path)
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header["__metadata__"]["network"] = json.dumps(network)
    changed = json.dumps(header).encode()
    path.write_bytes(len(changed).to_bytes(8, "little") + changed + content[8 + size :])
    return path


@listed
def denoiser_of_absurd_size(folder: Path) -> str:
    """A denoiser that says it has 10^9 blocks"""
    from cbsn_pipeline.datasets.denoiser_dataset import DenoiserDataset

    path = denoiser_file(folder, channels=2, blocks=10**9)
    return message_of(lambda: DenoiserDataset(filepath=str(path)).load())


def load_state(folder: Path) -> str:
    from cbsn_pipeline.training.checkpoints.store import StateStore

    return message_of(StateStore(folder).latest)


def state_file(folder: Path, pickled: bytes, **parts: bytes) -> None:
    with zipfile.ZipFile(folder / "step_000000001.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for name, content in parts.items():
            archive.writestr(f"archive/{name}", content)


def read_checkpoint(prefix: Path) -> str:
    from cbsn_pipeline.formats.tensorflow_bundle import Checkpoint

    def read() -> None:
        checkpoint = Checkpoint.open(prefix)
        checkpoint.read(checkpoint.variables)

    return message_of(read)


def checkpoint_file(folder: Path, **layout: int) -> Path:
    """Write a checkpoint of two variables; return its prefix."""
    from bundle_writer import write_bundle

    kernel, bias = np.ones((3, 3, 8, 8), np.float32), np.ones(8, np.float32)
    arrays = {"DBSN/conv1/kernel": kernel, "DBSN/conv1/bias": bias}
    write_bundle(folder / "a.ckpt", arrays, **layout)
    return folder / "a.ckpt"


@listed
def checkpoint_without_a_shard(folder: Path) -> str:
    """A TensorFlow checkpoint whose second of two data files is missing"""
    prefix = checkpoint_file(folder, num_shards=2)
    (folder / "a.ckpt.data-00001-of-00002").unlink()
    return read_checkpoint(prefix)


@listed
def checkpoint_cut_off(folder: Path) -> str:
    """A TensorFlow checkpoint whose data lack their last byte"""
    prefix = checkpoint_file(folder)
    data = folder / "a.ckpt.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-1])
    return read_checkpoint(prefix)


@listed
def checkpoint_with_a_changed_value(folder: Path) -> str:
    """One bit of a TensorFlow checkpoint's data flipped"""
    prefix = checkpoint_file(folder)
    data = folder / "a.ckpt.data-00000-of-00001"
    content = bytearray(data.read_bytes())
    content[500] ^= 1
    data.write_bytes(content)
    return read_checkpoint(prefix)


@listed
def checkpoint_with_a_changed_index(folder: Path) -> str:
    """One bit of a TensorFlow checkpoint's index flipped"""
    prefix = checkpoint_file(folder)
    index = folder / "a.ckpt.index"
    content = bytearray(index.read_bytes())
    content[20] ^= 1
    index.write_bytes(content)
    return read_checkpoint(prefix)


@listed
def checkpoint_of_the_older_format(folder: Path) -> str:
    """A TensorFlow checkpoint of the older format (V1)"""
    from bundle_writer import table

    (folder / "a.ckpt").write_bytes(table({"": b"", "DBSN/conv1/bias": b"1"}))
    return read_checkpoint(folder / "a.ckpt")


@listed
def checkpoint_of_a_huge_variable(folder: Path) -> str:
    """A TensorFlow checkpoint with a variable of 2^40 numbers, its checksums mended"""
    from bundle_writer import entry, write_index

    prefix = checkpoint_file(folder)
    huge = entry(np.ones(8, np.float32), shape=(2**40,), size=2**42)
    write_index(prefix, {"DBSN/conv1/bias": huge})
    return read_checkpoint(prefix)


@listed
def state_that_runs_code(folder: Path) -> str:
    """A training state whose pickle calls os.system"""
    state_file(folder, b"cposix\nsystem\n(X\x04\x00\x00\x00truetR.", version=b"3\n")
    return load_state(folder)


@listed
def state_that_fills_the_memory(folder: Path) -> str:
    """A training state whose pickle asks for a bytearray of 10^12 bytes"""
    call = b"cbuiltins\nbytearray\n(L1000000000000\ntR."
    state_file(folder, call, version=b"3\n")
    return load_state(folder)


@listed
def state_with_a_changed_byte(folder: Path) -> str:
    """One bit of a training state flipped"""
    state_file(folder, b"}." + bytes(200), version=b"3\n")
    path = folder / "step_000000001.pt"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    return load_state(folder)


@listed
def scores_cut_off(folder: Path) -> str:
    """A block_scores.csv cut off in the middle of a number, with letters after it"""
    from cbsn_pipeline.pipelines.compare.sources import ComparedRun
    from cbsn_pipeline.pipelines.compare.tables import METRICS, pair_scores

    path = folder / "block_scores.csv"
    numbers = ",".join("30.2" for _ in METRICS)
    header = ",".join(["method", "row", "block", *METRICS])
    path.write_text(f"{header}\ndenoised,0,0,{numbers}\ndenoised,0,1,3O.2\n")
    run = ComparedRun("A", "a", "a", path)
    return message_of(lambda: pair_scores([run], "denoised"))


@listed
def card_of_brackets(folder: Path) -> str:
    """A reproduction card of 100,000 opening brackets"""
    from cbsn_pipeline.pipelines.compare.score_files import find_by_path

    path = folder / "reproduction_card.json"
    path.write_text("[" * 100_000)
    return message_of(lambda: find_by_path(str(path), folder))


@listed
def sidd_folder_with_a_link_to_a_disk(folder: Path) -> str:
    """A SIDD folder with a link to a tree of folders without end"""
    from cbsn_pipeline.noisy_images import sidd_medium

    (folder / "disk").mkdir()
    for number in range(30):
        (folder / "disk" / str(number)).mkdir()
    (folder / "sidd").mkdir()
    (folder / "sidd" / "Data").symlink_to(folder / "disk")
    before, sidd_medium.MOST_FOLDERS = sidd_medium.MOST_FOLDERS, 20
    try:
        return message_of(lambda: sidd_medium.find(folder / "sidd"))
    finally:
        sidd_medium.MOST_FOLDERS = before


def main() -> None:
    """Print the table."""
    import tempfile

    sys.stdout.write("| done to the file | what the reader says |\n|---|---|\n")
    for corruption in ALL:
        with tempfile.TemporaryDirectory() as name:
            row = table_row(corruption, corruption(Path(name)), Path(name))
        sys.stdout.write(row + "\n")


if __name__ == "__main__":
    main()
