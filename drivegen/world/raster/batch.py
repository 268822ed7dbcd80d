"""The triangles of one picture, with what belongs to each besides its mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drivegen.core.arrays import Floats
from drivegen.world.geometry import LAMP_COUNT, Mesh
from drivegen.world.geometry.mesh import Floats32

Integers32 = npt.NDArray[np.int32]
# The instance of a face of the scenery.
NO_INSTANCE = -1


@dataclass(frozen=True, eq=False)
class Batch:
    """F triangles in the global frame; those that stand still come first.

    Attributes:
        mesh: the triangles.
        instance: (F,) index of the object they belong to, or NO_INSTANCE.
        emission: (F,) strength of their lamp, 0 off to 1 on; 0 for faces that are no lamp.
        snow: (F,) share of the weather's snow that may lie on them.
        static_count: how many of the first triangles belong to the scenery.
        instances: N track ids.
        centres: (N, 3) metres, the middle of each object's box.
        velocities: (N, 3) metres per second.
        yaw_rates: (N,) rad/s about the vertical.
        rotations: (N, 3, 3) global_from_object; its x axis is the object's heading.
        sizes: (N, 3) length, width, height of the boxes, metres.
        lamps: (N, LAMP_COUNT) float32 strength of each object's lamps.
    """

    mesh: Mesh
    instance: Integers32
    emission: Floats32
    snow: Floats32
    static_count: int
    instances: tuple[str, ...]
    centres: Floats
    velocities: Floats
    yaw_rates: Floats
    rotations: Floats
    sizes: Floats
    lamps: Floats32

    def __len__(self) -> int:
        return len(self.mesh)


def static_batch(mesh: Mesh, *, emission: float = 0.0) -> Batch:
    """A mesh on its own, without objects; lamps shine with strength `emission`."""
    count = len(mesh)
    return Batch(
        mesh=mesh,
        instance=np.full(count, NO_INSTANCE, np.int32),
        emission=np.where(mesh.lamp > 0, np.float32(emission), np.float32(0.0)),
        snow=np.ones(count, np.float32),
        static_count=count,
        instances=(),
        centres=np.zeros((0, 3)),
        velocities=np.zeros((0, 3)),
        yaw_rates=np.zeros(0),
        rotations=np.zeros((0, 3, 3)),
        sizes=np.zeros((0, 3)),
        lamps=np.zeros((0, LAMP_COUNT), np.float32),
    )


def object_batch(scenery: Mesh, objects: dict[str, Mesh], velocities: Floats | None = None) -> Batch:
    """Scenery and objects by track id, all in the global frame: for previews and tests.

    Args:
        velocities: (N, 3) metres per second in the order of the objects; None when they stand.
    """
    names, meshes = tuple(objects), list(objects.values())
    joined = static_batch(Mesh.join([scenery, *meshes]))
    counts = [len(scenery)] + [len(mesh) for mesh in meshes]
    low = np.array([mesh.corners.min(axis=(0, 1)) for mesh in meshes], dtype=np.float64).reshape(-1, 3)
    high = np.array([mesh.corners.max(axis=(0, 1)) for mesh in meshes], dtype=np.float64).reshape(-1, 3)
    return Batch(
        mesh=joined.mesh,
        instance=np.repeat(np.arange(-1, len(names), dtype=np.int32), counts),
        emission=joined.emission,
        snow=joined.snow,
        static_count=len(scenery),
        instances=names,
        centres=0.5 * (low + high),
        velocities=np.zeros((len(names), 3)) if velocities is None else np.asarray(velocities, dtype=np.float64),
        yaw_rates=np.zeros(len(names)),
        rotations=np.tile(np.eye(3), (len(names), 1, 1)),
        sizes=high - low,
        lamps=np.zeros((len(names), LAMP_COUNT), np.float32),
    )
