"""The training sets that `drivegen prove` compares, and which frames each step of a run sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

import numpy as np

from drivegen.core import derive_seed
from drivegen.training.batches import ItemOrder

SetName = Literal["reference", "generated"]


class Arm(StrEnum):
    """A training set."""

    REFERENCE = "reference"
    REFERENCE_REPEATED = "reference_repeated"
    GENERATED = "generated"
    REFERENCE_AND_GENERATED = "reference_and_generated"

    @property
    def words(self) -> str:
        """As a reader calls it."""
        return self.value.replace("_and_", " + ").replace("_", " ")


# Each part gives an equal share of every batch, in an order of its own. At equal steps the reference set repeated is
# the same distribution as the reference set in another order: what two equal runs differ by, the noise floor. It is
# also what reference + generated is held to: the second half of its batches is more of the same instead of new clips.
PARTS: Final[dict[Arm, tuple[SetName, ...]]] = {
    Arm.REFERENCE: ("reference",),
    Arm.REFERENCE_REPEATED: ("reference", "reference"),
    Arm.GENERATED: ("generated",),
    Arm.REFERENCE_AND_GENERATED: ("reference", "generated"),
}


@dataclass(frozen=True)
class Contrast:
    """A comparison of two arms: `better` minus `base`.

    Attributes:
        better, base: the arms.
        question: what it answers.
    """

    better: Arm
    base: Arm
    question: str

    @property
    def words(self) -> str:
        """As a reader calls it."""
        return f"{self.better.words} - {self.base.words}"


# The verdict is about the first; the second says how far the noise reaches; the third, what generated data is worth
# on its own.
CONTRASTS: Final[tuple[Contrast, ...]] = (
    Contrast(Arm.REFERENCE_AND_GENERATED, Arm.REFERENCE_REPEATED, "does adding generated clips help?"),
    Contrast(Arm.REFERENCE_REPEATED, Arm.REFERENCE, "noise floor: two runs on the same clips"),
    Contrast(Arm.GENERATED, Arm.REFERENCE, "do generated clips replace reference clips?"),
)


class ArmBatches:
    """Which frames a run sees: a function of (seed, step) alone, so that a repeated run is the same run.

    Args:
        arm: the training set.
        rows: the frames of each set that may be used, (N,) int64.
        batch: frames per step, even.
        seed: seed of the run. Runs of one seed begin with the same weights, and their first parts go through a set in
            the same order, so that their difference is less noisy than the runs themselves.
    """

    def __init__(self, arm: Arm, rows: Mapping[SetName, np.ndarray], batch: int, seed: int) -> None:
        self.parts = PARTS[arm]
        self._rows = rows
        self._share = batch // len(self.parts)
        self._orders = [ItemOrder(len(rows[name]), derive_seed(seed, "part", i)) for i, name in enumerate(self.parts)]

    def step(self, step: int) -> list[tuple[SetName, np.ndarray]]:
        """The frames of each part for a step, (batch / parts,) int64 each."""
        return [
            (name, self._rows[name][order.items(step * self._share, self._share)])
            for name, order in zip(self.parts, self._orders, strict=True)
        ]
