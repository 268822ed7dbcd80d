"""Annotations as tracks: key times, sizes, and how far a track reaches beyond its first and last annotation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from drivegen.core import Track, Trajectory, usual_attribute
from drivegen.core.arrays import Floats, Integers
from drivegen.core.tracks import MAX_GAP_US
from drivegen.nuscenes_format.names import DETECTION_CLASS

Row = dict[str, Any]

# A track whose velocity nobody knows is held still, but only over the usual delay between camera and lidar.
HOLD_US: Final = 100_000
# Length of a key-frame interval where a scene has a single sample: nuScenes annotates at 2 Hz.
_USUAL_INTERVAL_US: Final = 500_000


@dataclass(frozen=True, eq=False)
class SceneTimes:
    """When a scene's samples and images were taken.

    Attributes:
        sample_us: (S,) the samples' times, rising.
        key_image_us: (S, 2) first and last time of each sample's own (key-frame) images; its own time without any.
        first_image_us, last_image_us: the scene's first and last image.
    """

    sample_us: Integers
    key_image_us: Integers
    first_image_us: int
    last_image_us: int

    @property
    def interval_us(self) -> int:
        """The usual time between samples, at most what core takes for one motion."""
        usual = np.median(np.diff(self.sample_us)) if len(self.sample_us) > 1 else _USUAL_INTERVAL_US
        return int(min(usual, MAX_GAP_US))

    def reach(self, first_us: int, last_us: int) -> tuple[int, int]:
        """From when to when a track annotated from `first_us` to `last_us` (times of samples) is to be known.

        A box belongs to its sample's images, which lie up to 50 ms beside the sample's time. A track that is there at
        the scene's first or last sample goes on to the first or last image, by one key-frame interval at most; one that
        comes or goes in between does so at its annotation.
        """
        first, last = np.searchsorted(self.sample_us, [first_us, last_us])
        start = self.first_image_us if first == 0 else int(self.key_image_us[first, 0])
        end = self.last_image_us if last == len(self.sample_us) - 1 else int(self.key_image_us[last, 1])
        return max(min(start, first_us), first_us - self.interval_us), min(
            max(end, last_us), last_us + self.interval_us
        )


def make_track(track_id: str, rows: Sequence[Row], times_us: Sequence[int], scene: SceneTimes) -> Track:
    """The track of one instance.

    Args:
        track_id: its name.
        rows: its sound annotations; `attribute_names` and `category_name` are on each row.
        times_us: their samples' times; strictly rising.
        scene: times of the scene, to extend the track at its ends.
    """
    positions = np.array([row["translation"] for row in rows], dtype=np.float64)
    rotations = np.array([row["rotation"] for row in rows], dtype=np.float64)
    # nuScenes has width, length, height.
    sizes = np.array([row["size"] for row in rows], dtype=np.float64)[:, [1, 0, 2]]
    times = np.array(times_us, dtype=np.int64)
    start, end = scene.reach(int(times[0]), int(times[-1]))
    before, after = _beyond(times, positions, start), _beyond(times, positions, end)
    # Rotation and size stay as they are at the ends.
    nearest = np.arange(len(times))
    if before is not None:
        times, positions = np.insert(times, 0, before[0]), np.insert(positions, 0, before[1], axis=0)
        nearest = np.insert(nearest, 0, 0)
    if after is not None:
        times, positions = np.append(times, after[0]), np.append(positions, after[1][None], axis=0)
        nearest = np.append(nearest, nearest[-1])
    trajectory = Trajectory(times, positions, rotations[nearest])
    names = [next(iter(row["attribute_names"]), None) for row in rows]
    changes = len(set(names)) > 1
    return Track(
        track_id,
        DETECTION_CLASS[rows[0]["category_name"]],
        trajectory,
        sizes[nearest],
        usual_attribute(names),
        attributes=tuple(names[i] for i in nearest) if changes else None,
    )


def _beyond(times: Integers, positions: Floats, until_us: int) -> tuple[int, Floats] | None:
    """A further key (time, position) at constant velocity before the first or after the last; None when inside."""
    if times[0] <= until_us <= times[-1]:
        return None
    near, inner = (0, 1) if until_us < times[0] else (-1, -2)
    if len(times) == 1 or abs(times[near] - times[inner]) > MAX_GAP_US:
        held = int(np.clip(until_us, times[near] - HOLD_US, times[near] + HOLD_US))
        return held, positions[near]
    velocity = (positions[near] - positions[inner]) / (times[near] - times[inner])
    return until_us, positions[near] + velocity * (until_us - times[near])
