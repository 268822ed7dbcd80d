"""Where everybody who moves is when the simulation begins, and who waits to come in later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.profile import Profile
from drivegen.world.roads import RoadNetwork
from drivegen.world.traffic import tables
from drivegen.world.traffic.cast import (
    Crew,
    draw_member,
    draw_vehicle,
    draw_walker,
    driver_row,
    ego_row,
    fork,
    pick,
    walker_row,
)
from drivegen.world.traffic.lane_graph import Graph
from drivegen.world.traffic.plans import Density
from drivegen.world.traffic.tables import DRIVER, WALKER, Table

VEHICLES_PER_M: dict[Profile, float] = {Profile.URBAN: 1 / 36, Profile.SUBURBAN: 1 / 46, Profile.RURAL: 1 / 48}
"""Drivers per metre of lane at density 1."""
WALKERS_PER_M: dict[Profile, float] = {Profile.URBAN: 1 / 34, Profile.SUBURBAN: 1 / 70, Profile.RURAL: 1 / 150}
"""Walkers per metre of sidewalk at density 1."""
CYCLISTS_PER_M: dict[Profile, float] = {Profile.URBAN: 1 / 520, Profile.SUBURBAN: 1 / 720, Profile.RURAL: 1 / 1200}
"""Cyclists per metre of outermost lane at density 1."""
WINDOW_M = 178.0
STANDING_SHARE = 0.14
_TIGHT_M = 3.2
"""Mean gap of a lane that is full, beyond 2 m."""
_GROUPS = {"1": 0.7, "2": 0.23, "3": 0.07}
"""How many walk together."""


@dataclass(frozen=True, eq=False)
class Population:
    """Everybody who moves.

    Attributes:
        drivers: (N,) DRIVER rows, the ego's first.
        crews: (N - 1) what the drivers behind the ego look like.
        walkers: (M,) WALKER rows.
        people: (M) what they look like.
        lane_rate, walk_rate: drivers per metre of lane and walkers per metre of sidewalk that are kept up.
    """

    drivers: Table
    crews: tuple[Crew, ...]
    walkers: Table
    people: tuple[Crew, ...]
    lane_rate: float
    walk_rate: float


def populate(
    network: RoadNetwork,
    graph: Graph,
    rng: np.random.Generator,
    density: Density,
    *,
    ego_lane: int,
    ego_s: float,
    ego_xy: Floats,
    renewals: float,
) -> Population:
    """Draw everybody who moves.

    Args:
        ego_lane, ego_s: lane of the ego's front axle and its station there (with the lane's lead-in).
        ego_xy: (2,) the ego's place; people are put within WINDOW_M of it.
        renewals: how many times over the window will be filled anew.
    """
    profile = network.profile
    ego = ego_row(rng)
    ego["state"], ego["chain"][1], ego["s"] = tables.ALIVE, ego_lane, ego_s
    rows, crews = [ego], list[Crew]()
    for lane in network.lanes:
        if lane.road < 0:
            continue
        clear = ego_s if lane.index == ego_lane else None
        found = _fill_lane(graph, lane.index, rng, density, profile, ego_xy, clear)
        rows += [row for row, _ in found]
        crews += [crew for _, crew in found]
    lane_rate = VEHICLES_PER_M[profile] * density.vehicles
    bike_rate = CYCLISTS_PER_M[profile] * density.cyclists
    bikes = bike_rate / (lane_rate + bike_rate) if lane_rate + bike_rate > 0 else 0.0
    for _ in range(_reserve(len(crews), renewals)):
        crew = Crew(draw_member(rng, "bicycle")) if rng.random() < bikes else draw_vehicle(rng)
        rows.append(driver_row(rng, crew))
        crews.append(crew)
    walk_rate = WALKERS_PER_M[profile] * density.pedestrians
    walkers, people = _fill_sidewalks(graph, rng, walk_rate, ego_xy, renewals)
    return Population(
        np.array(rows, DRIVER), tuple(crews), walkers, tuple(people), lane_rate + bike_rate / 2, walk_rate
    )


def _reserve(count: int, renewals: float) -> int:
    return min(2500, int((count + 3) * renewals))


def _reached(row: Table, points: Table, ego_xy: Floats) -> list[bool]:
    """Which points of a lane or path are within WINDOW_M of the ego."""
    own = points[int(row["first"]) : int(row["first"] + row["count"])]
    near: list[bool] = (np.hypot(own["x"] - ego_xy[0], own["y"] - ego_xy[1]) < WINDOW_M).tolist()
    return near


def _fill_lane(
    graph: Graph,
    lane: int,
    rng: np.random.Generator,
    density: Density,
    profile: Profile,
    ego_xy: Floats,
    ego_s: float | None,
) -> list[tuple[Table, Crew]]:
    """Drivers of a lane from back to front; with more density the same ones and others between them."""
    row = graph.lanes[lane]
    near, step = _reached(row, graph.points, ego_xy), float(row["step"])
    if not any(near):
        return []
    end = min(float(row["stop"]), float(row["length"])) - 3.0
    keep = VEHICLES_PER_M[profile] * density.vehicles * 11.0
    rides = row["right"] < 0
    own_lane = rides and row["ride"] > 0.5 * row["width"] + 0.3
    keep_bike = CYCLISTS_PER_M[profile] * density.cyclists * 25.0
    found: list[tuple[Table, Crew]] = []
    s, bike_s = float(rng.uniform(1, 14)), float(rng.uniform(3, 30))
    while s < end:
        if not near[min(int(s / step), len(near) - 1)]:
            s += 10.0
            continue
        crew = draw_vehicle(rng)
        order, gap, own = rng.random(), 2.2 + rng.exponential(_TIGHT_M), int(rng.integers(2**62))
        s += crew.reach_m
        if s < end and order < keep and _apart(ego_s, s, crew.reach_m):
            made = driver_row(fork(own), crew)
            made["s"] = s - made["front"]
            found.append((_placed(made, lane, graph), crew))
        s += gap
    while rides and bike_s < end:
        if not near[min(int(bike_s / step), len(near) - 1)]:
            bike_s += 10.0
            continue
        order, on, own = rng.random(), rng.uniform(8, 42), int(rng.integers(2**62))
        free = own_lane or all(not -9.0 < bike_s - float(r["s"]) < float(r["reach"]) + 9.0 for r, _ in found)
        apart = own_lane or _apart(ego_s, bike_s, 2.0)
        if order < keep_bike and free and apart:
            crew = Crew(draw_member(fork(own), "bicycle"))
            made = driver_row(fork(own + 1), crew)
            made["s"] = bike_s
            found.append((_placed(made, lane, graph), crew))
        bike_s += on
    return _at_speed(found, graph)


def _apart(ego_s: float | None, s: float, reach: float) -> bool:
    return ego_s is None or s < ego_s - 10.0 or s - reach > ego_s + 7.0


def _placed(made: Table, lane: int, graph: Graph) -> Table:
    made["state"], made["chain"][1] = tables.ALIVE, lane
    made["d_from"] = made["d_to"] = -graph.lanes[lane]["ride"] if made["cyclist"] else made["home"]
    return made


def _at_speed(found: list[tuple[Table, Crew]], graph: Graph) -> list[tuple[Table, Crew]]:
    """Give everybody a speed that fits the gap ahead."""
    found = sorted(found, key=lambda pair: float(pair[0]["s"]))
    for n, (row, _) in enumerate(found):
        limit = float(graph.points[graph.lanes[row["chain"][1]]["first"]]["limit"])
        speed = min(limit * float(row["eager"]), float(row["top"])) * 0.85
        if n + 1 < len(found):
            ahead = found[n + 1][0]
            gap = float(ahead["s"] + ahead["front"] - ahead["reach"] - row["s"] - row["front"])
            speed = min(speed, max(0.0, gap - 2.0) / 1.4)
        row["v"] = speed
    return found


def _fill_sidewalks(
    graph: Graph, rng: np.random.Generator, rate: float, ego_xy: Floats, renewals: float
) -> tuple[Table, list[Crew]]:
    rows, people = list[Table](), list[Crew]()
    for path in range(len(graph.paths)):
        row = graph.paths[path]
        near = _reached(row, graph.steps, ego_xy)
        if row["crossing"] >= 0 or not any(near):
            continue
        found = _fill_path(rng, path, row, near, rate * 3.0 / 1.37)
        rows += [made for made, _ in found]
        people += [crew for _, crew in found]
    for _ in range(_reserve(len(people), renewals)):
        crew = draw_walker(rng)
        rows.append(walker_row(rng, crew))
        people.append(crew)
    return np.array(rows, WALKER) if rows else np.zeros(0, WALKER), people


def _fill_path(
    rng: np.random.Generator, path: int, row: Table, near: list[bool], keep: float
) -> list[tuple[Table, Crew]]:
    """People along one path; the same draws whatever the density."""
    length, step = float(row["length"]), float(row["step"])
    found: list[tuple[Table, Crew]] = []
    s = float(rng.uniform(0, 2))
    while s < length:
        if not near[min(int(s / step), len(near) - 1)]:
            s += 3.0
            continue
        order, on, own = rng.random(), 1.4 + rng.exponential(1.6), int(rng.integers(2**62))
        if order < keep:
            mine = fork(own)
            found += _group(mine, int(pick(mine, _GROUPS)), path, s, row)
        s += on
    return found


def _group(rng: np.random.Generator, count: int, path: int, s: float, row: Table) -> list[tuple[Table, Crew]]:
    """People who walk (or stand) together, side by side where there is room, else one behind the other."""
    crews = [draw_walker(rng) for _ in range(count)]
    rows = [walker_row(rng, crew) for crew in crews]
    stands = rng.random() < STANDING_SHARE
    turned = rng.uniform(-np.pi, np.pi)
    abreast = row["half"] > 0.48 * count
    side = 1.0 if rng.random() < 0.5 else -1.0
    if abreast:
        rows[0]["home"] = rows[0]["d"] = np.clip(rows[0]["home"], -row["half"], row["half"] - 0.92 * (count - 1))
    for n, made in enumerate(rows):
        made["state"], made["path"], made["s"] = tables.ALIVE, path, s + (0.0 if abreast else 1.2 * n)
        if n > 0:
            for name in ("dice", "pace", "along"):
                made[name] = rows[0][name]
            made["home"] = made["d"] = rows[0]["home"] + (0.92 * n if abreast else 0.0)
        if stands:
            made["stands"], made["d"] = 1, side * (row["half"] - (0.9 * n if abreast else 0.0))
            made["yaw"] = turned + 2.5 * n
        made["v"] = 0.0 if stands else made["pace"]
    return list(zip(rows, crews, strict=True))
