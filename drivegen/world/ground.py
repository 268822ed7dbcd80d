"""The ground: materials painted into a class map, then textured, lit and hazed per pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from drivegen.core import Weather
from drivegen.core.arrays import Bytes, Floats
from drivegen.world.config import Profile
from drivegen.world.ground_plan import GroundPlan, Outlines, Surface
from drivegen.world.lighting import Look
from drivegen.world.texture import cloud_noise, look_up, white_noise
from drivegen.world.view import NEAR_M, Image32, View

SHIFT = 4
DRAWN_M = 220.0

# Daylight colour, strength of grain, of blotches and of wide variation, and share of snow that stays, per material.
_MATERIALS: dict[Surface, tuple[tuple[float, float, float], float, float, float, float]] = {
    Surface.TERRAIN: ((0.32, 0.38, 0.18), 0.10, 0.22, 0.22, 1.00),
    Surface.PAVING: ((0.56, 0.545, 0.515), 0.04, 0.08, 0.08, 0.92),
    Surface.SIDEWALK: ((0.64, 0.62, 0.585), 0.035, 0.06, 0.05, 0.85),
    Surface.KERB: ((0.68, 0.67, 0.64), 0.03, 0.03, 0.02, 0.80),
    Surface.ROAD: ((0.425, 0.42, 0.42), 0.05, 0.05, 0.07, 0.62),
    Surface.PARKING: ((0.445, 0.44, 0.435), 0.05, 0.07, 0.06, 0.80),
    Surface.TYRE: ((0.395, 0.39, 0.39), 0.045, 0.05, 0.06, 0.36),
    Surface.PATCH: ((0.325, 0.325, 0.33), 0.05, 0.05, 0.04, 0.50),
    Surface.WORN: ((0.475, 0.47, 0.46), 0.06, 0.07, 0.05, 0.55),
    Surface.CROSSING: ((0.84, 0.84, 0.82), 0.03, 0.10, 0.05, 0.40),
    Surface.WHITE_LINE: ((0.87, 0.87, 0.85), 0.02, 0.08, 0.04, 0.40),
    Surface.YELLOW_LINE: ((0.84, 0.66, 0.16), 0.02, 0.08, 0.04, 0.40),
    Surface.DRIVEWAY: ((0.50, 0.46, 0.38), 0.10, 0.12, 0.06, 0.90),
    Surface.BIKE: ((0.455, 0.44, 0.435), 0.04, 0.05, 0.05, 0.70),
}
_WIDTH_M = {Surface.CROSSING: 0.5, Surface.WHITE_LINE: 0.15, Surface.YELLOW_LINE: 0.15}
_TERRAIN = {
    Profile.URBAN: (0.42, 0.42, 0.36),
    Profile.SUBURBAN: (0.30, 0.38, 0.17),
    Profile.RURAL: (0.36, 0.40, 0.18),
}
_ROADLIKE = np.array([s in (Surface.ROAD, Surface.PARKING, Surface.TYRE, Surface.PATCH, Surface.WORN, Surface.CROSSING,
                            Surface.WHITE_LINE, Surface.YELLOW_LINE, Surface.BIKE) for s in Surface])  # fmt: skip


@dataclass(frozen=True, eq=False)
class GroundLight:
    """What falls on the ground besides the open sky, each (H - horizon_row, W) in [0, 1].

    Attributes:
        sun_shadow: where the sun is hidden.
        contact: where something stands close above.
        lamps: pools of street lamps.
    """

    sun_shadow: Image32
    contact: Image32
    lamps: Image32


def clip_polygon(points: Floats, near: float = NEAR_M) -> Floats:
    """A polygon (N, 3), camera frame, cut at the near plane (Sutherland and Hodgman 1974): (M, 3)."""
    corners = points.tolist()
    kept: list[list[float]] = []
    # Plain Python: polygons are small, and numpy would spend its time on starting.
    before = corners[-1]
    for corner in corners:
        inside, was_inside = corner[2] >= near, before[2] >= near
        if inside != was_inside:
            t = (near - before[2]) / (corner[2] - before[2])
            kept.append([before[0] + t * (corner[0] - before[0]), before[1] + t * (corner[1] - before[1]), near])
        if inside:
            kept.append(corner)
        before = corner
    return np.array(kept).reshape(-1, 3)


def to_subpixels(pixels: Floats) -> np.ndarray:
    """Continuous pixels as OpenCV's fixed point; its whole numbers are pixel centres."""
    return np.round(np.clip(pixels - 0.5, -30000.0, 30000.0) * (1 << SHIFT)).astype(np.int32)


