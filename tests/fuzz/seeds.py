"""Small whole files of every format, and how to make damage reach behind checksums.

Chance hardly ever mends a checksum, so a damaged PNG would never reach the decoder.
Formats with checksums or compression are therefore damaged inside and wrapped again.
"""

import hashlib
import io
import json
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

PNG_SIGNATURE = 8
MAT_HEADER = 128
MAT_COMPRESSED = 15


class Seed(NamedTuple):
    """A file to damage.

    Attributes:
        inner: What is damaged.
        wrap: Makes a file of it.
    """

    inner: bytes
    wrap: Callable[[bytes], bytes] = bytes


def make_seeds(folder: Path, reader: str) -> list[Seed]:
    """Make the files to damage for a reader; the same bytes every time.

    Args:
        folder: An empty one to work in.
        reader: Which.
    """
    return list(_MAKERS[reader](folder))


def _noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def _mat_contents() -> dict[str, object]:
    cell = np.empty((1, 2), object)
    cell[0, 0], cell[0, 1] = np.ones((2, 2)), "text"
    return {
        "A": _noise(2, 3, 5, 4, 3),
        "B": np.linspace(0, 1, 6),
        "cell": cell,
        "struct": {"field": np.arange(3), "text": "abc"},
        "truth": np.array([[True, False]]),
    }


def _mat_v5(folder: Path) -> Iterator[Seed]:
    from scipy.io import savemat

    path = folder / "a.mat"
    for contents in ({"A": _noise(7, 5, 3)}, _mat_contents()):
        savemat(path, contents)
        yield Seed(b"MATLAB 5.0 MAT-file".ljust(116) + path.read_bytes()[116:])


def _mat_v5_compressed(folder: Path) -> Iterator[Seed]:
    for seed in _mat_v5(folder):
        header, elements = seed.inner[:MAT_HEADER], seed.inner[MAT_HEADER:]
        yield Seed(elements, lambda inner, header=header: header + _pack(inner))
    packed = header + _pack(elements)
    yield Seed(packed)


def _pack(elements: bytes) -> bytes:
    """Compress the elements of a v5 file one by one, by the lengths they declare."""
    packed = b""
    while elements:
        length = 8 + int.from_bytes(elements[4:8], "little")
        squeezed = zlib.compress(elements[:length])
        packed += struct.pack("<II", MAT_COMPRESSED, len(squeezed)) + squeezed
        elements = elements[length:]
    return packed


def _mat_v73(folder: Path) -> Iterator[Seed]:
    import h5py

    layouts: list[dict[str, object]] = [
        {},
        {"chunks": (1, 2, 3, 2, 2), "compression": "gzip"},
        {"chunks": (3, 2, 4, 3, 2), "compression": "gzip", "shuffle": True},
        {"chunks": (2, 2, 2, 2, 2), "maxshape": (None,) * 5},
    ]
    for number, layout in enumerate(layouts):
        path = folder / f"v73_{number}.mat"
        library = "earliest" if number % 2 else "latest"
        with h5py.File(path, "w", userblock_size=512, libver=library) as file:
            file.create_dataset("A", data=_noise(2, 3, 5, 4, 3).T, **layout)
            file["B"] = np.linspace(0, 1, 6)[None]
            file["A"].attrs["MATLAB_class"] = np.bytes_("uint8")
        with path.open("r+b") as file:
            file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
        yield Seed(path.read_bytes())


def _dnd_info(folder: Path) -> Iterator[Seed]:
    from cbsn_pipeline.datasets.sample_dnd_dataset import DndImage, SampleDndDataset

    boxes = np.array([[1, 1, 8, 8], [2, 3, 9, 10]])
    image = DndImage(
        noisy=np.zeros((12, 12, 3), np.float32),
        boxes=boxes,
        camera={"type": "Nexus6P", "pattern": np.eye(2)},
        noise_level=(1e-3, 1e-5),
        sigma_raw=np.zeros((2, 2, 2)),
        sigma_srgb=np.zeros(2),
    )
    SampleDndDataset(filepath=str(folder / "dnd")).save([image, image])
    yield Seed((folder / "dnd" / "info.mat").read_bytes())


