"""A camera at a moment: projection at drawing size, and where each pixel's ray meets the ground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from drivegen.core import Camera, Pose
from drivegen.core.arrays import Floats
from drivegen.core.poses import matrix_from_quaternion

Image32 = NDArray[np.float32]
NEAR_M = 0.25
FAR_M = 400.0


@dataclass(frozen=True, eq=False)
class GroundGrid:
    """Where pixels look, in the ego frame; rows above `horizon_row` see no ground.

    Attributes:
        horizon_row: first row all of whose pixels see the ground within FAR_M.
        x, y: (H - horizon_row, W) ground places, metres.
        depth: the same shape, distance from the camera, metres.
        azimuth, elevation: (h, w) direction of each pixel at the frame's final size, radians.
    """

    horizon_row: int
    x: Image32
    y: Image32
    depth: Image32
    azimuth: Image32
    elevation: Image32


@dataclass(frozen=True, eq=False)
class View:
    """A camera at a moment, `scale` times larger than its image.

    Attributes:
        camera: the camera at drawing size.
        final_size: (h, w) of the finished picture.
        global_from_ego: the vehicle's pose.
        position: (3,) of the camera, global frame.
        rotation: (3, 3) camera_from_global.
        grid: where its pixels look.
    """

    camera: Camera
    final_size: tuple[int, int]
    global_from_ego: Pose
    position: Floats
    rotation: Floats
    grid: GroundGrid

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) at drawing size."""
        return self.camera.size

    @property
    def focal_px(self) -> float:
        """Focal length at drawing size."""
        return float(self.camera.intrinsics[0, 0])

    def to_camera(self, points: Floats) -> Floats:
        """Global points (..., 3) in the camera frame."""
        return (points - self.position) @ self.rotation.T

    @property
    def half_width(self) -> float:
        """Tangent of half the horizontal angle of view."""
        return self.size[1] / (2.0 * self.focal_px)

    def ground_to_camera(self, places: Floats) -> Floats:
        """Places (N, 2) on the ground, global frame, in the camera frame (N, 3)."""
        return (places - self.position[:2]) @ self.rotation[:, :2].T - self.position[2] * self.rotation[:, 2]

    def to_pixels(self, points_camera: Floats) -> Floats:
        """Points (..., 3) of the camera frame with z > 0 as pixels (..., 2) at drawing size."""
        k = self.camera.intrinsics
        inverse = 1.0 / points_camera[..., 2]
        x = k[0, 0] * points_camera[..., 0] * inverse + k[0, 2]
        y = k[1, 1] * points_camera[..., 1] * inverse + k[1, 2]
        return np.stack([x, y], axis=-1)


def make_view(camera: Camera, global_from_ego: Pose, scale: int) -> View:
    """The view of a camera whose pictures are drawn `scale` times larger."""
    height, width = camera.size
    large = camera.resize((height * scale, width * scale))
    pose = global_from_ego @ camera.ego_from_camera
    mount = camera.ego_from_camera
    key = (tuple(camera.intrinsics.ravel()), tuple(mount.rotation), tuple(mount.translation), camera.size, scale)
    return View(
        large, camera.size, global_from_ego, pose.translation, matrix_from_quaternion(pose.rotation).T, _grid(*key)
    )


@lru_cache(maxsize=16)
def _grid(
    intrinsics: tuple[float, ...],
    rotation: tuple[float, ...],
    translation: tuple[float, ...],
    size: tuple[int, int],
    scale: int,
) -> GroundGrid:
    mount = Pose(np.array(rotation), np.array(translation))
    camera = Camera("grid", np.array(intrinsics).reshape(3, 3), mount, size)
    large = camera.resize((size[0] * scale, size[1] * scale))
    rays = _rays(large)
    slope = -rays[..., 2]
    visible = slope * FAR_M > mount.translation[2]
    rows = np.flatnonzero(visible.all(axis=1))
    start = int(rows[0]) if len(rows) else large.size[0]
    distance = mount.translation[2] / np.maximum(slope[start:], 1e-6)
    small = _rays(camera)
    return GroundGrid(
        horizon_row=start,
        x=(rays[start:, :, 0] * distance + mount.translation[0]).astype(np.float32),
        y=(rays[start:, :, 1] * distance + mount.translation[1]).astype(np.float32),
        depth=(distance * np.linalg.norm(rays[start:], axis=-1)).astype(np.float32),
        azimuth=np.arctan2(small[..., 1], small[..., 0]).astype(np.float32),
        elevation=np.arctan2(small[..., 2], np.linalg.norm(small[..., :2], axis=-1)).astype(np.float32),
    )


def _rays(camera: Camera) -> Floats:
    """Directions (h, w, 3) of the pixels' centres, ego frame, with unit length along the optical axis."""
    height, width = camera.size
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    k = camera.intrinsics
    rays = np.stack([(u - k[0, 2]) / k[0, 0], (v - k[1, 2]) / k[1, 1], np.ones_like(u)], axis=-1)
    return camera.ego_from_camera.rotate(rays)
