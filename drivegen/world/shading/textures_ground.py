"""What the ground looks like close up: compiled albedo functions, all of which fade to their mean with distance.

Each returns linear albedo (r, g, b). x, y are global metres, u, v metres along the surface, `foot` is the larger and
`small` the smaller extent of a pixel on the surface, metres.
"""

from __future__ import annotations

from drivegen.world.compiled import inlined
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.shading.noise import (
    CLOUD,
    CRACK,
    GRAIN,
    STREAK,
    cell_hash,
    comb,
    fade,
    smooth,
    texture,
)

Rgb = tuple[float, float, float]


@inlined
def asphalt(atlas: Floats32, rgb: Rgb, x: float, y: float, foot: float, small: float) -> Rgb:
    """Grain of pebbles, blotches of age, a net of fine cracks, oil stains."""
    # Along the line of sight a pixel covers far more than across; half way keeps grain without shimmer.
    near = 0.5 * (foot + small)
    grain = texture(atlas, GRAIN, x, y, 0.011, near)
    coarse = texture(atlas, GRAIN, y, x, 0.037, near)
    blotch = texture(atlas, CLOUD, x, y, 0.045, foot)
    wide = texture(atlas, CLOUD, y, x, 0.31, foot)
    value = 1.0 + 0.13 * grain + 0.08 * coarse + 0.075 * blotch + 0.10 * wide
    # Cracks only where the road is old.
    old = smooth(0.1, 1.2, wide) * fade(near, 0.24)
    if old > 0.0:
        value *= 1.0 - 0.55 * old * texture(atlas, CRACK, x + 0.12 * blotch, y, 0.028, near)
    value *= 1.0 - 0.35 * smooth(1.6, 2.5, blotch)
    value = max(value, 0.25)
    warm = 0.02 * wide
    return rgb[0] * value * (1.0 + warm), rgb[1] * value, rgb[2] * value * (1.0 - warm)


