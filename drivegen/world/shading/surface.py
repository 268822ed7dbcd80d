"""Which texture a material wears, and how it mirrors: one compiled function for all materials."""

from __future__ import annotations

import math

from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry import Lamp, Material
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.shading import textures_ground as ground
from drivegen.world.shading import textures_shops as shops
from drivegen.world.shading import textures_walls as walls
from drivegen.world.shading import textures_windows as windows
from drivegen.world.shading.noise import CLOUD, GRAIN, texture

MATT, ASPHALT, PAVING, KERB = int(Material.MATT), int(Material.ASPHALT), int(Material.PAVING), int(Material.KERB)
GRASS, SOIL, GRAVEL, MARKING = int(Material.GRASS), int(Material.SOIL), int(Material.GRAVEL), int(Material.MARKING)
FACADE, BRICK, PLASTER, ROOF = int(Material.FACADE), int(Material.BRICK), int(Material.PLASTER), int(Material.ROOF)
SHOP, CONCRETE, METAL, WOOD = int(Material.SHOP), int(Material.CONCRETE), int(Material.METAL), int(Material.WOOD)
SIGN, LEAVES, BARK, PAINT = int(Material.SIGN), int(Material.LEAVES), int(Material.BARK), int(Material.PAINT)
GLASS, RUBBER, CHROME, PLASTIC = int(Material.GLASS), int(Material.RUBBER), int(Material.CHROME), int(Material.PLASTIC)
LIGHT, CLOTH, SKIN = int(Material.LIGHT), int(Material.CLOTH), int(Material.SKIN)

HEAD, TAIL, BRAKE, LEFT, RIGHT = int(Lamp.HEAD), int(Lamp.TAIL), int(Lamp.BRAKE), int(Lamp.LEFT), int(Lamp.RIGHT)
STREET, RED, AMBER, GREEN = int(Lamp.STREET), int(Lamp.RED), int(Lamp.AMBER), int(Lamp.GREEN)
WALK, STOP = int(Lamp.WALK), int(Lamp.STOP)

Rgb = tuple[float, float, float]
Answer = tuple[float, float, float, float, float, float, float, float]
"""Albedo r, g, b; share of the surface that is window glass; emitted r, g, b; a number in [0, 1) of a pane."""


@inlined
def is_ground(material: int) -> bool:
    """Whether a material lies on the ground."""
    return ASPHALT <= material <= MARKING


@inlined
def is_road(material: int) -> bool:
    """Whether vehicles drive on it."""
    return material in (ASPHALT, MARKING)


@inlined
def answer(
    atlas: Floats32, material: int, rgb: Rgb, u: float, v: float, fu: float, fv: float,
    x: float, y: float, height: float, foot: float, small: float,
    p0: float, p1: float, p2: float, p3: float, lit: float,
) -> Answer:  # fmt: skip
    """How a place of a surface looks before light falls on it.

    Args:
        u, v: metres along the surface; fu, fv: extent of a pixel in them.
        x, y, height: global metres and metres above the ground; foot, small: extents of a pixel, metres.
        p0, p1, p2, p3: the material's parameters.
        lit: share of rooms with light.
    """
    if material < FACADE:
        red, green, blue = _ground(atlas, material, rgb, u, v, fu, fv, x, y, foot, small)
        return red, green, blue, 0.0, 0.0, 0.0, 0.0, 0.5
    if material == FACADE:
        red, green, blue, glass, er, eg, eb, pick = windows.facade(atlas, rgb, u, v, fu, fv, p0, p1, p2, p3, lit)
    elif material == SHOP:
        red, green, blue, glass, er, eg, eb, pick = shops.shop(
            atlas, rgb, u, v, fu, fv, p0, p1, p2, min(1.0, lit * 2.5)
        )
    else:
        red, green, blue = _plain(atlas, material, rgb, u, v, fu, fv, foot)
        return red, green, blue, 0.0, 0.0, 0.0, 0.0, 0.5
    red, green, blue = walls.foot_of_wall(atlas, (red, green, blue), u, height, foot)
    return red, green, blue, glass, er, eg, eb, pick


