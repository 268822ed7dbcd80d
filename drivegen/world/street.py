"""Light of street lamps."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats

SPREAD_M = 6.0


def street_light(lamps: Floats, places: Floats) -> Floats:
    """Light (N,) in [0, 1] that street lamps (L, 3) send to places (N, 2)."""
    if not len(lamps) or not len(places):
        return np.zeros(len(places))
    squared = np.sum((places[:, None] - lamps[None, :, :2]) ** 2, axis=-1)
    return np.clip(np.exp(-squared / (2 * SPREAD_M**2)).sum(axis=1), 0.0, 1.0)
