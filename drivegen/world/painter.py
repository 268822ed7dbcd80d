"""The painter: polygons are culled, lit, hazed, projected and filled from far to near."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from drivegen.core.arrays import Booleans, Bytes, Floats
from drivegen.world.ground import SHIFT, clip_polygon, head_light, to_subpixels
from drivegen.world.lighting import Look
from drivegen.world.mesh import Material
from drivegen.world.view import NEAR_M, View

LAMP_RGB = np.array([1.0, 0.90, 0.70])
HEAD_RGB = np.array([1.0, 0.98, 0.92])
TAIL_RGB = np.array([0.95, 0.12, 0.08])
WINDOW_RGB = np.array([0.98, 0.80, 0.50])
_SHINES = np.array([m in (Material.LAMP, Material.HEAD_LIGHT, Material.TAIL_LIGHT) for m in Material])


@dataclass(frozen=True, eq=False)
class Batch:
    """Q polygons in painting order, global frame.

    Attributes:
        quads, rgb, material, radius, two_sided: as in `mesh.Mesh`.
        lit: (Q,) whether a light or window is on; braking lights may exceed 1.
        snow: (Q,) how much snow lies on upward faces, in [0, 1].
        street: (Q,) light of street lamps that reaches it, in [0, 1].
    """

    quads: Floats
    rgb: Floats
    material: Bytes
    radius: Floats
    two_sided: Booleans
    lit: Floats
    snow: Floats
    street: Floats


@dataclass(frozen=True, eq=False)
class Painted:
    """Lights that were drawn: (N, 2) pixels at drawing size, (N,) radii in pixels, (N, 3) colours."""

    pixels: Floats
    radius_px: Floats
    rgb: Floats


def paint(canvas: np.ndarray, view: View, look: Look, batch: Batch, *, mirror: bool = False) -> Painted:
    """Draw polygons on the canvas (H, W, 3) uint8.

    Args:
        mirror: draw their reflections in the ground plane instead.
    """
    quads = batch.quads * np.array([1.0, 1.0, -1.0]) if mirror else batch.quads
    points = view.to_camera(quads)
    depth = points[..., 2]
    facing = _facing(points, flip=mirror) | batch.two_sided
    keep = np.flatnonzero((depth.max(axis=1) > NEAR_M) & facing)
    if not len(keep):
        return Painted(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 3)))
    points = points[keep]
    whole = points[..., 2].min(axis=1) >= NEAR_M
    pixels = view.to_pixels(np.concatenate([points[..., :2], np.maximum(points[..., 2:], NEAR_M)], axis=-1))
    seen = _on_canvas(pixels, batch.radius[keep] * view.focal_px / np.maximum(points[:, 0, 2], NEAR_M), view, whole)
    keep, points, pixels, whole = keep[seen], points[seen], pixels[seen], whole[seen]
    rgb = _shade(view, look, batch, keep)
    radius_px = batch.radius[keep] * view.focal_px / np.maximum(points[:, 0, 2], NEAR_M)
    _fill(canvas, view, points, pixels, whole, radius_px, rgb)
    return _lights(batch, keep, points, pixels, radius_px, rgb, view)


def _facing(points: Floats, *, flip: bool) -> Booleans:
    """Whether each polygon (Q, 4, 3), camera frame, shows its front."""
    normal = np.cross(points[:, 2] - points[:, 0], points[:, 3] - points[:, 1])
    towards = np.einsum("qi,qi->q", normal, points[:, 0])
    return towards > 0 if flip else towards < 0


def _on_canvas(pixels: Floats, radius_px: Floats, view: View, whole: Booleans) -> Booleans:
    height, width = view.size
    low, high = pixels.min(axis=1) - radius_px[:, None], pixels.max(axis=1) + radius_px[:, None]
    inside = (high[:, 0] > 0) & (low[:, 0] < width) & (high[:, 1] > 0) & (low[:, 1] < height)
    return inside | ~whole


def _shade(view: View, look: Look, batch: Batch, keep: np.ndarray) -> Floats:
    """Colours (K, 3) after light, reflections, snow and haze."""
    quads, material = batch.quads[keep], batch.material[keep]
    centre = quads.mean(axis=1)
    offset = centre - view.position
    distance = np.linalg.norm(offset, axis=1)
    normal = np.cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    normal = np.divide(normal, length, out=np.zeros_like(normal), where=length > 1e-9)
    # Leaves and limbs have no single side: they take the light from halfway.
    soft = batch.two_sided[keep]
    upward = np.where(soft, 0.3, normal[:, 2])
    sunny = np.where(soft, 0.45, np.maximum(0.0, normal @ look.sun_direction))
    albedo = batch.rgb[keep]
    lying = np.clip(batch.snow[keep] * look.snow, 0, 1) * np.where(soft, 0.35, np.clip(upward * 1.8 - 0.4, 0.0, 1.0))
    albedo = albedo + lying[:, None] * (np.array([0.92, 0.94, 0.97]) - albedo)
    light = look.ambient * (0.80 + 0.20 * upward)[:, None] + look.sun * sunny[:, None]
    if look.beam > 0:
        light = (
            light + _beam(view, look, centre, normal, offset / distance[:, None], soft, material)[:, None] * HEAD_RGB
        )
    if look.lamps > 0.5:
        light = light + (0.95 * look.lamps * batch.street[keep])[:, None] * np.array([1.0, 0.82, 0.56])
    colour = albedo * light
    colour = _reflect(colour, look, material, upward)
    colour = _emit(colour, look, batch, keep, material)
    clear = np.exp(-look.haze_per_m * distance)[:, None]
    return look.haze * (1 - clear) + colour * clear


def _beam(
    view: View, look: Look, centre: Floats, normal: Floats, ray: Floats, soft: Booleans, material: Bytes
) -> Floats:
    """Light of the ego's head-lights on polygons; retro-reflectors send most of it back."""
    local = (centre - view.global_from_ego.translation) @ _rotation(view)
    reach = head_light(local[:, 0], local[:, 1]) * np.clip(1.6 - local[:, 2] / 1.6, 0.08, 1.0)
    facing = np.where(soft, 0.7, np.clip(-np.einsum("qi,qi->q", normal, ray), 0.0, 1.0))
    return np.asarray(1.5 * look.beam * reach * facing * np.where(material == Material.RETRO, 2.0, 1.0))


