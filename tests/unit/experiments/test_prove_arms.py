"""Which frames a run sees."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.experiments.arms import CONTRASTS, PARTS, Arm, ArmBatches, SetName

ROWS: dict[SetName, np.ndarray] = {"reference": np.arange(10), "generated": np.array([3, 5, 8, 9])}


def _seen(arm: Arm, steps: int, batch: int = 4, seed: int = 0) -> dict[SetName, list[int]]:
    seen: dict[SetName, list[int]] = {"reference": [], "generated": []}
    batches = ArmBatches(arm, ROWS, batch, seed)
    for step in range(steps):
        for name, rows in batches.step(step):
            seen[name] += rows.tolist()
    return seen


@pytest.mark.parametrize("arm", Arm)
def test_every_arm_sees_as_many_frames(arm: Arm) -> None:
    assert sum(len(rows) for rows in _seen(arm, 7).values()) == 7 * 4


def test_arms_see_their_own_sets() -> None:
    assert not _seen(Arm.REFERENCE, 5)["generated"]
    assert not _seen(Arm.REFERENCE_REPEATED, 5)["generated"]
    assert not _seen(Arm.GENERATED, 5)["reference"]
    mixed = _seen(Arm.REFERENCE_AND_GENERATED, 5)
    assert len(mixed["reference"]) == len(mixed["generated"]) == 10
    # Only frames that may be used.
    assert set(mixed["generated"]) == {3, 5, 8, 9}


def test_an_epoch_shows_every_frame_once() -> None:
    assert sorted(_seen(Arm.REFERENCE, 5, batch=2)["reference"]) == list(range(10))
    # The repeated set is two copies, each in an order of its own.
    assert sorted(_seen(Arm.REFERENCE_REPEATED, 10, batch=2)["reference"]) == sorted([*range(10), *range(10)])
    parts = [rows.tolist() for _, rows in ArmBatches(Arm.REFERENCE_REPEATED, ROWS, 20, 0).step(0)]
    assert parts[0] != parts[1]


def test_a_step_depends_on_seed_and_step_alone() -> None:
    batches = ArmBatches(Arm.REFERENCE_AND_GENERATED, ROWS, 4, 3)
    late = [rows.tolist() for _, rows in batches.step(9)]
    fresh = [rows.tolist() for _, rows in ArmBatches(Arm.REFERENCE_AND_GENERATED, ROWS, 4, 3).step(9)]
    assert late == fresh
    assert _seen(Arm.REFERENCE, 5, seed=1) != _seen(Arm.REFERENCE, 5, seed=2)


def test_the_verdict_is_about_adding_generated_clips_to_the_same_half() -> None:
    asked = CONTRASTS[0]
    assert (asked.better, asked.base) == (Arm.REFERENCE_AND_GENERATED, Arm.REFERENCE_REPEATED)
    # Paired: the first half of both sees the same reference frames in the same order.
    first = [ArmBatches(arm, ROWS, 4, 0).step(2)[0] for arm in (asked.better, asked.base)]
    assert first[0][0] == first[1][0] == "reference"
    assert first[0][1].tolist() == first[1][1].tolist()
    assert set(PARTS) == set(Arm)
