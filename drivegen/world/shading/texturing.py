"""The texture pass: what every fragment is made of, with snow and water on top."""

from __future__ import annotations

from drivegen.core.arrays import Bytes, Floats
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.shading import fragments as f
from drivegen.world.shading import surface as s
from drivegen.world.shading.borrow import borrowed
from drivegen.world.shading.contact import contact_at
from drivegen.world.shading.fragments import Integers32
from drivegen.world.shading.lookvector import LIT, SNOW, WET, WINDOW
from drivegen.world.shading.noise import CLOUD, GRAIN, smooth, texture
from drivegen.world.shading.textures_ground import road_wear, snow_share
from drivegen.world.shading.wear import wear_at


@compiled
def put_textures(
    table: Floats32, tags: Integers32, count: int, rgb: Floats32, param: Floats32, strength: Floats32,
    atlas: Floats32, look: Floats, contact: Bytes, corners: Floats, fine: Bytes, coarse: Bytes, wear_corners: Floats,
) -> None:  # fmt: skip
    """Fill RED to OPEN of the first `count` fragments."""
    table, tags, rgb, param = borrowed(table), borrowed(tags), borrowed(rgb), borrowed(param)
    atlas, look, contact, corners = borrowed(atlas), borrowed(look), borrowed(contact), borrowed(corners)
    strength, fine, coarse, wear_corners = borrowed(strength), borrowed(fine), borrowed(coarse), borrowed(wear_corners)
    for k in range(count):
        q = table[k]
        index, material = tags[k, f.FACE], tags[k, f.MATERIAL]
        tint = (float(rgb[index, 0]), float(rgb[index, 1]), float(rgb[index, 2]))
        red, green, blue, glass, er, eg, eb, pick = s.answer(
            atlas, material, tint, float(q[f.U]), float(q[f.V]), float(q[f.FU]), float(q[f.FV]), float(q[f.X]),
            float(q[f.Y]), float(q[f.HEIGHT]), float(q[f.FOOT]), float(q[f.SMALL]), float(param[index, 0]),
            float(param[index, 1]), float(param[index, 2]), float(param[index, 3]), look[LIT],
        )  # fmt: skip
        if tags[k, f.LAMP] >= s.RED:
            # The coloured glass of a signal is dark while no lamp burns behind it.
            red, green, blue = 0.18 * red, 0.18 * green, 0.18 * blue
        tyre = 0.0
        if s.is_road(material):
            tyre, patch, seam = wear_at(fine, coarse, wear_corners, float(q[f.X]), float(q[f.Y]), float(q[f.FOOT]))
            red, green, blue = road_wear((red, green, blue), tyre, patch, seam, material == s.MARKING)
        q[f.RED], q[f.GREEN], q[f.BLUE], q[f.GLASS], q[f.PICK] = red, green, blue, glass, pick
        q[f.ER], q[f.EG], q[f.EB] = er * look[WINDOW], eg * look[WINDOW], eb * look[WINDOW]
        q[f.COVER] = q[f.PUDDLE] = 0.0
        if look[SNOW] > 0.0 and q[f.NZ] > 0.2:
            _lay_snow(q, atlas, look[SNOW], strength[index, 1], material, tyre)
        if look[WET] > 0.0:
            _wet(q, atlas, look[WET], material)
        q[f.OPEN] = _open_sky(q, material, contact, corners)


@inlined
def _lay_snow(q: Floats32, atlas: Floats32, amount: float, share: float, material: int, tyre: float) -> None:
    x, y, foot = float(q[f.X]), float(q[f.Y]), float(q[f.FOOT])
    cover = snow_share(atlas, x, y, float(q[f.NZ]), foot, amount, tyre, s.is_road(material))
    cover = min(max(share * cover, 0.0), 1.0)
    grain = 1.0 + 0.035 * texture(atlas, GRAIN, x, y, 0.03, foot)
    q[f.RED] += cover * (0.84 * grain - q[f.RED])
    q[f.GREEN] += cover * (0.87 * grain - q[f.GREEN])
    q[f.BLUE] += cover * (0.91 * grain - q[f.BLUE])
    q[f.GLASS] *= 1.0 - cover
    q[f.COVER] = cover


@inlined
def _wet(q: Floats32, atlas: Floats32, wet: float, material: int) -> None:
    """Water darkens what soaks it up and stands in hollows of the ground."""
    bare = 1.0 - q[f.COVER]
    if s.is_ground(material):
        x, y, foot = float(q[f.X]), float(q[f.Y]), float(q[f.FOOT])
        flow = texture(atlas, CLOUD, x, y, 0.085, foot) + 0.5 * texture(atlas, CLOUD, y, x, 0.025, foot)
        puddle = smooth(-0.4, 1.5, flow) * wet * max(q[f.NZ], 0.0)
        dark = (1.0 - (0.42 if s.is_road(material) else 0.34) * wet) * (1.0 - 0.30 * puddle)
        q[f.PUDDLE] = puddle
    elif material == s.PAINT:
        return
    else:
        dark = 1.0 - 0.18 * wet
    dark = 1.0 - bare * (1.0 - dark)
    q[f.RED] *= dark
    q[f.GREEN] *= dark
    q[f.BLUE] *= dark


@inlined
def _open_sky(q: Floats32, material: int, contact: Bytes, corners: Floats) -> float:
    """Share of the sky's light that what stands around lets through."""
    if s.is_ground(material):
        return 1.0 - 0.80 * contact_at(contact, corners[2], corners[3], q[f.X], q[f.Y])
    if q[f.NZ] >= 0.9:
        return 1.0
    free = 0.72 + 0.28 * smooth(0.0, 1.6, q[f.HEIGHT])
    if q[f.NZ] < -0.3:
        free *= 0.35 + 0.65 * smooth(0.6, 2.5, q[f.HEIGHT])
    if material == s.LEAVES:
        free = 0.74 + 0.24 * q[f.NZ]
    return free
