"""Who is on the road: candidates for every lane, parking lane, sidewalk and work site of a network.

Far more are drawn than are needed; a scene keeps those whose `order` lies under a threshold, which is how a crowdedness
that was asked for is reached without moving anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drivegen.core import ROAD_USERS
from drivegen.core.arrays import Floats
from drivegen.world.bodies import BODIES
from drivegen.world.config import Profile
from drivegen.world.mesh import Colour
from drivegen.world.network import Network
from drivegen.world.traffic import Queue

PAINTS: tuple[tuple[Colour, float], ...] = (
    ((0.86, 0.86, 0.85), 0.22), ((0.09, 0.09, 0.10), 0.17), ((0.36, 0.37, 0.39), 0.15), ((0.62, 0.63, 0.65), 0.14),
    ((0.13, 0.22, 0.46), 0.10), ((0.62, 0.10, 0.10), 0.11), ((0.45, 0.38, 0.28), 0.03), ((0.12, 0.30, 0.20), 0.03),
    ((0.85, 0.62, 0.12), 0.02), ((0.25, 0.45, 0.62), 0.03),
)  # fmt: skip
CLOTHES: tuple[Colour, ...] = (
    (0.20, 0.24, 0.34), (0.60, 0.14, 0.14), (0.80, 0.78, 0.74), (0.12, 0.12, 0.13), (0.30, 0.42, 0.30),
    (0.72, 0.56, 0.20), (0.44, 0.30, 0.46), (0.46, 0.46, 0.48), (0.25, 0.45, 0.65),
)  # fmt: skip
DRIVEN: dict[str, float] = {
    "sedan": 0.25, "hatchback": 0.19, "wagon": 0.09, "suv": 0.19, "van": 0.07, "pickup": 0.06, "box_truck": 0.06,
    "bus": 0.04, "motorcycle": 0.05,
}  # fmt: skip
PARKED: dict[str, float] = {"sedan": 0.3, "hatchback": 0.26, "wagon": 0.12, "suv": 0.2, "van": 0.08, "pickup": 0.04}
EGO_LANE_MARGIN_M = 3.0


@dataclass(frozen=True, eq=False)
class Candidate:
    """Somebody who may take part.

    Attributes:
        body: name in `bodies.BODIES`.
        size: (3,) length, width, height.
        rgb: paint.
        lane: number of the queue it moves in; agents of one queue never overtake.
        direction: 1 along the road's stations, -1 against.
        d: lateral place, metres to the left of the centre line.
        u: place along its direction of travel at the start.
        speed: speed on a free lane, metres per second; 0 for what stands still.
        headway_s, standstill_m, accel: figures of the driver model.
        order: rank in [0, 1); lower ones are taken first.
        towed: name of the body that it tows, or empty.
        turned: heading relative to the road's, radians.
    """

    body: str
    size: Floats
    rgb: Colour
    lane: int
    direction: int
    d: float
    u: float
    speed: float
    order: float
    headway_s: float = 1.2
    standstill_m: float = 2.0
    accel: float = 1.4
    towed_size: Floats | None = None
    turned: float = 0.0

    @property
    def category(self) -> str:
        """Its nuScenes class."""
        return BODIES[self.body].category

    @property
    def is_road_user(self) -> bool:
        """Whether crowdedness counts it."""
        return self.category in ROAD_USERS

    @property
    def tail_m(self) -> float:
        """How far it reaches behind its centre, with what it tows."""
        towed = 0.0 if self.towed_size is None else float(self.towed_size[0]) + HITCH_M
        return 0.5 * float(self.size[0]) + towed


HITCH_M = 0.7


def queue_of(candidates: list[Candidate]) -> Queue:
    """The candidates as a queue of the driver model."""

    def column(get: Callable[[Candidate], float]) -> Floats:
        return np.array([get(c) for c in candidates], dtype=np.float64)

    return Queue(
        lane=np.array([c.lane for c in candidates], dtype=np.int64),
        u=column(lambda c: c.u),
        front=column(lambda c: 0.5 * float(c.size[0])),
        rear=column(lambda c: c.tail_m),
        speed=column(lambda c: c.speed),
        desired=column(lambda c: c.speed),
        headway_s=column(lambda c: c.headway_s),
        standstill_m=column(lambda c: c.standstill_m),
        accel=column(lambda c: c.accel),
    )


class _Crowd:
    """Collects candidates."""

    def __init__(self, network: Network, rng: np.random.Generator, span: tuple[float, float], dense: bool) -> None:
        self.network, self.rng, self.span, self.dense = network, rng, span, dense
        self.found: list[Candidate] = []
        self.weight = {name: float(rng.uniform(0.4, 1.6)) for name in ("drive", "park", "walk", "bike")}

    def order(self, kind: str) -> float:
        """A rank that favours the kinds this scene is rich in."""
        return float(np.clip(self.rng.random() / self.weight[kind], 0.0, 0.999))


def draw_candidates(
    network: Network,
    rng: np.random.Generator,
    span: tuple[float, float],
    *,
    ego_d: float,
    ego_speed: float,
    dense: bool,
) -> list[Candidate]:
    """Everybody who could be on the stations of `span`; the ego, at station 0 and `ego_d`, is not among them.

    Args:
        dense: slow, tightly spaced traffic.
    """
    crowd = _Crowd(network, rng, span, dense)
    section = network.section
    lane = 0
    for direction in (1, -1):
        for d in section.lane_offsets(direction):
            _drivers(crowd, lane, direction, float(d), ego_speed, clear=abs(d - ego_d) < 0.5)
            lane += 1
    site = _work_site(crowd)
    for side, width in ((1, section.parking_left_m), (-1, section.parking_right_m)):
        if width > 0:
            _parkers(crowd, lane, side, site if side < 0 else None)
        lane += 1
    for side in (1, -1):
        if section.bike_m > 0:
            _cyclists(crowd, lane, side, site if side < 0 else None)
        lane += 1
        if section.sidewalk_m > 0:
            lane = _walkers(crowd, lane, side)
    return crowd.found


def lane_number(network: Network, ego_d: float) -> int:
    """The queue of the ego's lane in `draw_candidates`' numbering."""
    return int(np.argmin(np.abs(network.section.lane_offsets(1) - ego_d)))


def _drivers(crowd: _Crowd, lane: int, direction: int, d: float, ego_speed: float, *, clear: bool) -> None:
    """A lane's drivers from back to front."""
    rng = crowd.rng
    low, high = sorted((direction * crowd.span[0], direction * crowd.span[1]))
    u = low + rng.uniform(0, 15)
    names, shares = list(DRIVEN), np.array(list(DRIVEN.values()))
    while u < high:
        body = str(rng.choice(names, p=shares / shares.sum()))
        size = BODIES[body].size(rng)
        towed = BODIES["trailer"].size(rng) if body in ("box_truck", "pickup") and rng.random() < 0.22 else None
        speed = ego_speed * rng.uniform(0.75, 1.15) * (0.35 if crowd.dense else 1.0)
        made = Candidate(
            body, size, _paint(rng, body), lane, direction, d + rng.uniform(-0.15, 0.15), 0.0, float(speed),
            crowd.order("drive"), headway_s=float(rng.uniform(0.9, 1.5)), standstill_m=float(rng.uniform(1.6, 2.8)),
            towed_size=towed,
        )  # fmt: skip
        u += made.tail_m
        centre = u
        u += 0.5 * float(size[0]) + (2.4 + rng.exponential(2.5) if crowd.dense else 5.0 + rng.exponential(9.0))
        if (
            clear
            and centre - made.tail_m - EGO_LANE_MARGIN_M < 2.4
            and centre + 0.5 * size[0] + EGO_LANE_MARGIN_M > -2.4
        ):
            continue
        crowd.found.append(_at(made, float(centre)))


