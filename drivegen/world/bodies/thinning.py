"""Fewer quads for the same surface: grids of points without the rows and columns that hardly bend them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.bodies.skins import Skin
from drivegen.world.geometry import Lamp

TOLERANCE_M = 0.03
_PROUD_M = 0.008
_FLAT_M = 0.02


Table = list[list[Skin]]


@dataclass(frozen=True)
class Thinned:
    """Grids of points (R, C, 3) with a skin per cell, and lamps as quads (4, 3) of their own before them."""

    grids: list[tuple[Floats, Table]]
    lamps: list[tuple[Floats, Skin]]


def thinned(points: Floats, table: Sequence[Sequence[Skin]], tolerance_m: float = TOLERANCE_M) -> Thinned:
    """A grid with as few rows and columns as keep it within a tolerance and its skins apart.

    Rows of equal skins are grids of their own, so that columns which only other rows need are left out of them.
    """
    cells, lamps = _without_lamps(points, [list(row) for row in table])
    grids, start = [], 0
    for r in range(1, len(cells) + 1):
        if r < len(cells) and cells[r] == cells[start]:
            continue
        fewer, columns = _fewer_columns(points[start : r + 1], cells[start:r], tolerance_m)
        turned, rows = _fewer_columns(fewer.swapaxes(0, 1), _turned(columns), tolerance_m)
        grids.append((turned.swapaxes(0, 1), _turned(rows)))
        start = r
    return Thinned(grids, lamps)


def spanned(quad: Floats) -> Floats | None:
    """A quad of the left half that touches the middle, drawn over to the right; None where that would flatten it."""
    inner = np.abs(quad[:, 1]) < 1e-6
    if inner.sum() != 2:
        return None
    whole = quad.copy()
    for i in np.flatnonzero(inner):
        before, after = quad[i - 1], quad[(i + 1) % 4]
        other = after if inner[i - 1] else before
        if np.abs(other - quad[i])[[0, 2]].max() > _FLAT_M:
            return None
        whole[i] = other * [1.0, -1.0, 1.0]
    return whole


def _turned(table: Table) -> Table:
    return [list(row) for row in zip(*table, strict=True)]


def _without_lamps(points: Floats, table: Table) -> tuple[Table, list[tuple[Floats, Skin]]]:
    """Lamps' cells get the skin beside them; each run of a lamp's cells is one quad just before the surface."""
    lamps: list[tuple[Floats, Skin]] = []
    for r, row in enumerate(table):
        plain = [skin for skin in row if skin.lamp == Lamp.NONE] or [s for s in table[r - 1] if s.lamp == Lamp.NONE]
        start = 0
        for c in range(1, len(row) + 1):
            if c < len(row) and row[c] == row[start]:
                continue
            if row[start].lamp != Lamp.NONE:
                lamps.append((proud(points[[r, r, r + 1, r + 1], [start, c, c, start]]), row[start]))
            start = c
        table[r] = [plain[-1] if skin.lamp != Lamp.NONE else skin for skin in row]
    return table, lamps


def proud(quad: Floats, by_m: float = _PROUD_M) -> Floats:
    """A quad (4, 3) moved outwards."""
    normal = np.cross(quad[2] - quad[0], quad[3] - quad[1])
    moved: Floats = quad + by_m * normal / max(float(np.linalg.norm(normal)), 1e-12)
    return moved


def _fewer_columns(points: Floats, table: Table, tolerance_m: float) -> tuple[Floats, Table]:
    kept = [0]
    last = points.shape[1] - 1
    for c in range(1, last):
        same = all(row[c - 1] == row[c] for row in table)
        if not same or _bent(points[:, kept[-1] : c + 2]) > tolerance_m:
            kept.append(c)
    return points[:, [*kept, last]], [[row[c] for c in kept] for row in table]


def _bent(points: Floats) -> float:
    """How far points (R, N, 3) between the first and last column lie from the straight lines between these."""
    start, chord = points[:, :1], points[:, -1:] - points[:, :1]
    length = np.maximum((chord**2).sum(axis=-1, keepdims=True), 1e-12)
    away = points - start
    along = np.clip((away * chord).sum(axis=-1, keepdims=True) / length, 0.0, 1.0)
    return float(np.linalg.norm(away - along * chord, axis=-1).max())
