"""Which pieces of the world a camera may see."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.compiled import compiled


@compiled
def in_sight(low: Floats, high: Floats, reach_m: Floats, position: Floats, rotation: Floats, lens: Floats) -> Floats:
    """Distance (K,) m of boxes low (K, 3) to high (K, 3) to the camera, or -1 for those out of reach or out of sight.

    Boxes above and below the picture count as in sight: a wet road may show them.
    """
    # Inward normals of the frustum's left, right and near planes, in the global frame.
    planes = np.empty((3, 3))
    for axis in range(3):
        planes[0, axis] = lens[0] * rotation[0, axis] + lens[2] * rotation[2, axis]
        planes[1, axis] = (lens[4] - lens[2]) * rotation[2, axis] - lens[0] * rotation[0, axis]
        planes[2, axis] = rotation[2, axis]
    distance = np.empty(len(low))
    for k in range(len(low)):
        square, seen = 0.0, True
        for axis in range(3):
            gap = max(low[k, axis] - position[axis], position[axis] - high[k, axis], 0.0)
            square += gap * gap
        for p in range(3):
            best = 0.0
            for axis in range(3):
                far = high[k, axis] if planes[p, axis] > 0.0 else low[k, axis]
                best += planes[p, axis] * (far - position[axis])
            seen = seen and best > 0.0
        distance[k] = np.sqrt(square) if seen and square < reach_m[k] * reach_m[k] else -1.0
    return distance
