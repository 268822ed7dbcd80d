"""The light pass: sky, sun, lamps and head-lights on every fragment."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from drivegen.core.arrays import Floats
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster.shadow_kernels import shadow_at
from drivegen.world.shading import fragments as f
from drivegen.world.shading import surface as s
from drivegen.world.shading.borrow import borrowed
from drivegen.world.shading.fragments import Integers32
from drivegen.world.shading.light import beam_power, lamp_light
from drivegen.world.shading.lookvector import AFTERGLOW, FILL, LAMPS, SUN, SUN_DIRECTION, WET
from drivegen.world.shading.noise import smooth
from drivegen.world.shading.sky import sky_light


@compiled
def light_up(
    table: Floats32, tags: Integers32, count: int, look: Floats, harmonics: Floats32, lamps: Floats32,
    cells: npt.NDArray[np.int16], corners: Floats, beam: Floats,
    heights: Floats32, axes: Floats, light_corners: Floats, texels_m: Floats,
) -> None:  # fmt: skip
    """Fill LR, LG, LB of the first `count` fragments."""
    table, tags, look, harmonics = borrowed(table), borrowed(tags), borrowed(look), borrowed(harmonics)
    lamps, cells, corners, beam = borrowed(lamps), borrowed(cells), borrowed(corners), borrowed(beam)
    heights, axes = borrowed(heights), borrowed(axes)
    light_corners, texels_m = borrowed(light_corners), borrowed(texels_m)
    sunny = look[SUN] + look[SUN + 1] + look[SUN + 2] > 0.0
    shadowed = heights.shape[0] > 0
    for k in range(count):
        q, material = table[k], tags[k, f.MATERIAL]
        nx, ny, nz = float(q[f.NX]), float(q[f.NY]), float(q[f.NZ])
        red, green, blue = sky_light(harmonics, nx, ny, nz)
        q[f.LR] = (red + look[FILL]) * q[f.OPEN]
        q[f.LG] = (green + look[FILL + 1]) * q[f.OPEN]
        q[f.LB] = (blue + look[FILL + 2]) * q[f.OPEN]
        if look[AFTERGLOW] > 0.0:
            _add_afterglow(q, look)
        q[f.SUNLIT] = 1.0 if sunny else 0.0
        if sunny:
            sun, through = _sun_share(q, material, look)
            if shadowed and sun + through > 0.004:
                lit = shadow_at(heights, axes, light_corners, texels_m, q[f.X], q[f.Y], q[f.Z], nx, ny, nz)
                if material == s.LEAVES:
                    # A crown is full of gaps: its own shadow is never complete.
                    lit = 0.35 + 0.65 * lit
                q[f.SUNLIT] = lit
                sun, through = sun * lit, through * (0.35 + 0.65 * lit)
            q[f.LR] += look[SUN] * (sun + through)
            q[f.LG] += look[SUN + 1] * (sun + through)
            q[f.LB] += look[SUN + 2] * (sun + 0.6 * through)
        if look[LAMPS] > 0.0 or beam[9] > 0.0:
            red, green, blue = lamp_light(lamps, cells, corners, q[f.X], q[f.Y], q[f.Z], nx, ny, nz)
            q[f.LR] += red * q[f.OPEN]
            q[f.LG] += green * q[f.OPEN]
            q[f.LB] += blue * q[f.OPEN]
            _add_beam(q, material, beam, look[WET])


@inlined
def _sun_share(q: Floats32, material: int, look: Floats) -> tuple[float, float]:
    """How squarely the sun shines on a fragment, and what shines through it."""
    sun = look[SUN_DIRECTION] * q[f.NX] + look[SUN_DIRECTION + 1] * q[f.NY] + look[SUN_DIRECTION + 2] * q[f.NZ]
    if material == s.LEAVES:
        return 0.70 * max(sun, 0.0), 0.34 * max(-sun, 0.0) + 0.13
    if material in (s.CLOTH, s.SKIN):
        return max(sun, 0.22 * sun + 0.10, 0.0), 0.0
    return max(sun, 0.0), 0.0


@inlined
def _add_afterglow(q: Floats32, look: Floats) -> None:
    """Roofs and upper storeys still see the bright horizon."""
    towards = look[SUN_DIRECTION] * q[f.NX] + look[SUN_DIRECTION + 1] * q[f.NY]
    share = smooth(1.5, 14.0, q[f.HEIGHT]) * (0.6 + 0.4 * towards)
    q[f.LR] += share * look[AFTERGLOW]
    q[f.LG] += share * look[AFTERGLOW + 1]
    q[f.LB] += share * look[AFTERGLOW + 2]


@inlined
def _add_beam(q: Floats32, material: int, beam: Floats, wet: float) -> None:
    """The ego's head-lights; reflecting sheet throws them straight back."""
    power = beam_power(beam, q[f.X], q[f.Y], q[f.Z])
    if power <= 0.0:
        return
    x, y, z = s.unit(beam[0] - q[f.X], beam[1] - q[f.Y], beam[2] - q[f.Z])
    facing = max(x * q[f.NX] + y * q[f.NY] + z * q[f.NZ], 0.0)
    if s.is_ground(material):
        # Roads are rough: they answer a grazing beam far better than a smooth surface would.
        facing = 0.50 + 0.5 * facing
    else:
        facing *= 0.40
    if material == s.SIGN:
        facing += 2.0
    elif material == s.MARKING:
        facing += 0.10 * (1.0 - wet)
    q[f.LR] += power * facing
    q[f.LG] += 0.96 * power * facing
    q[f.LB] += 0.86 * power * facing
