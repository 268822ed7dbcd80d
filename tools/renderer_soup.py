"""Geometry that all renderers draw alike: a street of quads, and quads that run through one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core import stream
from drivegen.core.arrays import Bytes, Floats, Integers

NEAR_M = 0.3
# Row-wise: camera x right, y down, z forward of global x forward, y left, z up.
CAMERA_FROM_GLOBAL = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])


@dataclass(frozen=True, eq=False)
class Soup:
    """Q flat quads (Q, 4, 3) in metres, x forward, y left, z up, and their colours (Q, 3)."""

    quads: Floats
    rgb: Bytes

    @property
    def triangles(self) -> Floats:
        """Two triangles a quad, (2 Q, 3, 3)."""
        return self.quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3, 3)


@dataclass(frozen=True)
class Eye:
    """A camera that looks along x: position (x, y, z), size (h, w) of its sample grid, focal length px."""

    position: tuple[float, float, float]
    size: tuple[int, int]

    @property
    def focal_px(self) -> float:
        """A horizontal angle of view of 70 degrees, that of nuScenes' front camera."""
        return float(self.size[1] / (2 * np.tan(np.radians(35.0))))

    def points(self, global_points: Floats) -> Floats:
        """Points (..., 3) in the camera frame."""
        return (global_points - np.array(self.position)) @ CAMERA_FROM_GLOBAL.T

    def project(self, points: Floats) -> Floats:
        """Camera points (..., 3) with z > 0 to pixels (..., 2)."""
        centre = np.array([self.size[1], self.size[0]]) / 2
        return self.focal_px * points[..., :2] / points[..., 2:] + centre


def street(triangles: int) -> Soup:
    """A street of about this many triangles: road, sidewalks, facades in panels, cars, poles."""
    rng = stream(0, "street", triangles)
    quads: list[Floats] = []
    panels = max(4, triangles // 12)
    length = 160.0
    step = length / max(3, panels // 8)
    for start in np.arange(-4.0, length, step):
        quads += [_floor(start, start + step, low, high) for low, high in ((-4, 4), (4, 7), (-7, -4))]
    for side in (-7.0, 7.0):
        for start in np.arange(0.0, length, step):
            top = float(rng.uniform(6, 18))
            quads += [_wall(start, start + step, side, low, low + top / 3) for low in np.arange(3) * top / 3]
    while 2 * len(quads) < triangles:
        # No two boxes share a plane, or which of them is nearer would be a matter of rounding.
        x, y = float(rng.uniform(5, length)), float(rng.choice([-5.5, -3.0, -1.5, 1.8, 3.2, 5.5]) + rng.normal(0, 0.1))
        length_m, width_m, height_m = (4.4, 1.8, 1.5) if abs(y) < 5 else (0.15, 0.15, 6.0)
        grow = float(rng.uniform(0.9, 1.1))
        quads += _box(x, y, (grow * length_m, grow * width_m, grow * height_m))
    rgb = rng.integers(40, 230, (len(quads), 3), dtype=np.uint8)
    return Soup(np.array(quads), rgb)


def crossing() -> Soup:
    """Quads that run through one another and that overlap in a ring: no order of whole quads draws them rightly."""
    rng = stream(0, "crossing")
    centres = np.stack([rng.uniform(6, 14, 40), rng.uniform(-6, 6, 40), rng.uniform(-1.5, 4.5, 40)], axis=1)
    along, up = rng.normal(size=(2, 40, 3))
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    up -= (up * along).sum(axis=1, keepdims=True) * along
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    half = rng.uniform(1.0, 2.5, (2, 40, 1))
    corners = [centres + a * half[0] * along + b * half[1] * up for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return Soup(np.stack(corners, axis=1), rng.integers(40, 230, (40, 3), dtype=np.uint8))


def exact_faces(soup: Soup, eye: Eye) -> Integers:
    """The nearest quad (h, w) along the ray of each sample, by intersecting every ray with every triangle; -1: none."""
    rows, columns = np.mgrid[: eye.size[0], : eye.size[1]] + 0.5
    rays = np.stack([columns - eye.size[1] / 2, rows - eye.size[0] / 2, np.full(eye.size, eye.focal_px)], axis=-1)
    nearest, face = np.full(eye.size, np.inf), np.full(eye.size, -1, dtype=np.int64)
    for index, (a, b, c) in enumerate(eye.points(soup.triangles)):
        edges = np.stack([b - a, c - a, np.zeros(3)], axis=1)
        normal = np.cross(b - a, c - a)
        along = rays @ normal
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = (a @ normal) / along
            hits = rays * scale[..., None] - a
            u, v = np.moveaxis(hits @ np.linalg.pinv(edges[:, :2]).T, -1, 0)
            inside = (u >= 0) & (v >= 0) & (u + v <= 1)
            depth = scale * eye.focal_px
            won = inside & (depth > NEAR_M) & (depth < nearest)
        nearest[won], face[won] = depth[won], index // 2
    return face


def inner(faces: Integers) -> np.ndarray:
    """Samples (h, w) whose neighbours show the same face: there rules for edges and rounding cannot matter."""
    same = np.ones(faces.shape, dtype=bool)
    padded = np.pad(faces, 1, mode="edge")
    for down in range(3):
        for right in range(3):
            same &= padded[down : down + faces.shape[0], right : right + faces.shape[1]] == faces
    return same


def clipped(triangles: Floats) -> tuple[Floats, Integers]:
    """Camera triangles (F, 3, 3) cut at the near plane: (G, 3, 3) and the triangle (G,) that each is of."""
    front = triangles[..., 2] > NEAR_M
    count = front.sum(axis=1)
    whole = np.flatnonzero(count == 3)
    parts, sources = [triangles[whole]], [whole]
    for index in np.flatnonzero((count > 0) & (count < 3)):
        points: list[Floats] = []
        for here, there in zip(triangles[index], np.roll(triangles[index], -1, axis=0), strict=True):
            if here[2] > NEAR_M:
                points.append(here)
            if (here[2] > NEAR_M) != (there[2] > NEAR_M):
                points.append(here + (NEAR_M - here[2]) / (there[2] - here[2]) * (there - here))
        fan = [np.stack([points[0], points[i], points[i + 1]]) for i in range(1, len(points) - 1)]
        parts.append(np.array(fan))
        sources.append(np.full(len(fan), index))
    return np.concatenate(parts), np.concatenate(sources)


def _floor(x0: float, x1: float, y0: float, y1: float) -> Floats:
    return np.array([[x0, y0, 0], [x1, y0, 0], [x1, y1, 0], [x0, y1, 0]], dtype=np.float64)


def _wall(x0: float, x1: float, y: float, z0: float, z1: float) -> Floats:
    return np.array([[x0, y, z0], [x1, y, z0], [x1, y, z1], [x0, y, z1]], dtype=np.float64)


def _box(x: float, y: float, size: tuple[float, float, float]) -> list[Floats]:
    (x0, y0), (x1, y1), top = (x - size[0] / 2, y - size[1] / 2), (x + size[0] / 2, y + size[1] / 2), size[2]
    ends = [np.array([[e, y0, 0], [e, y1, 0], [e, y1, top], [e, y0, top]], dtype=np.float64) for e in (x0, x1)]
    roof = _floor(x0, x1, y0, y1) + np.array([0, 0, top])
    return [*ends, _wall(x0, x1, y0, 0, top), _wall(x0, x1, y1, 0, top), roof]
