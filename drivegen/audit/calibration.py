"""Thresholds from clips that are clean and the same clips with planted faults, of scenarios kept for this.

Every bound has a price, the share of clean clips that it is expected to fail, and catches something. Bounds are
tightened one step at a time, that step first which makes up most of what the faults are short of their targets for its
price, while a budget lasts; then each is loosened as far as nothing is lost by it, and put into the middle of the empty
interval around it. How large a budget keeps false alarms on other clips within the target is found by cross-validation
over scenarios.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from drivegen.audit.faults import FAULTS
from drivegen.audit.sanity import Examined, Judged, Share
from drivegen.audit.score_tails import bound_at, price_of
from drivegen.audit.thresholds import CHECKS, Thresholds
from drivegen.core import DataError
from drivegen.core.arrays import Booleans, Floats, Integers

# Budgets that are tried, as shares of the target.
_BUDGETS = (0.25, 0.5, 0.75, 1.0, 1.1, 1.25, 1.5)
# Share of the target that all checks together cost before any is tightened.
_IDLE = 0.1
# What is aimed at beyond each fault's target.
_BEYOND = 0.02
# What a share of false alarms beyond the target weighs, beside as large a share that a fault is short of its own: much,
# yet not all, because cross-validation over some hundred clips tells false alarms to a percent or two only.
_EXCESS = 40.0
# What a clip that is caught beyond that is worth, beside one that is needed.
_EXTRA = 0.1
# Quantiles of the faulty clips' scores between which bounds are tried.
_QUANTILES = np.array([0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8])
# So many of the worst clean clips are told apart.
_WORST = 40
_FOLDS = 4
_DIGITS = 4
# Probabilities end at 0 and 1, where their tails crowd; as log odds they fall off as other scores do.
_PROBABILITIES = ("order_probability",)
_LEAST_PROBABILITY = 1e-4


@dataclass(frozen=True)
class CalibrationFacts:
    """What a calibration rests on.

    Attributes:
        clips, scenarios: that it was made from.
        target: wanted share of clean clips that fail, at most.
        budget: share of clean clips that the bounds are expected to fail, as cross-validation chose it.
        alarms: share of the clean clips that fail.
        alarms_held_out: share of them that fail thresholds from the other scenarios.
        caught_held_out: by fault, share of its clips that are caught by thresholds from the other scenarios.
    """

    clips: int
    scenarios: int
    target: float
    budget: float
    alarms: float
    alarms_held_out: Share
    caught_held_out: dict[str, Share]


@dataclass(frozen=True, eq=False)
class _Sample:
    """Scores as arrays, turned so that more is worse (`_turned`); NaN where a clip has no such score.

    Attributes:
        clean: (n, C) of n clips and C checks.
        faulty: by fault (m, C), NaN also for checks that are not there for the fault.
        folds: (n,) and by fault (m,), which part of the cross-validation a clip belongs to.
    """

    clean: Floats
    faulty: dict[str, Floats]
    clean_folds: Integers
    faulty_folds: dict[str, Integers]

    def part(self, fold: int, *, inside: bool) -> _Sample:
        """The clips of one fold, or all others."""
        clean = (self.clean_folds == fold) == inside
        faulty = {name: (folds == fold) == inside for name, folds in self.faulty_folds.items()}
        return _Sample(
            self.clean[clean], {name: rows[faulty[name]] for name, rows in self.faulty.items()},
            self.clean_folds[clean], {name: folds[faulty[name]] for name, folds in self.faulty_folds.items()},
        )  # fmt: skip


def calibrated(
    examined: Sequence[Examined], target: float = 0.03, start: Thresholds | None = None
) -> tuple[Thresholds, CalibrationFacts]:
    """Thresholds that catch the faults and that at most `target` of clean clips fail.

    Args:
        examined: clips, clean and faulty (`sanity.examine`).
        target: share of clean clips that may fail, all checks together.
        start: checks that are off in it stay off, and what no clip has a score for keeps its bound.

    Raises:
        DataError: fewer than 20 clips or 4 scenarios, or a target that is no share.
    """
    start = start or Thresholds()
    scenarios = sorted({one.scenario_id for one in examined})
    if len(examined) < 20 or len(scenarios) < _FOLDS or not 0 < target < 1:
        raise DataError(
            "cannot calibrate", where="calibrated", expected=f"at least 20 clips of {_FOLDS} scenarios, target 0 to 1",
            got=f"{len(examined)} clips of {len(scenarios)}, target {target}",
        )  # fmt: skip
    names = [
        name
        for name in CHECKS
        if getattr(start, name) is not None and any(name in one.clean.scores for one in examined)
    ]
    sample = _sample(examined, names, {scenario: i % _FOLDS for i, scenario in enumerate(scenarios)})
    budget, alarms, caught = _chosen(sample, target)
    bounds = _bounds(sample, budget, target)
    values = {name: _turned_back(name, bound) for name, bound in zip(names, bounds, strict=True)}
    facts = CalibrationFacts(
        clips=len(examined), scenarios=len(scenarios), target=target, budget=round(budget, _DIGITS),
        alarms=round(float(_fails(sample.clean, bounds).mean()), _DIGITS), alarms_held_out=alarms,
        caught_held_out=caught,
    )  # fmt: skip
    # Adding nought turns -0.0 into 0.0.
    return replace(start, **{name: float(value) + 0.0 for name, value in values.items()}), facts


def _sample(examined: Sequence[Examined], names: Sequence[str], folds: dict[str, int]) -> _Sample:
    def rows(judged: Sequence[Judged], checks: Sequence[str]) -> Floats:
        return np.array(
            [
                [_turned(name, one.scores[name]) if name in checks and name in one.scores else np.nan for name in names]
                for one in judged
            ]
        ).reshape(len(judged), len(names))

    by_fault = {name: [one for one in examined if name in one.faulty] for name in FAULTS}
    return _Sample(
        rows([one.clean for one in examined], names),
        {name: rows([one.faulty[name] for one in clips], FAULTS[name].checks) for name, clips in by_fault.items()},
        np.array([folds[one.scenario_id] for one in examined]),
        {name: np.array([folds[one.scenario_id] for one in clips]) for name, clips in by_fault.items()},
    )


def _turned(check: str, score: float) -> float:
    """A score as one of which more is worse, and of which the tail has no end."""
    if check in _PROBABILITIES:
        likely = min(max(score, _LEAST_PROBABILITY), 1.0 - _LEAST_PROBABILITY)
        score = float(np.log(likely / (1.0 - likely)))
    return score if CHECKS[check] == "most" else -score


def _turned_back(check: str, bound: float) -> float:
    """The bound on a check's own score."""
    bound = bound if CHECKS[check] == "most" else -bound
    return float(np.round(1.0 / (1.0 + np.exp(-bound)), _DIGITS)) if check in _PROBABILITIES else bound


