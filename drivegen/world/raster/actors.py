"""Where all tracks are at a time, in arrays, and the triangles of what moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from drivegen.core import Track, derive_seed
from drivegen.core.arrays import Bytes, Floats, Integers
from drivegen.core.categories import VEHICLES
from drivegen.core.tracks import MAX_GAP_US
from drivegen.world.bodies import BODIES
from drivegen.world.compiled import compiled
from drivegen.world.geometry import linear
from drivegen.world.geometry.mesh import Floats32

# Slower than this, a walker stands.
STANDING_MPS = 0.15
_GREY = (0.5, 0.5, 0.5)
# What a track without a body is drawn as.
DEFAULT_BODY = "sedan"


class Motion(IntEnum):
    """What moves about a body."""

    NOTHING = 0
    WALKS = 1
    PEDALS = 2
    STEERS = 3


@dataclass(frozen=True, eq=False)
class Actors:
    """The N tracks that are present at a time.

    Attributes:
        index: (N,) their place in the scene's list of tracks.
        centres: (N, 3) metres, of their boxes; rotations: (N, 3, 3) global_from_object; sizes: (N, 3).
        velocities: (N, 3) m/s; yaw_rates: (N,) rad/s; travelled_m: (N,) way gone since the track began.
    """

    index: Integers
    centres: Floats
    rotations: Floats
    sizes: Floats
    velocities: Floats
    yaw_rates: Floats
    travelled_m: Floats

    def take(self, index: Integers) -> Actors:
        """Some of them."""
        return Actors(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


class ActorTable:
    """The trajectories of a scene's tracks as flat arrays.

    Attributes:
        tracks: in the scene's order.
        variants: per track, a number that chooses among its body's looks; the same in every process.
        motions: (N,) int64, a Motion each.
        tints: (N, 3) float32 linear colour; scales: (N, 3) its size over its body's usual one.
        rests: (N,) bool, whether it stands still all the time.
    """

    def __init__(self, tracks: Sequence[Track]) -> None:
        self.tracks = tuple(tracks)
        self.variants = [derive_seed(0, "variant", track.track_id) % 1000 for track in self.tracks]
        self.motions: Integers = np.array([_motion(track.category) for track in self.tracks], dtype=np.int64)
        self._last: tuple[int, Actors] | None = None
        paths = [track.trajectory for track in self.tracks]
        self._offsets = np.cumsum([0] + [len(path.timestamps_us) for path in paths]).astype(np.int64)
        self._times = np.concatenate([np.zeros(0, np.int64)] + [path.timestamps_us for path in paths])
        self._positions = np.concatenate([np.zeros((0, 3))] + [path.positions for path in paths])
        self._rotations = np.concatenate([np.zeros((0, 4))] + [path.rotations for path in paths])
        self._sizes = np.array([track.sizes[0] for track in self.tracks]).reshape(-1, 3)
        ways = [_way(path.positions) for path in paths]
        self._way = np.concatenate([np.zeros(0), *ways])
        rgb = [track.appearance or _GREY for track in self.tracks]
        self.tints: Floats32 = linear(np.array(rgb).reshape(-1, 3))
        usual = np.array([usual_size(track.body or "") for track in self.tracks]).reshape(-1, 3)
        self.scales: Floats = self._sizes / usual
        self.rests = np.array([way[-1] < 0.5 for way in ways], dtype=bool)

    def at(self, timestamp_us: int) -> Actors:
        """Everybody whose trajectory covers a time."""
        if self._last is not None and self._last[0] == timestamp_us:
            return self._last[1]
        n = len(self.tracks)
        present = np.zeros(n, np.uint8)
        centres, rotations, velocities = np.zeros((n, 3)), np.zeros((n, 3, 3)), np.zeros((n, 3))
        turns, way = np.zeros(n), np.zeros(n)
        _states(
            timestamp_us, self._offsets, self._times, self._positions, self._rotations, self._way,
            present, centres, rotations, velocities, turns, way,
        )  # fmt: skip
        everybody = Actors(np.arange(n), centres, rotations, self._sizes, velocities, turns, way)
        actors = everybody.take(np.flatnonzero(present))
        self._last = timestamp_us, actors
        return actors


def _motion(category: str) -> Motion:
    """What moves about the body of a track of a category."""
    if category == "pedestrian":
        return Motion.WALKS
    if category == "bicycle":
        return Motion.PEDALS
    return Motion.STEERS if category in VEHICLES else Motion.NOTHING


def usual_size(body: str) -> Floats:
    """Length, width, height (3,) in metres of a body as it is kept before it is stretched."""
    found = BODIES.get(body, BODIES[DEFAULT_BODY])
    return 0.5 * (np.array(found.low) + np.array(found.high))


def _way(positions: Floats) -> Floats:
    """Length of the path up to each position (K, 3) -> (K,)."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(positions, axis=0), axis=1))])


