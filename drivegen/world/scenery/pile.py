"""Piles of quads and copies of prototypes: many small pieces become one mesh in a few array operations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Colour, Lamp, Material, Mesh, linear

Point = tuple[float, float, float]
Param = tuple[float, float, float, float]
NO_PARAM: Param = (0.0, 0.0, 0.0, 0.0)


class Pile:
    """Collects quads in the frames of their owners (houses, fences): u along the street front from its left corner,
    v into the plot, z up; `place` says where the next owner stands."""

    def __init__(self) -> None:
        self._corners: list[float] = []
        self._uv: list[tuple[float, float]] = []
        self._rgb: list[Colour] = []
        self._look: list[tuple[int, int, bool]] = []
        self._param: list[Param] = []
        self._owner: list[int] = []
        self._fine: list[bool] = []
        self._is_fine = False
        self._places: list[tuple[float, float, float, float]] = [(0.0, 0.0, 0.0, 0.0)]

    def place(self, x_m: float, y_m: float, z_m: float, yaw_rad: float) -> None:
        """What is added from now on stands at this place of the global frame, its u axis at this heading."""
        self._places.append((float(x_m), float(y_m), float(z_m), float(yaw_rad)))

    @contextmanager
    def fine(self) -> Iterator[None]:
        """What is added inside is a detail, which is not drawn from afar."""
        before, self._is_fine = self._is_fine, True
        yield
        self._is_fine = before

    def quad(
        self,
        corners: Sequence[Point],
        rgb: Colour,
        material: Material,
        *,
        param: Param = NO_PARAM,
        size: tuple[float, float] = (0.0, 0.0),
        lamp: Lamp = Lamp.NONE,
        two_sided: bool = False,
    ) -> None:
        """Four corners, counter-clockwise seen from outside; `size` (width, height) gives uv from the first corner on,
        zero measures the quad's own edges."""
        for corner in corners:
            self._corners.extend(corner)
        self._uv.append(size)
        self._rgb.append(rgb)
        self._look.append((int(material), int(lamp), two_sided))
        self._param.append(param)
        self._owner.append(len(self._places) - 1)
        self._fine.append(self._is_fine)

    def wall(
        self,
        a: tuple[float, float],
        b: tuple[float, float],
        z: tuple[float, float],
        rgb: Colour,
        material: Material,
        param: Param = NO_PARAM,
    ) -> None:
        """An upright wall from a to b (u, v) that looks to the right of that direction."""
        (z0, z1) = z
        corners = ((*a, z0), (*b, z0), (*b, z1), (*a, z1))
        self.quad(corners, rgb, material, param=param)

    def box(
        self,
        u: tuple[float, float],
        v: tuple[float, float],
        z: tuple[float, float],
        rgb: Colour,
        material: Material,
        *,
        param: Param = NO_PARAM,
        back: bool = True,
        top: bool = True,
        bottom: bool = False,
    ) -> None:
        """An upright box, without a floor unless asked for; without the face towards +v where it leans on a wall."""
        (u0, u1), (v0, v1), (z0, z1) = u, v, z
        self.wall((u0, v0), (u1, v0), z, rgb, material, param)
        self.wall((u1, v0), (u1, v1), z, rgb, material, param)
        if back:
            self.wall((u1, v1), (u0, v1), z, rgb, material, param)
        self.wall((u0, v1), (u0, v0), z, rgb, material, param)
        plain = Material.CONCRETE if material in (Material.FACADE, Material.SHOP) else material
        if top:
            self.quad(((u0, v0, z1), (u1, v0, z1), (u1, v1, z1), (u0, v1, z1)), rgb, plain, param=param)
        if bottom:
            self.quad(((u0, v1, z0), (u1, v1, z0), (u1, v0, z0), (u0, v0, z0)), rgb, plain, param=param)

    def __len__(self) -> int:
        return len(self._owner)

    def mesh(self) -> Mesh:
        """Everything, in the global frame."""
        return Mesh.join(self.meshes())

    def meshes(self) -> tuple[Mesh, Mesh]:
        """What is drawn from everywhere, and the details, in the global frame."""
        if not self._corners:
            return Mesh.empty(), Mesh.empty()
        local = np.array(self._corners, dtype=np.float64).reshape(-1, 4, 3)
        size = np.array(self._uv, dtype=np.float64)
        look = np.array(self._look, dtype=np.int64)
        place = np.array(self._places)[np.array(self._owner)]
        corners = _placed(local, place)
        uv = _uv(local, size)
        normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        keep = np.flatnonzero(length[:, 0] > 1e-7)
        normal = normal[keep] / length[keep]
        mesh = Mesh(
            corners=_split(corners[keep]).astype(np.float32),
            normals=np.repeat(np.repeat(normal[:, None], 3, axis=1), 2, axis=0).astype(np.float32),
            uv=_split(uv[keep]).astype(np.float32),
            rgb=np.repeat(linear(np.array(self._rgb)[keep]), 2, axis=0),
            material=np.repeat(look[keep, 0], 2).astype(np.uint8),
            param=np.repeat(np.array(self._param, dtype=np.float32)[keep], 2, axis=0),
            lamp=np.repeat(look[keep, 1], 2).astype(np.uint8),
            two_sided=np.repeat(look[keep, 2], 2).astype(bool),
        )
        solid = _areas(mesh) > 1e-7
        details = np.repeat(np.array(self._fine)[keep], 2)
        return mesh.take(np.flatnonzero(solid & ~details)), mesh.take(np.flatnonzero(solid & details))


