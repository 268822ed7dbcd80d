"""Oriented 3D boxes and their corners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from drivegen.core.arrays import Floats, as_floats
from drivegen.core.errors import GeometryError
from drivegen.core.poses import Pose, matrix_from_quaternion, quaternion_product

# Corner order, in the box frame (x forward, y left, z up):
#
#         4--------5        front face: 0 1 2 3 (x = +length/2)
#        /|       /|        rear face:  4 5 6 7 (x = -length/2)
#       0--------1 |        0, 4 top left; 1, 5 top right; 2, 6 bottom right; 3, 7 bottom left
#       | 7------|-6
#       |/       |/
#       3--------2
_CORNER_SIGNS = 0.5 * np.array(
    [[1, 1, 1], [1, -1, 1], [1, -1, -1], [1, 1, -1], [-1, 1, 1], [-1, -1, 1], [-1, -1, -1], [-1, 1, -1]],
    dtype=np.float64,
)

# Faces as corner indices, counter-clockwise seen from outside: front, rear, left, right, top, bottom.
FACES: dict[str, tuple[int, int, int, int]] = {
    "front": (0, 1, 2, 3),
    "rear": (4, 7, 6, 5),
    "left": (0, 3, 7, 4),
    "right": (1, 5, 6, 2),
    "top": (0, 4, 5, 1),
    "bottom": (3, 2, 6, 7),
}

# The twelve edges as corner index pairs (12, 2).
EDGES = np.array(
    [[0, 1], [1, 2], [2, 3], [3, 0], [4, 5], [5, 6], [6, 7], [7, 4], [0, 4], [1, 5], [2, 6], [3, 7]], dtype=np.int64
)


@dataclass(frozen=True, eq=False)
class Boxes3D:
    """N oriented boxes in one frame of reference.

    Attributes:
        centers: (N, 3), metres.
        sizes: (N, 3), metres: length, width, height.
        rotations: (N, 4), unit quaternions w x y z; a box's x axis is its heading.
        velocities: (N, 3), metres per second.
    """

    centers: Floats
    sizes: Floats
    rotations: Floats
    velocities: Floats

    def __post_init__(self) -> None:
        n = len(self.centers)
        for name, width in (("centers", 3), ("sizes", 3), ("rotations", 4), ("velocities", 3)):
            object.__setattr__(self, name, as_floats(getattr(self, name), (n, width), f"Boxes3D.{name}"))
        if (self.sizes <= 0).any():
            bad = int(np.argwhere((self.sizes <= 0).any(axis=1))[0, 0])
            raise GeometryError("box size must be positive", where=f"box {bad}", got=self.sizes[bad].tolist())

    def __len__(self) -> int:
        return len(self.centers)

    def __getitem__(self, index: Any) -> Boxes3D:
        """Boxes chosen by a slice, mask or index array."""
        return Boxes3D(self.centers[index], self.sizes[index], self.rotations[index], self.velocities[index])

    @staticmethod
    def empty() -> Boxes3D:
        """No boxes."""
        return Boxes3D(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 4)), np.zeros((0, 3)))

    def corners(self) -> Floats:
        """Corners (N, 8, 3) in the order drawn above."""
        local = self.sizes[:, None, :] * _CORNER_SIGNS
        return np.einsum("nij,nkj->nki", matrix_from_quaternion(self.rotations), local) + self.centers[:, None, :]

    def transformed(self, result_from_source: Pose) -> Boxes3D:
        """The same boxes in another frame of reference."""
        return Boxes3D(
            result_from_source.apply(self.centers),
            self.sizes,
            quaternion_product(result_from_source.rotation, self.rotations),
            result_from_source.rotate(self.velocities),
        )
