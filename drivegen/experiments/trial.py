"""A trained detector held to the labels of the test set."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from drivegen.core import Clip, Detections
from drivegen.core.arrays import Bytes
from drivegen.data import CropWindow, fit_image
from drivegen.evaluation import ApStats
from drivegen.experiments.cells import keys_of
from drivegen.experiments.clip_lists import ClipList
from drivegen.models.perception import detections_of
from drivegen.models.perception.frame_branch import FrameBranch
from drivegen.training.perception_batches import to_images

# Frames that are looked at together.
_BATCH = 16
# Average precision asks for what a detector hardly believes, too.
_MIN_SCORE = 0.005


def count_hits(net: FrameBranch, image_size: tuple[int, int], test: ClipList, device: torch.device) -> ApStats:
    """Hits and false alarms on every frame of the test set, clip by clip, in the cells that each clip belongs to."""
    stats, cells = ApStats(), test.cells()
    net.to(device).eval()
    for clip in test.reader.clips():
        keys = keys_of(*cells[clip.clip_id])
        for labels, found in zip(clip.labels, detect(net, image_size, clip, device), strict=True):
            stats.add_frame(clip.scenario_id, labels, found, keys)
    return stats


@torch.inference_mode()
def detect(net: FrameBranch, image_size: tuple[int, int], clip: Clip, device: torch.device) -> list[Detections]:
    """What a detector finds in each frame of a clip, in pixels of the frame."""
    found: list[Detections] = []
    size = (clip.frames.shape[1], clip.frames.shape[2])
    for start in range(0, len(clip.frames), _BATCH):
        frames = _resized(clip.frames[start : start + _BATCH], image_size)
        outputs = net(to_images(frames.to(device)))
        found += [detections_of(outputs, i, size, min_score=_MIN_SCORE) for i in range(len(frames))]
    return found


def _resized(frames: Sequence[Bytes] | Bytes, image_size: tuple[int, int]) -> torch.Tensor:
    """Frames as the detector was trained on them (`perception_arrays`): (B, h, w, 3) uint8."""
    window = CropWindow(0, 0, *frames[0].shape[:2])
    return torch.stack([torch.from_numpy(fit_image(frame, window, image_size)) for frame in frames])
