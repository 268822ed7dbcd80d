"""Clips of nuScenes-format roots as training samples: index, image and camera transformed together, hold-out."""

from drivegen.data.appearance import central_colour, with_appearance
from drivegen.data.config import DataConfig
from drivegen.data.dataset import ClipDataset, ClipSample, Drive, clip_key
from drivegen.data.image_window import CropWindow, fit_camera, fit_image
from drivegen.data.index import ClipIndex, ClipWindow, common_splits
from drivegen.data.splits import hold_out

__all__ = [
    "ClipDataset",
    "ClipIndex",
    "ClipSample",
    "ClipWindow",
    "CropWindow",
    "DataConfig",
    "Drive",
    "central_colour",
    "clip_key",
    "common_splits",
    "fit_camera",
    "fit_image",
    "hold_out",
    "with_appearance",
]
