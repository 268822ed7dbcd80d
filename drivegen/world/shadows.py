"""Shadows and lamp pools on the ground, as masks that the ground's shading reads."""

from __future__ import annotations

import cv2
import numpy as np

from drivegen.core.arrays import Bytes, Floats
from drivegen.world.actors import Actors
from drivegen.world.ground import GroundLight, fill_ground
from drivegen.world.ground_plan import Outlines
from drivegen.world.scenery import Tree
from drivegen.world.scenes import WorldScene
from drivegen.world.view import Image32, View

REACH_M = 90.0
Shapes = list[tuple[Floats, int]]
_CIRCLE = np.stack([np.cos(np.arange(16) * np.pi / 8), np.sin(np.arange(16) * np.pi / 8)], axis=-1)


def ground_light(scene: WorldScene, view: View, actors: Actors) -> GroundLight:
    """Where shadows lie and lamps shine, below the horizon of the view."""
    row = view.grid.horizon_row
    look = scene.look
    trees = [t for t in scene.scenery.trees if _ahead(view, t.xy, REACH_M)]
    contact = _mask(view, _contacts(view, actors, [] if look.shadow > 0.3 else trees))
    sun = _mask(view, _sun_shadows(scene, view, actors, trees) if look.shadow > 0 else [])
    lamps = _mask(view, _pools(scene, view) if look.lamps > 0.5 else [])
    scale = view.size[0] / view.final_size[0]
    return GroundLight(
        sun_shadow=_soft(sun[row:], 0.6 * scale),
        contact=_soft(contact[row:], 0.9 * scale),
        lamps=_soft(lamps[row:], view.size[0] / 40.0),
    )


def _mask(view: View, shapes: Shapes) -> Bytes:
    """A mask (H, W) with the shapes filled in their order."""
    mask = np.zeros(view.size, dtype=np.uint8)
    if shapes:
        fill_ground(mask, view, Outlines.pack([s for s, _ in shapes], [v for _, v in shapes]))
    return mask


def _soft(mask: Bytes, sigma: float) -> Image32:
    if not mask.size or not mask.any():
        return np.zeros(mask.shape, dtype=np.float32)
    return cv2.GaussianBlur(mask, (0, 0), sigma).astype(np.float32) / np.float32(255.0)


def _contacts(view: View, actors: Actors, trees: list[Tree]) -> Shapes:
    """Dark below everything that stands on the road, a pale shade below crowns."""
    shapes: Shapes = [(tree.xy + 0.45 * tree.crown_m * _CIRCLE, 90) for tree in trees]
    near = np.linalg.norm(actors.centres[:, :2] - view.position[:2], axis=1) < 60.0
    for outline, middle in zip(actors.footprints()[near], actors.centres[near, :2], strict=True):
        shapes.append((middle + 1.15 * (outline - middle), 150))
        shapes.append((middle + 0.98 * (outline - middle), 255))
    return shapes


def _sun_shadows(scene: WorldScene, view: View, actors: Actors, trees: list[Tree]) -> Shapes:
    """Outlines swept along the sun's direction."""
    sun = scene.look.sun_direction
    # A low sun would throw shadows beyond all bounds.
    along = -sun[:2] / max(float(sun[2]), 0.30)
    shapes: Shapes = []
    for building in scene.scenery.buildings:
        if _ahead(view, building.corners.mean(axis=0), REACH_M + 40.0):
            shapes.append(_swept(building.corners, building.height_m * along))
    for outline, height in zip(actors.footprints(), actors.heights, strict=True):
        shapes.append(_swept(outline, float(height) * 0.9 * along))
    for tree in trees:
        shapes.append((tree.xy + 0.66 * tree.height_m * along + 0.5 * tree.crown_m * _CIRCLE, 225))
        shapes.append(_swept(tree.xy + 0.15 * _CIRCLE[::4], 0.5 * tree.height_m * along))
    for pole in scene.scenery.poles:
        if _ahead(view, pole.xy, 45.0):
            shapes.append(_swept(pole.xy + 0.08 * _CIRCLE[::4], pole.height_m * along))
    return shapes


def _swept(outline: Floats, shift: Floats) -> tuple[Floats, int]:
    both = np.concatenate([outline, outline + shift]).astype(np.float32)
    return cv2.convexHull(both)[:, 0].astype(np.float64), 255


def _pools(scene: WorldScene, view: View) -> Shapes:
    """Round pools of light below street lamps, brightest in the middle."""
    lamps = [lamp for lamp in scene.meshes.lamps if _ahead(view, lamp[:2], REACH_M)]
    rings = ((11.0, 40), (8.5, 80), (6.2, 130), (4.2, 190), (2.2, 255))
    return [(lamp[:2] + radius * _CIRCLE, value) for radius, value in rings for lamp in lamps]


def _ahead(view: View, place: Floats, reach: float) -> bool:
    offset = place - view.position[:2]
    return bool(np.hypot(offset[0], offset[1]) < reach and offset @ view.rotation[2, :2] > -30.0)
