"""Traffic along lanes by the Intelligent Driver Model (Treiber, Hennecke, Helbing 2000, Phys. Rev. E 62, 1805).

Acceleration a [1 - (v / v0)^4 - (s* / s)^2] with s* = s0 + v T + v (v - v_lead) / (2 sqrt(a b)); pedestrians and
cyclists keep their distance by the same law with their own figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Booleans, Floats, Integers

MAX_BRAKE_MPS2 = 7.0
MIN_GAP_M = 0.5
MAX_STEP_S = 0.1
STANDING_MPS = 0.05


@dataclass(frozen=True, eq=False)
class Queue:
    """N agents in lanes; u is the distance along each lane in its direction of travel.

    Attributes:
        lane: (N,) lane numbers.
        u: (N,) places of the agents' centres, metres.
        front, rear: (N,) reach ahead of and behind the centre, metres (with a trailer the rear is longer).
        speed: (N,) speeds at the start, metres per second.
        desired: (N,) speeds on a free lane.
        headway_s, standstill_m, accel: (N,) the model's T, s0 and a.
    """

    lane: Integers
    u: Floats
    front: Floats
    rear: Floats
    speed: Floats
    desired: Floats
    headway_s: Floats
    standstill_m: Floats
    accel: Floats

    def __len__(self) -> int:
        return len(self.u)

    def take(self, keep: Booleans | Integers) -> Queue:
        """Some of the agents."""
        return Queue(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))


def leaders(lane: Integers, u: Floats) -> Integers:
    """For each agent the index of the one ahead in its lane, or -1."""
    order = np.lexsort((u, lane))
    ahead = np.full(len(u), -1, dtype=np.int64)
    same = lane[order[:-1]] == lane[order[1:]]
    ahead[order[:-1][same]] = order[1:][same]
    return ahead


def settle(queue: Queue) -> Queue:
    """The same with starting speeds that suit the gaps, so that nobody brakes hard at the first step."""
    ahead = leaders(queue.lane, queue.u)
    gap = _gaps(queue, ahead, queue.u)
    fitting = np.maximum(0.0, gap - queue.standstill_m) / (1.3 * queue.headway_s)
    speed = np.minimum(queue.speed, np.minimum(fitting, queue.desired))
    # Someone who follows a slow leader closely is slow as well: walk down each lane from its head.
    for i in np.lexsort((-queue.u, queue.lane)):
        if ahead[i] >= 0:
            room = max(0.0, gap[i] - queue.standstill_m[i])
            speed[i] = min(speed[i], speed[ahead[i]] + np.sqrt(2.0 * 1.0 * room))
    return Queue(*(speed if n == "speed" else getattr(queue, n) for n in queue.__dataclass_fields__))


def simulate(queue: Queue, steps: int, step_s: float) -> Floats:
    """Drive on.

    Args:
        steps: number of steps of `step_s` seconds.

    Returns:
        Places u (steps + 1, N). Order in each lane is kept and gaps never fall under MIN_GAP_M.
    """
    n = len(queue)
    places = np.empty((steps + 1, n))
    places[0] = queue.u
    if n == 0:
        return places
    parts = max(1, int(np.ceil(step_s / MAX_STEP_S - 1e-9)))
    dt = step_s / parts
    u, v = queue.u.copy(), queue.speed.copy()
    ahead = leaders(queue.lane, u)
    has, lead = ahead >= 0, np.maximum(ahead, 0)
    root = 2.0 * np.sqrt(queue.accel * 2.0)
    desired = np.maximum(queue.desired, STANDING_MPS)
    reach = np.where(has, queue.front + queue.rear[lead], 0.0)
    for step in range(1, steps + 1):
        for _ in range(parts):
            gap = np.where(has, u[lead] - u - reach, 1e6)
            wanted = queue.standstill_m + np.maximum(0.0, v * queue.headway_s + v * (v - v[lead]) / root)
            ratio = np.where(has, wanted / np.maximum(gap, 0.1), 0.0)
            accel = queue.accel * (1.0 - (v / desired) ** 4 - ratio * ratio)
            faster = np.maximum(0.0, v + np.clip(accel, -MAX_BRAKE_MPS2, None) * dt)
            moved = np.minimum(0.5 * (v + faster) * dt, np.maximum(0.0, gap - MIN_GAP_M))
            moved = np.where(queue.desired <= 0.0, 0.0, moved)
            v = np.minimum(faster, 2.0 * moved / dt)
            u = u + moved
        places[step] = u
    return places


def _gaps(queue: Queue, ahead: Integers, u: Floats) -> Floats:
    lead = np.maximum(ahead, 0)
    return np.where(ahead >= 0, u[lead] - u - queue.front - queue.rear[lead], 1e6)
