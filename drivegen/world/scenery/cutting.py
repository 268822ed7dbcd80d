"""Cuts polygons of the ground into pieces that each lie in one facet of the terrain, and those into triangles."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats, Integers
from drivegen.world.compiled import compiled


@compiled
def cut_rings(points: Floats, starts: Integers, cell_m: float) -> tuple[Floats, Integers]:
    """Triangulate rings along a grid of right-angled facets: the lines x = k c, y = k c and x - y = k c.

    Args:
        points: (P, 2) corners of R simple counter-clockwise rings, one after another, without a repeated last corner.
        starts: (R + 1,) ring i is points[starts[i]:starts[i + 1]].
        cell_m: c.

    Returns:
        Triangles (N, 3, 2), counter-clockwise, none of which crosses a line of the grid, and (N,) the ring of each.
    """
    longest = 0
    for ring in range(len(starts) - 1):
        longest = max(longest, starts[ring + 1] - starts[ring])
    room = 4 * longest + 64
    column, strip, cell, half = (np.empty((room, 2)), np.empty((room, 2)), np.empty((room, 2)), np.empty((room, 2)))
    spare, turn = np.empty((room, 2)), np.empty(room, np.int64)
    levels, hits = np.empty(room), np.empty((room, 3))
    out, owner, count = np.empty((1024, 3, 2)), np.empty(1024, np.int64), 0
    for ring in range(len(starts) - 1):
        first, n = starts[ring], starts[ring + 1] - starts[ring]
        low, high = points[first, 0], points[first, 0]
        for i in range(first, first + n):
            low, high = min(low, points[i, 0]), max(high, points[i, 0])
        for i in range(int(np.floor(low / cell_m)), int(np.floor(high / cell_m)) + 1):
            k = _clip(points[first : first + n], n, 1.0, 0.0, i * cell_m, spare)
            k = _clip(spare, k, -1.0, 0.0, -(i + 1) * cell_m, column)
            if k < 3:
                continue
            bottom, top = column[0, 1], column[0, 1]
            for p in range(k):
                bottom, top = min(bottom, column[p, 1]), max(top, column[p, 1])
            for j in range(int(np.floor(bottom / cell_m)), int(np.floor(top / cell_m)) + 1):
                m = _clip(column, k, 0.0, 1.0, j * cell_m, strip)
                m = _clip(strip, m, 0.0, -1.0, -(j + 1) * cell_m, cell)
                if m < 3:
                    continue
                for side in range(2):
                    sign = 1.0 - 2.0 * side
                    h = _clip(cell, m, sign, -sign, sign * (i - j) * cell_m, half)
                    if h < 3:
                        continue
                    if count + 4 * h * h > len(out):
                        out, owner = _grown(out, owner, count + 4 * h * h)
                    added = _clip_ears(half, h, turn, out[count:])
                    if added < 0:
                        added = _slabs(half, h, levels, hits, out[count:])
                    owner[count : count + added] = ring
                    count += added
    return out[:count].copy(), owner[:count].copy()


@compiled
def _grown(out: Floats, owner: Integers, need: int) -> tuple[Floats, Integers]:
    """The same arrays with more room."""
    room = max(2 * len(out), need)
    wider, longer = np.empty((room, 3, 2)), np.empty(room, np.int64)
    wider[: len(out)] = out
    longer[: len(owner)] = owner
    return wider, longer


@compiled
def _clip(ring: Floats, n: int, a: float, b: float, c: float, out: Floats) -> int:
    """The part of a ring of n corners where a x + b y >= c (Sutherland and Hodgman); returns its number of corners.

    Parts that fall apart stay joined by edges along the line, which enclose no area.
    """
    count = 0
    if n < 3:
        return 0
    before = a * ring[n - 1, 0] + b * ring[n - 1, 1] - c
    for i in range(n):
        now = a * ring[i, 0] + b * ring[i, 1] - c
        if (now >= 0.0) != (before >= 0.0):
            share = before / (before - now)
            j = i - 1 if i > 0 else n - 1
            x = ring[j, 0] + share * (ring[i, 0] - ring[j, 0])
            y = ring[j, 1] + share * (ring[i, 1] - ring[j, 1])
            # Exactly on the line where that is an axis, so that neighbours share their corners.
            if a != 0.0 and b == 0.0:
                x = c / a
            elif b != 0.0 and a == 0.0:
                y = c / b
            out[count, 0], out[count, 1] = x, y
            count += 1
        if now >= 0.0:
            out[count, 0], out[count, 1] = ring[i, 0], ring[i, 1]
            count += 1
        before = now
    return count


@compiled
def _cross(ring: Floats, i: int, j: int, k: int) -> float:
    """Twice the signed area of three corners."""
    one = (ring[j, 0] - ring[i, 0]) * (ring[k, 1] - ring[i, 1])
    return one - (ring[j, 1] - ring[i, 1]) * (ring[k, 0] - ring[i, 0])


@compiled
def _clip_ears(ring: Floats, n: int, left: Integers, out: Floats) -> int:
    """Triangles of a ring of n corners by cutting off ears; returns how many. What has no area is left out.

    Rings that touch themselves can defeat it: then the areas do not add up, and it returns -1.
    """
    tiny = 1e-7
    whole, found = 0.0, 0.0
    for i in range(n):
        left[i] = i
        whole += _cross(ring, 0, i, (i + 1) % n)
    count, idle, at = 0, 0, 0
    while n >= 3 and idle < n:
        at = at % n
        i, j, k = left[(at - 1) % n], left[at], left[(at + 1) % n]
        area = _cross(ring, i, j, k)
        flat = abs(area) < tiny
        if flat or (area > 0.0 and _is_ear(ring, left, n, i, j, k)):
            if not flat:
                for corner, index in enumerate((i, j, k)):
                    out[count, corner, 0], out[count, corner, 1] = ring[index, 0], ring[index, 1]
                count += 1
                found += area
            for p in range(at, n - 1):
                left[p] = left[p + 1]
            n -= 1
            idle = 0
            # Going on with the next corner but one keeps the pieces from becoming a fan of slivers.
            at += 1 if not flat else 0
        else:
            at += 1
            idle += 1
    return count if abs(found - whole) < 1e-3 else -1


@compiled
def _slabs(ring: Floats, n: int, levels: Floats, hits: Floats, out: Floats) -> int:
    """Triangles of a ring that may touch itself: cut at the height of every corner, each slab is trapezia between
    pairs of edges, from left to right; returns how many."""
    levels[:n] = ring[:n, 1]
    levels[:n].sort()
    count = 0
    for level in range(n - 1):
        y0, y1 = levels[level], levels[level + 1]
        if y1 - y0 < 1e-9:
            continue
        middle, m = 0.5 * (y0 + y1), 0
        for i in range(n):
            a, b = ring[i], ring[(i + 1) % n]
            if (a[1] <= middle) == (b[1] <= middle):
                continue
            slope = (b[0] - a[0]) / (b[1] - a[1])
            x = a[0] + (middle - a[1]) * slope
            p = m
            while p > 0 and hits[p - 1, 0] > x:
                hits[p] = hits[p - 1]
                p -= 1
            hits[p, 0], hits[p, 1], hits[p, 2] = x, a[0] + (y0 - a[1]) * slope, a[0] + (y1 - a[1]) * slope
            m += 1
        for p in range(0, m - 1, 2):
            u, v = hits[p], hits[p + 1]
            if v[0] - u[0] < 1e-9:
                continue
            for x1, w1, x2, w2 in ((v[1], y0, v[2], y1), (v[2], y1, u[2], y1)):
                out[count, 0, 0], out[count, 0, 1] = u[1], y0
                out[count, 1, 0], out[count, 1, 1] = x1, w1
                out[count, 2, 0], out[count, 2, 1] = x2, w2
                count += 1
    return count


@compiled
def _is_ear(ring: Floats, left: Integers, n: int, i: int, j: int, k: int) -> bool:
    """Whether no other corner lies inside a triangle of corners."""
    for p in range(n):
        q = left[p]
        if q in (i, j, k):
            continue
        inside = _cross(ring, i, j, q) > 1e-9 and _cross(ring, j, k, q) > 1e-9 and _cross(ring, k, i, q) > 1e-9
        if inside:
            return False
    return True


def packed(rings: list[Floats]) -> tuple[Floats, Integers]:
    """Rings (N_i, 2) as one array and their starts, for `cut_rings`."""
    starts = np.concatenate([[0], np.cumsum([len(r) for r in rings])]).astype(np.int64)
    points = np.concatenate(rings) if rings else np.zeros((0, 2))
    return np.ascontiguousarray(points, dtype=np.float64), starts
