"""What does not move: parked cars, work sites, rows of barriers."""

from __future__ import annotations

import numpy as np
import shapely

from drivegen.world.profile import Profile
from drivegen.world.roads import ParkingSpot, RoadNetwork
from drivegen.world.traffic.barrier_rows import median_rows, roadside_rows
from drivegen.world.traffic.cast import PARKED_SHARES, draw_member, fork, pick
from drivegen.world.traffic.plans import Density
from drivegen.world.traffic.things import Piece, Thing, in_spots, off_posts
from drivegen.world.traffic.work_sites import parking_sites, roadside_sites

PARKED_SHARE = 0.6
"""Share of parking spots that are taken at density 1."""
_OFF_SITE_M = 4.0


def stand(network: RoadNetwork, rng: np.random.Generator, density: Density) -> list[Thing]:
    """Everything that stands, along the whole network."""
    taken: set[int] = set()
    things = parking_sites(network, rng, density, taken)
    beside, rows = list[Thing](), median_rows(network, rng, density.static)
    if network.profile is Profile.RURAL:
        beside = roadside_sites(network, rng, density)
        rows += roadside_rows(network, rng, density.static)
    beside += _apart(rows, beside)
    if beside:
        free = off_posts(network, np.array([thing.xy for thing in beside]))
        things += [thing for thing, off in zip(beside, free.tolist(), strict=True) if off]
    return things + _parked(network, rng, density.parked, taken)


def _apart(rows: list[Thing], sites: list[Thing]) -> list[Thing]:
    """Barriers of rows that are not at a work site."""
    if not rows or not sites:
        return rows
    tree = shapely.STRtree(shapely.points(np.array([thing.xy for thing in sites])))
    near = tree.query(shapely.points(np.array([t.xy for t in rows])), predicate="dwithin", distance=_OFF_SITE_M)[0]
    gone = set(near.tolist())
    return [thing for n, thing in enumerate(rows) if n not in gone]


def _parked(network: RoadNetwork, rng: np.random.Generator, density: float, taken: set[int]) -> list[Thing]:
    things: list[Thing] = []
    for n, spot in enumerate(network.parking):
        # The same draws whatever the density, so that more density adds cars and moves none.
        order, own = rng.random(), int(rng.integers(2**62))
        if n not in taken and order < PARKED_SHARE * density:
            things += _car(spot, fork(own))
    return things


def _car(spot: ParkingSpot, rng: np.random.Generator) -> list[Thing]:
    """A car in a spot; nothing where it is too large."""
    member = draw_member(rng, pick(rng, PARKED_SHARES))
    room = (spot.length_m - float(member.size_m[0]), spot.width_m - float(member.size_m[1]))
    if room[0] < 0.2 or room[1] < -0.02:
        return []
    along = min(0.7, room[0] / 2 - 0.1) * rng.uniform(-1, 1)
    across = max(0.0, min(0.12, room[1] / 2 - 0.03)) * rng.uniform(-1, 1)
    piece = Piece(member, spot.length_m / 2 + along, across, float(rng.normal(0.0, 0.012)), "vehicle.parked")
    return in_spots([spot], [piece])
