"""Draws the plan: a chain of roads for the ego, and side roads at each junction, none in the way of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from shapely.geometry import LineString

from drivegen.core import GeometryError
from drivegen.core.arrays import Floats
from drivegen.world.profile import Profile
from drivegen.world.roads.centre_line import CentreLine
from drivegen.world.roads.courses import HEADING_LIMIT_RAD, MANNERS, draw_course
from drivegen.world.roads.junctions import Control
from drivegen.world.roads.lanes import Turn
from drivegen.world.roads.plan import Plan, PlannedJunction, PlannedRoad
from drivegen.world.roads.section import Section, make_section, with_other_sides

LAND_M = 24.0
"""Building land between two roads that run past each other, at least."""
SIBLING_M = 60.0
"""Roads of one junction may be near each other up to this distance from it."""
_QUARTER = np.pi / 2
_TRIES = 12


@dataclass(frozen=True, eq=False)
class _Proposal:
    """A junction at the end of the route and the roads that leave it; the first one is the ego's."""

    junction: PlannedJunction
    roads: tuple[PlannedRoad, ...]


@dataclass(eq=False)
class _Draft:
    """The plan while it grows."""

    general_rad: float
    roads: list[PlannedRoad] = field(default_factory=list)
    paths: list[LineString] = field(default_factory=list)
    junctions: list[PlannedJunction] = field(default_factory=list)
    main: list[int] = field(default_factory=list)
    length_m: float = 0.0

    def add(self, road: PlannedRoad) -> None:
        """Append a road."""
        if road.main:
            self.main.append(len(self.roads))
            self.length_m += road.line.length_m
        self.roads.append(road)
        self.paths.append(_path(road.line))

    def fits(self, road: PlannedRoad, others: Sequence[PlannedRoad]) -> bool:
        """Whether a road that leaves the newest junction keeps clear of the draft and of others of that junction."""
        whole = _path(road.line)
        away = LineString(road.line.xy[road.line.s >= min(SIBLING_M, road.line.length_m - 2.0)])
        siblings = [self.paths[self.main[-1]], *(LineString(o.line.xy[::8]) for o in others)]
        if shapely.distance(away, siblings).min() < min(0.65 * SIBLING_M, 0.6 * road.line.length_m):
            return False
        earlier = [i for i in range(len(self.roads)) if i != self.main[-1]]
        if not earlier:
            return True
        gaps = shapely.distance(whole, [self.paths[i] for i in earlier])
        return all(gap >= _clearance(road, self.roads[i]) for gap, i in zip(gaps, earlier, strict=True))


def draw_plan(rng: np.random.Generator, profile: Profile, length_m: float, first: tuple[float, Turn] | None) -> Plan:
    """Draw a plan.

    Args:
        length_m: the ego's roads are at least this long together.
        first: length of the first road and where the ego goes at its end; None leaves both to chance.

    Raises:
        GeometryError: no layout without roads in each other's way was found (practically never).
    """
    for _ in range(40):
        draft = _attempt(rng, profile, length_m, first)
        if draft is not None:
            return Plan(tuple(draft.roads), tuple(draft.junctions), tuple(draft.main))
    raise GeometryError("no room for the roads", where="roads", got=f"{profile} of {length_m} m")


def _attempt(
    rng: np.random.Generator, profile: Profile, length_m: float, first: tuple[float, Turn] | None
) -> _Draft | None:
    manner = MANNERS[profile]
    general = float(rng.uniform(-np.pi, np.pi))
    draft = _Draft(general)
    start_length = first[0] if first is not None else float(rng.uniform(*manner.gap_m))
    line = draw_course(rng, manner, rng.uniform(200.0, 800.0, 2), general, start_length, general)
    draft.add(PlannedRoad(line, make_section(rng, profile, main=True), -1, 0, True, _mid(rng, profile)))
    turn = first[1] if first is not None else None
    while draft.length_m < length_m:
        for _ in range(_TRIES):
            proposal = _propose(rng, profile, draft, turn)
            if proposal is not None:
                break
        else:
            return None
        draft.junctions.append(proposal.junction)
        draft.length_m -= _cut_m(draft.roads[draft.main[-1]], proposal)
        for road in proposal.roads:
            draft.add(road)
        turn = None
    last = draft.main[-1]
    draft.roads[last] = replace(draft.roads[last], end=-1)
    return draft


def _cut_m(before: PlannedRoad, proposal: _Proposal) -> float:
    """At most so much shorter than along the centre lines is the way through a junction."""
    turn, after = proposal.junction.turn, proposal.roads[0]
    if turn is Turn.STRAIGHT:
        return 0.0
    inside = before.section.driving_m + after.section.driving_m if turn is Turn.RIGHT else 0.0
    return 12.0 + inside


