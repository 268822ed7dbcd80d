"""nuScenes tables both ways: read any root through the devkit, write our own, check tables.

The only package that imports nuscenes-devkit, and only when a root is opened.
"""

from drivegen.nuscenes_format.checks import check_tables
from drivegen.nuscenes_format.maps import encode_depth, encode_instances
from drivegen.nuscenes_format.reader import FrameRef, NuScenesRoot
from drivegen.nuscenes_format.roots import open_roots
from drivegen.nuscenes_format.scene_files import FrameFiles, RootSettings, SceneText, write_scene
from drivegen.nuscenes_format.scenes import Skipped
from drivegen.nuscenes_format.tables import Problem
from drivegen.nuscenes_format.writer import NuScenesWriter

__all__ = [
    "FrameFiles",
    "FrameRef",
    "NuScenesRoot",
    "NuScenesWriter",
    "Problem",
    "RootSettings",
    "SceneText",
    "Skipped",
    "check_tables",
    "encode_depth",
    "encode_instances",
    "open_roots",
    "write_scene",
]
