"""The outer skin of a body: quads on its left half, mirrored and with normals that are smooth over blunt edges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivegen.core.arrays import Floats, Integers
from drivegen.world.bodies.skins import PAINT, Skin
from drivegen.world.bodies.thinning import spanned, thinned
from drivegen.world.geometry import MeshBuilder

_WELD_M = 2e-3
_AREA_M2 = 1e-6


class Shell:
    """Quads of the left half (y >= 0) of a body that is the same on both sides.

    Args:
        coarse: makes as few quads of grids as show their shape, and one instead of two where they cross the middle.
    """

    def __init__(self, *, coarse: bool = False) -> None:
        self.coarse = coarse
        self._quads: list[Floats] = []
        self._skins: list[Skin] = []
        self._spans: list[Floats] = []
        self._span_skins: list[Skin] = []

    def quad(self, corners: Sequence[Sequence[float]] | Floats, skin: Skin = PAINT) -> None:
        """One quad (4, 3), counter-clockwise seen from outside."""
        points = np.asarray(corners, dtype=np.float64)
        whole = spanned(points) if self.coarse else None
        if whole is not None:
            self.span(whole, skin)
        else:
            self._quads.append(points)
            self._skins.append(skin)

    def span(self, corners: Sequence[Sequence[float]] | Floats, skin: Skin = PAINT) -> None:
        """One quad (4, 3) that reaches over the middle and is not mirrored."""
        self._spans.append(np.asarray(corners, dtype=np.float64))
        self._span_skins.append(skin)

    def grid(self, points: Floats, skin: Skin | Sequence[Sequence[Skin]] = PAINT) -> None:
        """The quads between points (R, C, 3).

        Rows go up and over to the middle, columns from the front's middle round the left to the rear's middle: then
        every quad looks outwards.

        Args:
            skin: one for all, or one for each of the (R - 1, C - 1) quads.
        """
        rows, columns = points.shape[0] - 1, points.shape[1] - 1
        table = [[skin] * columns] * rows if isinstance(skin, Skin) else [list(row) for row in skin]
        if not self.coarse:
            self._cells(points, table)
            return
        fewer = thinned(points, table)
        for part, looks in fewer.grids:
            self._cells(part, looks)
        for corners, lamp in fewer.lamps:
            self.quad(corners, lamp)

    def _cells(self, points: Floats, table: Sequence[Sequence[Skin]]) -> None:
        for r in range(points.shape[0] - 1):
            for c in range(points.shape[1] - 1):
                self.quad(points[[r, r, r + 1, r + 1], [c, c + 1, c + 1, c]], table[r][c])

    def block(self, low: Sequence[float], high: Sequence[float], skin: Skin, sides: str = "frltb") -> None:
        """An upright box; sides are front, rear, left, inner right, top, bottom (u)."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        faces = {
            "f": [(x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)],
            "b": [(x0, y1, z0), (x0, y0, z0), (x0, y0, z1), (x0, y1, z1)],
            "l": [(x1, y1, z0), (x0, y1, z0), (x0, y1, z1), (x1, y1, z1)],
            "r": [(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)],
            "t": [(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)],
            "u": [(x0, y1, z0), (x1, y1, z0), (x1, y0, z0), (x0, y0, z0)],
        }
        for side in sides:
            self.quad(faces[side], skin)

    def into(self, builder: MeshBuilder, *, crease_deg: float = 42.0) -> None:
        """Both halves into a mesh.

        Args:
            crease_deg: edges sharper than this stay edges.
        """
        if not self._quads and not self._spans:
            return
        left = np.array(self._quads).reshape(-1, 4, 3)
        middle = np.array(self._spans).reshape(-1, 4, 3)
        quads = np.concatenate([left, middle, (left * [1.0, -1.0, 1.0])[:, ::-1]])
        normals = smooth_normals(quads, np.cos(np.deg2rad(crease_deg)))
        triangles, bent = (a[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3, 3) for a in (quads, normals))
        solid = _areas(triangles) > _AREA_M2
        looks = [*self._skins, *self._span_skins, *self._skins]
        kinds = list({id(skin): skin for skin in looks}.values())
        number = {id(skin): i for i, skin in enumerate(kinds)}
        kind = np.repeat([number[id(skin)] for skin in looks], 2)
        on_left = np.arange(len(triangles)) < 2 * (len(left) + len(middle))
        for i, skin in enumerate(kinds):
            mine = (kind == i) & solid
            other = skin.mirrored()
            halves = ((mine, skin),) if other == skin else ((mine & on_left, skin), (mine & ~on_left, other))
            for chosen, look in halves:
                if chosen.any():
                    builder.triangles(
                        triangles[chosen], look.rgb, look.material, normals=bent[chosen], lamp=look.lamp
                    )  # fmt: skip


def smooth_normals(quads: Floats, least_cosine: float) -> Floats:
    """Normals (Q, 4, 3) of quads (Q, 4, 3): at each corner the mean over the quads that meet there at a blunt angle."""
    area = np.cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1])
    unit = area / np.maximum(np.linalg.norm(area, axis=1, keepdims=True), 1e-12)
    meeting = _meeting(quads)
    own = np.repeat(np.arange(len(quads)), 4)
    there = meeting >= 0
    cosine = np.einsum("cki,ci->ck", unit[meeting], unit[own])
    weight = there & (cosine > least_cosine)
    total = np.einsum("ck,cki->ci", weight.astype(np.float64), area[meeting])
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.where(length > 1e-12, total / np.maximum(length, 1e-12), unit[own]).reshape(-1, 4, 3)


def _meeting(quads: Floats) -> Integers:
    """For each corner (4 Q) the quads that share its point, (4 Q, K), filled up with -1."""
    cells = np.round(quads.reshape(-1, 3) / _WELD_M).astype(np.int64)
    _, vertex = np.unique(cells, axis=0, return_inverse=True)
    vertex = vertex.reshape(-1)
    order = np.argsort(vertex, kind="stable")
    counts = np.bincount(vertex)
    start = np.concatenate([[0], np.cumsum(counts)[:-1]])
    table = np.full((len(counts), int(counts.max())), -1, dtype=np.int64)
    rank = np.arange(len(order)) - start[vertex[order]]
    table[vertex[order], rank] = order // 4
    return table[vertex]


def _areas(triangles: Floats) -> Floats:
    edges = triangles[:, 1:] - triangles[:, :1]
    area: Floats = 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=-1)
    return area
