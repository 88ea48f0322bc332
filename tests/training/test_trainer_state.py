import pytest
import torch

from cbsn_pipeline.training.hardware.speed import PLAIN
from cbsn_pipeline.training.trainer_state import new_trainer_state

CPU = torch.device("cpu")


def test_the_seed_alone_decides_the_weights(options):
    first, second = new_trainer_state(options, CPU), new_trainer_state(options, CPU)
    other = new_trainer_state(options.model_copy(update={"seed": 1}), CPU)

    assert torch.equal(first.net.conv0.weight, second.net.conv0.weight)
    assert not torch.equal(first.net.conv0.weight, other.net.conv0.weight)


@pytest.mark.parametrize("recorded", [False, True])
def test_the_learning_rate_reaches_adam(options, recorded):
    speed = PLAIN._replace(cuda_graphs=recorded)
    trainer = new_trainer_state(options, CPU, speed)

    trainer.set_learning_rate(0.25)

    (group,) = trainer.optimiser.param_groups
    assert float(group["lr"]) == 0.25
    assert isinstance(group["lr"], torch.Tensor) == recorded


def test_an_average_follows_the_weights(options):
    options = options.model_copy(update={"ema_decay": 0.9})
    trainer = new_trainer_state(options, CPU)
    before = trainer.net.conv0.bias[0].item()
    with torch.no_grad():
        trainer.net.conv0.bias[0] = before + 1

    trainer.update_average(0, 0.9)  # early: decay (1 + 0) / (10 + 0)
    assert trainer.average.conv0.bias[0].item() == pytest.approx(before + 0.9)

    trainer.update_average(1000, 0.9)
    assert trainer.average.conv0.bias[0].item() == pytest.approx(before + 0.91)


def test_an_average_lies_in_memory_as_the_weights_do(options):
    options = options.model_copy(update={"ema_decay": 0.9})

    trainer = new_trainer_state(options, CPU, PLAIN._replace(channels_last=True))

    strides, averages = (
        [weight.stride() for weight in net.parameters()]
        for net in (trainer.net, trainer.average)
    )
    assert strides == averages


def test_without_a_decay_there_is_no_average(options):
    trainer = new_trainer_state(options, CPU)

    trainer.update_average(0, None)

    assert trainer.average is None
