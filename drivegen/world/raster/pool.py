"""Triangles of many meshes in one set of arrays."""

from __future__ import annotations

import numpy as np

from drivegen.world.geometry import Mesh
from drivegen.world.geometry.mesh import Floats32

_FIELDS = ("corners", "normals", "uv", "rgb", "material", "param", "lamp", "two_sided")


class FacePool:
    """Meshes end to end; a mesh is known by its first face and how many it has.

    Attributes:
        faces: the faces, and room for more behind them.
        planes: (F, 4) float32 unit normal n and offset d of each face; points in front of it have n . p > d.
        count: how many faces there are.
    """

    def __init__(self, meshes: list[Mesh] | None = None) -> None:
        self.faces = Mesh.join(meshes or [])
        self.planes = _planes(self.faces)
        self.count = len(self.faces)

    def add(self, mesh: Mesh) -> tuple[int, int]:
        """Append a mesh; returns its first face and its number of faces."""
        start, stop = self.count, self.count + len(mesh)
        if stop > len(self.faces):
            self._grow(max(2 * len(self.faces), stop, 4096))
        for name in _FIELDS:
            getattr(self.faces, name)[start:stop] = getattr(mesh, name)
        self.planes[start:stop] = _planes(mesh)
        self.count = stop
        return start, stop - start

    def clear(self) -> None:
        """Forget all meshes."""
        self.count = 0

    def _grow(self, capacity: int) -> None:
        old, planes = self.faces, self.planes
        self.faces, self.planes = empty_mesh(capacity), np.empty((capacity, 4), np.float32)
        for name in _FIELDS:
            getattr(self.faces, name)[: len(old)] = getattr(old, name)
        self.planes[: len(old)] = planes


def _planes(mesh: Mesh) -> Floats32:
    """Unit normals and offsets (F, 4) of faces; two-sided ones get an offset that puts every point in front."""
    corners = mesh.corners.astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    offset = np.einsum("fi,fi->f", normal, corners[:, 0])
    return np.column_stack([normal, np.where(mesh.two_sided, -1e9, offset)]).astype(np.float32)


def empty_mesh(count: int) -> Mesh:
    """Faces whose values are still to be written."""
    f = np.float32
    return Mesh(
        np.empty((count, 3, 3), f), np.empty((count, 3, 3), f), np.empty((count, 3, 2), f), np.empty((count, 3), f),
        np.empty(count, np.uint8), np.empty((count, 4), f), np.empty(count, np.uint8), np.empty(count, bool),
    )  # fmt: skip
