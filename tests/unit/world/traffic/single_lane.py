"""A few drivers on the west arm of the hand-made crossroads, moved step by step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from drivegen.world.roads import RoadNetwork
from drivegen.world.traffic.cast import Crew, draw_member, driver_row
from drivegen.world.traffic.chains import extend
from drivegen.world.traffic.driving import accelerate, line_up, move
from drivegen.world.traffic.lane_graph import Graph, make_graph
from drivegen.world.traffic.sensing import FAR_M, fill_boxes, look_ahead
from drivegen.world.traffic.tables import ALIVE, BOX, GREEN, WALKER, Table

WEST = 2
NO_ROUTE = np.zeros(0, np.int64)


@dataclass(eq=False)
class Platoon:
    """Drivers of equal cars; the first one goes first."""

    graph: Graph
    drivers: Table
    lights: np.ndarray
    walkers: Table = field(default_factory=lambda: np.zeros(0, WALKER))

    @property
    def alive(self) -> np.ndarray:
        return np.arange(len(self.drivers))

    @property
    def gaps(self) -> np.ndarray:
        """(N - 1,) from each front bumper to the tail ahead, metres; all drive east."""
        nose = self.drivers["x"] + self.drivers["front"]
        return (nose - self.drivers["reach"])[:-1] - nose[1:]

    def boxes(self) -> tuple[Table, int]:
        boxes = np.empty(2 * len(self.drivers), BOX)
        return boxes, fill_boxes(boxes, self.drivers, self.alive, self.walkers, NO_ROUTE)

    def look(self, i: int, reach_m: float = 90.0) -> tuple[float, float, float]:
        """Gap, leader's speed, allowed speed."""
        boxes, count = self.boxes()
        found = np.empty(len(boxes), np.int64)
        return look_ahead(self.graph.lanes, self.graph.points, self.drivers, i, boxes, count, reach_m, found)

    def step(self, dt: float, leader_mps2: float | None = None) -> None:
        """Everybody moves; the first one as told."""
        boxes, count = self.boxes()
        found, tables = np.empty(len(boxes), np.int64), self.graph
        told = [
            accelerate(
                tables.lanes, tables.points, self.drivers, self.alive, i, boxes, count, found, tables.conflict,
                self.lights, self.walkers, NO_ROUTE, 0,
            )
            for i in range(len(self.drivers))
        ]  # fmt: skip
        if leader_mps2 is not None:
            told[0] = (leader_mps2, FAR_M)
        for i, (accel, room) in enumerate(told):
            move(tables.lanes, tables.points, self.drivers, i, accel, room, dt, NO_ROUTE)


def platoon(network: RoadNetwork, stations: list[float], speed_mps: float, lane: int = WEST) -> Platoon:
    """Cars whose front axles are at stations of a lane; all lights are green."""
    graph = make_graph(network)
    rng = np.random.default_rng(0)
    rows = []
    for s in stations:
        row = driver_row(rng, Crew(draw_member(rng, "sedan")))
        row["state"], row["chain"][1], row["s"], row["v"] = ALIVE, lane, s, speed_mps
        row["eager"], row["top"], row["home"] = 1.0, 40.0, 0.0
        rows.append(row)
    drivers = np.array(rows)
    for i in range(len(drivers)):
        extend(graph.lanes, drivers, i, NO_ROUTE)
        line_up(graph.lanes, graph.points, drivers, i)
    return Platoon(graph, drivers, np.full(4, GREEN, np.int64))
