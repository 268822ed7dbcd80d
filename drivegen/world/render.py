"""One frame of a scene: triangles, light, air, lens and sensor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from drivegen.core import Camera, Pose, Trajectory, derive_seed
from drivegen.core.arrays import Bytes, Floats
from drivegen.world.geometry import Lamp
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster import (
    Batch,
    GBuffer,
    View,
    assemble,
    depth_map,
    instance_map,
    make_view,
    rasterise,
    scene_shadows,
    screen_motion,
)
from drivegen.world.raster.batch import Integers32
from drivegen.world.roads import Terrain
from drivegen.world.shading.blur import exposure_s, motion_blurred
from drivegen.world.shading.light import GROUND_CELL_M, GROUND_CELLS, LightField, make_lights
from drivegen.world.shading.particles import add_particles, falls
from drivegen.world.shading.reflections import mirror_picture
from drivegen.world.shading.sensor import develop
from drivegen.world.shading.shade import shade
from drivegen.world.shading.wear import wear_around

if TYPE_CHECKING:
    from drivegen.world.scenes import WorldScene

# The mirror lies where the road is seen best.
_MIRROR_AHEAD_M = 14.0
_MIRROR_FROM = 0.3
_SMALL_PX = 256


@dataclass(frozen=True, eq=False)
class Rendered:
    """A frame and its truth.

    Attributes:
        rgb: (h, w, 3) uint8.
        instance: (h, w) int32 index into `tracks` of what each pixel shows, -1 for everything else; None unless asked.
        depth: (h, w) float32 metres along the optical axis, inf for the sky; None unless asked for.
        tracks: ids of the tracks that may be in sight.
    """

    rgb: Bytes
    instance: Integers32 | None
    depth: Floats32 | None
    tracks: tuple[str, ...]


def render_frame(scene: WorldScene, camera: Camera, timestamp_us: int, *, supersample: int = 2) -> Bytes:
    """Draw what a camera of the scene sees, (h, w, 3) uint8 RGB; equal inputs give equal bytes.

    Args:
        camera: a camera of the scenario's rig, cropped and resized as wanted; decides the size of the picture.
        timestamp_us: when; the scenario's trajectories say where everybody is.
        supersample: every pixel has this many samples in each direction.
    """
    return render(scene, camera, timestamp_us, supersample=supersample).rgb


def render(
    scene: WorldScene,
    camera: Camera,
    timestamp_us: int,
    *,
    supersample: int = 2,
    instances: bool = False,
    depth: bool = False,
) -> Rendered:
    """Draw a frame as `render_frame` does and, on request, which object each pixel shows and how far it is."""
    view = make_view(camera, scene.scenario.ego.pose_at(timestamp_us), supersample)
    batch = assemble(scene, view, timestamp_us)
    gbuffer = rasterise(view, batch)
    lights = _lights(scene, view, batch, timestamp_us)
    radiance = _radiance(scene, view, batch, gbuffer, lights, timestamp_us)
    radiance = _in_motion(scene, view, batch, gbuffer, lights, radiance, timestamp_us)
    seed = derive_seed(scene.render_seed, "sensor", camera.name, int(timestamp_us))
    return Rendered(
        rgb=develop(radiance, scene.look, seed),
        instance=instance_map(gbuffer, batch, view) if instances else None,
        depth=depth_map(gbuffer, batch, view) if depth else None,
        tracks=batch.instances,
    )


def _lights(scene: WorldScene, view: View, batch: Batch, timestamp_us: int) -> LightField:
    pose = scene.scenario.ego.pose_at(timestamp_us)
    matrix = pose.matrix
    corner = np.floor(view.position[:2] / GROUND_CELL_M) * GROUND_CELL_M - 0.5 * GROUND_CELL_M * GROUND_CELLS
    return make_lights(
        view, batch, scene.look,
        street_lamps=scene.stage.lamps,
        ground=_ground(scene.network.terrain, float(corner[0]), float(corner[1])),
        ground_corner=corner,
        ego=np.stack([pose.translation, matrix[:3, 0], matrix[:3, 1]]),
        head=float(scene.ego_lamps_at(timestamp_us)[Lamp.HEAD]),
    )  # fmt: skip


@lru_cache(maxsize=8)
def _ground(terrain: Terrain, x: float, y: float) -> Floats32:
    """Heights of the terrain on the cells from (x, y) on, as in LightField."""
    steps = np.arange(GROUND_CELLS) * GROUND_CELL_M
    return np.asarray(terrain.height(np.stack(np.meshgrid(x + steps, y + steps), axis=-1)), dtype=np.float32)


def _radiance(
    scene: WorldScene, view: View, batch: Batch, gbuffer: GBuffer, lights: LightField, timestamp_us: int
) -> Floats32:
    look, sky = scene.look, scene.sky
    shadows = mirror = None
    if look.casts_shadows:
        # Small pictures do not resolve finer shadows.
        texels = 384 if view.size[0] <= _SMALL_PX else 768
        shadows = scene_shadows(scene, view, timestamp_us, look.sun_direction, resolution=texels)
    if look.wet > _MIRROR_FROM:
        point, normal = _road_plane(scene, view)
        mirror = mirror_picture(view, batch, look, sky, lights, point, normal)
    return shade(
        view, batch, gbuffer, look, sky, lights, shadows=shadows, mirror=mirror, wear=wear_around(scene.network, view)
    )


def _road_plane(scene: WorldScene, view: View) -> tuple[Floats, Floats]:
    """A place of the road ahead (3,) and the terrain's unit normal there (3,)."""
    ahead = view.forward[:2] / max(float(np.linalg.norm(view.forward[:2])), 1e-6)
    xy = view.position[:2] + _MIRROR_AHEAD_M * ahead
    slope = scene.network.terrain.gradient(xy)
    normal = np.array([-slope[0], -slope[1], 1.0])
    return np.array([*xy, float(scene.network.terrain.height(xy))]), normal / np.linalg.norm(normal)


def _in_motion(
    scene: WorldScene,
    view: View,
    batch: Batch,
    gbuffer: GBuffer,
    lights: LightField,
    radiance: Floats32,
    timestamp_us: int,
) -> Floats32:
    """What the open shutter smears: the world as the camera moves, and what falls through the air."""
    look, ego = scene.look, scene.scenario.ego
    open_s = exposure_s(look)
    before = make_view(view.camera, _pose_before(ego, timestamp_us, round(1e6 * open_s)), view.samples)
    radiance = motion_blurred(radiance, screen_motion(view, before, gbuffer, batch, open_s))
    if falls(look):
        add_particles(
            radiance, view, gbuffer, look, lights, scene.sky.harmonics,
            seed=scene.render_seed,
            seconds=1e-6 * (timestamp_us - scene.start_us),
            velocity=(view.position - before.position) / open_s,
            exposure_s=0.009,
        )  # fmt: skip
    return radiance


def _pose_before(ego: Trajectory, timestamp_us: int, span_us: int) -> Pose:
    """The pose a little earlier; at the very start, where there is none, as far back as it goes on afterwards."""
    if timestamp_us - span_us >= int(ego.timestamps_us[0]):
        return ego.pose_at(timestamp_us - span_us)
    now = ego.pose_at(timestamp_us)
    return now @ ego.pose_at(timestamp_us + span_us).inverse() @ now