def _patches(folder: Path) -> Iterator[Seed]:
    from cbsn_pipeline.datasets.patches_dataset import PatchesDataset
    from cbsn_pipeline.formats.images import write_png
    from cbsn_pipeline.noisy_images import find_noisy_images
    from cbsn_pipeline.noisy_images.patch_extraction import PatchExtraction, PatchLayout
    from cbsn_pipeline.pipelines.ingest.nodes import build_manifest
    from cbsn_pipeline.pipelines.ingest.options import IngestOptions

    write_png(folder / "photos" / "a.png", _noise(21, 13, 3))
    images = find_noisy_images("photos", folder / "photos")
    manifest = build_manifest(images, IngestOptions(workers=1))
    for compression in (None, "lzf", "gzip"):
        path = folder / f"patches_{compression}.h5"
        layout = PatchLayout(patch_size=8, stride=5, border=0, compression=compression)
        extraction = PatchExtraction(images, manifest, layout, workers=1)
        PatchesDataset(filepath=str(path)).save(extraction)
        yield Seed(path.read_bytes())


def _png(folder: Path) -> Iterator[Seed]:
    from PIL import Image

    rgb, deep = _noise(9, 7, 3), np.arange(63, dtype=np.uint16).reshape(9, 7) * 999
    pictures = [
        Image.fromarray(rgb),
        Image.fromarray(_noise(9, 7, 4)),
        Image.fromarray(deep),
        Image.fromarray(rgb).convert("P"),
        Image.fromarray(rgb).convert("1"),
    ]
    for picture in pictures:
        file = io.BytesIO()
        picture.save(file, "PNG", dpi=(300, 300))
        yield Seed(file.getvalue(), mend_png)
    yield Seed(file.getvalue())


def _by_pillow(suffix: str, **options: object) -> Callable[[Path], Iterator[Seed]]:
    def make(folder: Path) -> Iterator[Seed]:
        from PIL import Image

        if suffix == "heic":
            import pillow_heif

            pillow_heif.register_heif_opener()
        for mode in ("RGB", "L"):
            path = folder / f"{mode}.{suffix}"
            Image.fromarray(_noise(32, 24, 3)).convert(mode).save(path, **options)
            yield Seed(path.read_bytes())

    return make


def _metadata(folder: Path) -> Iterator[Seed]:
    from PIL import Image

    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x8298] = "Maker", 6, "me"
    exif.get_ifd(0x8769).update({0x8827: 800, 0xA002: 16, 0xA003: 8, 0x927C: b"note"})
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 12.5)})
    path = folder / "a.jpg"
    picture = Image.fromarray(_noise(8, 16, 3))
    picture.save(path, exif=exif, icc_profile=bytes(200), dpi=(300, 300))
    yield Seed(path.read_bytes())


def mend_png(content: bytes) -> bytes:
    """Give every chunk of a PNG the checksum that fits."""
    mended, position = bytearray(content), PNG_SIGNATURE
    while position + 12 <= len(mended):
        (length,) = struct.unpack_from(">I", mended, position)
        end = position + 8 + length
        if end + 4 > len(mended):
            break
        checksum = zlib.crc32(mended[position + 4 : end])
        mended[end : end + 4] = struct.pack(">I", checksum)
        position = end + 4
    return bytes(mended)


def _jpeg(folder: Path) -> Iterator[Seed]:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a photograph"
    rgb = Image.fromarray(_noise(24, 17, 3))
    variants: list[dict[str, object]] = [
        {"quality": 80},
        {"quality": 80, "progressive": True, "exif": exif},
        {"quality": 95, "subsampling": 0, "optimize": True, "restart_marker_rows": 1},
    ]
    for options in variants:
        file = io.BytesIO()
        rgb.save(file, "JPEG", **options)
        yield Seed(file.getvalue())
    file = io.BytesIO()
    rgb.convert("L").save(file, "JPEG")
    yield Seed(file.getvalue())


