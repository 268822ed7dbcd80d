"""The Frechet distance between two sets of features (M. Heusel et al., arXiv:1706.08500, eq. 6; FVD: arXiv:1812.01717).

    d2 = |m_a - m_b|^2 + Tr(C_a + C_b - 2 (C_a C_b)^(1/2))

of the means m and covariances C. It is biased: of finite sets of the same distribution it is above 0, by about a
constant over the number of features (M. Chong and D. Forsyth, arXiv:1911.07023). Compare only distances of equally
many, or over their floor (`frechet_figures`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivegen.core import DataError
from drivegen.core.arrays import Booleans, Floats, Integers
from drivegen.evaluation.groups import check_groups, group_of, groups_for


@dataclass(frozen=True, eq=False)
class Moments:
    """Of a set of features.

    Attributes:
        count: how many (in a resample, with repetitions).
        mean: (D,)
        covariance: (D, D), over count - 1; zero for fewer than two features.
    """

    count: float
    mean: Floats
    covariance: Floats


class FrechetStats:
    """Sums over features, by group of scenarios: all that distances need. Adding and merging commute.

    Memory: groups x dim x (dim + 1) float64, whatever the number of features.

    Args:
        dim: numbers in a feature.
        groups: groups of scenarios; None: as many as fit (`groups_for`).
    """

    def __init__(self, dim: int, groups: int | None = None) -> None:
        self.dim = dim
        self.groups = groups_for(dim) if groups is None else groups
        check_groups(self.groups)
        self.counts: Integers = np.zeros(self.groups, dtype=np.int64)
        self._sums: Floats = np.zeros((self.groups, dim))
        self._products: Floats = np.zeros((self.groups, dim, dim))

    def add(self, scenario_id: str, features: NDArray[np.floating]) -> None:
        """Add features (N, D) of one scenario.

        Raises:
            DataError: another shape, or a value that is not finite.
        """
        x = np.asarray(features, dtype=np.float64)
        if x.ndim != 2 or x.shape[1] != self.dim:
            raise DataError("wrong shape", where=f"features of {scenario_id}", expected=f"(N, {self.dim})", got=x.shape)
        if not np.isfinite(x).all():
            raise DataError("a feature is not finite", where=f"features of {scenario_id}")
        group = group_of(scenario_id, self.groups)
        self.counts[group] += len(x)
        self._sums[group] += x.sum(axis=0)
        self._products[group] += x.T @ x

    def merge(self, other: FrechetStats) -> None:
        """Add what another process saw.

        Raises:
            DataError: features of another size, or other groups.
        """
        if (other.dim, other.groups) != (self.dim, self.groups):
            raise DataError(
                "statistics of another kind",
                where="FrechetStats.merge",
                expected=f"{self.dim} features in {self.groups} groups",
                got=f"{other.dim} in {other.groups}",
            )
        self.counts += other.counts
        self._sums += other._sums
        self._products += other._products

    @property
    def count(self) -> int:
        """Features in all."""
        return int(self.counts.sum())

    @property
    def present(self) -> Booleans:
        """(G,) groups that hold anything."""
        return np.asarray(self.counts > 0)

    def moments(self, weights: Floats | None = None) -> Moments:
        """Mean and covariance of all features, or of groups that count `weights` (G,) times.

        Raises:
            DataError: nothing was added, or all of it counts 0 times.
        """
        w = np.ones(self.groups) if weights is None else np.asarray(weights, dtype=np.float64)
        count = float(w @ self.counts)
        if count <= 0:
            raise DataError("no features", where="FrechetStats", remedy="give it clips first")
        mean = w @ self._sums / count
        chosen = np.flatnonzero(w)
        products = np.einsum("g,gij->ij", w[chosen], self._products[chosen])
        covariance = (products - count * np.outer(mean, mean)) / max(count - 1.0, 1.0)
        return Moments(count, mean, covariance if count > 1 else np.zeros_like(covariance))


def frechet_distance(a: Moments, b: Moments) -> float:
    """The squared Frechet distance (what FID and FVD mean by "distance") of two sets; symmetric, at least 0.

    Tr (C_a C_b)^(1/2) is the sum of the roots of the eigenvalues of R C_b R, where R = C_a^(1/2): symmetric, so that
    sets of fewer features than dimensions are fine too.
    """
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
    inner = root @ b.covariance @ root
    shared = np.sqrt(np.clip(np.linalg.eigvalsh((inner + inner.T) / 2), 0.0, None)).sum()
    apart = float(np.square(a.mean - b.mean).sum())
    return max(0.0, apart + float(np.trace(a.covariance) + np.trace(b.covariance) - 2.0 * shared))
