"""Rigid transforms between frames of reference.

A pose is named *result_from_source* and chains by adjacent words: `global_from_ego @ ego_from_camera`.
Quaternions are in the order w, x, y, z and describe active rotations (Hamilton convention, as in nuScenes).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats, as_floats
from drivegen.core.errors import GeometryError


@dataclass(frozen=True, eq=False)
class Pose:
    """A rigid transform: `points_result = R(rotation) @ points_source + translation`.

    Attributes:
        rotation: unit quaternion (4,), w x y z.
        translation: (3,), metres, in the result frame.
    """

    rotation: Floats
    translation: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "rotation", normalised(as_floats(self.rotation, (4,), "Pose.rotation")))
        object.__setattr__(self, "translation", as_floats(self.translation, (3,), "Pose.translation"))

    @staticmethod
    def identity() -> Pose:
        """The pose that changes nothing."""
        return Pose(np.array([1.0, 0.0, 0.0, 0.0]), np.zeros(3))

    @staticmethod
    def from_yaw(yaw_rad: float, translation: Floats | tuple[float, float, float]) -> Pose:
        """A rotation about the source's z axis (counter-clockwise seen from above) and a translation."""
        return Pose(quaternion_from_yaw(np.asarray(yaw_rad)), np.asarray(translation, dtype=np.float64))

    @staticmethod
    def from_matrix(matrix: Floats) -> Pose:
        """From a homogeneous matrix (4, 4)."""
        matrix = as_floats(matrix, (4, 4), "matrix")
        return Pose(quaternion_from_matrix(matrix[:3, :3]), matrix[:3, 3])

    @property
    def matrix(self) -> Floats:
        """The homogeneous matrix (4, 4)."""
        result = np.eye(4)
        result[:3, :3] = matrix_from_quaternion(self.rotation)
        result[:3, 3] = self.translation
        return result

    @property
    def yaw_rad(self) -> float:
        """Heading of the source's x axis in the result's x-y plane, in [-pi, pi]."""
        x_axis = matrix_from_quaternion(self.rotation)[:, 0]
        return float(np.arctan2(x_axis[1], x_axis[0]))

    def inverse(self) -> Pose:
        """The pose source_from_result."""
        conjugate = self.rotation * np.array([1.0, -1.0, -1.0, -1.0])
        return Pose(conjugate, -matrix_from_quaternion(conjugate) @ self.translation)

    def __matmul__(self, other: Pose) -> Pose:
        return Pose(quaternion_product(self.rotation, other.rotation), self.apply(other.translation))

    def apply(self, points: Floats) -> Floats:
        """Move points (..., 3) from the source to the result frame."""
        return points @ matrix_from_quaternion(self.rotation).T + self.translation

    def rotate(self, vectors: Floats) -> Floats:
        """Turn directions or velocities (..., 3) from the source to the result frame."""
        return vectors @ matrix_from_quaternion(self.rotation).T


def interpolate_poses(a: Pose, b: Pose, fraction: float) -> Pose:
    """The pose at `fraction` in [0, 1] from a to b: linear position, spherical rotation."""
    translation = (1.0 - fraction) * a.translation + fraction * b.translation
    return Pose(slerp(a.rotation, b.rotation, np.asarray(fraction)), translation)


def normalised(quaternions: Floats) -> Floats:
    """Unit quaternions (..., 4) of the same direction.

    Raises:
        GeometryError: a quaternion of length zero.
    """
    norm = np.linalg.norm(quaternions, axis=-1, keepdims=True)
    if (norm < 1e-9).any():
        raise GeometryError("quaternion of length zero", expected="a rotation w, x, y, z")
    return quaternions / norm


def quaternion_from_yaw(yaw_rad: Floats) -> Floats:
    """Rotations about z: (...) angles to (..., 4)."""
    half = np.asarray(yaw_rad, dtype=np.float64) / 2.0
    zero = np.zeros_like(half)
    return np.stack([np.cos(half), zero, zero, np.sin(half)], axis=-1)


def quaternion_product(a: Floats, b: Floats) -> Floats:
    """Hamilton product of (..., 4) and (..., 4): first b, then a."""
    aw, ax, ay, az = np.moveaxis(a, -1, 0)
    bw, bx, by, bz = np.moveaxis(b, -1, 0)
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def matrix_from_quaternion(quaternions: Floats) -> Floats:
    """Rotation matrices (..., 3, 3) of unit quaternions (..., 4)."""
    w, x, y, z = np.moveaxis(quaternions, -1, 0)
    rows = [
        np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], axis=-1),
        np.stack([2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], axis=-1),
        np.stack([2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], axis=-1),
    ]
    return np.stack(rows, axis=-2)


def quaternion_from_matrix(rotation: Floats) -> Floats:
    """The unit quaternion (4,) of a rotation matrix (3, 3), by Bar-Itzhack's eigenvector method (2000).

    Raises:
        GeometryError: the matrix is not a rotation.
    """
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-4) or np.linalg.det(rotation) < 0:
        raise GeometryError("matrix is not a rotation", where="rotation", got=np.round(rotation, 4).tolist())
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = rotation
    k = np.array(
        [
            [xx - yy - zz, yx + xy, zx + xz, zy - yz],
            [yx + xy, yy - xx - zz, zy + yz, xz - zx],
            [zx + xz, zy + yz, zz - xx - yy, yx - xy],
            [zy - yz, xz - zx, yx - xy, xx + yy + zz],
        ]
    )
    x, y, z, w = np.linalg.eigh(k / 3.0)[1][:, -1]
    quaternion = np.array([w, x, y, z])
    return quaternion if w >= 0 else -quaternion


def slerp(a: Floats, b: Floats, fraction: Floats) -> Floats:
    """Spherical interpolation between unit quaternions (..., 4), the short way round; fraction (...) in [0, 1]."""
    dot = np.sum(a * b, axis=-1)
    b = np.where((dot < 0)[..., None], -b, b)
    angle = np.arccos(np.clip(np.abs(dot), 0.0, 1.0))
    small = angle < 1e-6
    sine = np.where(small, 1.0, np.sin(angle))
    weight_a = np.where(small, 1.0 - fraction, np.sin((1.0 - fraction) * angle) / sine)
    weight_b = np.where(small, fraction, np.sin(fraction * angle) / sine)
    return normalised(weight_a[..., None] * a + weight_b[..., None] * b)
