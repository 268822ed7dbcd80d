"""Thresholds from clean clips: as tight as they may be without crying wolf.

Every check may fail the same share of clean clips, chosen so that all checks together fail `target` of clips that the
thresholds were not made from (cross-validation over scenarios). Such shares are a few in a thousand, less than some
hundred clips can show by counting. The tail of each score is therefore taken as exponential beyond its last tenth
(peaks over threshold; Pickands 1975), which gives the bound for any share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from drivegen.audit.thresholds import CHECKS, Bound, Thresholds, failed_checks
from drivegen.core import DataError
from drivegen.core.arrays import Floats

Scores = Mapping[str, float]

# Where the tail of a score begins.
_TAIL = 0.1
# Steps of the bisection: the share is found to a ten-thousandth of the target.
_STEPS = 14
# Parts of the cross-validation.
_FOLDS = 5
_DIGITS = 4


@dataclass(frozen=True)
class CalibrationFacts:
    """What a calibration rests on.

    Attributes:
        clips, groups: clean clips, and scenarios that they come from.
        target: wanted share of clean clips that fail.
        share_per_check: what each check may fail of them.
        alarms: share of these same clips that fail.
        alarms_held_out: share of clips that fail thresholds from the other scenarios (five-fold cross-validation).
        alarms_by_check: by check, clips that fail it.
        clips_by_check: by check, clips that have its score.
    """

    clips: int
    groups: int
    target: float
    share_per_check: float
    alarms: float
    alarms_held_out: float
    alarms_by_check: dict[str, int]
    clips_by_check: dict[str, int]


def calibrated(
    scores: Sequence[Scores], groups: Sequence[str], target: float = 0.03, start: Thresholds | None = None
) -> tuple[Thresholds, CalibrationFacts]:
    """Thresholds that `target` of clean clips fail.

    Args:
        scores: of clean clips (`Verdict.scores`).
        groups: what each clip belongs to, such as its scenario; cross-validation keeps groups together.
        target: share of clean clips that may fail, all checks together.
        start: checks that are off in it stay off, and what no clip has a score for keeps its bound.

    Raises:
        DataError: fewer than 20 clips, or a target that is no share.
    """
    start = start or Thresholds()
    if len(scores) < 20 or len(groups) != len(scores) or not 0 < target < 1:
        raise DataError(
            "cannot calibrate", where="calibrated", expected="at least 20 clips with a group each, target 0 to 1",
            got=f"{len(scores)} clips, {len(groups)} groups, target {target}",
        )  # fmt: skip
    share = _share_for(scores, groups, target, start)
    thresholds = _thresholds(scores, share, start)
    alarms = [failed_checks(one, thresholds) for one in scores]
    facts = CalibrationFacts(
        clips=len(scores),
        groups=len(set(groups)),
        target=target,
        share_per_check=round(share, 6),
        alarms=round(float(np.mean([bool(one) for one in alarms])), _DIGITS),
        alarms_held_out=round(_held_out(scores, groups, share, start), _DIGITS),
        alarms_by_check={name: sum(name in one for one in alarms) for name in CHECKS},
        clips_by_check={name: sum(name in one for one in scores) for name in CHECKS},
    )
    return thresholds, facts


def _share_for(scores: Sequence[Scores], groups: Sequence[str], target: float, start: Thresholds) -> float:
    """The largest share per check at which no more than `target` of held-out clips fail.

    No less than the target over the number of checks: with that, no more than `target` are expected to fail, whatever
    some clips show.
    """
    low, high = target / max(1, len(_bounds(scores, target, start))), target
    for _ in range(_STEPS):
        middle = (low + high) / 2
        fail = _held_out(scores, groups, middle, start)
        low, high = (middle, high) if fail <= target else (low, middle)
    return low


def _thresholds(scores: Sequence[Scores], share: float, start: Thresholds) -> Thresholds:
    return replace(start, **_bounds(scores, share, start))


def _bounds(scores: Sequence[Scores], share: float, start: Thresholds) -> dict[str, float]:
    bounds: dict[str, float] = {}
    for name, bound in CHECKS.items():
        values = np.array([one[name] for one in scores if name in one], dtype=np.float64)
        if len(values) and getattr(start, name) is not None:
            # Clips without the score cannot fail: the others may a little more often.
            bounds[name] = _bound(values, min(1.0, share * len(scores) / len(values)), bound)
    return bounds


def _bound(values: Floats, share: float, bound: Bound) -> float:
    """The bound that `share` of the values violate."""
    sign = 1.0 if bound == "most" else -1.0
    ordered = np.sort(sign * values)
    tail = max(2, round(_TAIL * len(ordered)))
    begins = ordered[-tail - 1] if tail < len(ordered) else ordered[0]
    beyond = ordered[ordered > begins] - begins
    if not len(beyond):
        return _rounded(sign * begins, sign)
    in_tail = len(beyond) / len(ordered)
    if share >= in_tail:
        return _rounded(sign * float(np.quantile(ordered, 1.0 - share)), sign)
    return _rounded(sign * float(begins + beyond.mean() * np.log(in_tail / share)), sign)


def _rounded(value: float, sign: float) -> float:
    """Rounded away from the values, so that none that met the bound violates it."""
    scale = 10.0**_DIGITS
    return float((np.ceil if sign > 0 else np.floor)(round(value * scale, 3)) / scale)


def _held_out(scores: Sequence[Scores], groups: Sequence[str], share: float, start: Thresholds) -> float:
    """Share of clips that fail thresholds made from the other groups."""
    fold_of = {group: i % _FOLDS for i, group in enumerate(sorted(set(groups)))}
    failed = 0
    for fold in range(_FOLDS):
        theirs = [one for one, group in zip(scores, groups, strict=True) if fold_of[group] != fold]
        own = [one for one, group in zip(scores, groups, strict=True) if fold_of[group] == fold]
        if theirs and own:
            thresholds = _thresholds(theirs, share, start)
            failed += sum(bool(failed_checks(one, thresholds)) for one in own)
    return failed / len(scores)
