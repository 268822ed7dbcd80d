"""Average precision with intervals: of a cell, averaged over classes, and of one set over another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivegen.core import CATEGORIES, CATEGORY_ID
from drivegen.core.arrays import Floats, Integers
from drivegen.evaluation.average_precision import ALL, ApStats
from drivegen.evaluation.bootstrap import Interval, Resampling, group_draws, interval_of, ratio_interval


def measurable_classes(stats: ApStats, key: str = ALL, least_labels: int = 1) -> tuple[str, ...]:
    """Classes with at least so many scored labels in a cell, in the order of CATEGORIES."""
    return tuple(name for name, n in zip(CATEGORIES, stats.positives(key), strict=True) if n >= least_labels)


def ap_replicates(stats: ApStats, key: str, categories: str | Sequence[str], draws: Floats) -> Floats:
    """Average precision (R,) of a class in replicates (R, G), or its mean over several classes.

    A class of which a replicate holds no label is left out of that replicate's mean.
    """
    if isinstance(categories, str):
        return stats.average_precision(key, categories, draws)
    each = stats.average_precision(key, None, draws)[:, [CATEGORY_ID[name] for name in categories]]
    known = np.isfinite(each)
    count = known.sum(axis=1)
    total = np.where(known, each, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(each), np.nan), where=count > 0)


def ap_interval(stats: ApStats, key: str, categories: str | Sequence[str], resampling: Resampling) -> Interval:
    """Average precision of a class, or its mean over several classes, with its interval; `count` is of labels."""
    value = ap_replicates(stats, key, categories, np.ones((1, stats.groups)))[0]
    replicates = ap_replicates(stats, key, categories, group_draws(stats.present, resampling))
    return interval_of(value, replicates, resampling, count=_labels(stats, key, categories), groups=_groups(stats, key))


def ap_table(stats: ApStats, resampling: Resampling, least_labels: int = 1) -> dict[str, dict[str, Interval]]:
    """Of each cell: the mean over its measurable classes, under "mean", and each of those.

    The intervals of all cells are drawn together.
    """
    table: dict[str, dict[str, Interval]] = {}
    for key in stats.keys:
        classes = measurable_classes(stats, key, least_labels)
        table[key] = {"mean": ap_interval(stats, key, classes, resampling)}
        table[key] |= {name: ap_interval(stats, key, name, resampling) for name in classes}
    return table


def ap_ratio(
    stats: ApStats, reference: ApStats, key: str, categories: str | Sequence[str], resampling: Resampling
) -> Interval:
    """Average precision over that on reference frames, drawn together where both show the same scenarios.

    `count` is of the labels of `stats`.
    """
    alone = np.ones((1, stats.groups))
    draws = group_draws(stats.present | reference.present, resampling)
    values = [float(ap_replicates(s, key, categories, alone)[0]) for s in (stats, reference)]
    drawn = [ap_replicates(s, key, categories, draws) for s in (stats, reference)]
    return ratio_interval(
        (values[0], values[1]),
        (drawn[0], drawn[1]),
        resampling,
        count=_labels(stats, key, categories),
        groups=_groups(stats, key),
    )


def _labels(stats: ApStats, key: str, categories: str | Sequence[str]) -> int:
    names = (categories,) if isinstance(categories, str) else categories
    counts: Integers = stats.positives(key)
    return int(sum(counts[CATEGORY_ID[name]] for name in names))


def _groups(stats: ApStats, key: str) -> int:
    return int(np.count_nonzero(stats.labels_by_group(key).sum(axis=1)))
