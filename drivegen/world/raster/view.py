"""What a camera sees the world from: a pinhole with a grid of samples, possibly mirrored by a wet road."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.core.cameras import Camera
from drivegen.core.errors import GeometryError
from drivegen.core.poses import Pose, matrix_from_quaternion
from drivegen.core.projection import NEAR_PLANE_M

# Reflections show what lies above the mirror, and this little of what lies below it, so that feet touch the ground.
MIRROR_MARGIN_M = 0.03


@dataclass(frozen=True, eq=False)
class View:
    """A camera at a place, and the grid of samples that is drawn for it.

    A point p (global) has camera coordinates `rotation @ (p - position)`: x right, y down, z forward. It falls on
    sample-grid coordinates `(fx x / z + cx, fy y / z + cy)`; sample (row j, column i) looks along (i + 0.5, j + 0.5).

    Attributes:
        camera: the camera; its size is that of the picture.
        samples: S; every pixel has S x S samples.
        position: (3,) optical centre in the global frame, metres; under the ground when mirrored.
        rotation: (3, 3) camera_from_global; a reflection (determinant -1) when mirrored.
        mirrored: whether the view shows the world in a mirror; front faces then turn the other way round.
        clip: (4,) a plane n, d of the camera frame: only points with n . p >= d are drawn; zeros draw everything.
    """

    camera: Camera
    samples: int
    position: Floats
    rotation: Floats
    mirrored: bool = False
    clip: Floats = field(default_factory=lambda: np.zeros(4))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the picture, pixels."""
        return self.camera.size

    @property
    def grid(self) -> tuple[int, int]:
        """(height, width) of the sample grid."""
        return self.camera.size[0] * self.samples, self.camera.size[1] * self.samples

    @property
    def fx(self) -> float:
        """Horizontal focal length, samples."""
        return float(self.camera.intrinsics[0, 0]) * self.samples

    @property
    def fy(self) -> float:
        """Vertical focal length, samples."""
        return float(self.camera.intrinsics[1, 1]) * self.samples

    @property
    def cx(self) -> float:
        """Column of the principal point, samples from the left edge."""
        return float(self.camera.intrinsics[0, 2]) * self.samples

    @property
    def cy(self) -> float:
        """Row of the principal point, samples from the top edge."""
        return float(self.camera.intrinsics[1, 2]) * self.samples

    @property
    def lens(self) -> Floats:
        """What kernels know of the camera: fx, fy, cx, cy, grid width, grid height, near plane m, facing sign."""
        height, width = self.grid
        # A front face has a negative triple product of its corners in the camera frame, a mirrored one a positive.
        facing = -1.0 if self.mirrored else 1.0
        return np.array([self.fx, self.fy, self.cx, self.cy, width, height, NEAR_PLANE_M, facing])

    @property
    def forward(self) -> Floats:
        """Direction of the optical axis in the global frame (3,)."""
        return self.rotation[2]

    def mirrored_in(self, point: Floats, normal: Floats) -> View:
        """What this view sees in a mirror through `point` (3,) with unit `normal` (3,), both global.

        The picture has the geometry of this one: sample (j, i) shows what its ray meets after it was reflected by the
        plane. Drawn is only what stands on the normal's side of the plane.
        """
        if self.mirrored:
            raise GeometryError("a mirrored view has no mirror image", where="View.mirrored_in")
        n = np.asarray(normal, dtype=np.float64)
        householder = np.eye(3) - 2.0 * np.outer(n, n)
        distance = float(n @ (self.position - point))
        position = self.position - 2.0 * distance * n
        rotation = self.rotation @ householder
        offset = float(n @ (np.asarray(point) - position)) - MIRROR_MARGIN_M
        clip = np.append(rotation @ n, offset)
        return replace(self, position=position, rotation=rotation, mirrored=True, clip=clip)


def make_view(camera: Camera, global_from_ego: Pose, samples: int = 1) -> View:
    """The view of a camera of the vehicle, with samples x samples samples per pixel.

    Raises:
        GeometryError: fewer than one sample.
    """
    if samples < 1:
        raise GeometryError("a pixel needs a sample", where="make_view.samples", got=samples)
    global_from_camera = global_from_ego @ camera.ego_from_camera
    rotation = matrix_from_quaternion(global_from_camera.rotation).T
    return View(camera, samples, global_from_camera.translation, np.ascontiguousarray(rotation))
