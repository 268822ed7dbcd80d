"""Shadow maps of a directional light: two squares around the camera, a fine one and a wide one.

Texels lie on a grid that is fixed in the world, and the squares move in steps of many texels, so shadows do not crawl.
What stands still is drawn once per place of a square and kept; what moves is drawn on a copy.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from drivegen.core.arrays import Booleans, Floats, Integers
from drivegen.world.compiled import compiled
from drivegen.world.geometry import Mesh
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster.assemble import actor_segments
from drivegen.world.raster.bodies_pool import POOL
from drivegen.world.raster.pool import FacePool
from drivegen.world.raster.protocol import DrawnScene
from drivegen.world.raster.scene_faces import SceneFaces, faces_of
from drivegen.world.raster.shadow_kernels import EMPTY, draw_casters
from drivegen.world.raster.view import View

# Half the side of the squares, and how far their middles lie ahead of the camera, metres.
HALF_M = (32.0, 128.0)
AHEAD_M = (22.0, 80.0)
# The squares move in steps of this share of their side; a power of two keeps the texels' grid.
_STEP = 0.125
# Squares of scenery that are kept per scene; a rig of six cameras looks at no more than these at a time.
_KEPT = 14
_EGO_RADIUS_M = 4.0
# Shadows are drawn of bodies with fewer triangles from this share of the usual distance on.
_COARSER = 2.5


@dataclass(frozen=True, eq=False)
class ShadowMap:
    """How high what throws shadows reaches towards the light, in L squares, the finest first.

    Ask it from compiled code with `shadow_kernels.shadow_at`.

    Attributes:
        heights: (L, R, R) float32, metres towards the light; shadow_kernels.EMPTY where nothing stands.
        axes: (3, 3) rows: right, up, and the direction towards the light, in the global frame.
        corners: (L, 2) right and up coordinate of the corner of texel (0, 0), metres.
        texels_m: (L,) side of a texel.
    """

    heights: Floats32
    axes: Floats
    corners: Floats
    texels_m: Floats


def light_axes(to_light: Floats) -> Floats:
    """Rows right, up, towards the light (3, 3), of a direction (3,) towards the light."""
    forward = np.asarray(to_light, dtype=np.float64) / np.linalg.norm(to_light)
    helper = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.95 else np.array([1.0, 0.0, 0.0])
    right = np.cross(helper, forward)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])


def shadow_map(mesh: Mesh, to_light: Floats, centre: Floats, half_m: float, resolution: int) -> ShadowMap:
    """The shadow map of a mesh in one square of half side half_m around `centre` (3,), all global."""
    axes = light_axes(to_light)
    corner = axes[:2] @ np.asarray(centre, dtype=np.float64) - half_m
    texel_m = 2.0 * half_m / resolution
    heights = np.full((1, resolution, resolution), EMPTY, np.float32)
    pool = FacePool([mesh])
    whole = np.zeros(1, np.int64), np.array([len(mesh)])
    _draw(pool, *whole, axes[None], np.zeros((1, 3)), False, corner, texel_m, heights[0])
    return ShadowMap(heights, axes, corner[None], np.array([texel_m]))


def scene_shadows(
    scene: DrawnScene, view: View, timestamp_us: int, to_light: Floats, *, resolution: int = 768
) -> ShadowMap:
    """The shadows that a view of a scene may show at a time: of its scenery, its tracks and the ego vehicle.

    Args:
        to_light: (3,) direction towards the sun or moon, the same for the whole scene.
        resolution: R, texels a side; 768 makes texels of 8 cm near the camera.
    """
    still = _scenery_shadows(scene, to_light, resolution)
    movers = _Movers(scene, still.faces, still.axes, view, timestamp_us)
    heights = np.empty((len(HALF_M), resolution, resolution), np.float32)
    corners, texels_m = np.empty((len(HALF_M), 2)), np.empty(len(HALF_M))
    for level, half_m in enumerate(HALF_M):
        texels_m[level] = 2.0 * half_m / resolution
        step = 2.0 * half_m * _STEP
        middle = view.position + AHEAD_M[level] * _level(view.forward)
        cell = np.floor(still.axes[:2] @ middle / step + 0.5).astype(np.int64)
        corners[level] = cell * step - half_m
        heights[level] = still.square(level, (int(cell[0]), int(cell[1])), corners[level], texels_m[level])
        movers.draw(corners[level], texels_m[level], heights[level])
    return ShadowMap(heights, still.axes, corners, texels_m)


class _SceneryShadows:
    """Squares of the scenery's shadows that were drawn lately."""

    def __init__(self, faces: SceneFaces, to_light: Floats, resolution: int) -> None:
        self.faces = faces
        self.to_light = np.array(to_light, dtype=np.float64)
        self.axes = light_axes(to_light)
        self.resolution = resolution
        self._squares: OrderedDict[tuple[int, int, int], Floats32] = OrderedDict()

    def square(self, level: int, cell: tuple[int, int], corner: Floats, texel_m: float) -> Floats32:
        """Heights (R, R) of the scenery in one square."""
        key = (level, *cell)
        if key in self._squares:
            self._squares.move_to_end(key)
            return self._squares[key]
        heights = np.full((self.resolution, self.resolution), EMPTY, np.float32)
        faces = self.faces
        over = _over(faces.low, faces.high, self.axes, corner, texel_m * self.resolution)
        # Small things throw no shadow that the wide square resolves.
        chosen = np.flatnonzero(over & ((level == 0) | (faces.detail_m >= 1e9)))
        turns = np.tile(self.axes, (len(chosen), 1, 1))
        _draw(
            faces.pool, faces.first[chosen], faces.count[chosen], turns, np.zeros((len(chosen), 3)), False,
            corner, texel_m, heights,
        )  # fmt: skip
        self._squares[key] = heights
        if len(self._squares) > _KEPT:
            self._squares.popitem(last=False)
        return heights