def _tiff(folder: Path) -> Iterator[Seed]:
    import tifffile
    from PIL import Image

    rgb, deep = _noise(33, 20, 3), _noise(33, 20, 3).astype(np.uint16) * 257
    variants: list[tuple[np.ndarray, dict[str, object]]] = [
        (rgb, {}),
        (rgb, {"compression": "zlib", "rowsperstrip": 8}),
        (rgb, {"compression": "zlib", "predictor": True}),
        (deep, {"compression": "zlib", "tile": (16, 16)}),
        (rgb, {"bigtiff": True}),
        (deep, {"byteorder": ">"}),
        (rgb.transpose(2, 0, 1), {"planarconfig": "separate"}),
    ]
    for image, options in variants:
        file = io.BytesIO()
        tifffile.imwrite(file, image, photometric="rgb", **options)
        yield Seed(file.getvalue())
    for compression in ("tiff_lzw", "packbits", "jpeg"):
        file = io.BytesIO()
        Image.fromarray(rgb).save(file, "TIFF", compression=compression)
        yield Seed(file.getvalue())


def _manifest(folder: Path) -> Iterator[Seed]:
    from cbsn_pipeline.noisy_images.manifest import Manifest, ManifestImage

    digest = hashlib.sha256(b"").hexdigest()
    images = [
        ManifestImage(
            name=f"a.mat[{block}]",
            path="a.mat",
            member=(0, block),
            bytes=100,
            file_sha256=digest,
            pixel_sha256=digest,
            height=256,
            width=256,
            dtype="uint8",
        )
        for block in range(2)
    ]
    text = Manifest.of("sidd_blocks", images, {"workers": 1}).model_dump_json(indent=1)
    yield Seed(text.encode())
    yield Seed(text.encode(), _mend_digest)


def _mend_digest(content: bytes) -> bytes:
    """Give a changed manifest the digest that fits, where it can be read at all."""
    from cbsn_pipeline.noisy_images import manifest

    try:
        fields = json.loads(content)
        images = [manifest.ManifestImage(**image) for image in fields["images"]]
        fields["digest"] = manifest.Manifest.of(fields["kind"], images).digest
        return json.dumps(fields).encode()
    except (ValueError, TypeError, KeyError, RecursionError):
        return content


def _denoiser(folder: Path) -> Iterator[Seed]:
    import torch

    from cbsn_pipeline.cbsn import CBSN, Denoiser, NetworkOptions

    torch.manual_seed(0)
    path = folder / "a.safetensors"
    Denoiser(CBSN(NetworkOptions(channels=2, blocks=1))).save(path)
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header, tensors = content[8 : 8 + size], content[8 + size :]
    yield Seed(content)
    yield Seed(header, lambda inner: len(inner).to_bytes(8, "little") + inner + tensors)


