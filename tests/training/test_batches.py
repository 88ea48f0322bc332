from collections import Counter

import numpy as np
import pytest
import torch

from cbsn_pipeline.training.batches import Batches, augment
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
    pairs = [
        (Batches(patches, options)[s], Batches(patches, other)[s]) for s in range(4)
    ]

    assert any(first.patches != second.patches for first, second in pairs)
    assert all(not torch.equal(first.picks, second.picks) for first, second in pairs)


def test_an_epoch_visits_every_patch_once_in_a_new_order(patches, options):
    batches = Batches(patches, options)
    visits = [index for step in range(14) for index in batches[step].patches]

    assert Counter(visits) == dict.fromkeys(range(7), 4)
    epochs = [visits[start : start + 7] for start in range(0, 28, 7)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_prefetching_changes_nothing_but_the_time(patches, options):
    batches = Batches(patches, options)

    ahead = list(batches.prefetch(3, 9, ahead=4))

    assert [b.patches for b in ahead] == [batches[step].patches for step in range(3, 9)]
    assert all(
        torch.equal(b.crops, batches[s].crops)
        for b, s in zip(ahead, range(3, 9), strict=True)
    )


def test_prefetching_passes_on_what_goes_wrong(patches, options):
    class Broken(type(patches)):
        def __getitem__(self, index):
            if index == 5:
                raise OSError("disk gone")
            return super().__getitem__(index)

    with pytest.raises(OSError, match="disk gone"):
        list(Batches(Broken(), options).prefetch(0, 7))


def test_the_eight_augmentations_are_those_of_the_square():
    crop = np.arange(12).reshape(2, 2, 3)

    seen = {augment(crop, choice)[..., 0].tobytes() for choice in range(8)}

    assert len(seen) == 8
    assert augment(crop, 1)[..., 0].tolist() == [[3, 9], [0, 6]]  # anticlockwise
    assert augment(crop, 4)[..., 0].tolist() == [[3, 0], [9, 6]]  # mirrored


def test_float_patches_are_used_as_they_are(options):
    class FloatPatches:
        digest = "d"

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
    first, second = batches[2].patches

    assert batches.describe(2) == f"image {first} at (0, 0); image {second} at (0, 0)"