_SHADOWS: WeakKeyDictionary[DrawnScene, _SceneryShadows] = WeakKeyDictionary()


def _scenery_shadows(scene: DrawnScene, to_light: Floats, resolution: int) -> _SceneryShadows:
    found = _SHADOWS.get(scene)
    if found is None or found.resolution != resolution or not np.array_equal(found.to_light, to_light):
        found = _SHADOWS[scene] = _SceneryShadows(faces_of(scene), to_light, resolution)
    return found


def _level(direction: Floats) -> Floats:
    """A direction turned into the ground plane, unit length unless it is upright."""
    flat: Floats = direction * np.array([1.0, 1.0, 0.0])
    return flat / max(float(np.linalg.norm(flat)), 1e-6)


class _Movers:
    """The bodies that may throw shadows at a time: tracks and the ego vehicle, in coordinates of the light."""

    def __init__(self, scene: DrawnScene, faces: SceneFaces, axes: Floats, view: View, timestamp_us: int) -> None:
        actors = faces.table.at(timestamp_us)
        distance = np.linalg.norm(actors.centres - view.position, axis=1)
        near = np.flatnonzero(distance < HALF_M[-1] + AHEAD_M[-1])
        actors = actors.take(near)
        segments = actor_segments(faces, actors, distance[near] * _COARSER, view)
        ego, pose = POOL.segment((faces.ego_body, 0, 0, 0, False, False)), scene.scenario.ego.pose_at(timestamp_us)
        self._pool = POOL.pool
        self._first = np.append(segments.first, ego[0])
        self._count = np.append(segments.count, ego[1])
        scale = np.concatenate([segments.scale, faces.ego_scale[None]])
        self._turns = axes @ np.concatenate([segments.turn, pose.matrix[None, :3, :3]]) * scale[:, None]
        self._shifts = np.concatenate([segments.shift, pose.translation[None]]) @ axes.T
        radius = 0.5 * np.linalg.norm(actors.sizes, axis=1)
        middle = np.concatenate([actors.centres, pose.translation[None]]) @ axes.T
        radius = np.append(radius, _EGO_RADIUS_M)[:, None]
        self._low, self._high = middle[:, :2] - radius, middle[:, :2] + radius
        self._drawn = np.zeros(len(self._first), dtype=bool)

    def draw(self, corner: Floats, texel_m: float, heights: Floats32) -> None:
        """Draw them on a square, but for those that lie within a finer square already: so do their shadows."""
        top = corner + texel_m * len(heights)
        chosen = ((self._high > corner) & (self._low < top)).all(axis=1) & ~self._drawn
        self._drawn |= ((self._low > corner) & (self._high < top)).all(axis=1)
        _draw(
            self._pool, self._first[chosen], self._count[chosen], self._turns[chosen], self._shifts[chosen], True,
            corner, texel_m, heights,
        )  # fmt: skip


def _draw(
    pool: FacePool, first: Integers, count: Integers, turns: Floats, shifts: Floats, closed: bool,
    corner: Floats, texel_m: float, heights: Floats32,
) -> None:  # fmt: skip
    faces = pool.faces
    draw_casters(
        faces.corners, faces.uv, faces.material, faces.param, pool.planes, first, count, turns, shifts, closed,
        corner, texel_m, heights,
    )  # fmt: skip


@compiled
def _over(low: Floats, high: Floats, axes: Floats, corner: Floats, side_m: float) -> Booleans:
    """Which boxes low (K, 3) to high (K, 3) lie over a square, seen from the light."""
    over = np.ones(len(low), np.bool_)
    for k in range(len(low)):
        for row in range(2):
            least = most = 0.0
            for axis in range(3):
                a, b = axes[row, axis] * low[k, axis], axes[row, axis] * high[k, axis]
                least += min(a, b)
                most += max(a, b)
            if most < corner[row] or least > corner[row] + side_m:
                over[k] = False
    return over
