"""How sure a figure is that was measured with few seeds on few scenarios.

Two things vary: the run (seed: initial weights and order of the frames) and the scenarios it is tested on. All runs
are tested on the same scenarios, so the two are crossed, and the error of a mean over seeds has a part from each:

    variance = (variance over seeds) / seeds + (variance of the mean over seeds when scenarios are resampled)

The first is known from a few runs only, so the interval is Student's t with the degrees of freedom of Welch and
Satterthwaite (Satterthwaite 1946, Biometrics Bulletin 2(6), 110-114). What both parts share is counted twice, which
errs on the side of caution. A bootstrap over three seeds would not: it knows two thirds of their variance at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from drivegen.core.arrays import Floats

CONFIDENCE = 0.95
# An estimate that fewer resamples than this share can compute is no estimate.
_LEAST_VALID = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and scenarios with its interval.

    Attributes:
        value: the mean over seeds on all scenarios; NaN when it cannot be measured.
        low, high: ends of the 95 % interval.
        seed_error, scenario_error: standard errors that seeds and scenarios contribute.
    """

    value: float
    low: float
    high: float
    seed_error: float
    scenario_error: float

    @property
    def measurable(self) -> bool:
        """Whether there is a figure."""
        return bool(np.isfinite([self.value, self.low, self.high]).all())

    @staticmethod
    def none() -> Estimate:
        """Not measurable."""
        return Estimate(*[float("nan")] * 5)


def estimate(by_seed: Floats, resampled: Floats, scenarios: int) -> Estimate:
    """The interval of a mean over seeds, or of a mean difference when differences are given (paired by seed).

    Args:
        by_seed: (S,) the figure of each seed on all test scenarios.
        resampled: (S, R) the same on R resamples of the scenarios, the same resamples for every seed and arm.
        scenarios: number of things that were resampled.
    """
    seeds = len(by_seed)
    means = resampled.mean(axis=0)
    means = means[np.isfinite(means)]
    if seeds < 2 or scenarios < 2 or not np.isfinite(by_seed).all() or len(means) < _LEAST_VALID * resampled.shape[1]:
        return Estimate.none()
    by_seeds = float(np.var(by_seed, ddof=1)) / seeds
    # A bootstrap of n things has (n - 1) / n of the variance.
    by_scenarios = float(np.var(means, ddof=1)) * scenarios / (scenarios - 1)
    total = by_seeds + by_scenarios
    value = float(np.mean(by_seed))
    half = 0.0
    if total > 0:
        freedom = total**2 / (by_seeds**2 / (seeds - 1) + by_scenarios**2 / (scenarios - 1))
        half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, freedom)) * float(np.sqrt(total))
    return Estimate(value, value - half, value + half, float(np.sqrt(by_seeds)), float(np.sqrt(by_scenarios)))