def _placed(local: Floats, place: Floats) -> Floats:
    """Corners (Q, 4, 3) turned and moved by places (Q, 4) x, y, z, yaw."""
    cos, sin = np.cos(place[:, 3, None]), np.sin(place[:, 3, None])
    x = place[:, 0, None] + cos * local[..., 0] - sin * local[..., 1]
    y = place[:, 1, None] + sin * local[..., 0] + cos * local[..., 1]
    return np.stack([x, y, place[:, 2, None] + local[..., 2]], axis=-1)


def _uv(corners: Floats, size: Floats) -> Floats:
    """uv (Q, 4, 2): metres along the first edge and across it, from the first corner."""
    along = corners[:, 1] - corners[:, 0]
    back = corners[:, 2] - corners[:, 3]
    along = np.where(np.linalg.norm(along, axis=1, keepdims=True) > 1e-9, along, back)
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    offset = corners - corners[:, :1]
    u = np.einsum("qpi,qi->qp", offset, along)
    across = offset - u[..., None] * along[:, None]
    v = np.linalg.norm(across, axis=-1)
    asked = np.stack([size[:, :1] * [[0, 1, 1, 0]], size[:, 1:] * [[0, 0, 1, 1]]], axis=-1)
    uv: Floats = np.where(size[:, None, :1] > 0, asked, np.stack([u, v], axis=-1))
    return uv


def _split(quads: Floats) -> Floats:
    return quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3, quads.shape[-1])


def _areas(mesh: Mesh) -> Floats:
    edges = mesh.corners[:, 1:].astype(np.float64) - mesh.corners[:, :1]
    areas: Floats = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=-1)
    return areas


def scattered(
    prototype: Mesh, xyz: Floats, yaw: Floats, scale: Floats | float = 1.0, tint: Floats | None = None
) -> Mesh:
    """Copies of a mesh at places.

    Args:
        prototype: F triangles, foot at the origin.
        xyz: (N, 3) places.
        yaw: (N,) headings, radians.
        scale: a number, (N,) or (N, 3) along the prototype's own axes.
        tint: (N, 3) display colours that LEAVES of the prototype are multiplied by; None leaves them.

    Returns:
        N F triangles; `param[2]` of LEAVES (their seed) differs from copy to copy.
    """
    n, f = len(xyz), len(prototype)
    if n == 0 or f == 0:
        return Mesh.empty()
    factor = np.asarray(scale, dtype=np.float64)
    factor = np.broadcast_to(factor[:, None] if factor.ndim == 1 else factor, (n, 3))
    corners = prototype.corners[None].astype(np.float64) * factor[:, None, None]
    normals = prototype.normals[None] / factor[:, None, None]
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    turn = np.zeros((n, 3, 3))
    turn[:, 0, 0], turn[:, 0, 1], turn[:, 1, 0], turn[:, 1, 1] = np.cos(yaw), -np.sin(yaw), np.sin(yaw), np.cos(yaw)
    turn[:, 2, 2] = 1.0
    corners = corners.reshape(n, -1, 3) @ turn.transpose(0, 2, 1) + np.asarray(xyz)[:, None]
    normals = normals.reshape(n, -1, 3) @ turn.transpose(0, 2, 1)
    rgb = np.tile(prototype.rgb, (n, 1, 1))
    param = np.tile(prototype.param, (n, 1, 1))
    leaves = prototype.material == Material.LEAVES
    if tint is not None:
        rgb[:, leaves] *= linear(tint)[:, None]
    param[:, leaves, 2] = np.mod(param[:, leaves, 2] + _seeds(xyz)[:, None], 1.0)
    return Mesh(
        corners.reshape(-1, 3, 3).astype(np.float32), normals.reshape(-1, 3, 3).astype(np.float32),
        _tiled(prototype.uv, n), rgb.reshape(-1, 3), _tiled(prototype.material, n), param.reshape(-1, 4),
        _tiled(prototype.lamp, n), _tiled(prototype.two_sided, n),
    )  # fmt: skip


def _tiled(array: np.ndarray, n: int) -> np.ndarray:
    return np.tile(array, (n,) + (1,) * (array.ndim - 1))


def _seeds(xyz: Floats) -> Floats:
    """Numbers in [0, 1) that differ from place to place."""
    seeds: Floats = np.mod(np.asarray(xyz)[:, 0] * 0.7548776 + np.asarray(xyz)[:, 1] * 0.5698402, 1.0)
    return seeds
