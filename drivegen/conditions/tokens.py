"""The numbers of a frame that are no picture: box tokens, the camera, ego motion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivegen.conditions.config import ConditionConfig
from drivegen.conditions.layout import heading_in_camera
from drivegen.core import CATEGORY_ID, Camera, FrameLabels

# Corners nearer than this along the optical axis are treated as being this near.
MIN_DEPTH_M = 0.5
# Corners are clamped to this range of image sizes.
IMAGE_RANGE = (-1.0, 2.0)


def box_tokens(labels: FrameLabels, config: ConditionConfig) -> dict[str, np.ndarray]:
    """The nearest `max_boxes` conditioned objects of a frame, as the `box*` fields of Conditions without B and T.

    Lists are filled up to N = max_boxes with zeros where `box_mask` is False.
    """
    n = config.max_boxes
    corners = labels.boxes_ego.transformed(labels.camera.ego_from_camera.inverse()).corners()
    distance = np.linalg.norm(corners, axis=-1).min(axis=1, initial=np.inf)
    chosen = np.flatnonzero(labels.conditioned & (distance <= config.max_distance_m))
    chosen = chosen[np.argsort(distance[chosen], kind="stable")][:n]
    appearance = labels.appearance[chosen]
    known = np.isfinite(appearance).all(axis=1)
    values = {
        "boxes": projected_corners(corners[chosen], labels.camera),
        "box_category": np.array([CATEGORY_ID[labels.categories[i]] for i in chosen], dtype=np.int64),
        "box_heading": heading_in_camera(corners[chosen]).astype(np.float32),
        "box_appearance": np.where(known[:, None], appearance, 0.0).astype(np.float32),
        "box_appearance_known": known,
        "box_mask": np.ones(len(chosen), dtype=bool),
    }
    return {name: _filled(value, n) for name, value in values.items()}


def projected_corners(corners: np.ndarray, camera: Camera) -> np.ndarray:
    """Corners (N, 8, 3) of the camera frame as u/w, v/h and log depth: (N, 8, 3) float32."""
    depth = np.maximum(corners[..., 2], MIN_DEPTH_M)
    pixels = camera.project(np.concatenate([corners[..., :2], depth[..., None]], axis=-1))
    height, width = camera.size
    unit = np.clip(pixels / np.array([width, height]), *IMAGE_RANGE)
    return np.concatenate([unit, np.log(depth)[..., None]], axis=-1).astype(np.float32)


def camera_token(camera: Camera) -> np.ndarray:
    """fx/w, fy/h, cx/w, cy/h, height above the ground in metres, pitch in radians (positive down): (6,) float32."""
    height, width = camera.size
    k = camera.intrinsics
    axis = camera.ego_from_camera.rotate(np.array([0.0, 0.0, 1.0]))
    pitch = np.arctan2(-axis[2], np.hypot(axis[0], axis[1]))
    above = camera.ego_from_camera.translation[2]
    values = [k[0, 0] / width, k[1, 1] / height, k[0, 2] / width, k[1, 2] / height, above, pitch]
    return np.array(values, dtype=np.float32)


def ego_motion(labels: Sequence[FrameLabels]) -> np.ndarray:
    """Motion of the vehicle from frame to frame: (T, 4) float32.

    Metres forward and left and radians of yaw since the previous frame, in the previous frame's ego axes, and metres
    per second over that interval. The first frame has not moved; its speed is that of the following interval. A single
    frame stands still.
    """
    motion = np.zeros((len(labels), 4), dtype=np.float32)
    for t in range(1, len(labels)):
        previous, current = labels[t - 1], labels[t]
        previous_from_current = previous.global_from_ego.inverse() @ current.global_from_ego
        forward, left = previous_from_current.translation[:2]
        seconds = (current.timestamp_us - previous.timestamp_us) / 1e6
        speed = np.hypot(forward, left) / seconds if seconds > 0 else 0.0
        motion[t] = [forward, left, previous_from_current.yaw_rad, speed]
    if len(labels) > 1:
        motion[0, 3] = motion[1, 3]
    return motion


def _filled(values: np.ndarray, count: int) -> np.ndarray:
    """(M, ...) => (count, ...), zeros at the end."""
    room = np.zeros((count - len(values), *values.shape[1:]), dtype=values.dtype)
    return np.concatenate([values, room])
