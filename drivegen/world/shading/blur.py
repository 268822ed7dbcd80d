"""Motion blur: every pixel averages what passed over it while the shutter was open."""

from __future__ import annotations

import math

import numpy as np

from drivegen.core import TimeOfDay
from drivegen.world.compiled import compiled
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.shading.borrow import borrowed
from drivegen.world.shading.look import Look

_EXPOSURE_S = {TimeOfDay.DAY: 0.005, TimeOfDay.DUSK: 0.012, TimeOfDay.NIGHT: 0.020}


def exposure_s(look: Look) -> float:
    """How long the shutter is open: longer in the dark."""
    return _EXPOSURE_S[look.time_of_day]


def motion_blurred(radiance: Floats32, motion: Floats32) -> Floats32:
    """Radiance (h, w, 3) averaged along each pixel's motion (h, w, 2) in pixels."""
    out = np.empty_like(radiance)
    _blur(radiance, motion, out)
    return out


@compiled
def _blur(radiance: Floats32, motion: Floats32, out: Floats32) -> None:
    radiance, motion, out = borrowed(radiance), borrowed(motion), borrowed(out)
    height, width = out.shape[0], out.shape[1]
    for row in range(height):
        for column in range(width):
            dx, dy = motion[row, column, 0], motion[row, column, 1]
            length = math.sqrt(dx * dx + dy * dy)
            taps = min(int(length * 1.5) + 1, 12)
            red, green, blue = radiance[row, column, 0], radiance[row, column, 1], radiance[row, column, 2]
            if taps > 1:
                for k in range(1, taps):
                    part = k / taps
                    j = min(max(int(row + 0.5 - dy * (part - 0.5)), 0), height - 1)
                    i = min(max(int(column + 0.5 - dx * (part - 0.5)), 0), width - 1)
                    red += radiance[j, i, 0]
                    green += radiance[j, i, 1]
                    blue += radiance[j, i, 2]
                red, green, blue = red / taps, green / taps, blue / taps
            out[row, column, 0] = red
            out[row, column, 1] = green
            out[row, column, 2] = blue