def fill_ground(canvas: np.ndarray, view: View, outlines: Outlines) -> None:
    """Fill outlines on the ground plane with their values, in their order."""
    points = view.ground_to_camera(outlines.points)
    near = points[:, 2] < NEAR_M
    pixels = to_subpixels(view.to_pixels(np.where(near[:, None], 1.0, points)))
    hidden = np.add.reduceat(near, outlines.starts[:-1]) if len(points) else np.zeros(0, np.int64)
    starts, values = outlines.starts.tolist(), outlines.values.tolist()
    for i, behind in enumerate(hidden.tolist()):
        low, high = starts[i], starts[i + 1]
        if behind == 0:
            cv2.fillPoly(canvas, [pixels[low:high]], values[i], cv2.LINE_8, SHIFT)
        elif behind < high - low:
            cut = clip_polygon(points[low:high])
            if len(cut) >= 3:
                cv2.fillPoly(canvas, [to_subpixels(view.to_pixels(cut))], values[i], cv2.LINE_8, SHIFT)


def paint_classes(view: View, plan: GroundPlan) -> Bytes:
    """The class map (H, W) of the ground's materials."""
    canvas = np.zeros(view.size, dtype=np.uint8)
    circles, outlines = plan.circles, plan.outlines
    offset = circles[:, :2] - view.position[:2]
    distance = np.hypot(offset[:, 0], offset[:, 1]) - circles[:, 2]
    ahead = offset @ view.rotation[2, :2] + circles[:, 2] > 0
    # The view's sides as well: most patches of a cross street lie outside.
    spread = np.abs(offset @ view.rotation[0, :2]) - circles[:, 2] < view.half_width * np.maximum(
        1.0, distance + 2 * circles[:, 2]
    )
    thin = np.isin(outlines.values, [int(s) for s in _WIDTH_M]) & (circles[:, 2] < 5.0)
    limit = np.where(thin, 100.0, DRAWN_M)
    fill_ground(canvas, view, outlines.take(np.flatnonzero(ahead & spread & (distance < limit))))
    return canvas


def shade_ground(view: View, classes: Bytes, look: Look, profile: Profile, light: GroundLight) -> Image32:
    """Colours (H - horizon_row, W, 3) of the ground."""
    grid = view.grid
    surface = classes[grid.horizon_row :]
    yaw = view.global_from_ego.yaw_rad
    c, s = np.float32(np.cos(yaw)), np.float32(np.sin(yaw))
    # Whole multiples of the textures' period keep the coordinates small enough for float32.
    x0, y0 = (float(v) % 4096.0 for v in view.global_from_ego.translation[:2])
    x = c * grid.x - s * grid.y + np.float32(x0 + 4096.0)
    y = s * grid.x + c * grid.y + np.float32(y0 + 4096.0)
    albedo = _albedo(surface, x, y, grid.depth, look, profile, view)
    sun = look.sun * max(0.0, float(look.sun_direction[2])) ** 0.5
    shade = (1.0 - look.shadow * light.sun_shadow)[..., None] * sun.astype(np.float32)
    lit = look.ambient.astype(np.float32) + shade
    if look.beam > 0:
        lit = lit + (1.75 * look.beam * head_light(grid.x, grid.y))[..., None] * np.array([1.0, 0.96, 0.86], np.float32)
    if look.lamps > 0.5:
        lit = lit + (1.05 * look.lamps * light.lamps)[..., None] * np.array([1.0, 0.80, 0.52], np.float32)
    # A soft shoulder: what lamps overexpose turns pale slowly, as on film.
    colour = shoulder(albedo * lit) * (1.0 - look.contact * light.contact)[..., None]
    clear = np.exp(-np.float32(look.haze_per_m) * grid.depth)[..., None]
    return look.haze.astype(np.float32) * (1 - clear) + colour * clear


