"""The rig of a scene: height, pitch and field of view differ from scene to scene as between real cars."""

from __future__ import annotations

import numpy as np

from drivegen.core import Camera, Pose, forward_camera
from drivegen.world.config import CAMERA_YAW_DEG

FRONT = "CAM_FRONT"
"""Crowdedness is what this camera sees, in every rig."""

# Published rigs: KITTI's camera sits 1.65 m up, nuScenes' 1.5 m, Waymo's 2.1 m on a roof; fields of view are 52 degrees
# in PandaSet, 65 in nuScenes, 81 in KITTI.
HEIGHT_M = (1.2, 1.9)
PITCH_DEG = (-1.0, 4.0)
FIELD_OF_VIEW_DEG = (50.0, 82.0)
# Cameras sit this far from the ego's middle in the direction that they look to.
FORWARD_M = (0.3, 0.9)


def make_rig(names: tuple[str, ...], size: tuple[int, int], rng: np.random.Generator) -> dict[str, Camera]:
    """Cameras by name, CAM_FRONT always among them and first.

    Args:
        names: from CAMERA_YAW_DEG.
        size: (h, w) of the images, pixels.
    """
    field_of_view = float(np.radians(rng.uniform(*FIELD_OF_VIEW_DEG)))
    height_m = float(rng.uniform(*HEIGHT_M))
    pitch_rad = float(np.radians(rng.uniform(*PITCH_DEG)))
    forward_m = float(rng.uniform(*FORWARD_M))
    rig = {}
    for name in dict.fromkeys((FRONT, *names)):
        camera = forward_camera(name, size, field_of_view, height_m, pitch_rad)
        yaw = np.radians(CAMERA_YAW_DEG[name])
        turn = Pose.from_yaw(yaw, (forward_m * np.cos(yaw), 0.5 * forward_m * np.sin(yaw), 0.0))
        rig[name] = Camera(name, camera.intrinsics, turn @ camera.ego_from_camera, size)
    return rig
