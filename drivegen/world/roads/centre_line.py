"""Courses of roads: straights and arcs joined by clothoids, so that curvature never jumps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from drivegen.core.arrays import Floats

STEP_M = 0.7
"""Spacing of a centre line's points; short enough that a lane on the outside of a bend stays below 1 m."""


@dataclass(frozen=True, eq=False)
class CentreLine:
    """The course of a road in its own direction.

    Road coordinates are (s, d): metres along it, and metres to its LEFT.

    Attributes:
        s: (K,) stations from its beginning, metres.
        xy: (K, 2) global frame, metres.
        yaw: (K,) heading, radians, unwrapped.
    """

    s: Floats
    xy: Floats
    yaw: Floats

    @property
    def length_m(self) -> float:
        """Its length."""
        return float(self.s[-1])

    def heading(self, s: Floats | float) -> Floats:
        """Heading (...) at stations (...)."""
        return np.asarray(np.interp(s, self.s, self.yaw), dtype=np.float64)

    def points(self, s: Floats | float, d: Floats | float) -> Floats:
        """Global places (..., 2) of road coordinates."""
        yaw = self.heading(s)
        x = np.interp(s, self.s, self.xy[:, 0]) - d * np.sin(yaw)
        y = np.interp(s, self.s, self.xy[:, 1]) + d * np.cos(yaw)
        return np.stack(np.broadcast_arrays(x, y), axis=-1)

    def offset(self, d: float) -> Floats:
        """(K, 2) the line at a constant distance to the left of this one."""
        return self.xy + d * np.stack([-np.sin(self.yaw), np.cos(self.yaw)], axis=-1)

    @cached_property
    def coarse(self) -> Floats:
        """Stations for outlines: 2 m apart in bends, 6 m on straights."""
        count = max(2, int(np.ceil(self.length_m / 2.0)) + 1)
        dense = np.linspace(0.0, self.length_m, count)
        bent = np.abs(np.gradient(self.heading(dense), dense)) > 2e-4
        keep = bent | (np.arange(count) % 3 == 0)
        keep[[0, -1]] = True
        return dense[keep]

    def stations(self, low: float, high: float) -> Floats:
        """Stations from low to high for outlines, dense in bends and sparse on straights; always the same ones between
        the ends, so that outlines beside each other share their edges."""
        return between(self.coarse, low, high)

    def strip(self, s: Floats, low: Floats | float, high: Floats | float) -> Floats:
        """Outline (2 M, 2), counter-clockwise, of the strip over stations (M,) between two offsets, low < high."""
        return np.concatenate([self.points(s, low), self.points(s, high)[::-1]])

    def cut(self, low: float, high: float) -> CentreLine:
        """The part between two stations, with stations from zero."""
        count = max(2, int(np.ceil((high - low) / STEP_M)) + 1)
        s = np.linspace(low, high, count)
        return CentreLine(s - low, self.points(s, 0.0), self.heading(s))

    def curvature(self) -> Floats:
        """(K,) signed curvature, 1/m, positive to the left."""
        return np.gradient(self.yaw, self.s)


def draw_line(start: Floats, yaw: float, lengths_m: Sequence[float], curvatures: Sequence[float]) -> CentreLine:
    """A line whose curvature runs linearly between knots.

    Args:
        start: (2,) its first point.
        yaw: heading there, radians.
        lengths_m: (N,) distances between knots; all positive.
        curvatures: (N + 1,) curvature at the knots, 1/m, positive to the left.
    """
    knots = np.concatenate([[0.0], np.cumsum(lengths_m)])
    total = float(knots[-1])
    count = max(2, int(np.ceil(total / STEP_M)) + 1)
    fine = np.linspace(0.0, total, 2 * (count - 1) + 1)
    curvature = np.interp(fine, knots, np.asarray(curvatures, dtype=np.float64))
    heading = yaw + _cumulate(curvature, fine)
    step = fine[1] - fine[0]
    direction = np.stack([np.cos(heading), np.sin(heading)], axis=-1)
    # Simpson's rule over each pair of fine steps.
    moves = (direction[:-2:2] + 4.0 * direction[1:-1:2] + direction[2::2]) * (step / 3.0)
    xy = np.asarray(start) + np.concatenate([np.zeros((1, 2)), np.cumsum(moves, axis=0)])
    return CentreLine(fine[::2], xy, heading[::2])


def between(stations: Floats, low: float, high: float) -> Floats:
    """Low, those of the stations that lie between, and high."""
    return np.concatenate([[low], stations[(stations > low + 1e-3) & (stations < high - 1e-3)], [high]])


def _cumulate(values: Floats, s: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * np.diff(s))])
