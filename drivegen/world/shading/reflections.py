"""What a wet road mirrors: the same world seen from below the road, drawn small and smeared along the view."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster import Batch, View, rasterise
from drivegen.world.shading.light import LightField
from drivegen.world.shading.look import Look
from drivegen.world.shading.shade import shade
from drivegen.world.shading.sky import Sky

_ROWS = 64
"""A wet road is rough: more rows than these would show nothing more, except in large pictures."""


def mirror_picture(
    view: View, batch: Batch, look: Look, sky: Sky, lights: LightField, point: Floats, normal: Floats
) -> Floats32:
    """Radiance (mh, mw, 3) that reaches each place of the picture by way of a level mirror.

    Args:
        point, normal: (3,) a place of the road and its unit normal, global frame.
    """
    height, width = view.size
    rows = min(height, max(_ROWS, height // 4))
    size = (rows, max(1, round(width * rows / height)))
    small = replace(view, camera=view.camera.resize(size), samples=1).mirrored_in(point, normal)
    radiance = shade(small, batch, rasterise(small, batch), replace(look, wet=0.0), sky, lights)
    # Ripples smear upright, bright lamps most of all.
    long = max(3, (rows // 14) | 1)
    smeared = cv2.blur(np.minimum(radiance, np.float32(12.0 / look.exposure)), (1, long))
    return np.asarray(cv2.GaussianBlur(smeared, (0, 0), 0.7, sigmaY=rows / 48.0), dtype=np.float32)
