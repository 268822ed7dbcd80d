"""The last pass: mirrors, glowing lamps, haze, and the sum of a pixel's fragments."""

from __future__ import annotations

from drivegen.core.arrays import Floats
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.shading import fragments as f
from drivegen.world.shading import surface as s
from drivegen.world.shading.borrow import borrowed
from drivegen.world.shading.fragments import Integers32
from drivegen.world.shading.lookvector import GLOW, HAZE, HAZE_PER_M, SUN, SUN_DIRECTION, WET
from drivegen.world.shading.noise import GRAIN, falling, smooth, texture
from drivegen.world.shading.sky import look_up

Rgb = tuple[float, float, float]


@compiled
def finish(
    table: Floats32, tags: Integers32, count: int, rgb: Floats32, strength: Floats32, atlas: Floats32, look: Floats,
    surroundings: Floats32, beam: Floats, mirror: Floats32, out: Floats32,
) -> None:  # fmt: skip
    """Add the first `count` fragments to the pixels of `out` (h w, 3)."""
    table, tags, rgb, strength = borrowed(table), borrowed(tags), borrowed(rgb), borrowed(strength)
    atlas, look, surroundings = borrowed(atlas), borrowed(look), borrowed(surroundings)
    beam, mirror, out = borrowed(beam), borrowed(mirror), borrowed(out)
    reflecting = mirror.shape[0] > 0 and look[WET] > 0.0
    for k in range(count):
        q = table[k]
        index, material, lamp = tags[k, f.FACE], tags[k, f.MATERIAL], tags[k, f.LAMP]
        red, green, blue = float(q[f.RED] * q[f.LR]), float(q[f.GREEN] * q[f.LG]), float(q[f.BLUE] * q[f.LB])
        f0 = 0.08 if q[f.GLASS] > 0.0 else s.mirror_share(material)
        if f0 > 0.0 and q[f.COVER] < 0.9:
            red, green, blue = _coated(q, material, f0, (red, green, blue), surroundings, look)
        red, green, blue = red + q[f.ER], green + q[f.EG], blue + q[f.EB]
        if lamp > 0 and strength[index, 0] > 0.0:
            tint = (float(rgb[index, 0]), float(rgb[index, 1]), float(rgb[index, 2]))
            pr, pg, pb = s.lamp_radiance(lamp, tint)
            power = strength[index, 0] * (0.25 + 0.75 * max(q[f.COSINE], 0.0))
            red, green, blue = red + power * pr, green + power * pg, blue + power * pb
        red, green, blue = _through_air(q, (red, green, blue), look)
        if beam[9] > 0.0 and look[HAZE_PER_M] > 0.015:
            glare = _beam_in_haze(q, beam, look[HAZE_PER_M])
            red, green, blue = red + glare, green + 0.97 * glare, blue + 0.90 * glare
        if reflecting and s.is_ground(material) and q[f.COVER] < 0.95:
            red, green, blue = _reflected(q, material, (red, green, blue), atlas, mirror, look[WET])
        pixel = tags[k, f.PIXEL]
        out[pixel, 0] += q[f.WEIGHT] * red
        out[pixel, 1] += q[f.WEIGHT] * green
        out[pixel, 2] += q[f.WEIGHT] * blue


@inlined
def _coated(q: Floats32, material: int, f0: float, rgb: Rgb, surroundings: Floats32, look: Floats) -> Rgb:
    """Clear coat, panes and chrome: what stands around mirrored by Fresnel's share, and the sun's glint."""
    cosine = float(q[f.COSINE])
    share = s.fresnel(f0, cosine) * (1.0 - q[f.COVER])
    tilt = 0.0
    if q[f.GLASS] > 0.0:
        share *= q[f.GLASS]
        # Panes of a wall are never quite parallel.
        tilt = 0.05 * (q[f.PICK] - 0.5)
    elif material == s.METAL:
        share *= 0.5
    x, y, z = s.unit(
        2.0 * cosine * q[f.NX] - q[f.VX], 2.0 * cosine * q[f.NY] - q[f.VY], 2.0 * cosine * q[f.NZ] - q[f.VZ] + tilt
    )
    red, green, blue = look_up(surroundings, x, y, z)
    glint = x * look[SUN_DIRECTION] + y * look[SUN_DIRECTION + 1] + z * look[SUN_DIRECTION + 2]
    if glint > 0.9 and q[f.SUNLIT] > 0.0:
        # A broad faint sheen around a small bright spot.
        near = smooth(0.9, 1.0, glint)
        spot = q[f.SUNLIT] * (0.7 * near * near + 7.0 * smooth(0.994, 0.9995, glint))
        red, green, blue = red + spot * look[SUN], green + spot * look[SUN + 1], blue + spot * look[SUN + 2]
    keep = 1.0 - share
    return rgb[0] * keep + share * red, rgb[1] * keep + share * green, rgb[2] * keep + share * blue


