"""Work sites in parking lanes and on the grass beside country roads: barriers, cones, machines, workers."""

from __future__ import annotations

import numpy as np
import shapely

from drivegen.world.roads import ParkingSpot, Road, RoadNetwork
from drivegen.world.traffic.barrier_rows import OFF_EDGE_M, row_of, stretch_of
from drivegen.world.traffic.cast import Member, draw_member, fork
from drivegen.world.traffic.plans import Density
from drivegen.world.traffic.things import Piece, Thing, along_road, barrier_along, in_spots

SITE_EVERY_M = 105.0
"""Length of parking lane, or way along a country road, per work site at density 1."""
MACHINES = ("loader", "excavator", "roller")
_GUTTER_M = 0.2
"""Machines may stand so far beyond the parking lane, on its gutter."""
_FEWEST_SPOTS, _MOST_SPOTS = 2, 5
_LONGEST_ROW = 12
_BARE_SHARE = 0.25
"""Share of sites where nobody works: a row of barriers keeps parking spots free."""


def parking_sites(network: RoadNetwork, rng: np.random.Generator, density: Density, taken: set[int]) -> list[Thing]:
    """Work sites that fill a few parking spots in a row; their spots are put into `taken`."""
    things: list[Thing] = []
    parking = network.parking
    for n, spot in enumerate(parking):
        order, count, own = rng.random(), int(rng.integers(_FEWEST_SPOTS, _MOST_SPOTS + 1)), int(rng.integers(2**62))
        if order >= density.static * spot.length_m / SITE_EVERY_M or n in taken:
            continue
        row = _row(parking, n, count)
        if len(row) < _FEWEST_SPOTS:
            continue
        taken.update(row)
        spots = [parking[k] for k in row]
        if np.cos(spots[0].yaw) * (spots[-1].xy[0] - spots[0].xy[0]) + np.sin(spots[0].yaw) * (
            spots[-1].xy[1] - spots[0].xy[1]
        ) < 0:  # fmt: skip
            spots = spots[::-1]
        things += in_spots(spots, _parking_site(spots, fork(own), density))
    return things


def _row(parking: tuple[ParkingSpot, ...], first: int, count: int) -> list[int]:
    """Up to so many spots that lie end to end, from the first one on."""
    row = [first]
    for n in range(first + 1, min(first + count, len(parking))):
        a, b = parking[n - 1], parking[n]
        way = float(np.hypot(*(np.asarray(b.xy) - np.asarray(a.xy))))
        if a.road != b.road or way > 1.2 * a.length_m or abs(np.cos(a.yaw - b.yaw)) < 0.97:
            break
        row.append(n)
    return row


def _parking_site(spots: list[ParkingSpot], rng: np.random.Generator, density: Density) -> list[Piece]:
    """Pieces in the spots: fenced off from the traffic by barriers, or marked by cones with barriers at the ends."""
    width, length = spots[0].width_m, spots[0].length_m * len(spots)
    edge = width / 2 - 0.36
    pieces = _taper(rng, 0.35, edge, 1.0) + _taper(rng, length - 0.35, edge, -1.0)
    fenced, bare = rng.random() < 0.65, rng.random() < _BARE_SHARE
    busy = [] if bare else _machines(rng, spots, density)
    inner = width / 2
    if fenced or bare:
        row = row_of(rng, _LONGEST_ROW, 1.9, edge)
        half, inner = float(row[0].member.size_m[1]) / 2, edge - float(row[0].member.size_m[0]) / 2
        # A machine as wide as the parking lane takes the place of the barriers beside it.
        wide = [piece for piece in busy if piece.across + float(piece.member.size_m[1]) / 2 > inner - 0.1]
        pieces += [p for p in row if p.along + half < length - 1.9 and _off(p.along, wide, half + 0.1)]
    else:
        pieces += [Piece(draw_member(rng, "barrier"), at, -0.25) for at in (2.0, length - 2.0)]
        cones = np.linspace(3.4, length - 3.4, max(2, round((length - 6.8) / 3.2)))
        pieces += [Piece(draw_member(rng, "cone"), s, edge + 0.1) for s in cones.tolist() if _off(s, busy, 0.4)]
    return pieces if bare else pieces + busy + _workers(rng, length, (-width / 2, inner), busy, density)


def _taper(rng: np.random.Generator, s: float, edge: float, sign: float) -> list[Piece]:
    """Three cones from the kerb to the traffic's side."""
    ways = ((0.0, -edge), (0.35, 0.0), (0.9, edge))
    return [Piece(draw_member(rng, "cone"), s + sign * along, across) for along, across in ways]