@compiled
def _states(
    t: int, offsets: Integers, times: Integers, positions: Floats, rotations: Floats, way: Floats,
    present: Bytes, centres: Floats, turned: Floats, velocities: Floats, yaw_rates: Floats, travelled: Floats,
) -> None:  # fmt: skip
    """Fill the states of all tracks at a time: linear position, spherical rotation, as `core.Trajectory`."""
    turn, before, after = np.empty((3, 3)), np.empty((3, 3)), np.empty(4)
    for n in range(len(offsets) - 1):
        a, b = offsets[n], offsets[n + 1]
        high = a + np.searchsorted(times[a:b], t)
        if high == b or t < times[a]:
            continue
        low = high if times[high] == t else high - 1
        if times[high] - times[low] > MAX_GAP_US:
            continue
        present[n] = 1
        share = 0.0 if high == low else (t - times[low]) / (times[high] - times[low])
        _slerp(rotations[low], rotations[high], share, after)
        _matrix(after, turn)
        # Motion is that of the key interval that begins here, or ends here at the path's end.
        start = low if low + 1 < b else max(low - 1, a)
        stop = min(start + 1, b - 1)
        seconds = max((times[stop] - times[start]) / 1e6, 1e-6)
        travelled[n] = way[low] + share * (way[high] - way[low])
        for axis in range(3):
            centres[n, axis] = positions[low, axis] + share * (positions[high, axis] - positions[low, axis])
            velocities[n, axis] = (positions[stop, axis] - positions[start, axis]) / seconds
            for column in range(3):
                turned[n, axis, column] = turn[axis, column]
        _matrix(rotations[start], before)
        _matrix(rotations[stop], turn)
        sine = before[0, 0] * turn[1, 0] - before[1, 0] * turn[0, 0]
        yaw_rates[n] = np.arctan2(sine, before[0, 0] * turn[0, 0] + before[1, 0] * turn[1, 0]) / seconds


@compiled
def _slerp(a: Floats, b: Floats, share: float, result: Floats) -> None:
    """The rotation at `share` from quaternion a to b, the short way round."""
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
    sign = -1.0 if dot < 0.0 else 1.0
    angle = np.arccos(min(abs(dot), 1.0))
    first, second = 1.0 - share, share
    if angle > 1e-6:
        first, second = np.sin(first * angle) / np.sin(angle), np.sin(second * angle) / np.sin(angle)
    length = 0.0
    for i in range(4):
        result[i] = first * a[i] + sign * second * b[i]
        length += result[i] * result[i]
    for i in range(4):
        result[i] /= np.sqrt(length)


@compiled
def _matrix(q: Floats, m: Floats) -> None:
    """The rotation matrix of a unit quaternion w x y z."""
    w, x, y, z = q[0], q[1], q[2], q[3]
    m[0, 0], m[0, 1], m[0, 2] = 1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)
    m[1, 0], m[1, 1], m[1, 2] = 2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)
    m[2, 0], m[2, 1], m[2, 2] = 2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)