def _at(candidate: Candidate, u: float) -> Candidate:
    values = {name: getattr(candidate, name) for name in candidate.__dataclass_fields__}
    return Candidate(**{**values, "u": u})


def _parkers(crowd: _Crowd, lane: int, side: int, site: tuple[float, float] | None) -> None:
    """Cars that stand in a parking lane."""
    rng, section = crowd.rng, crowd.network.section
    d = side * (section.carriageway_m + section.bike_m + 1.2)
    names, shares = list(PARKED), np.array(list(PARKED.values()))
    for low, high in crowd.network.free_intervals(9.0):
        s = max(low, crowd.span[0]) + rng.uniform(2, 8)
        while s < min(high, crowd.span[1]) - 4.0:
            body = str(rng.choice(names, p=shares / shares.sum()))
            size = BODIES[body].size(rng)
            taken = site is not None and site[0] - 4.0 < s < site[1] + 4.0
            if rng.random() < 0.8 and not taken:
                u = -side * s
                place = d + float(rng.uniform(-0.12, 0.12))
                crowd.found.append(
                    Candidate(body, size, _paint(rng, body), lane, -side, place, u, 0.0, crowd.order("park"))
                )
            s += float(size[0]) + 0.8 + rng.exponential(0.9)
        s += 3.0


