"""Perception nets: what judges see in frames and clips, and the folders that hold them."""

from drivegen.models.perception.build import build_perception, enlarging, with_regions
from drivegen.models.perception.config import STRIDE, PerceptionConfig, PerceptionKind
from drivegen.models.perception.decode import detections_of, identities_of
from drivegen.models.perception.folder import (
    LoadedPerception,
    PerceptionInfo,
    Role,
    default_perception_folder,
    load_observer,
    load_perception,
    save_perception,
)
from drivegen.models.perception.net import PerceptionNet
from drivegen.models.perception.observer import PerceptionObserver
from drivegen.models.perception.outputs import ClipOutputs, FrameOutputs
from drivegen.models.perception.region_branch import NOTHING
from drivegen.models.perception.resizing import images_of, resize_frames

__all__ = [
    "NOTHING",
    "STRIDE",
    "ClipOutputs",
    "FrameOutputs",
    "LoadedPerception",
    "PerceptionConfig",
    "PerceptionInfo",
    "PerceptionKind",
    "PerceptionNet",
    "PerceptionObserver",
    "Role",
    "build_perception",
    "default_perception_folder",
    "detections_of",
    "enlarging",
    "identities_of",
    "images_of",
    "load_observer",
    "load_perception",
    "resize_frames",
    "save_perception",
    "with_regions",
]
