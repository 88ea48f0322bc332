import pytest
import torch

from cbsn_pipeline.cbsn import CBSN
from cbsn_pipeline.training.hardware import speed as module
from cbsn_pipeline.training.hardware.speed import PLAIN, Speed, choose_speed
from cbsn_pipeline.training.options import SpeedOptions, TrainOptions

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
SMALL = {"channels": 16, "blocks": 1}


def choose(device=CPU, *, speed=None, ranks=1, patches_bytes=0, **options):
    options = TrainOptions(**{"network": SMALL, "speed": speed or {}, **options})
    net = CBSN(options.network)
    return choose_speed(options, net, device, ranks=ranks, patches_bytes=patches_bytes)


@pytest.fixture
def native(monkeypatch):
    """Say which hardware computes in bfloat16."""

    def pretend(*, cpu=False, cuda=False, amx=False):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: cpu)
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: cuda)

    return pretend


@pytest.fixture
def gpu(monkeypatch, native):
    """A GPU of 10 GiB with all that speeds it up."""
    native(cuda=True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (10 << 30, 12 << 30))
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(module.shutil, "which", lambda name: name)


@pytest.mark.usefixtures("gpu")
def test_a_gpu_gets_everything():
    assert choose(CUDA) == Speed(torch.bfloat16, *[True] * 6, notes=())


def test_a_cpu_gets_what_helps_there(native):
    native(cpu=True)

    chosen = choose()

    assert chosen.precision == torch.bfloat16
    assert chosen.channels_last
    assert chosen[2:] == (*[False] * 5, ())
    assert str(chosen) == "bfloat16, channels_last"


@pytest.mark.parametrize("amx", [False, True])
def test_a_cpu_computes_in_bfloat16_where_it_can(native, amx):
    native(amx=amx)

    chosen = choose()

    assert chosen.precision == (torch.bfloat16 if amx else torch.float32)
    assert chosen.notes == (
        () if amx else ("precision is float32: this cpu has no fast bfloat16.",)
    )


def test_widths_whose_bfloat16_gradients_are_wrong_are_avoided(native):
    native(cpu=True)
    network = {"channels": 24, "blocks": 1}

    assert choose(network=network).precision == torch.float32
    assert "multiple of 16" in choose(network=network).notes[0]
    with pytest.raises(ValueError, match="24 channels cannot be used on a CPU"):
        choose(network=network, precision="bfloat16")


@pytest.mark.parametrize(("name", "dtype"), [("float32", torch.float32)])
def test_a_named_precision_is_taken(native, name, dtype):
    native(cpu=True)

    assert choose(precision=name).precision == dtype
    assert choose(precision="bfloat16").precision == torch.bfloat16


@pytest.mark.usefixtures("gpu")
def test_all_off_is_the_plain_network():
    switches = dict.fromkeys(SpeedOptions.model_fields, False) | {"threads": "auto"}

    assert choose(CUDA, speed=switches, precision="float32") == PLAIN


@pytest.mark.usefixtures("gpu")
def test_several_ranks_are_not_recorded():
    chosen = choose(CUDA, ranks=2)

    assert not chosen.cuda_graphs
    assert chosen.notes == (
        "cuda_graphs is off: gradients of several ranks are exchanged by the host.",
    )


@pytest.mark.usefixtures("gpu")
def test_patches_that_do_not_fit_are_read_ahead():
    chosen = choose(CUDA, patches_bytes=6 << 30)

    assert not chosen.patches_on_device
    assert "6.0 GiB of patches are more than half of the 10.0 GiB" in chosen.notes[0]


@pytest.mark.usefixtures("gpu")
def test_crops_that_cannot_be_taken_apart_stay_dilated():
    chosen = choose(CUDA, crop_size=110)

    assert not chosen.undilated
    assert (
        "110 x 110 pixels does not divide by the dilations 2 and 3" in (chosen.notes[0])
    )


@pytest.mark.usefixtures("gpu")
def test_without_triton_or_compiler_nothing_is_compiled(monkeypatch):
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    assert "Triton" in choose(CUDA).notes[0]

    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    assert choose(CUDA).notes == (
        "compile is off: torch.compile needs a C compiler, and there is none "
        "(install gcc).",
    )


def test_what_a_cpu_cannot_have_is_named(native):
    native()
    wishes = {"cuda_graphs": True, "patches_on_device": True}

    chosen = choose(speed=wishes, precision="float32")

    assert chosen.notes == (
        "cuda_graphs is off: CUDA graphs do not exist on a cpu.",
        "patches_on_device is off: there is no GPU; the file is read through the "
        "system's cache.",
    )
