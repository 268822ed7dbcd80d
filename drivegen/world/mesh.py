"""Flat polygons that objects are made of: convex quads and discs, with colour and material."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from drivegen.core.arrays import Booleans, Bytes, Floats, Integers

Colour = tuple[float, float, float]


class Material(IntEnum):
    """How a polygon answers to light."""

    MATT = 0
    PAINT = 1
    """Car paint: tinted by the track's appearance, reflects some sky."""
    GLASS = 2
    HEAD_LIGHT = 3
    TAIL_LIGHT = 4
    LAMP = 5
    WINDOW = 6
    """A house's window that may be lit at night."""
    LEAVES = 7
    RETRO = 8
    """Retro-reflective: number plates, signs, cone stripes."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Q polygons in one frame of reference, in painting order among themselves.

    Attributes:
        quads: (Q, 4, 3) metres, counter-clockwise seen from outside; a disc has its centre four times.
        rgb: (Q, 3) daylight colour in [0, 1].
        material: (Q,) values of Material.
        radius: (Q,) metres; zero for quads.
        two_sided: (Q,) whether the back is visible as well.
    """

    quads: Floats
    rgb: Floats
    material: Bytes
    radius: Floats
    two_sided: Booleans

    def __len__(self) -> int:
        return len(self.quads)

    def painted(self, rgb: Colour) -> Mesh:
        """The same with PAINT multiplied by a colour."""
        tint = np.where((self.material == Material.PAINT)[:, None], self.rgb * np.asarray(rgb), self.rgb)
        return Mesh(self.quads, tint, self.material, self.radius, self.two_sided)

    def take(self, index: Integers) -> Mesh:
        """Some polygons, in the order named."""
        return Mesh(self.quads[index], self.rgb[index], self.material[index], self.radius[index], self.two_sided[index])

    def scaled(self, size: Floats) -> Mesh:
        """The same with x, y, z multiplied by size (3,); discs grow with the height."""
        return Mesh(self.quads * size, self.rgb, self.material, self.radius * size[2], self.two_sided)

    @staticmethod
    def join(meshes: Sequence[Mesh]) -> Mesh:
        """One mesh of several."""
        if not meshes:
            return MeshBuilder().build()
        return Mesh(
            np.concatenate([m.quads for m in meshes]),
            np.concatenate([m.rgb for m in meshes]),
            np.concatenate([m.material for m in meshes]),
            np.concatenate([m.radius for m in meshes]),
            np.concatenate([m.two_sided for m in meshes]),
        )


