"""Pinhole cameras whose intrinsics follow every crop and resize.

Image coordinates are continuous: (0, 0) is the top-left corner of the top-left pixel, whose centre is (0.5, 0.5).
A resize by s therefore multiplies fx, fy, cx and cy by s, and a crop subtracts its offset from cx and cy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from drivegen.core.arrays import Floats, as_floats
from drivegen.core.errors import GeometryError
from drivegen.core.poses import Pose


@dataclass(frozen=True, eq=False)
class Camera:
    """A calibrated pinhole camera of a rig.

    Attributes:
        name: its channel, such as CAM_FRONT.
        intrinsics: (3, 3), pixels; camera frame is x right, y down, z forward.
        ego_from_camera: where it sits on the vehicle (ego is x forward, y left, z up, on the ground).
        size: (height, width) of its images, pixels.
    """

    name: str
    intrinsics: Floats
    ego_from_camera: Pose
    size: tuple[int, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "intrinsics", as_floats(self.intrinsics, (3, 3), f"{self.name}.intrinsics"))
        height, width = self.size
        if self.intrinsics[0, 0] <= 0 or self.intrinsics[1, 1] <= 0:
            raise GeometryError("focal length must be positive", where=f"{self.name}.intrinsics")
        if height <= 0 or width <= 0:
            raise GeometryError("image size must be positive", where=f"{self.name}.size", got=self.size)
        object.__setattr__(self, "size", (int(height), int(width)))

    def crop(self, top_px: float, left_px: float, size: tuple[int, int]) -> Camera:
        """The camera whose image is the window of `size` (h, w) at (top, left) of this one's."""
        intrinsics = self.intrinsics.copy()
        intrinsics[0, 2] -= left_px
        intrinsics[1, 2] -= top_px
        return replace(self, intrinsics=intrinsics, size=size)

    def resize(self, size: tuple[int, int]) -> Camera:
        """The camera whose image is this one's, scaled to `size` (h, w)."""
        scale = np.diag([size[1] / self.size[1], size[0] / self.size[0], 1.0])
        return replace(self, intrinsics=scale @ self.intrinsics, size=size)

    def project(self, points_camera: Floats) -> Floats:
        """Project points (..., 3) of the camera frame with z > 0 to pixels (..., 2)."""
        homogeneous = points_camera @ self.intrinsics.T
        return homogeneous[..., :2] / homogeneous[..., 2:3]

    @property
    def horizontal_fov_rad(self) -> float:
        """Full horizontal angle of view."""
        return float(2.0 * np.arctan(self.size[1] / (2.0 * self.intrinsics[0, 0])))


# Rotation of a camera that looks along the ego's x axis: x right = -y ego, y down = -z ego, z forward = x ego.
FORWARD_LOOKING = Pose(np.array([0.5, -0.5, 0.5, -0.5]), np.zeros(3))


def forward_camera(
    name: str, size: tuple[int, int], horizontal_fov_rad: float, height_m: float, pitch_rad: float = 0.0
) -> Camera:
    """A camera that looks ahead, `height_m` above the ego origin, pitched down by `pitch_rad`, with square pixels."""
    focal = size[1] / (2.0 * np.tan(horizontal_fov_rad / 2.0))
    intrinsics = np.array([[focal, 0.0, size[1] / 2.0], [0.0, focal, size[0] / 2.0], [0.0, 0.0, 1.0]])
    half = pitch_rad / 2.0
    pitch_down = Pose(np.array([np.cos(half), 0.0, np.sin(half), 0.0]), np.array([0.0, 0.0, height_m]))
    return Camera(name, intrinsics, pitch_down @ FORWARD_LOOKING, size)
