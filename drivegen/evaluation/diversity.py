"""How much clips of one weather and time of day differ from one another, without looking at pairs.

The mean squared distance of all pairs of n points is twice the trace of their covariance (over n - 1), so sums will do
and memory does not grow with the clips.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivegen.core import ClipObservation
from drivegen.core.arrays import Floats
from drivegen.evaluation.frechet import FrechetStats

PREFIX: Final = "diversity:"


def clip_feature(observation: ClipObservation) -> NDArray[np.float32]:
    """The mean (D,) of a clip's frames' features."""
    return np.stack([frame.feature for frame in observation.frames]).mean(axis=0, dtype=np.float64).astype(np.float32)


def mean_pair_distance(
    cells: Mapping[str, FrechetStats], shares: Mapping[str, float], weights: Floats | None = None
) -> float:
    """Root mean squared distance of pairs of clips within cells; NaN where no cell has two clips.

    Args:
        cells: clip features by cell of ambience.
        shares: what each cell counts; cells without one are left out. Two sets are compared with the same shares.
        weights: (G,) how often each group of scenarios counts; None: once.
    """
    total = weight = 0.0
    for name, stats in cells.items():
        w = np.ones(stats.groups) if weights is None else weights
        if shares.get(name, 0.0) > 0 and w @ stats.counts >= 2:
            total += shares[name] * 2.0 * float(np.trace(stats.moments(w).covariance))
            weight += shares[name]
    return float(np.sqrt(total / weight)) if weight else float("nan")
