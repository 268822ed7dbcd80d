"""A drive: the ego and the chosen candidates through time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.agents import HITCH_M, Candidate, lane_number, queue_of
from drivegen.world.network import Network
from drivegen.world.traffic import settle, simulate
from drivegen.world.visibility import Motion

EGO_SIZE = np.array([4.6, 1.86, 1.6])
"""Length, width, height of the ego; its origin, where the cameras' rig stands, is its middle on the ground."""


@dataclass(frozen=True, eq=False)
class Drive:
    """Places over T frames.

    Attributes:
        actors: N agents; a trailer is an agent of its own after what pulls it.
        stations: (N, T) stations of their centres on the road, metres.
        ego_xy, ego_yaw: (T, 2), (T,) the ego in the global frame.
    """

    actors: tuple[Candidate, ...]
    stations: Floats
    ego_xy: Floats
    ego_yaw: Floats


def drive(
    network: Network, taken: list[Candidate], *, ego_d: float, ego_speed: float, frames: int, step_s: float
) -> Drive:
    """Let the ego and the candidates drive.

    Args:
        ego_d: lateral place of the ego's lane; it starts at station 0.
        ego_speed: its speed on a free lane, metres per second.
    """
    ego = Candidate(
        "sedan", EGO_SIZE, (0.5, 0.5, 0.5), lane_number(network, ego_d), 1, ego_d, 0.0, ego_speed, 0.0, standstill_m=2.5
    )
    everybody = [ego, *taken]
    mobile = np.array([c.speed > 0 for c in everybody])
    places = np.tile(np.array([c.u for c in everybody]), (frames, 1))
    movers = [c for c in everybody if c.speed > 0]
    places[:, mobile] = simulate(settle(queue_of(movers)), frames - 1, step_s)
    actors: list[Candidate] = []
    stations: list[np.ndarray] = []
    for i, candidate in enumerate(taken, start=1):
        actors.append(candidate)
        stations.append(candidate.direction * places[:, i])
        if candidate.towed_size is not None:
            trailer = _trailer(candidate)
            back = 0.5 * float(candidate.size[0]) + HITCH_M + 0.5 * float(trailer.size[0])
            actors.append(trailer)
            stations.append(candidate.direction * (places[:, i] - back))
    s = places[:, 0]
    xy, yaw = network.line.points(s, np.full(frames, ego_d)), network.line.heading(s)
    return Drive(tuple(actors), np.array(stations).reshape(len(actors), frames), xy, yaw)


def _trailer(puller: Candidate) -> Candidate:
    size = puller.towed_size if puller.towed_size is not None else np.ones(3)
    return Candidate(
        "trailer",
        size,
        (0.74, 0.74, 0.72),
        puller.lane,
        puller.direction,
        puller.d,
        puller.u,
        puller.speed,
        puller.order,
    )


def motion_of(network: Network, result: Drive) -> Motion:
    """The actors' boxes over time, global frame."""
    actors = result.actors
    n, frames = result.stations.shape[0], len(result.ego_yaw)
    if n == 0:
        return Motion(np.zeros((0, frames, 2)), np.zeros((0, frames)), np.ones((0, 3)), np.zeros(0, dtype=bool))
    d = np.array([a.d for a in actors])[:, None]
    turned = np.array([a.turned + (0.0 if a.direction > 0 else np.pi) for a in actors])[:, None]
    sizes = np.array([a.size for a in actors])
    users = np.array([a.is_road_user for a in actors])
    xy = network.line.points(result.stations, np.broadcast_to(d, result.stations.shape))
    return Motion(xy, network.line.heading(result.stations) + turned, sizes, users)