class MeshBuilder:
    """Collects polygons."""

    def __init__(self) -> None:
        self._quads: list[Floats] = []
        self._rgb: list[Colour] = []
        self._material: list[int] = []
        self._radius: list[float] = []
        self._two_sided: list[bool] = []

    def quad(
        self,
        corners: Sequence[Sequence[float] | Floats] | Floats,
        rgb: Colour,
        material: Material = Material.MATT,
        *,
        two_sided: bool = False,
    ) -> None:
        """A quad; corners (4, 3) counter-clockwise seen from outside."""
        self._quads.append(np.asarray(corners, dtype=np.float64))
        self._rgb.append(rgb)
        self._material.append(int(material))
        self._radius.append(0.0)
        self._two_sided.append(two_sided)

    def disc(self, centre: Sequence[float], radius: float, rgb: Colour, material: Material = Material.MATT) -> None:
        """A ball, drawn as a disc that faces the camera."""
        self._quads.append(np.tile(np.asarray(centre, dtype=np.float64), (4, 1)))
        self._rgb.append(rgb)
        self._material.append(int(material))
        self._radius.append(radius)
        self._two_sided.append(True)

    def side_quads(
        self, x: tuple[float, float], y: float, z: tuple[float, float], rgb: Colour, material: Material = Material.MATT
    ) -> None:
        """The same rectangle on the left (y > 0) and right flank."""
        (x0, x1), (z0, z1) = x, z
        self.quad([(x1, y, z0), (x0, y, z0), (x0, y, z1), (x1, y, z1)], rgb, material)
        self.quad([(x0, -y, z0), (x1, -y, z0), (x1, -y, z1), (x0, -y, z1)], rgb, material)

    def end_quad(
        self,
        x: float,
        y: tuple[float, float],
        z: tuple[float, float],
        rgb: Colour,
        material: Material = Material.MATT,
    ) -> None:
        """A rectangle that faces forward (x > 0) or back (x < 0)."""
        (y0, y1), (z0, z1) = y, z
        if x > 0:
            self.quad([(x, y0, z0), (x, y1, z0), (x, y1, z1), (x, y0, z1)], rgb, material)
        else:
            self.quad([(x, y1, z0), (x, y0, z0), (x, y0, z1), (x, y1, z1)], rgb, material)

    def frustum(
        self,
        bottom: tuple[float, float, float],
        top: tuple[float, float, float],
        z: tuple[float, float],
        rgb: Colour,
        material: Material = Material.PAINT,
        *,
        sides: Material | None = None,
        sides_rgb: Colour | None = None,
    ) -> None:
        """A box whose top may be smaller: (x rear, x front, half width) below and above; five faces, no floor.

        Args:
            sides, sides_rgb: material and colour of the four walls when they differ from the roof's.
        """
        (xr, xf, w), (tr, tf, v), (z0, z1) = bottom, top, z
        wall, wall_rgb = sides if sides is not None else material, sides_rgb if sides_rgb is not None else rgb
        self.quad([(xf, -w, z0), (xf, w, z0), (tf, v, z1), (tf, -v, z1)], wall_rgb, wall)
        self.quad([(xr, w, z0), (xr, -w, z0), (tr, -v, z1), (tr, v, z1)], wall_rgb, wall)
        self.quad([(xf, w, z0), (xr, w, z0), (tr, v, z1), (tf, v, z1)], wall_rgb, wall)
        self.quad([(xr, -w, z0), (xf, -w, z0), (tf, -v, z1), (tr, -v, z1)], wall_rgb, wall)
        self.quad([(tf, v, z1), (tr, v, z1), (tr, -v, z1), (tf, -v, z1)], rgb, material)

    def cross(self, base: Sequence[float], top: Sequence[float], width: tuple[float, float], rgb: Colour) -> None:
        """A limb or stem: two crossed upright strips from base to top, width at base and at top."""
        (bx, by, bz), (tx, ty, tz) = base, top
        wb, wt = width[0] / 2, width[1] / 2
        self.quad([(bx - wb, by, bz), (bx + wb, by, bz), (tx + wt, ty, tz), (tx - wt, ty, tz)], rgb, two_sided=True)
        self.quad([(bx, by - wb, bz), (bx, by + wb, bz), (tx, ty + wt, tz), (tx, ty - wt, tz)], rgb, two_sided=True)

    def wheel(self, x: float, y: float, radius: tuple[float, float], rgb: Colour) -> None:
        """A wheel on each flank that touches the ground z = 0; radius along x and along z: an octagon of two quads."""
        for scale, colour in ((1.0, rgb), (0.5, (0.42, 0.42, 0.44))):
            rx, rz = scale * radius[0], scale * radius[1]
            # An octagon: a box in the middle and a trapezium on either side.
            for flank in (1, -1):
                low, high = radius[1] - rz, radius[1] + rz
                inner_low, inner_high = radius[1] - 0.41 * rz, radius[1] + 0.41 * rz
                fore, aft, reach = x + 0.41 * rx * flank, x - 0.41 * rx * flank, rx * flank
                w = y * flank
                self.quad([(fore, w, low), (aft, w, low), (aft, w, high), (fore, w, high)], colour)
                self.quad(
                    [(fore, w, low), (fore, w, high), (x + reach, w, inner_high), (x + reach, w, inner_low)], colour
                )
                self.quad(
                    [(x - reach, w, inner_low), (x - reach, w, inner_high), (aft, w, high), (aft, w, low)], colour
                )

    def build(self) -> Mesh:
        """The mesh."""
        n = len(self._quads)
        return Mesh(
            np.array(self._quads, dtype=np.float64).reshape(n, 4, 3),
            np.array(self._rgb, dtype=np.float64).reshape(n, 3),
            np.array(self._material, dtype=np.uint8),
            np.array(self._radius, dtype=np.float64),
            np.array(self._two_sided, dtype=bool),
        )
