"""How the vehicle moves between the frames of a clip, from its labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.core.labels import FrameLabels
from drivegen.core.poses import matrix_from_quaternion


def ego_motion(labels: Sequence[FrameLabels]) -> tuple[Floats, Floats]:
    """Forward speed (T - 1,) in m/s and turning (T - 1,) in rad/s, left positive, between consecutive frames.

    Forward is the direction in which the vehicle points at the earlier frame; time is that of the labels.
    """
    if len(labels) < 2:
        return np.zeros(0), np.zeros(0)
    places = np.stack([frame.global_from_ego.translation for frame in labels])
    turns = matrix_from_quaternion(np.stack([frame.global_from_ego.rotation for frame in labels]))
    seconds = np.diff([frame.timestamp_us for frame in labels]) / 1e6
    forward = turns[:, :, 0]
    heading = np.arctan2(forward[:, 1], forward[:, 0])
    turned = (np.diff(heading) + np.pi) % (2 * np.pi) - np.pi
    speed: Floats = np.einsum("ti,ti->t", np.diff(places, axis=0), forward[:-1]) / seconds
    return speed, turned / seconds
