from collections import Counter

import numpy as np
import pytest
import torch

from cbsn_pipeline.training.data.batches import Batches
from cbsn_pipeline.training.hardware.ranks import Ranks
from cbsn_pipeline.training.options import TrainOptions


def test_a_batch_has_normalised_crops_and_picks_of_their_cells(patches, options):
    batch = Batches(patches, options)[0]

    assert batch.crops.shape == (2, 3, 10, 10)
    assert batch.crops.dtype == torch.float32
    assert batch.picks.shape == (2, 5, 5)
    assert 0 <= batch.picks.min() <= batch.picks.max() <= 3
    assert batch.crops.mean((2, 3)).abs().max() < 1e-5


def test_the_step_alone_decides_the_batch(patches, options):
    in_order = [Batches(patches, options)[step] for step in range(10)]
    alone = Batches(patches, options)[9]

    assert torch.equal(in_order[9].crops, alone.crops)
    assert torch.equal(in_order[9].picks, alone.picks)


def test_another_seed_gives_other_batches(patches, options):
    other = options.model_copy(update={"seed": 1})
    first, second = Batches(patches, options), Batches(patches, other)

    assert any(first.patches_of(s) != second.patches_of(s) for s in range(4))
    assert all(not torch.equal(first[s].picks, second[s].picks) for s in range(4))


def test_an_epoch_visits_every_patch_once_in_a_new_order(patches, options):
    batches = Batches(patches, options)
    visits = [index for step in range(14) for index in batches.patches_of(step)]

    assert Counter(visits) == dict.fromkeys(range(7), 4)
    epochs = [visits[start : start + 7] for start in range(0, 28, 7)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_prefetching_changes_nothing_but_the_time(patches, options):
    batches = Batches(patches, options)

    ahead = list(batches.prefetch(3, 40))

    assert len(ahead) == 37
    for step, batch in enumerate(ahead, start=3):
        assert torch.equal(batch.crops, batches[step].crops)
        assert torch.equal(batch.picks, batches[step].picks)


@pytest.mark.parametrize("step", [0, 6, 16, 500_000])
def test_prefetching_nothing_gives_nothing(patches, options, step):
    assert list(Batches(patches, options).prefetch(step, step)) == []


def test_resident_patches_give_the_same_batches(patches, options):
    read, resident = (
        Batches(patches, options, resident=resident) for resident in (False, True)
    )

    for step in (0, 5, 17):
        assert torch.equal(read[step].crops, resident[step].crops)


def test_the_ranks_share_every_batch(patches, options):
    options = options.model_copy(update={"batch_size": 6})
    whole = Batches(patches, options)
    parts = [Batches(patches, options, ranks=Ranks(rank, 3)) for rank in range(3)]

    for step in (0, 20):
        crops = torch.cat([part[step].crops for part in parts])
        picks = torch.cat([part[step].picks for part in parts])
        torch.testing.assert_close(crops, whole[step].crops, rtol=0, atol=1e-6)
        assert torch.equal(picks, whole[step].picks)
        assert parts[1].describe(step) == whole.describe(step)


def test_a_crop_is_cut_from_the_patch_that_is_named(patches, options):
    """FakePatches tell in their red channel which one they are: constant, so 0."""

    class Told(type(patches)):
        def __getitem__(self, index):
            patch = super().__getitem__(index).copy()
            patch[..., 0] = 10 * index + (np.arange(12) % 2)  # mean 10 i + 1/2
            return patch

    batches = Batches(Told(), options, resident=True)
    resident = batches._resident[..., 0].float()
    for step in range(5):
        group = batches._read(step - step % 16)
        at = slice(2 * (step % 16), 2 * (step % 16) + 2)
        named = group.indices[at].tolist()
        assert named == batches.patches_of(step)
        assert [resident[i].mean().item() for i in named] == [
            10 * i + 0.5 for i in named
        ]


def test_prefetching_passes_on_what_goes_wrong(patches, options):
    class Broken(type(patches)):
        def __getitem__(self, index):
            if index == 5:
                raise OSError("disk gone")
            return super().__getitem__(index)

    with pytest.raises(OSError, match="disk gone"):
        list(Batches(Broken(), options).prefetch(0, 7))


def test_float_patches_are_used_as_they_are(options):
    class FloatPatches:
        digest = fingerprint = "d"

        def __len__(self):
            return 1

        def __getitem__(self, index):
            return np.linspace(0, 1, 300, dtype=np.float32).reshape(10, 10, 3)

        def describe(self, index):
            return ""

    crops = Batches(FloatPatches(), options)[0].crops

    assert crops.amax() == pytest.approx(1.715, abs=0.02)  # of a ramp: sqrt(3)


def test_no_patches_are_refused(patches, options):
    with pytest.raises(ValueError, match="no patches to train on"):
        Batches(type(patches)(count=0), options)


def test_patches_smaller_than_a_crop_are_refused(patches):
    with pytest.raises(ValueError, match=r"12 x 12 pixels .* crop_size 120"):
        Batches(patches, TrainOptions())


def test_a_step_names_its_patches(patches, options):
    batches = Batches(patches, options)
    first, second = batches.patches_of(2)

    assert batches.describe(2) == f"image {first} at (0, 0); image {second} at (0, 0)"


def test_an_unshuffle_picks_the_same_place_in_all_cells_of_a_crop(patches, options):
    unshuffle = options.model_copy(update={"subsampler": "unshuffle"})
    random, same = Batches(patches, options)[3], Batches(patches, unshuffle)[3]

    assert torch.equal(random.crops, same.crops)
    assert torch.equal(same.picks, same.picks[:, :1, :1].expand_as(same.picks))
    assert not torch.equal(random.picks, random.picks[:, :1, :1].expand_as(same.picks))
