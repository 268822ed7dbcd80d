"""Means, shares and correlations of named measures, with intervals, from sums per group of scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from drivegen.core import DataError
from drivegen.core.arrays import Booleans, Floats
from drivegen.evaluation.bootstrap import Interval, Resampling, group_draws, interval_of, no_interval
from drivegen.evaluation.groups import GROUPS, check_groups, group_of

# Columns of the sums.
_N, _X, _Y, _XX, _YY, _XY, _ABS, _SQUARE = range(8)
_COLUMNS: Final = 8
_OfSums = Callable[[Floats], Floats]


class _GroupedSums:
    """Sums (G, columns) of each name."""

    def __init__(self, groups: int = GROUPS) -> None:
        check_groups(groups)
        self.groups = groups
        self._sums: dict[str, Floats] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Measures of which anything was added, sorted."""
        return tuple(sorted(self._sums))

    def count(self, name: str) -> float:
        """How many values (or their total weight) a measure has; 0 for an unknown one."""
        return float(self._sums[name][:, _N].sum()) if name in self._sums else 0.0

    def present(self, name: str) -> Booleans:
        """(G,) groups in which a measure has any value."""
        there = self._sums[name][:, _N] > 0 if name in self._sums else np.zeros(self.groups, dtype=bool)
        return np.asarray(there)

    def _row(self, scenario_id: str, name: str) -> Floats:
        sums = self._sums.setdefault(name, np.zeros((self.groups, _COLUMNS)))
        return np.asarray(sums[group_of(scenario_id, self.groups)])

    def _merge(self, other: _GroupedSums) -> None:
        if type(other) is not type(self) or other.groups != self.groups:
            raise DataError(
                "statistics of another kind",
                where=f"{type(self).__name__}.merge",
                expected=f"{self.groups} groups",
                got=f"{type(other).__name__} of {other.groups} groups",
            )
        for name, sums in other._sums.items():
            self._sums[name] = self._sums.get(name, np.zeros_like(sums)) + sums


class MeanStats(_GroupedSums):
    """Means of named measures; of a measure that is 0 or 1, shares. Adding and merging commute.

    Memory: 6 kB per name, whatever the number of values.
    """

    def add(self, scenario_id: str, name: str, values: ArrayLike, weights: ArrayLike = 1.0) -> None:
        """Add one value or several; those that are NaN were not measured and are left out."""
        x, w = np.broadcast_arrays(np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64))
        known = np.isfinite(x)
        if known.any():
            row = self._row(scenario_id, name)
            row[_N] += w[known].sum()
            row[_X] += (w[known] * x[known]).sum()

    def add_all(self, scenario_id: str, values: Mapping[str, ArrayLike]) -> None:
        """Add several measures of a scenario."""
        for name, value in values.items():
            self.add(scenario_id, name, value)

    def merge(self, other: MeanStats) -> None:
        """Add what another process saw.

        Raises:
            DataError: other groups.
        """
        self._merge(other)

    def mean(self, name: str) -> float:
        """The mean; NaN where nothing was added."""
        return float(self.replicates(name, np.ones((1, self.groups)))[0])

    def replicates(self, name: str, draws: Floats) -> Floats:
        """Means (R,) of replicates (R, G)."""
        if name not in self._sums:
            return np.full(len(draws), np.nan)
        sums = draws @ self._sums[name][:, : _X + 1]
        return np.divide(sums[:, _X], sums[:, _N], out=np.full(len(sums), np.nan), where=sums[:, _N] > 0)

    def interval(self, name: str, resampling: Resampling) -> Interval:
        """The mean with its interval; `count` is of values."""
        there = self.present(name)
        drawn = self.replicates(name, group_draws(there, resampling))
        count = round(self.count(name))
        return interval_of(self.mean(name), drawn, resampling, count=count, groups=int(there.sum()))


class PairStats(_GroupedSums):
    """What was measured against what is true, of named measures: correlation, mean error, root of squares.

    Memory: 6 kB per name, whatever the number of pairs.
    """

    def add(self, scenario_id: str, name: str, measured: ArrayLike, true: ArrayLike) -> None:
        """Add one pair or several of the same shape; pairs with a NaN are left out."""
        x, y = np.broadcast_arrays(np.asarray(measured, dtype=np.float64), np.asarray(true, dtype=np.float64))
        known = np.isfinite(x) & np.isfinite(y)
        if known.any():
            x, y = x[known], y[known]
            sums = [len(x), x.sum(), y.sum(), x @ x, y @ y, x @ y, np.abs(x - y).sum(), np.square(x - y).sum()]
            self._row(scenario_id, name)[:] += sums

    def merge(self, other: PairStats) -> None:
        """Add what another process saw.

        Raises:
            DataError: other groups.
        """
        self._merge(other)

    def correlation(self, name: str, resampling: Resampling) -> Interval:
        """Pearson's correlation; NaN where either does not vary."""
        return self._figure(name, resampling, _correlation)

    def mean_error(self, name: str, resampling: Resampling) -> Interval:
        """Mean of the absolute error, in the measure's unit."""
        return self._figure(name, resampling, lambda s: s[:, _ABS] / s[:, _N])

    def bias(self, name: str, resampling: Resampling) -> Interval:
        """Mean of measured minus true, in the measure's unit."""
        return self._figure(name, resampling, lambda s: (s[:, _X] - s[:, _Y]) / s[:, _N])

    def root_mean_square(self, name: str, resampling: Resampling) -> Interval:
        """Root of the mean squared error, in the measure's unit."""
        return self._figure(name, resampling, lambda s: np.sqrt(s[:, _SQUARE] / s[:, _N]))

    def _figure(self, name: str, resampling: Resampling, of_sums: _OfSums) -> Interval:
        if name not in self._sums:
            return no_interval(resampling)
        there = self.present(name)
        value = float(of_sums(self._sums[name].sum(axis=0, keepdims=True))[0])
        drawn = of_sums(group_draws(there, resampling) @ self._sums[name])
        return interval_of(value, drawn, resampling, count=round(self.count(name)), groups=int(there.sum()))


def _correlation(sums: Floats) -> Floats:
    n = sums[:, _N]
    covariance = n * sums[:, _XY] - sums[:, _X] * sums[:, _Y]
    variances = [n * sums[:, squares] - sums[:, plain] ** 2 for squares, plain in ((_XX, _X), (_YY, _Y))]
    # Rounding leaves a little of the variance of something that does not vary.
    varies = np.minimum(variances[0] - 1e-12 * n * sums[:, _XX], variances[1] - 1e-12 * n * sums[:, _YY]) > 0
    spread = np.sqrt(np.clip(variances[0] * variances[1], 0.0, None))
    return np.divide(covariance, spread, out=np.full(len(n), np.nan), where=varies)
