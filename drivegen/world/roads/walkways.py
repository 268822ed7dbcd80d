"""Where people walk: stretches of sidewalk, corners and crossings, joined at nodes."""

from __future__ import annotations

from dataclasses import dataclass

from drivegen.core.arrays import Floats


@dataclass(frozen=True, eq=False)
class Walkway:
    """A stretch that people walk in either direction; stretches that share a node join there.

    Attributes:
        index: its place in RoadNetwork.walkways.
        points: (K, 2) its middle, spaced at most 1 m, global frame, metres.
        s: (K,) stations from its first point, metres.
        width_m: its width.
        nodes: numbers of the nodes at its first and last point; a walkway of the same node begins or ends there.
        crossing: the crossing that it leads over (from sidewalk to sidewalk), -1 for a stretch of sidewalk.
        kerb_s: for a crossing, the stations where it leaves one kerb and reaches the other; (0, 0) otherwise.
        first_neighbors: walkways that go on at its first point.
        last_neighbors: walkways that go on at its last point.
    """

    index: int
    points: Floats
    s: Floats
    width_m: float
    nodes: tuple[int, int]
    crossing: int
    kerb_s: tuple[float, float]
    first_neighbors: tuple[int, ...]
    last_neighbors: tuple[int, ...]

    @property
    def neighbors(self) -> tuple[int, ...]:
        """All walkways that it touches."""
        return self.first_neighbors + self.last_neighbors

    @property
    def length_m(self) -> float:
        """Length of its middle."""
        return float(self.s[-1])
