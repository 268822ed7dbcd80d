"""One frame: backdrop, ground with its shadows, structures, road users, then weather and sensor."""

from __future__ import annotations

import cv2
import numpy as np

from drivegen.core import Camera, derive_seed
from drivegen.core.arrays import Bytes
from drivegen.world.actors import actor_batch, actors_at
from drivegen.world.ground import GroundLight, paint_classes, shade_ground, wet_share
from drivegen.world.painter import Batch, Painted, paint
from drivegen.world.scenes import WorldScene
from drivegen.world.shadows import ground_light
from drivegen.world.sky import paint_sky
from drivegen.world.structure_batch import structure_batches
from drivegen.world.view import Image32, View, make_view
from drivegen.world.weather import expose, fall, glow


def render_frame(scene: WorldScene, camera: Camera, timestamp_us: int, *, supersample: int = 2) -> Bytes:
    """Draw what a camera of the scene sees.

    Args:
        camera: a camera of the scenario's rig, cropped and resized as wanted; decides the size of the picture.
        timestamp_us: when; the scenario's trajectories say where everybody is.
        supersample: the picture is drawn this many times larger and averaged.

    Returns:
        (h, w, 3) uint8 RGB; equal inputs give equal bytes.
    """
    scenario, look = scene.scenario, scene.look
    view = make_view(camera, scenario.ego.pose_at(timestamp_us), supersample)
    actors = actors_at(scene, view, timestamp_us)
    canvas = _upscaled(paint_sky(view, look, scene.network.section.profile, scene.render_seed), supersample)
    classes = paint_classes(view, scene.plan)
    light = ground_light(scene, view, actors)
    _lay_ground(canvas, view, scene, classes, light)
    backdrop, street = structure_batches(scene, view, actor_batch(scene, view, actors))
    if look.wet > 0:
        _mirror(canvas, view, scene, classes, (backdrop, street))
    lights = [paint(canvas, view, look, batch) for batch in (backdrop, street)]
    picture = _averaged(canvas, camera.size)
    picture = glow(picture, canvas, view, look, lights)
    start = int(scenario.ego.timestamps_us[0])
    speed = float(np.linalg.norm(scenario.ego.velocity_at(timestamp_us)))
    picture = fall(picture, view, look, scene.render_seed, (timestamp_us - start) / 1e6, speed)
    return expose(picture, look, derive_seed(scene.render_seed, "sensor", camera.name, int(timestamp_us)))


def _upscaled(picture: Image32, scale: int) -> Bytes:
    size = (picture.shape[1] * scale, picture.shape[0] * scale)
    large = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    return np.clip(large * 255.0 + 0.5, 0, 255).astype(np.uint8)


def _averaged(canvas: Bytes, size: tuple[int, int]) -> Image32:
    small = cv2.resize(canvas, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / np.float32(255.0)


def _lay_ground(canvas: Bytes, view: View, scene: WorldScene, classes: Bytes, light: GroundLight) -> None:
    row = view.grid.horizon_row
    if row < view.size[0]:
        ground = shade_ground(view, classes, scene.look, scene.network.section.profile, light)
        canvas[row:] = np.clip(ground * 255.0 + 0.5, 0, 255).astype(np.uint8)


def _mirror(
    canvas: Bytes, view: View, scene: WorldScene, classes: Bytes, batches: tuple[Batch, Batch]
) -> list[Painted]:
    """Mix the mirror image of everything above the ground into the wet ground."""
    row = view.grid.horizon_row
    if row >= view.size[0]:
        return []
    image = np.empty_like(canvas)
    # The sky is far away: its mirror image is itself upside down about the horizon.
    depth = view.size[0] - row
    source = np.clip(row - 1 - np.arange(depth), 0, None)
    image[:row] = canvas[:row]
    image[row:] = canvas[source]
    painted = [paint(image, view, scene.look, batch, mirror=True) for batch in batches]
    # Ripples smear it along the line of sight, which is upright in the picture.
    blur = max(3, (view.size[0] // 12) | 1)
    smeared = cv2.blur(image[row:], (3, blur)).astype(np.float32)
    share = wet_share(view, classes, scene.look)[..., None]
    ground = canvas[row:].astype(np.float32)
    canvas[row:] = np.clip(ground + share * (smeared - ground) + 0.5, 0, 255).astype(np.uint8)
    return painted