def _chosen(sample: _Sample, target: float) -> tuple[float, Share, dict[str, Share]]:
    """The budget that does best on held-out clips, and the alarms and catches there."""
    tried = []
    for budget in (share * target for share in _BUDGETS):
        alarms, caught = _held_out(sample, budget, target)
        tried.append((budget, alarms, caught))
    return min(tried, key=lambda one: _EXCESS * max(0.0, one[1].value - target) + _shortfall(one[2]))


def _held_out(sample: _Sample, budget: float, target: float) -> tuple[Share, dict[str, Share]]:
    """Share of clean clips that fail, and of each fault's clips that are caught, by bounds from the other folds."""
    alarms: list[Booleans] = []
    caught: dict[str, list[Booleans]] = {name: [] for name in sample.faulty}
    for fold in range(_FOLDS):
        bounds = _bounds(sample.part(fold, inside=False), budget, target)
        own = sample.part(fold, inside=True)
        alarms.append(_fails(own.clean, bounds))
        for name, rows in own.faulty.items():
            caught[name].append(_fails(rows, bounds))
    shares = {name: np.concatenate(parts) for name, parts in caught.items()}
    return _share(np.concatenate(alarms)), {name: _share(x) for name, x in shares.items() if len(x)}


def _share(hits: Booleans) -> Share:
    return Share(int(hits.sum()), len(hits))


