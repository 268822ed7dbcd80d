"""The one line that `drivegen prove` ends with."""

from __future__ import annotations

from collections.abc import Mapping
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


def verdict_line(differences: Mapping[Contrast, Estimate], *, steps: int, seeds: int, scenarios: int) -> str:
    """The verdict about adding generated clips, with the figures that it rests on."""
    asked, noise, _ = CONTRASTS
    difference = differences[asked]
    verdict = judge(difference)
    basis = f"{steps} steps, {seeds} seeds, {scenarios} held-out scenarios"
    if verdict is Verdict.NOT_MEASURABLE:
        return f"not measurable: too few scored objects in the test set ({basis})"
    line = f"{verdict}: {asked.words} = {_signed(difference)} AP50 ({basis})"
    if judge(differences[noise]) in (Verdict.GAIN, Verdict.HARM):
        line += f"; beware: {noise.words} = {_signed(differences[noise])}, though nothing differs but the order"
    return line


def _signed(difference: Estimate) -> str:
    return f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
