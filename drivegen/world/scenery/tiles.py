"""Tiles: the pieces that the still world is cut into, so that only what is in sight is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Mesh

TILE_M = 40.0


@dataclass(frozen=True, eq=False)
class Tile:
    """Some triangles that do not move.

    Attributes:
        mesh: in the global frame.
        centre: (2,) x, y; and radius_m: the upright cylinder that holds the mesh.
        low_m, high_m: lowest and highest z.
        detail_m: the tile is drawn only where it is nearer than this (distance from the camera to the cylinder);
            infinite for what is seen from everywhere.
    """

    mesh: Mesh
    centre: Floats
    radius_m: float
    low_m: float
    high_m: float
    detail_m: float = float("inf")


def cut_tiles(mesh: Mesh, detail_m: float = float("inf"), tile_m: float = TILE_M) -> list[Tile]:
    """Sort triangles into square tiles by their centres, west to east and south to north; one Tile each."""
    if not len(mesh):
        return []
    middle = mesh.corners[..., :2].mean(axis=1)
    cell = np.floor(middle / tile_m).astype(np.int64)
    cell -= cell.min(axis=0)
    key = cell[:, 1] * (int(cell[:, 0].max()) + 1) + cell[:, 0]
    order = np.argsort(key, kind="stable")
    ordered = mesh.take(order)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(key[order])) + 1])
    low = np.minimum.reduceat(ordered.corners.min(axis=1), edges, axis=0).astype(np.float64)
    high = np.maximum.reduceat(ordered.corners.max(axis=1), edges, axis=0).astype(np.float64)
    centre = 0.5 * (low + high)[:, :2]
    stops = np.append(edges[1:], len(mesh))
    offset = ordered.corners[..., :2] - np.repeat(centre, stops - edges, axis=0)[:, None]
    reach = np.sqrt(np.maximum.reduceat((offset**2).sum(axis=-1).max(axis=1), edges)) + 1e-3
    return [
        Tile(_part(ordered, a, b), centre[i], float(reach[i]), float(low[i, 2]), float(high[i, 2]), detail_m)
        for i, (a, b) in enumerate(zip(edges.tolist(), stops.tolist(), strict=True))
    ]


def _part(mesh: Mesh, start: int, stop: int) -> Mesh:
    """Triangles start to stop, without a copy."""
    names = ("corners", "normals", "uv", "rgb", "material", "param", "lamp", "two_sided")
    return Mesh(*(getattr(mesh, name)[start:stop] for name in names))
