"""Road geometry: a gently curved centre line, the cross-section along it, and the junctions that interrupt it.

Road coordinates are (s, d): metres along the centre line, and metres to its left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.config import Profile

STATION_STEP_M = 2.0


@dataclass(frozen=True, eq=False)
class CentreLine:
    """The course of the road.

    Attributes:
        s: (K,) stations, rising, metres.
        xy: (K, 2) their places in the global frame, metres.
        yaw: (K,) heading there, radians, unwrapped.
    """

    s: Floats
    xy: Floats
    yaw: Floats

    def heading(self, s: Floats) -> Floats:
        """Heading (...) of the road at stations (...)."""
        return np.interp(s, self.s, self.yaw)

    def points(self, s: Floats, d: Floats) -> Floats:
        """Global places (..., 2) of road coordinates s (...), d (...)."""
        yaw = self.heading(s)
        x = np.interp(s, self.s, self.xy[:, 0]) - d * np.sin(yaw)
        y = np.interp(s, self.s, self.xy[:, 1]) + d * np.cos(yaw)
        return np.stack(np.broadcast_arrays(x, y), axis=-1)


@dataclass(frozen=True)
class CrossSection:
    """The road's cross-section; the same all along it. Traffic keeps to the right.

    Attributes:
        profile: what lies along the road.
        lanes: driving lanes each way.
        lane_m, bike_m, parking_right_m, parking_left_m, verge_m, sidewalk_m: widths; zero where there is none.
    """

    profile: Profile
    lanes: int
    lane_m: float
    bike_m: float
    parking_right_m: float
    parking_left_m: float
    verge_m: float
    sidewalk_m: float

    @property
    def carriageway_m(self) -> float:
        """Half the width of the driving lanes."""
        return self.lanes * self.lane_m

    def edge(self, side: int) -> float:
        """|d| of the road's edge on the left (side 1) or the right (side -1)."""
        parking = self.parking_left_m if side > 0 else self.parking_right_m
        return self.carriageway_m + self.bike_m + parking + 0.3

    def sidewalk(self, side: int) -> tuple[float, float]:
        """|d| of the sidewalk's inner and outer edge."""
        inner = self.edge(side) + 0.2 + self.verge_m
        return inner, inner + self.sidewalk_m

    def lane_offsets(self, direction: int) -> Floats:
        """d of the lanes' centres, innermost first, for traffic along s (1) or against it (-1)."""
        return -direction * (np.arange(self.lanes) + 0.5) * self.lane_m


@dataclass(frozen=True)
class Junction:
    """A street that crosses the road at a right angle.

    Attributes:
        s: station of its centre line.
        half_m: half its width.
        crossings: whether its near and far side have pedestrian crossings over the main road.
    """

    s: float
    half_m: float
    crossings: tuple[bool, bool]

    def blocked(self, margin: float) -> tuple[float, float]:
        """The stations that the junction takes, with a margin."""
        return self.s - self.half_m - margin, self.s + self.half_m + margin


@dataclass(frozen=True, eq=False)
class Network:
    """The road of a scene."""

    line: CentreLine
    section: CrossSection
    junctions: tuple[Junction, ...]
    start: float
    end: float
    yellow_centre: bool

    def free_intervals(self, margin: float) -> list[tuple[float, float]]:
        """Stations between the junctions, keeping `margin` from each."""
        edges = [self.start]
        for junction in self.junctions:
            edges += list(junction.blocked(margin))
        edges.append(self.end)
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return [(low, high) for low, high in pairs if high - low > 1.0]

    def strip(self, low: float, high: float, d: tuple[float, float], step: float = 5.0) -> Floats:
        """The outline (2M, 2), global frame, of the strip between two stations and two offsets."""
        s = np.linspace(low, high, max(2, int(np.ceil((high - low) / step)) + 1))
        return np.concatenate(
            [self.line.points(s, np.full_like(s, d[0])), self.line.points(s, np.full_like(s, d[1]))[::-1]]
        )


def make_network(rng: np.random.Generator, profile: Profile, start: float, end: float) -> Network:
    """Draw a road from station `start` to `end`; station 0 is somewhere near the global origin."""
    section = _section(rng, profile)
    return Network(
        line=_centre_line(rng, start, end),
        section=section,
        junctions=_junctions(rng, profile, start, end),
        start=start,
        end=end,
        yellow_centre=bool(rng.random() < 0.6),
    )


def _section(rng: np.random.Generator, profile: Profile) -> CrossSection:
    urban, rural = profile is Profile.URBAN, profile is Profile.RURAL
    lanes = int(rng.choice([1, 2, 3], p=[0.45, 0.4, 0.15] if urban else [0.8, 0.2, 0.0]))
    parks = 0.0 if rural else 0.75 if urban else 0.5
    walk = 0.0 if rural and rng.random() < 0.7 else rng.uniform(2.4, 4.2) if urban else rng.uniform(1.8, 2.6)
    return CrossSection(
        profile=profile,
        lanes=lanes,
        lane_m=float(rng.uniform(3.2, 3.7)),
        bike_m=float(rng.choice([0.0, 1.5], p=[0.5, 0.5])),
        parking_right_m=2.4 if rng.random() < parks else 0.0,
        parking_left_m=2.4 if rng.random() < parks else 0.0,
        verge_m=0.0 if urban else float(rng.uniform(1.0, 2.5)),
        sidewalk_m=float(walk),
    )


def _centre_line(rng: np.random.Generator, start: float, end: float) -> CentreLine:
    """Straight, or with a curvature that swings within 1/260 per metre: no house ever hides the road ahead."""
    s = np.arange(start - 20.0, end + 20.0 + STATION_STEP_M, STATION_STEP_M)
    strength = 0.0 if rng.random() < 0.4 else rng.uniform(-1.0, 1.0) / 260.0
    wave, phase = rng.uniform(250.0, 600.0), rng.uniform(0.0, 2.0 * np.pi)
    curvature = strength * np.sin(2.0 * np.pi * s / wave + phase)
    yaw = rng.uniform(-np.pi, np.pi) + np.cumsum(curvature) * STATION_STEP_M
    middle = 0.5 * (yaw[1:] + yaw[:-1])
    steps = STATION_STEP_M * np.stack([np.cos(middle), np.sin(middle)], axis=-1)
    xy = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    zero = np.array([np.interp(0.0, s, xy[:, 0]), np.interp(0.0, s, xy[:, 1])])
    return CentreLine(s, xy - zero + rng.uniform(200.0, 800.0, 2), yaw)


def _junctions(rng: np.random.Generator, profile: Profile, start: float, end: float) -> tuple[Junction, ...]:
    gap = {Profile.URBAN: (70.0, 150.0), Profile.SUBURBAN: (90.0, 220.0), Profile.RURAL: (250.0, 600.0)}[profile]
    found = []
    s = start + rng.uniform(0.2, 1.0) * gap[0]
    while s < end - 20.0:
        half = float(rng.uniform(3.2, 4.5) if profile is not Profile.URBAN else rng.uniform(3.5, 7.0))
        marked = profile is not Profile.RURAL and rng.random() < (0.8 if profile is Profile.URBAN else 0.4)
        found.append(Junction(float(s), half, (marked, marked and bool(rng.random() < 0.8))))
        s += rng.uniform(*gap)
    return tuple(found)