@inlined
def _through_air(q: Floats32, rgb: Rgb, look: Floats) -> Rgb:
    """Haze between a fragment and the eye, brighter towards a low sun."""
    clear = falling(look[HAZE_PER_M] * q[f.DISTANCE])
    towards = -(q[f.VX] * look[SUN_DIRECTION] + q[f.VY] * look[SUN_DIRECTION + 1] + q[f.VZ] * look[SUN_DIRECTION + 2])
    shine = max(towards, 0.0) ** 3
    veil = 1.0 - clear
    return (
        rgb[0] * clear + veil * (look[HAZE] + shine * look[GLOW]),
        rgb[1] * clear + veil * (look[HAZE + 1] + shine * look[GLOW + 1]),
        rgb[2] * clear + veil * (look[HAZE + 2] + shine * look[GLOW + 2]),
    )


@inlined
def _beam_in_haze(q: Floats32, beam: Floats, haze_per_m: float) -> float:
    """Light of the ego's head-lights that haze throws back before it reaches a fragment: a bank of glare ahead."""
    ahead = -(q[f.VX] * beam[3] + q[f.VY] * beam[4] + q[f.VZ] * beam[5])
    if ahead < 0.2:
        return 0.0
    aside = (q[f.VX] * beam[6] + q[f.VY] * beam[7] + q[f.VZ] * beam[8]) / ahead / 0.42
    below = (q[f.VZ] / ahead - 0.13) / 0.10
    depth = 1.0 - falling(0.07 * q[f.DISTANCE])
    return 0.75 * haze_per_m * beam[9] * depth * falling(aside * aside + below * below)


@inlined
def _reflected(q: Floats32, material: int, rgb: Rgb, atlas: Floats32, mirror: Floats32, wet: float) -> Rgb:
    """Wet ground mirrors by Fresnel's share, most where water stands."""
    road = s.is_road(material)
    smoothness = (0.30 if road else 0.12) + (0.70 if road else 0.35) * q[f.PUDDLE]
    share = s.fresnel(0.02, q[f.COSINE]) * smoothness * wet * (1.0 - q[f.COVER])
    x, y, foot = float(q[f.X]), float(q[f.Y]), float(q[f.FOOT])
    ripple = texture(atlas, GRAIN, x, y, 0.035, foot) + texture(atlas, GRAIN, y, x, 0.11, foot)
    push = 0.012 * (1.2 - q[f.PUDDLE]) * ripple
    red, green, blue = _mirror_at(mirror, q[f.ACROSS] + 0.35 * push, q[f.DOWN] + push)
    return (
        rgb[0] + share * (red - rgb[0]), rgb[1] + share * (green - rgb[1]), rgb[2] + share * (blue - rgb[2])
    )  # fmt: skip


@inlined
def _mirror_at(mirror: Floats32, across: float, down: float) -> Rgb:
    rows, columns = mirror.shape[0], mirror.shape[1]
    y = min(max(down * rows - 0.5, 0.0), rows - 1.001)
    x = min(max(across * columns - 0.5, 0.0), columns - 1.001)
    j, i = int(y), int(x)
    ty, tx = y - j, x - i
    a, b, c, d = (1.0 - ty) * (1.0 - tx), (1.0 - ty) * tx, ty * (1.0 - tx), ty * tx
    one, two, three, four = mirror[j, i], mirror[j, i + 1], mirror[j + 1, i], mirror[j + 1, i + 1]
    return (
        one[0] * a + two[0] * b + three[0] * c + four[0] * d,
        one[1] * a + two[1] * b + three[1] * c + four[1] * d,
        one[2] * a + two[2] * b + three[2] * c + four[2] * d,
    )