def _rotation(view: View) -> Floats:
    yaw = view.global_from_ego.yaw_rad
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _reflect(colour: Floats, look: Look, material: Bytes, upward: Floats) -> Floats:
    """Glass and paint mirror some sky: roofs more than flanks."""
    sky = 0.5 * (look.zenith + look.horizon)
    glass = (material == Material.GLASS) | (material == Material.WINDOW)
    share = np.where(glass, 0.10 + 0.35 * np.clip(upward, 0, 1), 0.0)
    share = np.where(material == Material.PAINT, 0.04 + 0.14 * np.clip(upward, 0, 1), share)
    return colour + share[:, None] * (sky - colour)


def _emit(colour: Floats, look: Look, batch: Batch, keep: np.ndarray, material: Bytes) -> Floats:
    """Lamps, vehicle lights and lit windows shine by themselves."""
    lit = batch.lit[keep]
    for kind, rgb, strength in (
        (Material.LAMP, LAMP_RGB, look.lamps if look.lamps > 0.5 else 0.0),
        (Material.HEAD_LIGHT, HEAD_RGB, min(1.0, 1.3 * look.lamps)),
        (Material.TAIL_LIGHT, TAIL_RGB, 0.8 * look.lamps),
        (Material.WINDOW, WINDOW_RGB, 0.92 * look.lamps if look.lamps > 0.5 else 0.3 * look.lamps),
    ):
        mask = material == kind
        if mask.any():
            on = lit[mask]
            # A brake light shows in daylight as well.
            share = np.clip(strength * np.minimum(on, 1.0) + np.maximum(0.0, on - 1.0), 0.0, 1.0)[:, None]
            colour[mask] = colour[mask] + share * (rgb - colour[mask])
    return colour


def _fill(
    canvas: np.ndarray,
    view: View,
    points: Floats,
    pixels: Floats,
    whole: Booleans,
    radius_px: Floats,
    rgb: Floats,
) -> None:
    corners = to_subpixels(pixels)
    colours = np.clip(rgb * 255.0 + 0.5, 0, 255).astype(np.int64).tolist()
    discs = np.round(radius_px * (1 << SHIFT)).astype(np.int64).tolist()
    complete = whole.tolist()
    fill, circle = cv2.fillConvexPoly, cv2.circle
    for i, colour in enumerate(colours):
        if discs[i] > 0:
            if complete[i]:
                circle(canvas, corners[i, 0].tolist(), discs[i], colour, -1, cv2.LINE_8, SHIFT)
        elif complete[i]:
            fill(canvas, corners[i], colour, cv2.LINE_8, SHIFT)
        else:
            cut = clip_polygon(points[i])
            if len(cut) >= 3:
                fill(canvas, to_subpixels(view.to_pixels(cut)), colour, cv2.LINE_8, SHIFT)


def _lights(
    batch: Batch, keep: np.ndarray, points: Floats, pixels: Floats, radius_px: Floats, rgb: Floats, view: View
) -> Painted:
    """The lights among what was drawn, for their glow."""
    shining = _SHINES[batch.material[keep]] & (batch.lit[keep] > 0)
    shining &= points[..., 2].min(axis=1) > 1.0
    corners = pixels[shining]
    extent = 0.5 * (corners.max(axis=1) - corners.min(axis=1)).max(axis=-1) if len(corners) else np.zeros(0)
    return Painted(corners.mean(axis=1), np.maximum(extent, radius_px[shining]), rgb[shining])
