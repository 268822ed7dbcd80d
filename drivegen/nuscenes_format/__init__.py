"""nuScenes tables both ways: read any root through the devkit, write our own, check tables.

The only package that imports nuscenes-devkit, and only when a root is opened.
"""

from drivegen.nuscenes_format.checks import check_tables
from drivegen.nuscenes_format.reader import FrameRef, NuScenesRoot, open_roots
from drivegen.nuscenes_format.scenes import Skipped
from drivegen.nuscenes_format.tables import Problem
from drivegen.nuscenes_format.writer import NuScenesWriter

__all__ = ["FrameRef", "NuScenesRoot", "NuScenesWriter", "Problem", "Skipped", "check_tables", "open_roots"]
