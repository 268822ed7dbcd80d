"""The bodies of everything that moves, in one pool of faces for all scenes of a process.

A body is kept once per shape and pose, white and in its usual size; size and colour are given to it when it is placed.
"""

from __future__ import annotations

import numpy as np

from drivegen.core.categories import VEHICLES
from drivegen.world.bodies import BODIES, GAIT_PHASES, body_mesh
from drivegen.world.raster.actors import DEFAULT_BODY, STANDING_MPS, Actors, ActorTable, usual_size
from drivegen.world.raster.pool import FacePool

# Way per cycle of a gait (two steps) over a walker's height, and of a cyclist's cranks in metres.
STRIDE_HEIGHTS = 0.82
CRANK_M = 5.2
# Front wheels turn in steps of this.
STEER_STEP_RAD = 0.12
_STEER_LIMIT = 4
# Every second phase of the gait is drawn: at 12 Hz a walker passes about that many in a cycle.
_PHASES = GAIT_PHASES // 2
# Looks per body: of people, and of everything else.
_LOOKS, _VEHICLE_LOOKS = 12, 4
# Beyond this many faces the pool starts anew.
_POOL_FACES = 600_000
_WHITE = (1.0, 1.0, 1.0)

_Key = tuple[str, int, int, int, bool, bool]


class BodiesPool:
    """Poses of bodies that were drawn lately; which ones are kept never shows in a picture."""

    def __init__(self) -> None:
        self.pool = FacePool()
        self._known: dict[_Key, tuple[int, int]] = {}

    def make_room(self) -> None:
        """Start anew if the pool is full; segments that were handed out before are then void."""
        if self.pool.count > _POOL_FACES:
            self.pool.clear()
            self._known.clear()

    def segment_of(self, table: ActorTable, actors: Actors, k: int, coarse: bool) -> tuple[int, int]:
        """First face and number of faces of actor k, in the pose it has."""
        n = int(actors.index[k])
        track = table.tracks[n]
        body = track.body if track.body in BODIES else DEFAULT_BODY
        people = track.category in {"pedestrian", "bicycle"}
        looks = _LOOKS if people else _VEHICLE_LOOKS
        return self.segment((body, table.variants[n] % looks, *_pose(actors, k, track.category), coarse))

    def segment(self, key: _Key) -> tuple[int, int]:
        """First face and number of faces of a body: name, variant, gait phase, steering step, standing, coarse."""
        found = self._known.get(key)
        if found is None:
            body, variant, phase, steer, standing, coarse = key
            mesh = body_mesh(
                body, usual_size(body), _WHITE, gait=phase / _PHASES, variant=variant,
                steer_rad=steer * STEER_STEP_RAD, standing=standing, coarse=coarse,
            )  # fmt: skip
            found = self._known[key] = self.pool.add(mesh)
        return found


def _pose(actors: Actors, k: int, category: str) -> tuple[int, int, bool]:
    """Gait phase, step of the steering, and whether it stands."""
    speed = float(np.hypot(actors.velocities[k, 0], actors.velocities[k, 1]))
    standing = speed < STANDING_MPS
    if category in {"pedestrian", "bicycle"}:
        if standing and category == "pedestrian":
            return 0, 0, True
        cycle_m = STRIDE_HEIGHTS * float(actors.sizes[k, 2]) if category == "pedestrian" else CRANK_M
        phase = actors.travelled_m[k] / cycle_m + 0.37 * actors.index[k]
        return int(phase % 1.0 * _PHASES) % _PHASES, 0, False
    if standing or category not in VEHICLES:
        return 0, 0, False
    wheelbase = 0.6 * float(actors.sizes[k, 0])
    steer = np.arctan(wheelbase * actors.yaw_rates[k] / max(speed, 1.0))
    return 0, int(np.clip(np.rint(steer / STEER_STEP_RAD), -_STEER_LIMIT, _STEER_LIMIT)), False


POOL = BodiesPool()
"""Of this process."""