def _bounds(sample: _Sample, budget: float, target: float) -> Floats:
    """Bounds (C,) of which no more than `budget` of clean clips is expected to fail."""
    checks = range(sample.clean.shape[1])
    bounds = np.array([bound_at(sample.clean[:, c], _IDLE * target / len(checks)) for c in checks])
    steps = [_steps(sample, c) for c in checks]
    prices = [np.array([price_of(sample.clean[:, c], bound) for bound in steps[c]]) for c in checks]
    paid = np.array([price_of(sample.clean[:, c], bounds[c]) for c in checks])
    while True:
        offers = [_best_step(sample, bounds, c, steps[c], prices[c] - paid[c], budget - paid.sum()) for c in checks]
        worth, c, step = max(offers)
        if worth <= 0:
            break
        bounds[c], paid[c] = steps[c][step], prices[c][step]
    for c in np.argsort(-paid, kind="stable"):
        bounds[c] = _loosened(sample, bounds, int(c), steps[c])
    return np.array([_centred(sample, c, bounds[c]) for c in checks])


def _best_step(
    sample: _Sample, bounds: Floats, c: int, steps: Floats, prices: Floats, left: float
) -> tuple[float, int, int]:
    """The tighter bound of check c that is worth most: (shortfall made up per share of clean clips; c; which)."""
    before = _shortfall_with(sample, bounds, c, bounds[c : c + 1])[0]
    gains = before - _shortfall_with(sample, bounds, c, steps)
    worth = np.where((steps < bounds[c]) & (prices <= left), gains / (np.maximum(prices, 0.0) + 1e-4), 0.0)
    best = int(worth.argmax()) if len(worth) else 0
    # Less than one caught clip for each false alarm is not worth it.
    return (float(worth[best]), c, best) if len(worth) and worth[best] >= 1.0 else (0.0, c, best)


def _loosened(sample: _Sample, bounds: Floats, c: int, steps: Floats) -> float:
    """The loosest bound of check c by which nothing is lost."""
    looser = np.append(steps[steps > bounds[c]], bounds[c])
    shortfall = _shortfall_with(sample, bounds, c, looser)
    return float(looser[shortfall <= shortfall[-1] + 1e-9].max())


def _shortfall_with(sample: _Sample, bounds: Floats, c: int, steps: Floats) -> Floats:
    """`_shortfall` (S,) with each of some bounds of check c beside the others' bounds."""
    total = np.zeros(len(steps))
    for name, rows in sample.faulty.items():
        if len(rows):
            others = np.delete(rows, c, axis=1) > np.delete(bounds, c)
            caught = (others.any(axis=1)[:, None] | (rows[:, c, None] > steps)).mean(axis=0)
            total += np.maximum(0.0, _aim(name) - caught) + _EXTRA * (1.0 - caught)
    return total


def _steps(sample: _Sample, c: int) -> Floats:
    """Bounds of check c that tell some clips from others: half way between neighbouring scores."""
    clean = np.unique(sample.clean[np.isfinite(sample.clean[:, c]), c])[-_WORST:]
    faulty = [
        np.quantile(x, _QUANTILES) for rows in sample.faulty.values() if len(x := rows[np.isfinite(rows[:, c]), c])
    ]
    scores = np.unique(np.concatenate([clean, *faulty]))
    return np.asarray((scores[:-1] + scores[1:]) / 2)


def _centred(sample: _Sample, c: int, bound: float) -> float:
    """A bound in the middle of the empty interval around it, rounded within it; as it is beyond all scores."""
    scores = np.concatenate([sample.clean[:, c], *(rows[:, c] for rows in sample.faulty.values())])
    below, above = scores[scores <= bound], scores[scores > bound]
    middle = (below.max() + above.min()) / 2 if len(below) and len(above) else bound
    rounded = float(np.round(middle, _DIGITS))
    inside = (not len(below) or rounded >= below.max()) and (not len(above) or rounded < above.min())
    return rounded if inside else float(middle)


def _fails(scores: Floats, bounds: Floats) -> Booleans:
    """Which clips (n,) violate any bound; a score that is not there violates none."""
    return np.asarray((scores > bounds).any(axis=1))


def _shortfall(caught: dict[str, Share]) -> float:
    """How far the faults are from being caught as often as is aimed at (and a little, from always), summed."""
    return sum(max(0.0, _aim(name) - share.value) + _EXTRA * (1.0 - share.value) for name, share in caught.items())


def _aim(fault: str) -> float:
    return min(1.0, FAULTS[fault].target + _BEYOND)