def _machines(rng: np.random.Generator, spots: list[ParkingSpot], density: Density) -> list[Piece]:
    """One machine, two where the site is long; those that are too wide stay away. Fewer where few drive."""
    pitch, width = spots[0].length_m, spots[0].width_m
    found: list[Piece] = []
    middles = (0.5,) if len(spots) < 4 else (0.32, 0.7)
    for share in middles:
        member, there = _machine(rng, width + _GUTTER_M - 0.1), rng.random() < 0.5 + 0.6 * density.vehicles
        if there and member is not None:
            across = -(width - float(member.size_m[1])) / 2 - _GUTTER_M
            found.append(Piece(member, share * pitch * len(spots), across, 0.0, "vehicle.parked"))
    return found


def _machine(rng: np.random.Generator, widest_m: float) -> Member | None:
    """A machine that fits, of any kind where possible; wide kinds come in several sizes."""
    kind = MACHINES[int(rng.integers(3))]
    for body in (kind, kind, kind, "roller"):
        member = draw_member(rng, body)
        if member.size_m[1] <= widest_m:
            return member
    return None


def _off(s: float, busy: list[Piece], room_m: float) -> bool:
    """Whether a station is not beside a machine."""
    return all(abs(s - piece.along) > 0.5 * float(piece.member.size_m[0]) + room_m for piece in busy)


def _workers(
    rng: np.random.Generator, length: float, room: tuple[float, float], busy: list[Piece], density: Density
) -> list[Piece]:
    """People at work between two offsets across; fewer where few walk."""
    count = int(rng.integers(1, 4))
    found: list[Piece] = []
    for s in (length * (np.arange(count) + rng.uniform(0.25, 0.75, count)) / count).tolist():
        there, member = rng.random() < 0.15 + 0.7 * density.pedestrians, draw_member(rng, "worker")
        across, turn = rng.uniform(room[0] + 0.5, room[1] - 0.5), rng.uniform(-np.pi, np.pi)
        if there and _off(s, busy, 0.8) and 3.0 < s < length - 3.0:
            found.append(Piece(member, s, across, turn, "pedestrian.standing"))
    return found


def roadside_sites(network: RoadNetwork, rng: np.random.Generator, density: Density) -> list[Thing]:
    """Work sites on the grass beside the ego's roads."""
    things: list[Thing] = []
    areas = shapely.buffer(shapely.union_all([junction.area for junction in network.junctions]), 20.0)
    for road in network.roads:
        length = float(road.line.length_m)
        if not road.main or length < 80.0:
            continue
        for s in np.arange(30.0, length - 30.0, 60.0).tolist():
            order, right, own = rng.random(), rng.random() < 0.6, int(rng.integers(2**62))
            here = shapely.Point(road.line.points(s, 0.0))
            if order < density.static * 60.0 / SITE_EVERY_M / 2 and areas.disjoint(here):
                things += along_road(road, _roadside_site(road, s, right, fork(own), density))
    return things


def _roadside_site(road: Road, s: float, right: bool, rng: np.random.Generator, density: Density) -> list[Piece]:
    """Cones along the shoulder, a row of barriers behind them, a machine and workers behind those."""
    side, edge = -1.0 if right else 1.0, road.section.kerb_m(right)
    heading = 0.0 if right else np.pi
    d = side * (edge + OFF_EDGE_M)
    row = row_of(rng, int(rng.integers(5, 11)), 0.0, d, stretch_of(road, s, d))
    middle = 0.5 * (row[0].along + row[-1].along)
    pieces = [barrier_along(p.member, s + p.along - middle, p.across) for p in row]
    reach = row[-1].along - middle + 4.0
    cones = np.linspace(s - reach, s + reach, int(rng.integers(4, 9))).tolist()
    pieces += [Piece(draw_member(rng, "cone"), at, side * (edge + 0.25)) for at in cones]
    behind = OFF_EDGE_M + 0.5
    machine = _machine(rng, road.section.side(right).verge_m + 1.0 - behind)
    busy: list[Piece] = []
    if machine is not None and rng.random() < 0.5 + 0.6 * density.vehicles:
        d = side * (edge + behind + 0.5 * float(machine.size_m[1]))
        busy.append(Piece(machine, s, d, heading, "vehicle.parked"))
    for at in (-reach + 5.0, reach - 5.0):
        worker = Piece(draw_member(rng, "worker"), s + at, side * (edge + behind + 0.5), 0.0, "pedestrian.standing")
        if rng.random() < 0.15 + 0.7 * density.pedestrians and _off(s + at, busy, 0.8):
            pieces.append(worker)
    return pieces + busy