@inlined
def _ground(
    atlas: Floats32, material: int, rgb: Rgb, u: float, v: float, fu: float, fv: float,
    x: float, y: float, foot: float, small: float,
) -> Rgb:  # fmt: skip
    if material == ASPHALT:
        return ground.asphalt(atlas, rgb, x, y, foot, small)
    if material == PAVING:
        return ground.paving(atlas, rgb, u, v, fu, fv)
    if material == KERB:
        return ground.kerb(atlas, rgb, u, v, fu, fv)
    if material == GRASS:
        return ground.grass(atlas, rgb, x, y, foot, small)
    if material == SOIL:
        return ground.soil(atlas, rgb, x, y, foot, small)
    if material == GRAVEL:
        return ground.gravel(atlas, rgb, x, y, foot, small)
    if material == MARKING:
        return ground.marking(atlas, rgb, x, y, foot, small)
    return rgb


@inlined
def _plain(atlas: Floats32, material: int, rgb: Rgb, u: float, v: float, fu: float, fv: float, foot: float) -> Rgb:
    """Walls without windows, plants, cloth, and what needs no texture."""
    if material == BRICK:
        return walls.bricks(atlas, rgb, u, v, fu, fv)
    if material == PLASTER:
        return walls.plaster(atlas, rgb, u, v, fu, fv)
    if material == ROOF:
        return walls.tiles(atlas, rgb, u, v, fu, fv)
    if material == CONCRETE:
        return walls.panels(atlas, rgb, u, v, fu, fv)
    if material == WOOD:
        return walls.planks(atlas, rgb, u, v, fu, fv)
    if material == BARK:
        return walls.bark(atlas, rgb, u, v, max(fu, fv))
    value = 1.0
    if material == LEAVES:
        spots = texture(atlas, GRAIN, u, v, 0.045, max(fu, fv))
        twigs = texture(atlas, GRAIN, v, u, 0.11, max(fu, fv))
        clumps = texture(atlas, CLOUD, u, v, 0.06, max(fu, fv))
        value = max(1.10 + 0.34 * spots + 0.26 * twigs + 0.22 * clumps, 0.22)
    elif material == CLOTH:
        value = max(1.0 + 0.10 * texture(atlas, CLOUD, u, v, 0.02, max(fu, fv)), 0.3)
    return rgb[0] * value, rgb[1] * value, rgb[2] * value


@compiled
def lamp_radiance(lamp: int, rgb: Rgb) -> Rgb:
    """Radiance of a lamp's pane when it is switched on."""
    if lamp == HEAD:
        return 26.0, 25.0, 22.0
    if lamp == BRAKE:
        return 5.5, 0.16, 0.08
    if lamp == TAIL:
        return 1.3, 0.03, 0.02
    if lamp in (LEFT, RIGHT, AMBER):
        return 7.0, 2.5, 0.12
    if lamp == RED:
        return 8.0, 0.22, 0.12
    if lamp == GREEN:
        return 0.35, 8.0, 3.6
    if lamp == WALK:
        return 4.5, 5.0, 5.0
    if lamp == STOP:
        return 6.0, 0.9, 0.2
    return 14.0 * rgb[0], 14.0 * rgb[1], 14.0 * rgb[2]


@inlined
def mirror_share(material: int) -> float:
    """Share of light that a surface mirrors head-on (Fresnel's F0); 0 for rough ones."""
    if material == PAINT:
        return 0.05
    if material == GLASS:
        return 0.07
    if material == CHROME:
        return 0.55
    if material == LIGHT:
        return 0.05
    if material == METAL:
        return 0.05
    if material == PLASTIC:
        return 0.02
    return 0.0


@inlined
def fresnel(f0: float, cosine: float) -> float:
    """Schlick's approximation (1994)."""
    k = 1.0 - min(max(cosine, 0.0), 1.0)
    return f0 + (1.0 - f0) * k * k * k * k * k


@inlined
def unit(x: float, y: float, z: float) -> Rgb:
    """A vector of length 1."""
    scale = 1.0 / (math.sqrt(x * x + y * y + z * z) + 1e-12)
    return x * scale, y * scale, z * scale
