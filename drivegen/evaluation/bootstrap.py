"""Confidence intervals from groups of scenarios.

Source: B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993 (percentile intervals; clusters are drawn).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from drivegen.core import stream
from drivegen.core.arrays import Booleans, Floats


@dataclass(frozen=True)
class Resampling:
    """How intervals are drawn."""

    resamples: int = 1000
    level: float = 0.95
    """Share of the replicates that lies within an interval."""
    seed: int = 0


@dataclass(frozen=True)
class Interval:
    """A figure with its confidence interval.

    Attributes:
        value: of all clips; NaN where nothing was measured.
        low, high: bounds of the interval; NaN where there are fewer than two groups.
        count: what it was measured on (objects, frames, clips: the figure says which).
        groups: groups of scenarios that it was measured on, at most 100.
        resamples, level, seed: how the interval was drawn.
    """

    value: float
    low: float
    high: float
    count: int
    groups: int
    resamples: int
    level: float
    seed: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON; what is not a number becomes None."""
        return {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in asdict(self).items()}


def group_draws(present: Booleans, resampling: Resampling, name: str = "groups") -> Floats:
    """How often each group (G,) is drawn in each replicate: (resamples, G), rows that add up to the groups present.

    Two figures that are drawn with the same seed, name and groups are drawn together: their ratio has an interval.

    Args:
        present: (G,) which groups hold anything; only those are drawn.
    """
    there = np.flatnonzero(present)
    draws = np.zeros((resampling.resamples, len(present)))
    if len(there):
        generator = stream(resampling.seed, "bootstrap", name)
        draws[:, there] = generator.multinomial(len(there), np.full(len(there), 1 / len(there)), resampling.resamples)
    return draws


def interval_of(
    value: float,
    replicates: Floats,
    resampling: Resampling,
    *,
    count: int,
    groups: int,
    recentre: bool = False,
) -> Interval:
    """The percentile interval of replicates (R,); replicates that are NaN (nothing to measure in them) are left out.

    Args:
        recentre: move the replicates so that their mean is `value`, for figures that a set with repeated members
            biases (Frechet distances: a resample holds fewer distinct scenarios, and comes out larger).
    """
    kept = np.asarray(replicates, dtype=np.float64)
    kept = kept[np.isfinite(kept)]
    low = high = float("nan")
    if groups > 1 and len(kept) > 1 and np.isfinite(value):
        moved = kept - kept.mean() + value if recentre else kept
        tail = 50.0 * (1.0 - resampling.level)
        low, high = (float(q) for q in np.percentile(moved, [tail, 100.0 - tail]))
    return Interval(
        float(value), low, high, int(count), int(groups), resampling.resamples, resampling.level, resampling.seed
    )


def no_interval(resampling: Resampling) -> Interval:
    """Of a figure that was measured on nothing."""
    return interval_of(float("nan"), np.zeros(0), resampling, count=0, groups=0)


def ratio_interval(
    values: tuple[float, float], replicates: tuple[Floats, Floats], resampling: Resampling, *, count: int, groups: int
) -> Interval:
    """The first figure over the second, whose replicates (R,) were drawn together; NaN where the second is 0."""
    above, below = (np.asarray(r, dtype=np.float64) for r in replicates)
    drawn = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    value = values[0] / values[1] if values[1] > 0 else float("nan")
    return interval_of(value, drawn, resampling, count=count, groups=groups)
