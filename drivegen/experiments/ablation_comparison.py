"""From what the judge saw to Frechet distances of every arm, and what they differ by from those of `ours`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.evaluation import FrechetStats, Moments, Resampling, frechet_distance, group_draws
from drivegen.experiments.ablation_arms import PAPER, Arm
from drivegen.experiments.ablation_files import Seen
from drivegen.experiments.intervals import Estimate, estimate

Measure = Literal["video", "image"]
MEASURES: tuple[Measure, ...] = ("video", "image")


class Finding(StrEnum):
    """What the interval of a difference says. Distances: less is better."""

    BETTER = "better than ours"
    WORSE = "worse than ours"
    NOT_RESOLVED = "not resolved at this budget"


@dataclass(frozen=True)
class Row:
    """One arm by one distance.

    Attributes:
        arm: the arm.
        measure: `video`, of windows of frames (FVD), or `image`, of frames (FID).
        by_seed: the distance of every seed, on all held-out clips.
        distance: their mean, with its interval.
        difference: from `ours`, paired by seed and by scenario; None for `ours` itself.
    """

    arm: Arm
    measure: Measure
    by_seed: tuple[float, ...]
    distance: Estimate
    difference: Estimate | None

    @property
    def finding(self) -> Finding | None:
        """What the difference says; None for `ours` itself."""
        if self.difference is None:
            return None
        if not self.difference.measurable or self.difference.low <= 0 <= self.difference.high:
            return Finding.NOT_RESOLVED
        return Finding.BETTER if self.difference.high < 0 else Finding.WORSE

    @property
    def paper_finding(self) -> Finding | None:
        """What the paper found."""
        if self.difference is None:
            return None
        ours, theirs = (getattr(PAPER[arm], self.measure) for arm in (Arm.OURS, self.arm))
        return Finding.BETTER if theirs < ours else Finding.WORSE


def compare(
    seen: Mapping[Arm, Sequence[Seen]], reference: Seen, scenarios: Sequence[str], resampling: Resampling
) -> tuple[Row, ...]:
    """All rows, videos first.

    Args:
        seen: of each arm its seeds, the same ones for every arm; `ours` is among them.
        reference: what the judge saw in the clips themselves.
        scenarios: (N,) of the clips.
        resampling: of the scenarios; the same draws for every arm and seed.
    """
    return tuple(row for measure in MEASURES for row in _rows(seen, reference, scenarios, resampling, measure))


def _rows(
    seen: Mapping[Arm, Sequence[Seen]],
    reference: Seen,
    scenarios: Sequence[str],
    resampling: Resampling,
    measure: Measure,
) -> list[Row]:
    theirs = _stats(reference, measure, scenarios)
    draws = group_draws(theirs.present, resampling)
    draws = draws[draws @ theirs.counts > 1]
    moments = [theirs.moments(), *(theirs.moments(weights) for weights in draws)]
    by_arm = {
        arm: np.stack([_distances(_stats(held, measure, scenarios), moments, draws) for held in seen[arm]])
        for arm in Arm
        if arm in seen
    }
    groups = int(theirs.present.sum())
    return [
        Row(
            arm,
            measure,
            tuple(float(value) for value in values[:, 0]),
            _estimate(values, groups),
            None if arm is Arm.OURS else _estimate(values - by_arm[Arm.OURS], groups),
        )
        for arm, values in by_arm.items()
    ]


def _estimate(values: Floats, groups: int) -> Estimate:
    """Of values (S, 1 + R): of every seed on all clips, and on the resamples."""
    return estimate(values[:, 0], values[:, 1:], groups)


def distance(seen: Seen, reference: Seen, scenarios: Sequence[str], measure: Measure) -> float:
    """The distance of one set of clips from the clips themselves."""
    stats, theirs = (_stats(held, measure, scenarios) for held in (seen, reference))
    return frechet_distance(stats.moments(), theirs.moments())


def _distances(stats: FrechetStats, reference: Sequence[Moments], draws: Floats) -> Floats:
    """The distances (1 + R,) on all clips and on the resamples (R, G) of their groups.

    Args:
        reference: (1 + R,) moments of the clips themselves, on all and on the same resamples.
    """
    ours = [stats.moments(), *(stats.moments(weights) for weights in draws)]
    return np.array([frechet_distance(a, b) for a, b in zip(ours, reference, strict=True)])


def _stats(seen: Seen, measure: Measure, scenarios: Sequence[str]) -> FrechetStats:
    features = seen.windows if measure == "video" else seen.frames
    stats = FrechetStats(features.shape[-1])
    for scenario, rows in zip(scenarios, features, strict=True):
        stats.add(str(scenario), rows)
    return stats
