"""Picks the triangles of one picture: scenery in sight, everybody on the road, their lamps."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Bytes, Floats, Integers
from drivegen.world.geometry import LAMP_COUNT, Mesh
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster.actors import Actors
from drivegen.world.raster.batch import NO_INSTANCE, Batch
from drivegen.world.raster.bodies_pool import POOL
from drivegen.world.raster.culling import in_sight
from drivegen.world.raster.gather import Segments, gather
from drivegen.world.raster.pool import empty_mesh
from drivegen.world.raster.protocol import DrawnScene
from drivegen.world.raster.scene_faces import SceneFaces, faces_of
from drivegen.world.raster.view import View

# Focal length (pixels of the picture) for which `Tile.detail_m` holds; sharper pictures show small things farther off.
DETAIL_FOCAL_PX = 220.0
# Bodies farther than this, for the same focal length, are drawn with fewer triangles.
COARSE_M = 26.0
# Share of the weather's snow that stays on what drives or walks.
MOVING_SNOW = 0.25


def assemble(
    scene: DrawnScene,
    view: View,
    timestamp_us: int,
    *,
    reach_m: float = np.inf,
    detail: float = 1.0,
    mirror: bool = True,
) -> Batch:
    """The triangles that a view may show at a time.

    Tiles come nearest first, then traffic lights, then the tracks in the scene's order; only tracks that may be in
    sight are among the batch's instances. Faces that look away from the camera, and from its mirror image in the
    road, are left out.

    Args:
        reach_m: scenery farther than this is left out.
        detail: factor on the distances up to which small scenery is drawn.
        mirror: whether the batch is drawn for a mirrored view as well.
    """
    faces = faces_of(scene)
    sharpness = _sharpness(view)
    chosen = _scenery(faces, view, detail * sharpness, reach_m)
    scenery = Segments(
        faces.first[chosen], faces.count[chosen], *_unmoved(len(chosen)),
        np.full(len(chosen), NO_INSTANCE, np.int32), faces.lamps(scene, chosen, timestamp_us),
        np.ones(len(chosen), np.float32),
    )  # fmt: skip
    actors, distance = _actors(faces, view, timestamp_us)
    movers = actor_segments(faces, actors, distance, view)
    for k, n in enumerate(actors.index):
        movers.lamps[k] = scene.lamps_at(faces.table.tracks[n].track_id, timestamp_us)
    return _batch(faces, _eyes(view)[: 2 if mirror else 1], scenery, actors, movers)


def actor_segments(faces: SceneFaces, actors: Actors, distance_m: Floats, view: View) -> Segments:
    """Where the bodies of actors, distance_m (N,) away, lie in the pool and where they stand, with their lamps off."""
    POOL.make_room()
    segments = POOL.segments_of(faces.table, actors, distance_m > COARSE_M * _sharpness(view))
    n = len(actors.index)
    # Meshes stand on their ground plane, tracks are boxes' centres.
    shift = actors.centres - 0.5 * actors.sizes[:, 2:3] * actors.rotations[:, :, 2]
    snow = np.where(faces.table.rests[actors.index], 1.0, MOVING_SNOW).astype(np.float32)
    return Segments(
        np.ascontiguousarray(segments[:, 0]), np.ascontiguousarray(segments[:, 1]),
        faces.table.scales[actors.index], actors.rotations, shift, faces.table.tints[actors.index],
        np.ones(n, np.uint8), np.arange(n, dtype=np.int32), np.zeros((n, LAMP_COUNT), np.float32), snow,
    )  # fmt: skip


def _sharpness(view: View) -> float:
    """Factor on the distances up to which detail is drawn."""
    return float(np.clip((view.camera.intrinsics[0, 0] / DETAIL_FOCAL_PX) ** 0.75, 0.75, 3.0))


def _scenery(faces: SceneFaces, view: View, detail: float, reach_m: float) -> Integers:
    """Tiles and heads in sight, nearest tiles first, heads last."""
    reach = np.minimum(faces.detail_m * detail, min(reach_m, 1e9))
    distance = in_sight(faces.low, faces.high, reach, view.position, view.rotation, view.lens)
    chosen = np.flatnonzero(distance >= 0)
    return chosen[np.lexsort((chosen, distance[chosen], faces.signal[chosen] >= 0))]


def _actors(faces: SceneFaces, view: View, timestamp_us: int) -> tuple[Actors, Floats]:
    """Tracks that may be in sight, and their distance in metres."""
    actors = faces.table.at(timestamp_us)
    radius = 0.5 * np.linalg.norm(actors.sizes, axis=1, keepdims=True)
    low, high = actors.centres - radius, actors.centres + radius
    distance = in_sight(low, high, np.full(len(low), 1e9), view.position, view.rotation, view.lens)
    seen = np.flatnonzero(distance >= 0)
    return actors.take(seen), distance[seen]


def _unmoved(count: int) -> tuple[Floats, Floats, Floats, Floats32, Bytes]:
    """scale, turn, shift, tint and moved of segments that lie in the global frame already."""
    one = np.ones((count, 3))
    return one, np.zeros((count, 3, 3)), one, one.astype(np.float32), np.zeros(count, np.uint8)


def _eyes(view: View) -> Floats:
    """Where the view looks from (2, 3), and where about its mirror image in a level road would."""
    up = np.array([0.0, 0.0, 2.0 * float(view.camera.ego_from_camera.translation[2])])
    return np.stack([view.position, view.position - up])


def _batch(faces: SceneFaces, eyes: Floats, scenery: Segments, actors: Actors, movers: Segments) -> Batch:
    room = int(scenery.count.sum() + movers.count.sum())
    mesh = empty_mesh(room)
    tags = np.empty(room, np.int32), np.empty(room, np.float32), np.empty(room, np.float32)
    static_count = gather(faces.pool, scenery, eyes, mesh, tags, 0)
    total = gather(POOL.pool, movers, eyes, mesh, tags, static_count)
    return Batch(
        mesh=Mesh(*(getattr(mesh, name)[:total] for name in mesh.__dataclass_fields__)),
        instance=tags[0][:total],
        emission=tags[1][:total],
        snow=tags[2][:total],
        static_count=static_count,
        instances=tuple(faces.table.tracks[n].track_id for n in actors.index),
        centres=actors.centres,
        velocities=actors.velocities,
        yaw_rates=actors.yaw_rates,
        rotations=actors.rotations,
        sizes=actors.sizes,
        lamps=movers.lamps,
    )
