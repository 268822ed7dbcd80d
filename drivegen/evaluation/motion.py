"""Whether the vehicle moves in the pixels as the labels say: what a motion probe reads against the trajectory."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from drivegen.core import Camera, Clip, ClipObservation, ego_motion
from drivegen.core.arrays import Floats

SPEED: Final = "speed_mps"
YAW_RATE: Final = "yaw_rate_radps"
# The probe knows cameras that look ahead: cosine of the angle between optical axis and driving direction.
_LEAST_AHEAD = 0.8


class Pairs(NamedTuple):
    """What was measured, and what is true (N,)."""

    measured: Floats
    true: Floats


def ego_motions(clip: Clip, observation: ClipObservation) -> dict[str, Pairs]:
    """Speed and yaw rate of each step (T - 1,) of a forward camera's clip, as the probe reads them and as labelled."""
    if len(clip.frames) < 2 or not looks_ahead(clip.labels[0].camera):
        return {}
    speed, yaw_rate = ego_motion(clip.labels)
    seen = {SPEED: observation.speed_mps, YAW_RATE: observation.yaw_rate_radps}
    true = {SPEED: speed, YAW_RATE: yaw_rate}
    return {name: Pairs(seen[name], true[name]) for name in seen if len(seen[name]) == len(true[name])}


def looks_ahead(camera: Camera) -> bool:
    """Whether a camera looks in the driving direction, within 37 degrees."""
    axis = camera.ego_from_camera.apply(np.array([0.0, 0.0, 1.0])) - camera.ego_from_camera.translation
    return bool(axis[0] >= _LEAST_AHEAD)
