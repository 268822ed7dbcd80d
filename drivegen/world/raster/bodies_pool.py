"""The bodies of everything that moves, in one pool of faces for all scenes of a process.

A body is kept once per shape and pose, white and in its usual size; size and colour are given to it when it is placed.
"""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Booleans, Integers
from drivegen.world.bodies import BODIES, GAIT_PHASES, body_mesh
from drivegen.world.raster.actors import DEFAULT_BODY, STANDING_MPS, Actors, ActorTable, Motion, usual_size
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

    def segments_of(self, table: ActorTable, actors: Actors, coarse: Booleans) -> Integers:
        """First face and number of faces (N, 2) of actors, each in the pose it has; `coarse` (N,) ones have fewer."""
        phase, steer, standing = _poses(table, actors, coarse)
        rows = zip(
            actors.index.tolist(), phase.tolist(), steer.tolist(), standing.tolist(), coarse.tolist(), strict=True
        )
        found = [self.segment((*_look(table, n), *pose)) for n, *pose in rows]
        return np.array(found, dtype=np.int64).reshape(-1, 2)

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


def _look(table: ActorTable, n: int) -> tuple[str, int]:
    """Body and variant of a track."""
    body = table.tracks[n].body or ""
    looks = _LOOKS if table.motions[n] in (Motion.WALKS, Motion.PEDALS) else _VEHICLE_LOOKS
    return body if body in BODIES else DEFAULT_BODY, table.variants[n] % looks


def _poses(table: ActorTable, actors: Actors, coarse: Booleans) -> tuple[Integers, Integers, Booleans]:
    """Gait phase, step of the steering, and whether it stands, of each actor (N,)."""
    motion = table.motions[actors.index]
    speed = np.hypot(actors.velocities[:, 0], actors.velocities[:, 1])
    slow = speed < STANDING_MPS
    walks, pedals, steers = motion == Motion.WALKS, motion == Motion.PEDALS, motion == Motion.STEERS
    standing = slow & walks
    cycle_m = np.where(walks, STRIDE_HEIGHTS * actors.sizes[:, 2], CRANK_M)
    phase = np.floor((actors.travelled_m / cycle_m + 0.37 * actors.index) % 1.0 * _PHASES).astype(np.int64) % _PHASES
    # From afar half as many poses look the same.
    phase = np.where(coarse, phase & ~1, phase)
    angle = np.arctan(0.6 * actors.sizes[:, 0] * actors.yaw_rates / np.maximum(speed, 1.0))
    steer = np.clip(np.rint(angle / STEER_STEP_RAD), -_STEER_LIMIT, _STEER_LIMIT).astype(np.int64)
    return np.where((walks | pedals) & ~standing, phase, 0), np.where(steers & ~slow & ~coarse, steer, 0), standing


POOL = BodiesPool()
"""Of this process."""
