"""What traffic and road works have done to the road, seen from above: tyre tracks, repairs, trenches, seams, covers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import cv2
import numpy as np
import numpy.typing as npt

from drivegen.core.arrays import Bytes, Floats
from drivegen.core.seeds import stream
from drivegen.world.compiled import inlined
from drivegen.world.raster import View

STEP_M = 32.0
FINE_CELL_M, COARSE_CELL_M = 0.125, 0.5
_FINE_STEPS, _COARSE_STEPS = 3, 8
_KEPT = 16
TYRE, PATCH, SEAM = 0, 1, 2
_PLAIN = (0.0, 128.0, 0.0)
_SHIFT = 4


@dataclass(frozen=True, eq=False)
class Wear:
    """Two top-down maps around a view, (rows, columns, 3) uint8: share of tyre track, repair (128 none, more is dark
    and new, less is pale and old), seams and covers.

    Attributes:
        fine, coarse: with cells of FINE_CELL_M and COARSE_CELL_M.
        corners: (4,) x and y of the first corner of the fine and of the coarse map.
    """

    fine: Bytes
    coarse: Bytes
    corners: Floats


@dataclass(frozen=True, eq=False)
class _Mark:
    """An outline to fill, or a line to draw (width_m > 0), with a value in one channel."""

    points: Floats
    width_m: float
    channel: int
    value: float


def no_wear() -> Wear:
    """Maps of a road without any."""
    blank = np.tile(np.array(_PLAIN, np.uint8), (2, 2, 1))
    return Wear(blank, blank, np.zeros(4))


_MARKS: WeakKeyDictionary[Any, tuple[list[_Mark], Floats, OrderedDict[tuple[int, int, int], Bytes]]] = (
    WeakKeyDictionary()
)


def wear_around(network: Any, view: View) -> Wear:
    """The maps around a view of a road network (`roads.RoadNetwork`); kept per network while it lives."""
    found = _MARKS.get(network)
    if found is None:
        marks = [mark for lane in network.lanes for mark in _lane_marks(lane)]
        boxes = np.array([[*m.points.min(axis=0), *m.points.max(axis=0)] for m in marks]).reshape(-1, 4)
        found = _MARKS[network] = (marks, boxes, OrderedDict())
    forward = view.forward[:2] / max(float(np.linalg.norm(view.forward[:2])), 1e-6)
    fine, fine_corner = _window(found, view.position[:2] + 30.0 * forward, FINE_CELL_M, _FINE_STEPS)
    coarse, coarse_corner = _window(found, view.position[:2] + 90.0 * forward, COARSE_CELL_M, _COARSE_STEPS)
    return Wear(fine, coarse, np.concatenate([fine_corner, coarse_corner]))


def _window(
    found: tuple[list[_Mark], Floats, OrderedDict[tuple[int, int, int], Bytes]],
    middle: Floats,
    cell_m: float,
    steps: int,
) -> tuple[Bytes, Floats]:
    marks, boxes, kept = found
    cell = np.floor(middle / STEP_M - 0.5 * steps + 0.5).astype(np.int64)
    key = (steps, int(cell[0]), int(cell[1]))
    corner = cell * STEP_M
    if key not in kept:
        side = steps * STEP_M
        over = (boxes[:, :2] < corner + side + 2.0).all(axis=1) & (boxes[:, 2:] > corner - 2.0).all(axis=1)
        kept[key] = _drawn([marks[k] for k in np.flatnonzero(over)], corner, cell_m, round(side / cell_m))
        if len(kept) > _KEPT:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key], corner.astype(np.float64)


def _drawn(marks: Sequence[_Mark], corner: Floats, cell_m: float, size: int) -> Bytes:
    layers = [np.full((size, size), value, np.uint8) for value in _PLAIN]
    for mark in marks:
        pixels = np.round(((mark.points - corner) / cell_m - 0.5) * (1 << _SHIFT)).astype(np.int32)
        if mark.width_m > 0.0:
            width = mark.width_m / cell_m
            # Lines thinner than a cell are drawn one cell wide and fainter.
            value = mark.value if width >= 1.0 else _PLAIN[mark.channel] + width * (mark.value - _PLAIN[mark.channel])
            cv2.polylines(layers[mark.channel], [pixels], False, value, max(1, round(width)), cv2.LINE_AA, _SHIFT)
        else:
            cv2.fillPoly(layers[mark.channel], [pixels], mark.value, cv2.LINE_AA, _SHIFT)
    # Tyres do not keep to one line; repairs have ragged edges.
    soft = 0.16 / cell_m
    layers[TYRE] = cv2.GaussianBlur(layers[TYRE], (0, 0), max(soft, 0.5))
    return np.ascontiguousarray(np.stack(layers, axis=-1))


def _lane_marks(lane: Any) -> list[_Mark]:
    """Tracks of tyres along a lane, and what was repaired in it."""
    points, yaw = np.asarray(lane.points)[::2], np.asarray(lane.yaw)[::2]
    if len(points) < 2:
        return []
    side = np.stack([-np.sin(yaw), np.cos(yaw)], axis=-1)
    marks = [_Mark(points + offset * side, 0.42, TYRE, 255.0) for offset in (-0.78, 0.78)]
    if lane.road < 0:
        return marks
    x, y = (round(100.0 * float(v)) for v in points[0])
    rng = stream(abs(x) * 1_000_003 + abs(y), "wear", int(lane.index))
    edge = 0.5 * lane.width_m
    marks.append(_Mark(points + (edge + 0.12) * side, 0.045, SEAM, 230.0))
    length = float(lane.s[-1])
    for make, spacing_m in ((_repair, 24.0), (_trench, 70.0), (_cover, 40.0), (_sealed_crack, 22.0)):
        marks += [make(rng, lane, edge) for _ in range(rng.poisson(length / spacing_m))]
    return marks


def _outline(lane: Any, first_m: float, last_m: float, low_m: float, high_m: float) -> Floats:
    """The strip of a lane between two stations and two offsets to the left."""
    s = np.linspace(first_m, last_m, max(2, int((last_m - first_m) / 2.0) + 1))
    points, yaw = lane.at(np.clip(s, 0.0, lane.s[-1]))
    side = np.stack([-np.sin(yaw), np.cos(yaw)], axis=-1)
    return np.concatenate([points + low_m * side, (points + high_m * side)[::-1]])


def _repair(rng: np.random.Generator, lane: Any, edge: float) -> _Mark:
    first, length = rng.uniform(0.0, lane.s[-1]), rng.uniform(1.2, 9.0)
    low = rng.uniform(-edge, 0.3 * edge)
    high = min(low + rng.uniform(0.7, 1.6 * edge), edge)
    value = rng.uniform(165.0, 240.0) if rng.random() < 0.62 else rng.uniform(75.0, 110.0)
    return _Mark(_outline(lane, first, first + length, low, high), 0.0, PATCH, float(value))


def _trench(rng: np.random.Generator, lane: Any, edge: float) -> _Mark:
    first = rng.uniform(0.0, lane.s[-1])
    outline = _outline(lane, first, first + rng.uniform(0.45, 0.9), -edge, edge)
    return _Mark(outline, 0.0, PATCH, float(rng.uniform(170.0, 235.0)))


def _cover(rng: np.random.Generator, lane: Any, edge: float) -> _Mark:
    point, yaw = lane.at(np.array([rng.uniform(0.0, lane.s[-1])]))
    middle = point[0] + rng.uniform(-0.5, 0.5) * edge * np.array([-np.sin(yaw[0]), np.cos(yaw[0])])
    angle = np.arange(12) * np.pi / 6
    return _Mark(middle + 0.34 * np.stack([np.cos(angle), np.sin(angle)], axis=-1), 0.0, SEAM, 190.0)


def _sealed_crack(rng: np.random.Generator, lane: Any, edge: float) -> _Mark:
    """A wandering crack, filled with tar."""
    count = int(rng.integers(8, 26))
    s = rng.uniform(0.0, lane.s[-1]) + np.cumsum(rng.normal(0.35, 0.5, count)) * rng.choice([-1.0, 1.0])
    offset = rng.uniform(-edge, edge) + np.cumsum(rng.normal(0.0, 0.28, count))
    points, yaw = lane.at(np.clip(s, 0.0, lane.s[-1]))
    side = np.stack([-np.sin(yaw), np.cos(yaw)], axis=-1)
    return _Mark(points + np.clip(offset, -edge, edge)[:, None] * side, 0.06, SEAM, 235.0)


@inlined
def wear_at(
    fine: npt.NDArray[np.uint8], coarse: npt.NDArray[np.uint8], corners: Floats, x: float, y: float, foot: float
) -> tuple[float, float, float]:
    """Shares of tyre track, repair (0.5 none) and seam at a place, for pixels that cover `foot` metres."""
    part = min(max((foot - 0.20) / 0.5, 0.0), 1.0)
    tyre, patch, seam = 0.0, 0.5, 0.0
    if part < 1.0:
        inside, tyre, patch, seam = _read(fine, (x - corners[0]) / FINE_CELL_M, (y - corners[1]) / FINE_CELL_M)
        if not inside:
            part = 1.0
    if part > 0.0:
        _, t, p, s = _read(coarse, (x - corners[2]) / COARSE_CELL_M, (y - corners[3]) / COARSE_CELL_M)
        tyre, patch, seam = tyre + part * (t - tyre), patch + part * (p - patch), seam + part * (s - seam)
    return tyre, patch, seam


@inlined
def _read(cells: npt.NDArray[np.uint8], column: float, row: float) -> tuple[bool, float, float, float]:
    fx, fy = column - 0.5, row - 0.5
    if fx < 0.0 or fy < 0.0 or fx >= cells.shape[1] - 1 or fy >= cells.shape[0] - 1:
        return False, 0.0, 0.5, 0.0
    i, j = int(fx), int(fy)
    tx, ty = fx - i, fy - j
    a, b, c, d = (1.0 - ty) * (1.0 - tx), (1.0 - ty) * tx, ty * (1.0 - tx), ty * tx
    one, two, three, four = cells[j, i], cells[j, i + 1], cells[j + 1, i], cells[j + 1, i + 1]
    tyre = one[0] * a + two[0] * b + three[0] * c + four[0] * d
    patch = one[1] * a + two[1] * b + three[1] * c + four[1] * d
    seam = one[2] * a + two[2] * b + three[2] * c + four[2] * d
    return True, tyre / 255.0, patch / 255.0, seam / 255.0
