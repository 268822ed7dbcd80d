"""The embedded procedural driving world: scenes, their pictures, and nuScenes roots of them; numpy and OpenCV alone."""

from drivegen.world.config import CAMERA_YAW_DEG, Profile, WorldConfig
from drivegen.world.render import render_frame
from drivegen.world.scenes import WorldScene, frame_times, make_scene, scenario_id
from drivegen.world.writer import render_scene, split_of, write_world

__all__ = [
    "CAMERA_YAW_DEG",
    "Profile",
    "WorldConfig",
    "WorldScene",
    "frame_times",
    "make_scene",
    "render_frame",
    "render_scene",
    "scenario_id",
    "split_of",
    "write_world",
]
