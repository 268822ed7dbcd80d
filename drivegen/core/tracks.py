"""Motion over time: trajectories and the tracks of agents, known at key times and interpolated between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats, Integers, as_floats
from drivegen.core.categories import CATEGORY_ID
from drivegen.core.errors import GeometryError
from drivegen.core.poses import Pose, normalised, slerp

# Key times further apart than this are a gap in the annotation, not a motion (nuScenes annotates every 500 ms).
MAX_GAP_US = 750_000


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A pose over time, global_from_ego or global_from_object, at K key times.

    Attributes:
        timestamps_us: (K,) strictly increasing.
        positions: (K, 3), metres.
        rotations: (K, 4), unit quaternions w x y z.
    """

    timestamps_us: Integers
    positions: Floats
    rotations: Floats

    def __post_init__(self) -> None:
        times = np.asarray(self.timestamps_us, dtype=np.int64)
        if times.ndim != 1 or len(times) == 0 or (np.diff(times) <= 0).any():
            raise GeometryError("timestamps must increase", where="Trajectory.timestamps_us")
        object.__setattr__(self, "timestamps_us", times)
        object.__setattr__(self, "positions", as_floats(self.positions, (len(times), 3), "Trajectory.positions"))
        rotations = as_floats(self.rotations, (len(times), 4), "Trajectory.rotations")
        object.__setattr__(self, "rotations", normalised(rotations))

    def covers(self, timestamp_us: int) -> bool:
        """Whether the time lies between two key times at most MAX_GAP_US apart (or on one)."""
        low, high, _ = self._bracket(timestamp_us)
        times = self.timestamps_us
        inside = times[0] <= timestamp_us <= times[-1]
        return bool(inside and times[high] - times[low] <= MAX_GAP_US)

    def pose_at(self, timestamp_us: int) -> Pose:
        """The pose at a time: linear position, spherical rotation; held beyond the ends."""
        low, high, fraction = self._bracket(timestamp_us)
        position = (1 - fraction) * self.positions[low] + fraction * self.positions[high]
        return Pose(slerp(self.rotations[low], self.rotations[high], np.asarray(fraction)), position)

    def position_at(self, timestamp_us: int) -> Floats:
        """The position (3,) alone, as `pose_at` has it."""
        low, high, fraction = self._bracket(timestamp_us)
        return (1 - fraction) * self.positions[low] + fraction * self.positions[high]

    def velocity_at(self, timestamp_us: int) -> Floats:
        """Mean velocity (3,) of the key interval that holds the time, metres per second; zero for a single key."""
        if len(self.timestamps_us) == 1:
            return np.zeros(3)
        low = int(
            np.clip(np.searchsorted(self.timestamps_us, timestamp_us, "right") - 1, 0, len(self.timestamps_us) - 2)
        )
        seconds = (self.timestamps_us[low + 1] - self.timestamps_us[low]) / 1e6
        return (self.positions[low + 1] - self.positions[low]) / seconds

    def _bracket(self, timestamp_us: int) -> tuple[int, int, float]:
        """Indices of the key times around a time, and how far it lies between them."""
        times = self.timestamps_us
        high = int(np.clip(np.searchsorted(times, timestamp_us), 0, len(times) - 1))
        if times[high] <= timestamp_us or high == 0:
            return high, high, 0.0
        low = high - 1
        return low, high, float((timestamp_us - times[low]) / (times[high] - times[low]))


@dataclass(frozen=True, eq=False)
class Track:
    """One object over time.

    Attributes:
        track_id: unique in its scenario and the same for the whole drive.
        category: one of `categories.CATEGORIES`.
        trajectory: global_from_object; the object's origin is its box's centre.
        sizes: (K, 3), metres: length, width, height at the trajectory's key times.
        attribute: nuScenes attribute name, such as vehicle.moving, or None; its usual one where it changes.
        appearance: what it looks like for the whole drive, as its paint's R, G, B in [0, 1]; None when unknown.
        body: name of the body shape, or None when unknown.
        attributes: the attribute at each of the trajectory's K key times; None: it is `attribute` all the time.
    """

    track_id: str
    category: str
    trajectory: Trajectory
    sizes: Floats
    attribute: str | None = None
    appearance: tuple[float, float, float] | None = None
    body: str | None = None
    attributes: tuple[str | None, ...] | None = None

    def __post_init__(self) -> None:
        if self.category not in CATEGORY_ID:
            raise GeometryError(
                "unknown category", where=self.track_id, expected=", ".join(CATEGORY_ID), got=self.category
            )
        sizes = as_floats(self.sizes, (len(self.trajectory.timestamps_us), 3), f"{self.track_id}.sizes")
        if (sizes <= 0).any():
            raise GeometryError("box size must be positive", where=self.track_id, got=sizes.min(axis=0).tolist())
        object.__setattr__(self, "sizes", sizes)
        if self.attributes is not None and len(self.attributes) != len(sizes):
            raise GeometryError(
                "one attribute per key time", where=self.track_id, expected=len(sizes), got=len(self.attributes)
            )

    def attribute_at(self, timestamp_us: int) -> str | None:
        """The attribute at a time: that of the last key time so far, or of the first."""
        if self.attributes is None:
            return self.attribute
        before = int(np.searchsorted(self.trajectory.timestamps_us, timestamp_us, "right")) - 1
        return self.attributes[max(before, 0)]

    def size_at(self, timestamp_us: int) -> Floats:
        """Length, width, height (3,) at a time, metres."""
        times = self.trajectory.timestamps_us
        return np.array([np.interp(timestamp_us, times, self.sizes[:, axis]) for axis in range(3)])


def usual_attribute(attributes: Sequence[str | None]) -> str | None:
    """The most frequent attribute over time, the first of several; None where there is none at all."""
    names = Counter(name for name in attributes if name is not None)
    return names.most_common(1)[0][0] if names else None