def _state(folder: Path) -> Iterator[Seed]:
    import torch

    from cbsn_pipeline.training.checkpoints.store import StateStore
    from cbsn_pipeline.training.options import TrainOptions
    from cbsn_pipeline.training.trainer_state import new_trainer_state

    options = TrainOptions(**TINY_TRAINING)
    trainer = new_trainer_state(options, torch.device("cpu"))
    for parameter in trainer.net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    trainer.optimiser.step()
    path = StateStore(folder / "state").save(trainer, 1, options, digest="d")
    yield Seed(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    (pickled,) = [name for name in entries if name.endswith("data.pkl")]

    def wrap(inner: bytes) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in (entries | {pickled: inner}).items():
                archive.writestr(zipfile.ZipInfo(name), content)
        return file.getvalue()

    yield Seed(entries[pickled], wrap)


# A network of a few numbers; the same for the seed and for the reader of states.
TINY_TRAINING = {
    "network": {"channels": 2, "blocks": 1},
    "steps": 4,
    "batch_size": 1,
    "crop_size": 20,
    "ramp_steps": 2,
}


def tiny_weights() -> dict[str, np.ndarray]:
    """Weights of a network of a few numbers, by their names in TensorFlow."""
    from cbsn_pipeline.cbsn import CBSN, NetworkOptions
    from cbsn_pipeline.cbsn.official import official_parameters

    net = CBSN(NetworkOptions(channels=2, blocks=1))
    return {
        name: np.ones((p.permute(2, 3, 1, 0) if p.ndim == 4 else p).shape, np.float32)
        for name, p in official_parameters(net)
    }


@cache
def bundle() -> dict[str, bytes]:
    """The files of a checkpoint of these weights, by name."""
    import bundle_writer

    with tempfile.TemporaryDirectory() as folder:
        bundle_writer.write_bundle(Path(folder) / "a.ckpt", tiny_weights())
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def _tensorflow_index(folder: Path) -> Iterator[Seed]:
    import bundle_writer as writer

    yield Seed(bundle()["a.ckpt.index"])
    entries, offset = {"": writer.header(1)}, 0
    for name, array in sorted(tiny_weights().items()):
        entries[name] = writer.entry(array, offset=offset)
        offset += array.nbytes
    block = writer.entries_block([(n.encode(), e) for n, e in entries.items()])
    yield Seed(block, lambda inner: writer.lay_out([inner]))
    places = writer.entries_block([(b"z", writer.handle(0, len(block)))])
    yield Seed(places, lambda inner: writer.lay_out([block], index=inner))
    for name in ("", "DBSN/B1/conv1/W1", "DBSN/B1/DCM0/conv1/kernel"):
        yield Seed(
            entries[name],
            lambda inner, name=name: writer.table(entries | {name: inner}),
        )


def _tensorflow_data(folder: Path) -> Iterator[Seed]:
    yield Seed(bundle()["a.ckpt.data-00000-of-00001"])


def _scores(folder: Path) -> Iterator[Seed]:
    from cbsn_pipeline.pipelines.compare.tables import METRICS

    columns = ["method", "row", "image", "block", *METRICS]
    numbers = ",".join("30.25" for _ in METRICS)
    rows = [
        f"{method},{row},{row},{block},{numbers}"
        for method in ("noisy", "denoised")
        for row in range(2)
        for block in range(3)
    ]
    yield Seed("\n".join([",".join(columns), *rows, ""]).encode())


def _card(folder: Path) -> Iterator[Seed]:
    card = {
        "label": "sidd, seed 0",
        "protocol": "sidd",
        "seed": 0,
        "psnr_db": 36.5,
        "block_scores": "block_scores.csv",
        "training_options": {"steps": 1},
        "claim": {"band_db": [36, 37]},
    }
    yield Seed(json.dumps(card, indent=2).encode())


_MAKERS: dict[str, Callable[[Path], Iterator[Seed]]] = {
    "mat_v5": _mat_v5,
    "mat_v5_compressed": _mat_v5_compressed,
    "mat_v73": _mat_v73,
    "dnd_info": _dnd_info,
    "patches": _patches,
    "png": _png,
    "jpeg": _jpeg,
    "tiff": _tiff,
    "webp": _by_pillow("webp", lossless=True),
    "avif": _by_pillow("avif", quality=90),
    "bmp": _by_pillow("bmp"),
    "heic": _by_pillow("heic", quality=90),
    "metadata": _metadata,
    "manifest": _manifest,
    "denoiser": _denoiser,
    "state": _state,
    "tensorflow_index": _tensorflow_index,
    "tensorflow_data": _tensorflow_data,
    "scores": _scores,
    "card": _card,
}