def _propose(rng: np.random.Generator, profile: Profile, draft: _Draft, turn: Turn | None) -> _Proposal | None:
    """The next junction with its roads; None where there is no room for the ego's road or for any side road."""
    manner = MANNERS[profile]
    before = draft.roads[draft.main[-1]]
    centre, yaw = before.line.xy[-1], float(before.line.yaw[-1])
    turn = turn if turn is not None else _turn(rng, yaw - draft.general_rad)
    headings = _headings(rng, yaw)
    across = _cross_section(rng, profile, before.section, turn)
    index = len(draft.junctions)
    length = float(rng.uniform(*manner.gap_m))
    line = draw_course(rng, manner, centre, headings[turn], length, draft.general_rad)
    onward = before.section if rng.random() < 0.7 else with_other_sides(rng, before.section)
    sections = {way: onward if way is Turn.STRAIGHT else across for way in Turn}
    if turn is Turn.STRAIGHT:
        sections[Turn.LEFT] = across.reversed()
    else:
        sections[Turn.RIGHT if turn is Turn.LEFT else Turn.LEFT] = across.reversed()
    ego = PlannedRoad(line, sections[turn], index, index + 1, True, _mid(rng, profile))
    if not draft.fits(ego, ()):
        return None
    roads = [ego]
    for way in rng.permutation([w.value for w in Turn if w is not turn]):
        if len(roads) > 1 and rng.random() > (0.7 if profile is Profile.URBAN else 0.5):
            continue
        stub = _stub(rng, profile, centre, headings[Turn(way)], sections[Turn(way)], index)
        if stub is not None and draft.fits(stub, roads):
            roads.append(stub)
    if len(roads) < 2:
        return None
    return _Proposal(_junction(rng, profile, centre, turn, max(before.section.lanes, across.lanes)), tuple(roads))


def _turn(rng: np.random.Generator, away_rad: float) -> Turn:
    ways = [Turn.STRAIGHT]
    if away_rad + _QUARTER < HEADING_LIMIT_RAD:
        ways.append(Turn.LEFT)
    if away_rad - _QUARTER > -HEADING_LIMIT_RAD:
        ways.append(Turn.RIGHT)
    share = np.array([0.55 if way is Turn.STRAIGHT else 0.45 / max(1, len(ways) - 1) for way in ways])
    return ways[int(rng.choice(len(ways), p=share / share.sum()))]


def _headings(rng: np.random.Generator, yaw: float) -> dict[Turn, float]:
    """Headings away from a junction; the crossing street goes straight across, often not at a right angle."""
    skew = float(rng.uniform(-0.16, 0.16)) if rng.random() < 0.5 else 0.0
    return {Turn.LEFT: yaw + _QUARTER + skew, Turn.STRAIGHT: yaw, Turn.RIGHT: yaw - _QUARTER + skew}


def _cross_section(rng: np.random.Generator, profile: Profile, section: Section, turn: Turn) -> Section:
    """Section of the street that crosses, in the direction in which the ego (or its right turn) would go."""
    across = make_section(rng, profile, main=turn is not Turn.STRAIGHT)
    # Every lane of a street that ends at a T-junction needs a lane to turn into.
    while turn is not Turn.STRAIGHT and abs(across.lanes - section.lanes) > 1:
        across = make_section(rng, profile, main=True)
    return across


def _stub(
    rng: np.random.Generator, profile: Profile, centre: Floats, yaw: float, section: Section, index: int
) -> PlannedRoad:
    manner = MANNERS[profile]
    length = float(rng.uniform(*manner.stub_m))
    line = draw_course(rng, manner, centre, yaw, length, yaw)
    return PlannedRoad(line, section, index, -1, False, False)


def _junction(rng: np.random.Generator, profile: Profile, centre: Floats, turn: Turn, lanes: int) -> PlannedJunction:
    lit = {Profile.URBAN: 0.85, Profile.SUBURBAN: 0.3, Profile.RURAL: 0.12}[profile]
    signals = rng.random() < (lit if lanes == 1 else 0.97)
    marked = rng.random() < {Profile.URBAN: 0.95, Profile.SUBURBAN: 0.7, Profile.RURAL: 0.0}[profile]
    width = float(rng.uniform(2.8, 4.0))
    radius = float(rng.uniform(8.0, 11.0) if profile is Profile.RURAL else rng.uniform(5.0, 8.0))
    control = Control.SIGNALS if signals else Control.STOP
    bulbs = profile is not Profile.RURAL and rng.random() < 0.4
    return PlannedJunction(centre, control, radius, width if marked else 0.0, bulbs, turn, float(rng.random()))


def _mid(rng: np.random.Generator, profile: Profile) -> bool:
    return bool(rng.random() < {Profile.URBAN: 0.3, Profile.SUBURBAN: 0.2, Profile.RURAL: 0.0}[profile])


def _clearance(a: PlannedRoad, b: PlannedRoad) -> float:
    """Distance that two centre lines keep from each other."""
    half = [max(road.section.outer_m(True), road.section.outer_m(False)) for road in (a, b)]
    return sum(half) + LAND_M


def _path(line: CentreLine) -> LineString:
    """A line with few points, for distances."""
    return LineString(np.concatenate([line.xy[::8], line.xy[-1:]]))
