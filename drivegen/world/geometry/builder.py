"""Builds meshes out of quads, boxes, tubes, balls and strips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from drivegen.core.arrays import Floats
from drivegen.world.geometry.mesh import Colour, Lamp, Material, Mesh, linear

Points = Sequence[Sequence[float]] | Floats
Param = tuple[float, float, float, float]
NO_PARAM: Param = (0.0, 0.0, 0.0, 0.0)


class MeshBuilder:
    """Collects triangles; colours are display values (sRGB) and stored linear."""

    def __init__(self) -> None:
        self._meshes: list[Mesh] = []

    def add(self, mesh: Mesh) -> None:
        """Everything of another mesh."""
        self._meshes.append(mesh)

    def triangles(
        self,
        corners: Points | npt.NDArray[np.float32],
        rgb: Colour | Floats,
        material: Material = Material.MATT,
        *,
        normals: Floats | None = None,
        uv: Floats | None = None,
        param: Param = NO_PARAM,
        lamp: Lamp = Lamp.NONE,
        two_sided: bool = False,
    ) -> None:
        """Triangles (F, 3, 3), counter-clockwise seen from outside.

        Args:
            rgb: display colour (3,) or (F, 3).
            normals: (F, 3, 3); None makes flat faces.
            uv: (F, 3, 2) metres; None lays them out along the faces' own axes.
        """
        points = np.asarray(corners, dtype=np.float64).reshape(-1, 3, 3)
        count = len(points)
        flat = _flat_normals(points)
        given = np.repeat(flat[:, None], 3, axis=1) if normals is None else np.asarray(normals)
        self._meshes.append(
            Mesh(
                corners=points.astype(np.float32),
                normals=given.astype(np.float32),
                uv=(_planar_uv(points, flat) if uv is None else np.asarray(uv)).astype(np.float32),
                rgb=np.broadcast_to(linear(rgb), (count, 3)).copy(),
                material=np.full(count, material, np.uint8),
                param=np.tile(np.asarray(param, np.float32), (count, 1)),
                lamp=np.full(count, lamp, np.uint8),
                two_sided=np.full(count, two_sided),
            )
        )

    def quads(
        self,
        corners: Points,
        rgb: Colour | Floats,
        material: Material = Material.MATT,
        *,
        normals: Floats | None = None,
        uv: Floats | None = None,
        param: Param = NO_PARAM,
        lamp: Lamp = Lamp.NONE,
        two_sided: bool = False,
    ) -> None:
        """Quads (Q, 4, 3), or one (4, 3), counter-clockwise seen from outside; normals (Q, 4, 3), uv (Q, 4, 2)."""
        points = np.asarray(corners, dtype=np.float64).reshape(-1, 4, 3)
        colours = np.asarray(rgb, dtype=np.float64)
        if uv is None:
            flat = _flat_normals(points[:, :3])
            uv = _planar_uv(points, flat)
        self.triangles(
            _split(points), np.repeat(colours, 2, axis=0) if colours.ndim == 2 else colours, material,
            normals=None if normals is None else _split(np.asarray(normals).reshape(-1, 4, 3)),
            uv=_split(np.asarray(uv).reshape(-1, 4, 2)), param=param, lamp=lamp, two_sided=two_sided,
        )  # fmt: skip

    def box(
        self,
        low: Sequence[float],
        high: Sequence[float],
        rgb: Colour,
        material: Material = Material.MATT,
        *,
        floor: bool = False,
        lamp: Lamp = Lamp.NONE,
        param: Param = NO_PARAM,
    ) -> None:
        """An upright box between two corners; without a floor unless asked for."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        faces = [
            [(x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)],
            [(x0, y1, z0), (x0, y0, z0), (x0, y0, z1), (x0, y1, z1)],
            [(x1, y1, z0), (x0, y1, z0), (x0, y1, z1), (x1, y1, z1)],
            [(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)],
            [(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)],
        ]
        if floor:
            faces.append([(x0, y1, z0), (x1, y1, z0), (x1, y0, z0), (x0, y0, z0)])
        self.quads(np.array(faces), rgb, material, lamp=lamp, param=param)

    def tube(
        self,
        start: Sequence[float],
        end: Sequence[float],
        radius: tuple[float, float],
        rgb: Colour,
        material: Material = Material.MATT,
        *,
        sides: int = 8,
        caps: bool = False,
    ) -> None:
        """A round tube or cone from start to end with a radius at each; smooth sides."""
        a, c = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
        axis = (c - a) / np.linalg.norm(c - a)
        helper = np.array([1.0, 0.0, 0.0]) if abs(axis[2]) > 0.9 else np.array([0.0, 0.0, 1.0])
        side = np.cross(helper, axis)
        side /= np.linalg.norm(side)
        up = np.cross(axis, side)
        angle = 2 * np.pi * np.arange(sides + 1) / sides
        ring = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * up
        low, high = a + radius[0] * ring, c + radius[1] * ring
        corners = np.stack([low[:-1], low[1:], high[1:], high[:-1]], axis=1)
        normals = np.stack([ring[:-1], ring[1:], ring[1:], ring[:-1]], axis=1)
        self.quads(corners, rgb, material, normals=normals)
        if caps:
            top = np.stack([high[:-1], high[1:], np.broadcast_to(c, (sides, 3))], axis=1)
            bottom = np.stack([low[1:], low[:-1], np.broadcast_to(a, (sides, 3))], axis=1)
            self.triangles(np.concatenate([top, bottom]), rgb, material)

    def ball(
        self,
        centre: Sequence[float],
        radii: Sequence[float],
        rgb: Colour,
        material: Material = Material.MATT,
        *,
        rings: int = 5,
        sides: int = 8,
        param: Param = NO_PARAM,
    ) -> None:
        """An ellipsoid with smooth normals."""
        polar = np.pi * np.arange(rings + 1) / rings
        around = 2 * np.pi * np.arange(sides + 1) / sides
        unit = np.stack(
            [
                np.sin(polar)[:, None] * np.cos(around),
                np.sin(polar)[:, None] * np.sin(around),
                np.broadcast_to(np.cos(polar)[:, None], (rings + 1, sides + 1)),
            ],
            axis=-1,
        )
        scale = np.asarray(radii, dtype=np.float64)
        corners = _grid(np.asarray(centre) + unit * scale)
        direction = unit / scale
        normals = _grid(direction / np.linalg.norm(direction, axis=-1, keepdims=True))
        around_m, polar_m = float(scale[:2].mean()), float(scale.max())
        uv = np.stack(np.broadcast_arrays(around * around_m, (polar * polar_m)[:, None]), axis=-1)
        self.quads(corners, rgb, material, normals=normals, uv=_grid(uv), param=param)

    def build(self) -> Mesh:
        """The mesh; triangles without area are left out."""
        mesh = Mesh.join(self._meshes)
        edges = mesh.corners[:, 1:] - mesh.corners[:, :1]
        area = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=-1)
        return mesh.take(np.flatnonzero(area > 1e-9))