def _cyclists(crowd: _Crowd, lane: int, side: int, site: tuple[float, float] | None) -> None:
    rng, section = crowd.rng, crowd.network.section
    d = side * (section.carriageway_m + 0.75)
    low, high = sorted((-side * crowd.span[0], -side * crowd.span[1]))
    u = low + rng.uniform(0, 40)
    while u < high:
        if site is None or not site[0] - 30.0 < -side * u < site[1] + 4.0:
            body = BODIES["bicycle"]
            place = d + float(rng.uniform(-0.15, 0.15))
            made = Candidate(
                "bicycle", body.size(rng), _cloth(rng), lane, -side, place, float(u), float(rng.uniform(3.5, 6.0)),
                crowd.order("bike"), headway_s=1.0, standstill_m=1.0, accel=0.8,
            )  # fmt: skip
            crowd.found.append(made)
        u += rng.uniform(8.0, 50.0)


def _walkers(crowd: _Crowd, lane: int, side: int) -> int:
    """Pedestrians in up to four files on a sidewalk, some against the others; returns the number after theirs."""
    rng, section = crowd.rng, crowd.network.section
    inner, outer = section.sidewalk(side)
    # The first 0.9 m from the kerb belongs to trees, lamps and signs.
    start = inner + (0.9 if section.profile is Profile.URBAN else 0.3)
    files = int(np.clip((outer - start) // 0.75, 1, 4))
    for file in range(files):
        direction = int(rng.choice([1, -1]))
        low, high = sorted((direction * crowd.span[0], direction * crowd.span[1]))
        u = low + rng.uniform(0, 20)
        while u < high:
            size = BODIES["pedestrian"].size(rng)
            d = side * (start + 0.38 + 0.75 * file) if files > 1 else side * 0.5 * (start + outer)
            made = Candidate(
                "pedestrian", size, _cloth(rng), lane, direction, d, float(u), float(rng.uniform(0.8, 1.7)),
                crowd.order("walk"), headway_s=0.5, standstill_m=0.4, accel=0.6,
            )  # fmt: skip
            crowd.found.append(made)
            u += 1.3 + rng.exponential(7.0 if section.profile is Profile.URBAN else 14.0)
        lane += 1
    return lane


def _work_site(crowd: _Crowd) -> tuple[float, float] | None:
    """Cones and barriers around a work site at the right edge, now and then with a machine. Returns its stations."""
    rng, section = crowd.rng, crowd.network.section
    room = section.bike_m + section.parking_right_m
    if room < 1.4 or rng.random() < 0.6:
        return None
    start = float(rng.uniform(12.0, max(13.0, crowd.span[1] - 60.0)))
    end = start + float(rng.uniform(10.0, 22.0))
    if any(a < end and b > start for a, b in (j.blocked(4.0) for j in crowd.network.junctions)):
        return None
    near, far = -(section.carriageway_m + 0.35), -(section.carriageway_m + room - 0.3)
    lane, order = -1, float(rng.random() * 0.5)

    def static(body: str, s: float, d: float, rgb: Colour) -> Candidate:
        return Candidate(body, BODIES[body].size(rng), rgb, lane, 1, d, s, 0.0, order)

    for i, s in enumerate(np.arange(start, end, 2.5)):
        d = near if i > 1 else far + (near - far) * (i + 0.5) / 2.5
        crowd.found.append(static("cone", float(s), float(d), (0.88, 0.32, 0.08)))
    red: Colour = (0.75, 0.16, 0.12)
    crowd.found.append(static("barrier", end + 1.0, (near + far) / 2, red))
    if room > 3.4 and end - start > 11.0:
        yellow: Colour = (0.86, 0.62, 0.10)
        crowd.found.append(static("loader", (start + end) / 2 + 1.5, far + 1.25, yellow))
    return start, end + 2.0


def _paint(rng: np.random.Generator, body: str) -> Colour:
    if body == "bus":
        return _near(
            rng, ((0.72, 0.15, 0.13), (0.20, 0.35, 0.60), (0.86, 0.80, 0.62), (0.25, 0.48, 0.32))[int(rng.integers(4))]
        )
    shares = np.array([share for _, share in PAINTS])
    return _near(rng, PAINTS[int(rng.choice(len(PAINTS), p=shares / shares.sum()))][0])


def _cloth(rng: np.random.Generator) -> Colour:
    return _near(rng, CLOTHES[int(rng.integers(len(CLOTHES)))])


def _near(rng: np.random.Generator, rgb: Colour) -> Colour:
    red, green, blue = np.round(np.clip(np.array(rgb) + rng.uniform(-0.03, 0.03, 3), 0.03, 0.95), 3)
    return float(red), float(green), float(blue)
