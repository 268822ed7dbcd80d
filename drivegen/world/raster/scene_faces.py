"""All triangles of a scene, ready to be picked from: its scenery, its traffic lights and the bodies of its tracks."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from drivegen.core.arrays import Floats, Integers
from drivegen.world.geometry import LAMP_COUNT, Mesh
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster.actors import ActorTable, usual_size
from drivegen.world.raster.pool import FacePool
from drivegen.world.raster.protocol import DrawnScene

_ALWAYS_M = 1e9


class SceneFaces:
    """The triangles of a scene; built once, and kept as long as the scene lives.

    Attributes:
        pool: the scenery's faces, tile after tile, then the traffic lights' heads.
        first, count: (K,) each tile's and head's faces in the pool.
        low, high: (K, 3) the boxes that hold them, metres.
        detail_m: (K,) distance up to which each is drawn, for a camera of `assemble.DETAIL_FOCAL_PX`.
        signal: (K,) the signal that switches it, -1 for tiles.
        table: the tracks' motion.
        ego_body, ego_scale: body of the vehicle that carries the cameras, and its size (3,) over the usual one.
    """

    def __init__(self, scene: DrawnScene) -> None:
        tiles = [tile for tile in scene.stage.tiles if len(tile.mesh)]
        heads = [head for head in scene.stage.signal_heads if len(head.mesh)]
        meshes = [tile.mesh for tile in tiles] + [head.mesh for head in heads]
        self.pool = FacePool(meshes)
        self.count: Integers = np.array([len(mesh) for mesh in meshes], dtype=np.int64)
        self.first: Integers = np.cumsum(self.count) - self.count
        self.low, self.high = _bounds(self.pool.faces, self.first)
        reach = [min(float(tile.detail_m), _ALWAYS_M) for tile in tiles] + [_ALWAYS_M] * len(heads)
        self.detail_m: Floats = np.array(reach, dtype=np.float64)
        signal = [-1] * len(tiles) + [head.signal for head in heads]
        self.signal: Integers = np.array(signal, dtype=np.int64)
        self.table = ActorTable(scene.scenario.tracks)
        body, size, _ = scene.ego_body
        self.ego_body = body
        self.ego_scale: Floats = np.asarray(size, dtype=np.float64) / usual_size(body)

    def lamps(self, scene: DrawnScene, chosen: Integers, timestamp_us: int) -> Floats32:
        """Strength of the lamps (n, LAMP_COUNT) of some tiles and heads at a time."""
        lamps = np.zeros((len(chosen), LAMP_COUNT), np.float32)
        lamps[:] = scene.stage_lamps(timestamp_us)
        switched = self.signal[chosen] >= 0
        if switched.any():
            lamps[switched] = scene.signal_lamps(timestamp_us)[self.signal[chosen[switched]]]
        return lamps


_FACES: WeakKeyDictionary[DrawnScene, SceneFaces] = WeakKeyDictionary()


def faces_of(scene: DrawnScene) -> SceneFaces:
    """The triangles of a scene."""
    found = _FACES.get(scene)
    if found is None:
        found = _FACES[scene] = SceneFaces(scene)
    return found


def _bounds(faces: Mesh, first: Integers) -> tuple[Floats, Floats]:
    """The boxes (K, 3), (K, 3) that hold pieces of a mesh, which begin at the faces `first` (K,)."""
    if not len(first):
        return np.zeros((0, 3)), np.zeros((0, 3))
    low = np.minimum.reduceat(faces.corners.min(axis=1), first)
    high = np.maximum.reduceat(faces.corners.max(axis=1), first)
    return low.astype(np.float64), high.astype(np.float64)
