"""Draws a road network from a random stream."""

from __future__ import annotations

import numpy as np

from drivegen.world.profile import Profile
from drivegen.world.roads.courses import MANNERS
from drivegen.world.roads.crossing_plan import build_crossings, build_junctions, build_signals
from drivegen.world.roads.frontages import build_frontages
from drivegen.world.roads.ground_plan import build_surfaces
from drivegen.world.roads.lane_graph import LaneGraph, build_lanes
from drivegen.world.roads.lanes import Turn
from drivegen.world.roads.layout import Layout, make_layout
from drivegen.world.roads.markings import WHITE, build_lane_lines, draw_style
from drivegen.world.roads.network import Road, RoadNetwork
from drivegen.world.roads.paint import build_paint
from drivegen.world.roads.parking import build_driveways, build_parking, tick_lines
from drivegen.world.roads.route import draw_plan
from drivegen.world.roads.signs import build_signs
from drivegen.world.roads.terrain import make_terrain
from drivegen.world.roads.walk_graph import build_walkways

BEHIND_M = 152.0
"""The route begins at least this far behind the ego's start."""
BEYOND_M = 185.0
"""It goes on at least this far beyond the reach that was asked for."""
_START_SPREAD_M = 80.0
_MOVE_M = 95.0
PACE = 0.8
"""Mean speed of free traffic, as a share of the speed limit."""


def make_network(
    rng: np.random.Generator, profile: Profile, reach_m: float, *, first_turn: Turn | None = None
) -> RoadNetwork:
    """Draw the roads of a scene.

    Args:
        reach_m: how far the ego may drive; the map goes on beyond it.
        first_turn: where the ego goes at the first junction, which then lies 55 to 110 m ahead of its start; None
            leaves the junctions to chance.
    """
    manner = MANNERS[profile]
    wanted = BEHIND_M + float(rng.uniform(0.0, _START_SPREAD_M))
    first = None
    if first_turn is not None:
        first = (wanted + manner.lead_m + float(rng.uniform(30.0, 75.0)), first_turn)
    # The start may have to move past a junction.
    plan = draw_plan(rng, profile, wanted + reach_m + BEYOND_M + _MOVE_M, first)
    terrain = make_terrain(rng, profile)
    layout = make_layout(rng, plan)
    graph = build_lanes(rng, layout)
    start_m = _start(graph, wanted)
    signals, signal_index = build_signals(layout, _arrivals_s(graph, start_m))
    spots = build_parking(layout)
    style = draw_style(rng, profile)
    lane_lines = build_lane_lines(layout, style)
    if style.parking_ticks:
        lane_lines += tuple(tick_lines(spots, WHITE))
    return RoadNetwork(
        profile=profile,
        terrain=terrain,
        roads=_roads(layout),
        lanes=graph.lanes,
        junctions=build_junctions(layout, graph, signal_index),
        signals=signals,
        crossings=build_crossings(layout, signal_index),
        walkways=build_walkways(layout),
        parking=spots,
        frontages=build_frontages(layout, profile),
        driveways=build_driveways(layout),
        surfaces=build_surfaces(layout),
        lane_lines=lane_lines,
        painted=build_paint(rng, layout, graph),
        signs=build_signs(rng, layout),
        route=graph.route,
        route_start_m=start_m,
    )


def _roads(layout: Layout) -> tuple[Road, ...]:
    return tuple(
        Road(
            street.index,
            street.line,
            street.section,
            street.ends[0].junction,
            street.ends[1].junction,
            street.main,
        )
        for street in layout.streets
    )


def _arrivals_s(graph: LaneGraph, start_m: float) -> list[float]:
    """When the ego reaches each junction of its route at the usual pace; negative for those behind it."""
    left_m, time_s = -start_m, 0.0
    found = []
    for index in graph.route:
        lane = graph.lanes[index]
        ahead_m = min(lane.length_m, max(0.0, left_m + lane.length_m))
        left_m += lane.length_m
        time_s += ahead_m / (PACE * lane.speed_mps)
        if lane.turn is None and lane.junction >= 0:
            found.append(time_s if left_m > 0.0 else -1.0)
    return found


def _start(graph: LaneGraph, wanted_m: float) -> float:
    """The first place from the one wanted on that is on a road, past a junction and well before the next."""
    passed = 0.0
    for index in graph.route:
        lane = graph.lanes[index]
        low = passed + (12.0 if passed else 0.0)
        high = passed + (lane.stop_m - 25.0 if lane.junction >= 0 else lane.length_m)
        passed += lane.length_m
        if lane.turn is None and max(wanted_m, low) < high:
            return max(wanted_m, low)
    raise AssertionError("the route ends before the place where the ego was to start")
