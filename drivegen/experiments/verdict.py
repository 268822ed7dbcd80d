"""The one line that `drivegen prove` ends with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from drivegen.experiments.arms import CONTRASTS, Contrast
from drivegen.experiments.intervals import Estimate


class Verdict(StrEnum):
    """What an interval of a difference says."""

    GAIN = "gain"
    NO_GAIN = "no gain"
    HARM = "harm"
    NOT_MEASURABLE = "not measurable"


def judge(difference: Estimate) -> Verdict:
    """Gain when the whole interval is above 0, harm when it is below, no gain when it includes 0."""
    if not difference.measurable:
        return Verdict.NOT_MEASURABLE
    if difference.low > 0:
        return Verdict.GAIN
    return Verdict.HARM if difference.high < 0 else Verdict.NO_GAIN


@dataclass(frozen=True)
class Basis:
    """What a verdict rests on.

    Attributes:
        steps: optimiser steps of every run.
        seeds: runs of each training set.
        scenarios: held-out scenarios.
        best_ap50: the highest AP50 of the training sets; NaN when it cannot be measured.
        least_ap50: what it has to be for detectors to have learnt anything that can be compared.
    """

    steps: int
    seeds: int
    scenarios: int
    best_ap50: float
    least_ap50: float

    def __str__(self) -> str:
        return f"{self.steps} steps, {self.seeds} seeds, {self.scenarios} held-out scenarios"


def verdict_line(differences: Mapping[Contrast, Estimate], basis: Basis) -> str:
    """The verdict about adding generated clips, with the figures that it rests on.

    Detectors that have not learnt to detect differ by nothing, whatever they were trained on: then there is no verdict.
    """
    asked, noise, _ = CONTRASTS
    difference = differences[asked]
    if not difference.measurable:
        return f"{Verdict.NOT_MEASURABLE}: too few scored objects in the test set ({basis})"
    if basis.best_ap50 < basis.least_ap50:
        return (
            f"{Verdict.NOT_MEASURABLE}: after {basis.steps} steps no training set has taught the detector to detect "
            f"(AP50 at most {basis.best_ap50:.3f}, {basis.least_ap50:.3f} is asked for): give it more steps ({basis})"
        )
    line = f"{judge(difference)}: {asked.words} = {_signed(difference)} AP50 ({basis})"
    if judge(differences[noise]) in (Verdict.GAIN, Verdict.HARM):
        line += f"; beware: {noise.words} = {_signed(differences[noise])}, though nothing differs but the order"
    return line


def _signed(difference: Estimate) -> str:
    return f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
