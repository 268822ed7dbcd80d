"""Frechet distances with intervals, and over what two halves of the reference are apart from one another.

The distance is biased by the number of features. Therefore a set is not compared with "0" but with the *floor*: the
distance between two disjoint halves of the reference. For the ratio both are measured on equally many features and on
disjoint scenarios: half of the set against the other half of the reference, over half against half of the reference.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from drivegen.core import DataError, stream
from drivegen.core.arrays import Floats
from drivegen.evaluation.bootstrap import Interval, Resampling, group_draws, interval_of
from drivegen.evaluation.frechet import FrechetStats, frechet_distance


@dataclass(frozen=True)
class FrechetFigures:
    """Of a set held to a reference.

    Attributes:
        distance: of all features; `count` is of the set. Its interval is recentred (see `interval_of`).
        reference_count: features of the reference.
        floor: mean distance between two disjoint halves of the reference, over `splits` random splits; `count` is of
            one half.
        halves: likewise between half of the set and the other half of the reference: what `over_floor` puts over it.
        over_floor: distance over floor, both between halves of about equally many features and disjoint scenarios; its
            interval is the spread over the splits: half-samples vary among one another as much as the figure itself
            would from set to set (J. Shao and C. Wu, Annals of Statistics 17, 1989: the delete-half jackknife).
            `count` is of the set's half.
        splits: random splits.
    """

    distance: Interval
    reference_count: int
    floor: Interval
    halves: Interval
    over_floor: Interval
    splits: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        intervals = {name: getattr(self, name).as_dict() for name in ("distance", "floor", "halves", "over_floor")}
        return asdict(self) | intervals


def frechet_figures(
    stats: FrechetStats, reference: FrechetStats, resampling: Resampling, splits: int = 20
) -> FrechetFigures:
    """Distance, floor and distance over floor.

    Args:
        resampling: of the distance's interval; every resample costs an eigenvalue decomposition of `dim` x `dim`.
        splits: random halves, at least 2.

    Raises:
        DataError: other features or groups, or fewer than four groups of scenarios in the reference.
    """
    _check_alike(stats, reference)
    floors, halves, counts, half_counts = [], [], [], []
    ratios: list[float] = []
    for number in range(splits):
        first, second = _halves(stats, reference, resampling.seed, number)
        wanted = float(min(stats.counts @ first, reference.counts @ first))
        ours, theirs = (_thinned(s, first, wanted, resampling.seed, number) for s in (stats, reference))
        # A set that shares no scenarios with the reference may miss a half; the floor stands by itself then.
        whole = first if wanted <= 1 else theirs
        other = reference.moments(second)
        floors.append(frechet_distance(reference.moments(whole), other))
        counts.append(float(reference.counts @ whole))
        if wanted > 1:
            halves.append(frechet_distance(stats.moments(ours), other))
            ratios.append(halves[-1] / max(floors[-1], 1e-12))
            half_counts.append(float(stats.counts @ ours))
    groups = int(reference.present.sum())
    half = float(np.mean(half_counts)) if half_counts else 0.0
    ratio = _mean(ratios)
    floor_count = round(float(np.mean(counts)))
    return FrechetFigures(
        distance_interval(stats, reference, resampling),
        reference.count,
        interval_of(float(np.mean(floors)), np.array(floors), resampling, count=floor_count, groups=groups),
        interval_of(_mean(halves), np.array(halves), resampling, count=round(half), groups=groups),
        interval_of(ratio, np.array(ratios), resampling, count=round(half), groups=groups),
        splits,
    )


def distance_interval(stats: FrechetStats, reference: FrechetStats, resampling: Resampling) -> Interval:
    """The distance of all features with its recentred bootstrap interval; groups of both sets are drawn together."""
    _check_alike(stats, reference)
    value = frechet_distance(stats.moments(), reference.moments())
    draws = group_draws(stats.present | reference.present, resampling)
    enough = (draws @ stats.counts > 1) & (draws @ reference.counts > 1)
    replicates = [frechet_distance(stats.moments(w), reference.moments(w)) for w in draws[enough]]
    groups = int(stats.present.sum())
    return interval_of(value, np.array(replicates), resampling, count=stats.count, groups=groups, recentre=True)


def extrapolated_distance(stats: FrechetStats, reference: FrechetStats, seed: int = 0, sizes: int = 12) -> float:
    """The distance of infinitely many features (M. Chong and D. Forsyth, arXiv:1911.07023): where a line through the
    distances of parts of both sets against one over their size meets 0. May be a little below 0.

    Raises:
        DataError: other features or groups, or fewer than four groups of scenarios in the reference.
    """
    _check_alike(stats, reference)
    there = np.flatnonzero(stats.present | reference.present)
    inverse, distances = [], []
    for number, share in enumerate(np.linspace(0.4, 1.0, sizes)):
        drawn = stream(seed, "extrapolation", number).permutation(there)[: max(2, round(share * len(there)))]
        part = np.zeros(stats.groups)
        part[drawn] = 1.0
        if min(stats.counts @ part, reference.counts @ part) > 1:
            inverse.append(1.0 / float(stats.counts @ part) + 1.0 / float(reference.counts @ part))
            distances.append(frechet_distance(stats.moments(part), reference.moments(part)))
    return float(np.polyfit(inverse, distances, 1)[1]) if len(set(inverse)) > 1 else float("nan")


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _halves(stats: FrechetStats, reference: FrechetStats, seed: int, number: int) -> tuple[Floats, Floats]:
    """Weights (G,) of two disjoint halves of the groups: of as equal counts as groups allow, the reference's first."""
    order = stream(seed, "halves", number).permutation(np.flatnonzero(stats.present | reference.present))
    first, second = np.zeros(stats.groups), np.zeros(stats.groups)
    for group in order:
        counts = reference.counts if reference.counts[group] else stats.counts
        (first if counts @ first <= counts @ second else second)[group] = 1.0
    return first, second


def _thinned(stats: FrechetStats, half: Floats, wanted: float, seed: int, number: int) -> Floats:
    """As many groups of `half` as give at least the wanted number of features, or all of them."""
    chosen = np.zeros(stats.groups)
    for group in stream(seed, "thinned", number).permutation(np.flatnonzero(half)):
        if stats.counts @ chosen >= wanted:
            break
        chosen[group] = 1.0
    return chosen


def _check_alike(stats: FrechetStats, reference: FrechetStats) -> None:
    if (stats.dim, stats.groups) != (reference.dim, reference.groups):
        raise DataError(
            "features of another kind",
            where="Frechet distance",
            expected=f"{reference.dim} features in {reference.groups} groups",
            got=f"{stats.dim} in {stats.groups}",
        )
    if np.count_nonzero(reference.present) < 4:
        raise DataError(
            "too few scenarios for two halves",
            where="reference of a Frechet distance",
            expected="scenarios in at least 4 of its groups",
            got=int(np.count_nonzero(reference.present)),
            remedy="give a reference with more scenarios",
        )
