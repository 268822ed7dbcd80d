"""The height of the ground as a grid of samples, interpolated between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from drivegen.core.arrays import Floats, as_floats
from drivegen.core.errors import GeometryError


@dataclass(frozen=True, eq=False)
class TerrainGrid:
    """Heights of the ground on a square grid, global frame.

    Attributes:
        origin: x, y of the sample heights[0, 0], metres.
        cell_m: distance between neighbouring samples.
        heights: (R, C) metres, to a tenth of a millimetre; row r lies at y = origin[1] + r * cell_m, column c at
            x = origin[0] + c * cell_m.
    """

    origin: tuple[float, float]
    cell_m: float
    heights: Floats

    def __post_init__(self) -> None:
        heights = as_floats(self.heights, (None, None), "TerrainGrid.heights")
        if not heights.size:
            raise GeometryError("terrain without heights", where="TerrainGrid.heights")
        if not self.cell_m > 0:
            raise GeometryError("cells need a size", where="TerrainGrid.cell_m", got=self.cell_m)
        x, y = as_floats(self.origin, (2,), "TerrainGrid.origin").tolist()
        # A tenth of a millimetre is what files keep.
        object.__setattr__(self, "heights", np.round(heights, 4))
        object.__setattr__(self, "origin", (x, y))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TerrainGrid):
            return NotImplemented
        same_grid = (self.origin, self.cell_m) == (other.origin, other.cell_m)
        return same_grid and np.array_equal(self.heights, other.heights)

    def __hash__(self) -> int:
        return hash((self.origin, self.cell_m, self.heights.tobytes()))

    def height(self, xy: Floats) -> Floats:
        """Heights (...) at places (..., 2): bilinear, held beyond the grid's edge."""
        place = (np.asarray(xy, dtype=np.float64) - np.asarray(self.origin)) / self.cell_m
        last = np.array(self.heights.shape[::-1]) - 1
        place = np.clip(place, 0, last)
        low = np.minimum(place.astype(np.int64), np.maximum(last - 1, 0))
        high = np.minimum(low + 1, last)
        u, v = np.moveaxis(place - low, -1, 0)
        (left, below), (right, above) = np.moveaxis(low, -1, 0), np.moveaxis(high, -1, 0)
        rows = [(1 - u) * self.heights[r, left] + u * self.heights[r, right] for r in (below, above)]
        return np.asarray((1 - v) * rows[0] + v * rows[1], dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers for JSON."""
        return {"origin": list(self.origin), "cell_m": self.cell_m, "heights_m": self.heights.tolist()}

    @staticmethod
    def from_dict(value: Mapping[str, Any]) -> TerrainGrid:
        """The inverse of `to_dict`; raises KeyError, TypeError, ValueError or GeometryError for anything else."""
        x, y = (float(v) for v in value["origin"])
        return TerrainGrid((x, y), float(value["cell_m"]), np.asarray(value["heights_m"], dtype=np.float64))
