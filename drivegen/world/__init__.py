"""The embedded procedural driving world: scenes, their pictures, and nuScenes roots of them, on the CPU alone."""

from drivegen.world.config import CAMERA_YAW_DEG, WorldConfig
from drivegen.world.profile import Profile
from drivegen.world.render import Rendered, render, render_frame
from drivegen.world.scenes import WorldScene, frame_times, make_scene, scenario_id
from drivegen.world.splits import combination_of, held_out, split_of
from drivegen.world.traffic import EgoPlan
from drivegen.world.writer import write_world

__all__ = [
    "CAMERA_YAW_DEG",
    "EgoPlan",
    "Profile",
    "Rendered",
    "WorldConfig",
    "WorldScene",
    "combination_of",
    "frame_times",
    "held_out",
    "make_scene",
    "render",
    "render_frame",
    "scenario_id",
    "split_of",
    "write_world",
]
