"""A look as one vector, the form in which kernels take it."""

from __future__ import annotations

import numpy as np

from drivegen.core import TimeOfDay
from drivegen.core.arrays import Floats
from drivegen.world.shading.look import Look

SUN, SUN_DIRECTION, FILL, HAZE, HAZE_PER_M, WET, SNOW, LIT, LAMPS, WINDOW, GLOW = 0, 3, 6, 9, 12, 13, 14, 15, 16, 17, 18
AFTERGLOW = 21
LENGTH = 24


def look_vector(look: Look) -> Floats:
    """(LENGTH,) with the sun's light from SUN on, its direction from SUN_DIRECTION on, and so forth."""
    # A lit room is as bright as a person needs it; by day the sensor hardly sees it.
    window = (0.55 if look.night else 0.42 if look.exposure > 1.5 else 0.62) if look.lamps > 0 else 0.5
    single = np.array([look.haze_per_m, look.wet, look.snow, look.lit, look.lamps, window])
    parts = [look.sun, look.sun_direction, look.fill, look.haze, single, 0.10 * look.glow_rgb, _afterglow(look)]
    return np.concatenate(parts).astype(np.float64)


def _afterglow(look: Look) -> Floats:
    """Irradiance over pi that the bright horizon of a clear dusk adds high above the street."""
    return look.glow_rgb * (0.10 if look.time_of_day is TimeOfDay.DUSK else 0.0)
