import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from cbsn_pipeline.cbsn import CBSN, Denoiser, NetworkOptions, Provenance


@pytest.fixture(scope="module")
def net():
    options = NetworkOptions(channels=4, blocks=2)
    return CBSN(options, generator=torch.Generator().manual_seed(0))


def picture(height, width):
    rng = np.random.default_rng([height, width])
    return rng.integers(256, size=(height, width, 3), dtype=np.uint8)


def test_a_saved_denoiser_comes_back_with_all_it_carries(net, tmp_path):
    provenance = Provenance(
        data_digest="abc", data_kind="photos", steps=7, trained_on=("1f", "2e")
    )
    path = tmp_path / "deep" / "denoiser.safetensors"
    image = picture(21, 34)

    Denoiser(net, provenance).save(path)
    loaded = Denoiser.load(path)

    assert loaded.network_options == net.options
    assert loaded.provenance == provenance
    np.testing.assert_array_equal(loaded.denoise(image), Denoiser(net).denoise(image))
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_averaged_weights_are_saved_beside_the_raw_ones(net, tmp_path):
    average = CBSN(net.options, generator=torch.Generator().manual_seed(9))
    path = tmp_path / "denoiser.safetensors"
    image = picture(20, 20)

    Denoiser(net, Provenance(steps=3), average=average).save(path)
    loaded = Denoiser.load(path)

    averaged = loaded.averaged()
    assert averaged.provenance.steps == 3
    np.testing.assert_array_equal(
        averaged.denoise(image), Denoiser(average).denoise(image)
    )
    np.testing.assert_array_equal(loaded.denoise(image), Denoiser(net).denoise(image))


def test_a_missing_denoiser_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist.*Train one first"):
        Denoiser.load(tmp_path / "none.safetensors")


def test_a_truncated_denoiser_is_refused(net, tmp_path):
    path = tmp_path / "denoiser.safetensors"
    Denoiser(net).save(path)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(ValueError, match="not a readable safetensors file.*cut short"):
        Denoiser.load(path)


def test_weights_of_another_program_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"w": torch.zeros(2)}, path)

    with pytest.raises(ValueError, match="not a denoiser of this project"):
        Denoiser.load(path)


def metadata(**changes):
    fields = {
        "format": "cbsn-denoiser",
        "version": "1",
        "network": '{"channels":4,"blocks":2}',
        "provenance": "{}",
    }
    return fields | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "3"}, "format version 3.*Upgrade"),
        ({"architecture": "transformer"}, "damaged metadata"),
        ({"network": "{"}, "damaged metadata"),
        ({"network": '{"channels":5,"blocks":2}'}, "do not fit the network"),
    ],
)
def test_a_denoiser_that_contradicts_itself_is_refused(net, tmp_path, changes, message):
    path = tmp_path / "denoiser.safetensors"
    save_file(net.state_dict(), path, metadata(**changes))

    with pytest.raises(ValueError, match=message):
        Denoiser.load(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "one"}, "format version one; this"),
        ({"version": None}, "format version unknown; this"),
        ({"network": '{"channels": 9999999}'}, "there are 34 tensors of at most 64"),
        ({"network": '{"blocks": 9999999}'}, "there are 34 tensors of at most 64"),
    ],
)
def test_metadata_that_lies_is_an_error_before_a_network_is_built(
    tmp_path, changes, message
):
    path = tmp_path / "a.safetensors"
    Denoiser(CBSN(NetworkOptions(channels=4, blocks=1))).save(path)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() | changes
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    metadata = {key: text for key, text in metadata.items() if text is not None}
    save_file(weights, path, metadata)

    with pytest.raises(ValueError, match=message):
        Denoiser.load(path)


def test_weights_of_another_type_are_an_error(tmp_path):
    path = tmp_path / "a.safetensors"
    Denoiser(CBSN(NetworkOptions(channels=4, blocks=1))).save(path)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        weights = {n: file.get_tensor(n).half() for n in file.keys()}  # noqa: SIM118
    save_file(weights, path, metadata)

    with pytest.raises(ValueError, match="are torch.float16; expected float32"):
        Denoiser.load(path)