@inlined
def paving(atlas: Floats32, rgb: Rgb, u: float, v: float, fu: float, fv: float) -> Rgb:
    """Slabs of 60 by 60 cm with joints, each of its own tone."""
    slab, joint = 0.6, 0.014
    line = 1.0 - (1.0 - comb(u, slab, 0.0, joint, fu)) * (1.0 - comb(v, slab, 0.0, joint, fv))
    foot = max(fu, fv)
    tone = cell_hash(int(u // slab), int(v // slab), 5) - 0.5
    grain = texture(atlas, GRAIN, u, v, 0.014, foot)
    blotch = texture(atlas, CLOUD, u, v, 0.05, foot)
    stain = smooth(1.3, 2.2, texture(atlas, CLOUD, v, u, 0.03, foot))
    value = (1.0 + 0.16 * tone * fade(foot, slab) + 0.06 * grain + 0.08 * blotch) * (1.0 - 0.5 * line)
    value = max(value * (1.0 - 0.28 * stain), 0.2)
    return rgb[0] * value, rgb[1] * value, rgb[2] * value


@inlined
def kerb(atlas: Floats32, rgb: Rgb, u: float, v: float, fu: float, fv: float) -> Rgb:
    """Stones of one metre, dark where tyres touch them."""
    line = comb(u, 1.0, 0.0, 0.012, fu)
    grain = texture(atlas, GRAIN, u, v, 0.012, max(fu, fv))
    dirt = texture(atlas, CLOUD, u, v, 0.05, max(fu, fv))
    value = max((1.0 + 0.08 * grain + 0.12 * dirt) * (1.0 - 0.5 * line), 0.2)
    return rgb[0] * value, rgb[1] * value, rgb[2] * value


@inlined
def grass(atlas: Floats32, rgb: Rgb, x: float, y: float, foot: float, small: float) -> Rgb:
    """Blades, tufts and mown or dry patches."""
    near = 0.35 * foot + 0.65 * small
    blades = texture(atlas, GRAIN, x, y, 0.014, near)
    tufts = texture(atlas, GRAIN, y + 0.3, x, 0.06, near)
    mottle = texture(atlas, CLOUD, x, y, 0.055, foot)
    wide = texture(atlas, CLOUD, y, x, 0.45, foot)
    value = max(1.0 + 0.26 * blades + 0.20 * tufts + 0.20 * mottle + 0.14 * wide, 0.15)
    dry = min(max(0.20 * mottle + 0.26 * wide, -0.5), 0.5)
    red = rgb[0] * (1.0 + 0.30 * dry)
    green = rgb[1] * (1.0 + 0.10 * dry)
    blue = rgb[2] * (1.0 + 0.24 * dry)
    return red * value, green * value, blue * value


@inlined
def soil(atlas: Floats32, rgb: Rgb, x: float, y: float, foot: float, small: float) -> Rgb:
    """Clods, stubble and darker damp places."""
    near = 0.5 * (foot + small)
    clods = texture(atlas, GRAIN, x, y, 0.035, near)
    rows = texture(atlas, STREAK, x, y, 0.05, near)
    wide = texture(atlas, CLOUD, x, y, 0.20, foot)
    value = max(1.0 + 0.18 * clods + 0.08 * rows + 0.20 * wide, 0.2)
    return rgb[0] * value, rgb[1] * value, rgb[2] * value


@inlined
def gravel(atlas: Floats32, rgb: Rgb, x: float, y: float, foot: float, small: float) -> Rgb:
    """Stones of all greys."""
    near = 0.5 * (foot + small)
    stones = texture(atlas, GRAIN, x, y, 0.024, near)
    fine = texture(atlas, GRAIN, y, x, 0.010, near)
    wide = texture(atlas, CLOUD, x, y, 0.12, foot)
    value = max(1.0 + 0.24 * stones + 0.14 * fine + 0.12 * wide, 0.2)
    return rgb[0] * value, rgb[1] * value, rgb[2] * value


@inlined
def marking(atlas: Floats32, rgb: Rgb, x: float, y: float, foot: float, small: float) -> Rgb:
    """Paint that tyres have worn through in places."""
    near = 0.5 * (foot + small)
    grain = texture(atlas, GRAIN, x, y, 0.016, near)
    blotch = texture(atlas, CLOUD, x, y, 0.025, foot)
    worn = smooth(0.7, 2.2, 0.7 * grain + 0.9 * blotch) * 0.55
    value = max(1.0 + 0.05 * grain + 0.05 * blotch, 0.3)
    road = 0.12
    red = rgb[0] * value + worn * (road - rgb[0])
    green = rgb[1] * value + worn * (road - rgb[1])
    blue = rgb[2] * value + worn * (road - rgb[2])
    return red, green, blue


@inlined
def road_wear(rgb: Rgb, tyre: float, patch: float, seam: float, paint: bool) -> Rgb:
    """The road with the tyre tracks, repairs and seams of the wear map, each a share in [0, 1]; 0.5 is no repair."""
    # Tyres polish and darken the road, and rub paint off; paint lies on top of repairs.
    value = 1.0 - 0.26 * tyre
    if not paint:
        value *= (1.0 - 0.95 * (patch - 0.5)) * (1.0 - 0.55 * seam)
    return rgb[0] * value, rgb[1] * value, rgb[2] * value


@inlined
def snow_share(
    atlas: Floats32, x: float, y: float, up: float, foot: float, amount: float, tyre: float, road: bool
) -> float:
    """Share of the surface that snow hides: all that is level, on roads not where tyres have been."""
    wide = texture(atlas, CLOUD, x, y, 0.11, foot)
    fine = texture(atlas, CLOUD, y, x, 0.020, foot)
    if road:
        # Tyres press the snow away; slush stays between the tracks and in patches inside them.
        worn = smooth(0.10, 0.62, tyre + 0.07 * fine + 0.05 * wide)
        loose = 0.90 + 0.10 * min(max(wide + fine, -1.0), 1.0)
        slush = 0.16 + 0.16 * min(max(fine + 0.5 * wide, -1.0), 1.5)
        return amount * (loose + worn * (slush - loose))
    level = smooth(0.30, 0.72, up + 0.06 * fine)
    return amount * level * (0.97 + 0.03 * min(max(wide, -1.0), 1.0))