def shoulder(colour: Image32) -> Image32:
    """Colours above 0.7 compressed so that they never pass 1."""
    over = np.maximum(colour - np.float32(0.7), 0.0)
    return np.minimum(colour, np.float32(0.7)) + over / (1.0 + over * np.float32(3.0))


def head_light(x: Image32 | Floats, y: Image32 | Floats) -> Image32:
    """Light of the ego's dipped beam on places of the ego frame, in [0, 1]."""
    ahead = np.clip((x - 2.5) / 4.0, 0.0, 1.0)
    spread = np.exp(-((y / (1.7 + 0.20 * np.maximum(x, 0.0))) ** 2))
    return (ahead * spread * np.exp(-np.maximum(x, 0.0) / 24.0) * 1.2).astype(np.float32)


def _albedo(
    surface: Bytes, x: Image32, y: Image32, depth: Image32, look: Look, profile: Profile, view: View
) -> Image32:
    """Daylight colour of each pixel: material, grain, blotches, snow and wetness."""
    rows = [_MATERIALS[s] for s in Surface]
    colours = np.array([row[0] for row in rows], dtype=np.float32)
    colours[Surface.TERRAIN] = _TERRAIN[profile]
    # Thin paint fades into the road when it gets narrower than a pixel, instead of flickering.
    albedo = colours[surface]
    for thin, width in _WIDTH_M.items():
        mask = surface == thin
        if mask.any():
            share = np.clip(view.focal_px * width / depth[mask] / 1.6, 0.0, 1.0)[:, None]
            albedo[mask] = colours[Surface.ROAD] + share * (colours[thin] - colours[Surface.ROAD])
    fine = look_up(white_noise(3), x * 14.0, y * 14.0) * np.minimum(1.0, 7.0 / depth)
    blotch = look_up(cloud_noise(5), x * 3.1, y * 3.1) - 0.5
    wide = look_up(cloud_noise(7), x * 0.55, y * 0.55) - 0.5
    strength = np.array([row[1:4] for row in rows], dtype=np.float32)[surface]
    blotch_near = blotch * np.minimum(1.0, 40.0 / depth)
    factor = 1.0 + strength[..., 0] * fine + 2 * strength[..., 1] * blotch_near + 2 * strength[..., 2] * wide
    albedo = albedo * factor[..., None]
    if look.wet > 0:
        puddle = np.clip(0.75 + 0.8 * wide, 0.4, 1.0) * look.wet
        dark = np.where(_ROADLIKE[surface], 0.46, 0.22).astype(np.float32) * puddle
        albedo = albedo * (1.0 - dark)[..., None]
    if look.snow > 0:
        stays = np.array([row[4] for row in rows], dtype=np.float32)[surface]
        cover = np.clip(stays * 1.5 * look.snow - 0.35 + 0.9 * (blotch_near + wide) * (1.1 - stays), 0.0, 1.0)
        snow = np.array([0.90, 0.92, 0.95], np.float32) * (1.0 + 0.10 * wide + 0.03 * fine)[..., None]
        albedo = albedo + cover[..., None] * (snow - albedo)
    return albedo


def wet_share(view: View, classes: Bytes, look: Look) -> Image32:
    """How much each ground pixel (H - horizon_row, W) mirrors; more at a grazing angle."""
    if look.weather is not Weather.RAIN:
        return np.zeros((0, 0), dtype=np.float32)
    surface = classes[view.grid.horizon_row :]
    grazing = np.clip(view.position[2] / view.grid.depth, 0.0, 1.0)
    fresnel = 0.10 + 0.62 * (1.0 - grazing) ** 5
    return (np.where(_ROADLIKE[surface], 1.0, 0.35) * fresnel * look.wet).astype(np.float32)
