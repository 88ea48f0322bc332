import math

import pytest
import torch

from cbsn_pipeline.cbsn import training_loss
from cbsn_pipeline.training.data.batches import Batches
from cbsn_pipeline.training.loop import (
    NonFiniteLossError,
    check_finite,
    train_steps,
)
from cbsn_pipeline.training.trainer_state import new_trainer_state

CPU = torch.device("cpu")


def train(patches, options, *, trainer=None, start=0):
    trainer = trainer or new_trainer_state(options, CPU)
    reports = list(
        train_steps(trainer, Batches(patches, options), options, start=start)
    )
    return trainer, reports


def test_a_step_is_loss_gradient_and_adam(patches, options):
    """The loop against the same training written out."""
    net, optimiser, _ = new_trainer_state(options, CPU)
    batches, expected = Batches(patches, options), []
    for step in range(options.steps):
        total, _ = training_loss(
            net, batches[step].crops, batches[step].picks, min(step / 4, 1), options
        )
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        expected.append(total.item())

    trainer, reports = train(patches, options)

    got = [report.loss_values()["total"] for report in reports]
    assert got == pytest.approx(expected, rel=1e-5)
    assert [report.step for report in reports] == [1, 2, 3, 4, 5, 6]
    assert [report.ramp for report in reports] == [0, 0.25, 0.5, 0.75, 1, 1]
    for ours, theirs in zip(trainer.net.parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_the_same_seed_trains_the_same_network_bit_for_bit(patches, options):
    first, _ = train(patches, options)
    second, _ = train(patches, options)

    pairs = zip(first.net.parameters(), second.net.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_training_lowers_the_loss(patches, options):
    longer = options.model_copy(update={"steps": 150, "ramp_steps": 10_000})

    _, reports = train(patches, longer)

    first = sum(r.loss_values()["blind"] for r in reports[:20])
    last = sum(r.loss_values()["blind"] for r in reports[-20:])
    assert last < 0.8 * first


def test_a_loss_that_is_no_number_names_step_data_and_remedy(patches, options):
    batches = Batches(patches, options)
    trainer = new_trainer_state(options, CPU)
    reports = []
    for report in train_steps(trainer, batches, options):
        reports.append(report)
        if report.step == 3:
            with torch.no_grad():
                trainer.net.conv0.bias.fill_(math.nan)

    with pytest.raises(NonFiniteLossError) as caught:
        check_finite(reports, batches, "Go back to state 2.")

    message = str(caught.value)
    assert "loss of step 4 is not finite (total nan" in message
    assert batches.describe(3) in message
    assert message.endswith("Go back to state 2.")


def test_finite_losses_pass(patches, options):
    _, reports = train(patches, options)

    check_finite(reports, Batches(patches, options), "")
    check_finite([], Batches(patches, options), "")