def _flat_normals(points: Floats) -> Floats:
    """Normals (F, 3) of triangles or quads (F, >= 3, 3)."""
    normal = np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    return np.divide(normal, length, out=np.tile([0.0, 0.0, 1.0], (len(points), 1)), where=length > 1e-12)


def _planar_uv(points: Floats, normal: Floats) -> Floats:
    """uv (F, P, 2): x and y on level faces; along the wall and up on the others."""
    level = np.abs(normal[:, 2:]) > 0.8
    along = np.stack([-normal[:, 1], normal[:, 0], np.zeros(len(normal))], axis=-1)
    length = np.linalg.norm(along, axis=1, keepdims=True)
    along = np.divide(along, length, out=np.tile([1.0, 0.0, 0.0], (len(normal), 1)), where=length > 1e-9)
    across = np.cross(normal, along)
    u = np.where(level, points[..., 0], np.einsum("fpi,fi->fp", points, along))
    v = np.where(level, points[..., 1], np.einsum("fpi,fi->fp", points, across))
    return np.stack([u, v], axis=-1)


def _split(quads: Floats) -> Floats:
    """Two triangles per quad, (Q, 4, K) -> (2 Q, 3, K)."""
    return quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3, quads.shape[-1])


def _grid(points: Floats) -> Floats:
    """Quads of a grid of points (R + 1, S + 1, K), -> (R S, 4, K), outward for rings from the north pole eastwards."""
    quads = np.stack([points[1:, :-1], points[1:, 1:], points[:-1, 1:], points[:-1, :-1]], axis=2)
    return quads.reshape(-1, 4, points.shape[-1])
