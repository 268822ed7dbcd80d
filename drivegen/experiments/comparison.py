"""From the counts of all runs to average precisions and their differences, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from drivegen.core import CATEGORIES
from drivegen.core.arrays import Floats, Integers
from drivegen.evaluation import Resampling, ap_of_counts, group_draws
from drivegen.evaluation.average_precision import ALL
from drivegen.experiments.arms import CONTRASTS, Arm, Contrast
from drivegen.experiments.counts import RunCounts
from drivegen.experiments.intervals import Estimate, estimate

ALL_CLASSES = "all classes"
"""The mean over the classes that are reported for a cell."""


@dataclass(frozen=True)
class Row:
    """One class, or all, in one cell of the test set.

    Attributes:
        key: the cell (`cells.keys_of`, or `all`).
        category: the class, or ALL_CLASSES.
        labels: scored objects.
        groups: groups of test scenarios that hold any of them.
        by_run: AP50 of each arm's runs on all test scenarios, in the order of the seeds.
        arms: AP50 of each arm.
        differences: of each contrast, paired by seed and by scenario.
    """

    key: str
    category: str
    labels: int
    groups: int
    by_run: Mapping[Arm, tuple[float, ...]]
    arms: Mapping[Arm, Estimate]
    differences: Mapping[Contrast, Estimate]


@dataclass(frozen=True)
class Floor:
    """What is too small to report."""

    labels: int
    groups: int


def compare(runs: Mapping[Arm, Sequence[RunCounts]], resampling: Resampling, floor: Floor) -> tuple[Row, ...]:
    """All rows that can be reported, everything first, then cells in the order of their names.

    Args:
        runs: per arm its runs, in the order of the seeds; all tested on the same scenarios.
    """
    any_run = next(iter(runs.values()))[0]
    # Row 0 is the test set as it is; the other rows draw groups of scenarios, the same for every run.
    draws = group_draws(any_run.present, resampling, name="prove")
    weights = np.concatenate([np.ones((1, len(any_run.present))), draws])
    keys = [ALL, *(key for key in any_run.keys if key != ALL and ":" in key and not key.startswith(("size", "dist")))]
    rows: list[Row] = []
    for key in keys:
        labels = any_run.labels_of(key)
        rows += _rows_of_cell(key, labels, _reported(labels, floor), runs, weights)
    return tuple(rows)


def _rows_of_cell(
    key: str, labels: Integers, classes: Sequence[int], runs: Mapping[Arm, Sequence[RunCounts]], weights: Floats
) -> list[Row]:
    if not classes:
        return []
    # Per arm (seeds, 1 + resamples, classes).
    values = {arm: np.stack([_precisions(run, key, classes, weights) for run in held]) for arm, held in runs.items()}
    present = labels > 0
    rows = [
        _row(key, ALL_CLASSES, int(labels[:, classes].sum()), int(present[:, classes].any(axis=1).sum()),
             {arm: _mean_of_classes(value) for arm, value in values.items()})
    ]  # fmt: skip
    for place, number in enumerate(classes):
        chosen = {arm: value[..., place] for arm, value in values.items()}
        rows.append(_row(key, CATEGORIES[number], int(labels[:, number].sum()), int(present[:, number].sum()), chosen))
    return rows


def _row(key: str, category: str, labels: int, groups: int, values: Mapping[Arm, Floats]) -> Row:
    """A row from the average precisions (seeds, 1 + resamples) of each arm."""
    by_run = {arm: tuple(float(v) for v in value[:, 0]) for arm, value in values.items()}
    arms = {arm: estimate(value[:, 0], value[:, 1:], groups) for arm, value in values.items()}
    differences = {}
    for contrast in CONTRASTS:
        gap = values[contrast.better] - values[contrast.base]
        differences[contrast] = estimate(gap[:, 0], gap[:, 1:], groups)
    return Row(key, category, labels, groups, by_run, arms, differences)


def _precisions(run: RunCounts, key: str, classes: Sequence[int], weights: Floats) -> Floats:
    """AP50 (rows of weights, classes) of a run."""
    scores, labels = run.scores(key), run.labels_of(key)
    columns = []
    for number in classes:
        # Class by class: the resamples of all at once would be hundreds of megabytes.
        drawn = np.tensordot(weights, scores[:, number].astype(np.float64), axes=1)
        columns.append(ap_of_counts(drawn, weights @ labels[:, number]))
    return np.stack(columns, axis=-1)


def _mean_of_classes(values: Floats) -> Floats:
    """The mean over the last axis of what is there; a resample may lack a class altogether."""
    there = np.isfinite(values)
    total = np.where(there, values, 0.0).sum(axis=-1)
    return np.divide(total, there.sum(axis=-1), out=np.full(total.shape, np.nan), where=there.any(axis=-1))


def _reported(labels: Integers, floor: Floor) -> list[int]:
    """The classes with enough scored labels (G, 10) in enough groups."""
    enough = (labels.sum(axis=0) >= floor.labels) & ((labels > 0).sum(axis=0) >= floor.groups)
    return [int(i) for i in np.flatnonzero(enough)]


def best_ap50(row: Row) -> float:
    """The highest AP50 of the training sets: how well anything has been learnt at all."""
    return max(value.value for value in row.arms.values())


def row_as_dict(row: Row) -> dict[str, Any]:
    """For JSON."""
    return {
        "cell": row.key,
        "category": row.category,
        "labels": row.labels,
        "groups_of_scenarios": row.groups,
        "ap50_by_run": {arm.value: [_number(v) for v in values] for arm, values in row.by_run.items()},
        "ap50": {arm.value: _estimate(value) for arm, value in row.arms.items()},
        "difference": {
            f"{contrast.better.value} - {contrast.base.value}": _estimate(value)
            for contrast, value in row.differences.items()
        },
    }


def _estimate(value: Estimate) -> dict[str, float | None]:
    return {
        "value": _number(value.value),
        "low": _number(value.low),
        "high": _number(value.high),
        "seed_error": _number(value.seed_error),
        "scenario_error": _number(value.scenario_error),
    }


def _number(value: float) -> float | None:
    return round(value, 5) if np.isfinite(value) else None
