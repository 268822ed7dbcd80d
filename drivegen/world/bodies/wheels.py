"""Round wheels: tyre, rim with spokes, tread."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from drivegen.core.arrays import Floats
from drivegen.world.bodies.skins import RUBBER
from drivegen.world.geometry import Colour, Material, MeshBuilder

ALLOY: Colour = (0.60, 0.61, 0.63)
MEAN_ALLOY: Colour = (0.44, 0.445, 0.46)
"""Of a rim half of which is dark."""
_FOOT_INSET_M = 0.025
"""How much nearer to the middle the feet of discs are that stand before a flank."""
SHADE: Colour = (0.06, 0.06, 0.065)


def wheel(
    b: MeshBuilder,
    centre: tuple[float, float, float],
    radius_m: float,
    width_m: float,
    *,
    side: int,
    steer_rad: float = 0.0,
    sides: int = 14,
    rim: float = 0.66,
    rim_rgb: Colour = ALLOY,
    spoked: bool = True,
    inner: bool = False,
    covered: bool = False,
) -> None:
    """A wheel that stands upright.

    Args:
        centre: of its outer face, before it is steered about the upright axis through its middle.
        side: 1 when its outer face looks to the left (+y), -1 to the right.
        rim: rim's radius over the wheel's.
        spoked: whether every second sector of the rim is dark.
        inner: whether its inner face is made too (where it can be seen).
        covered: whether a wing hides the upper part of its tread.
    """
    # A steered wheel is set inwards, so that it stays within its box.
    inset = radius_m * abs(np.sin(steer_rad)) - 0.5 * width_m * (1.0 - np.cos(steer_rad))
    x, y, z = centre
    steered = _Frame((x, y - side * inset, z), side, width_m, steer_rad)
    angle = -side * 2 * np.pi * np.arange(sides + 1) / sides
    ring = np.stack([np.cos(angle), np.zeros_like(angle), np.sin(angle)], axis=-1)
    outer = steered.at(ring * radius_m, -0.08 * width_m)
    inner_edge = steered.at(ring * radius_m * rim)
    back = steered.at(ring * radius_m, -width_m)
    radial = steered.turn(ring)
    out = np.broadcast_to(steered.turn(np.array([[0.0, float(side), 0.0]])), ring.shape)
    _band(b, outer, inner_edge, (radial * 0.5 + out * 0.866, out))
    lowest = 0.6 if covered else 2.0
    shown = 0.5 * (ring[:-1, 2] + ring[1:, 2]) < lowest
    _band(b, back, outer, (radial, radial), shown)
    hub = steered.at(np.zeros((1, 3)), -0.12 * width_m)
    fan = np.stack([inner_edge[:-1], inner_edge[1:], np.broadcast_to(hub, radial[1:].shape)], axis=1)
    dark = np.arange(sides) % 2 == 1
    rgb = np.where((dark & spoked)[:, None], SHADE, rim_rgb)
    b.triangles(fan, rgb, Material.METAL)
    if inner:
        middle = steered.at(np.zeros((1, 3)), -width_m)
        b.triangles(
            np.stack([back[1:], back[:-1], np.broadcast_to(middle, back[1:].shape)], axis=1), SHADE, Material.RUBBER
        )


def disc_wheel(
    b: MeshBuilder,
    centre: tuple[float, float, float],
    radius_m: float,
    width_m: float,
    *,
    side: int,
    rim: float = 0.66,
    rim_rgb: Colour = MEAN_ALLOY,
    covered: bool = False,
    tread: bool = True,
) -> None:
    """A wheel for far away: an eight-sided disc and a five-sided rim, both flat, and a plate across for its tread.

    Args:
        centre: of its outer face; covered ones stand before the body and hide what would be the arch.
        side: as in `wheel`.
        covered: whether a wing hides its upper tread; the dark of the arch is then part of the disc.
        tread: whether its tread is made.
    """
    angle = np.deg2rad(22.5 + 45.0 * np.arange(8))
    reach = np.where(np.sin(angle) > 0.0, 1.16 if covered else 1.02, 1.02)
    ring = np.stack([reach * np.cos(angle), np.zeros(8), np.maximum(reach * np.sin(angle), -1.0)], axis=-1) * radius_m
    if covered:
        ring[ring[:, 2] < -0.6 * radius_m, 1] = -side * _FOOT_INSET_M
    outer = ring + np.array(centre)
    turn = 1 if side < 0 else -1
    _fan(b, outer[::turn], RUBBER.rgb, RUBBER.material)
    if tread and not covered:
        # What looks inwards needs six corners only.
        behind = outer[[0, 2, 3, 4, 5, 7]]
        _fan(b, (behind - [0.0, side * width_m, 0.0])[::-turn], RUBBER.rgb, RUBBER.material)
    corners = np.deg2rad(18.0 + 72.0 * np.arange(5))
    disc = np.stack([np.cos(corners), np.zeros(5), np.sin(corners)], axis=-1) * radius_m * rim * 1.12
    _fan(b, (disc + np.array(centre) + [0.0, side * 0.008, 0.0])[::turn], rim_rgb, Material.METAL)
    if not tread:
        return
    # What is seen of its tread from the front and from behind: all or, under a wing, the foot.
    x, y, z = centre
    inner, top = y - side * width_m, z if covered else z + radius_m
    across = [[(x, inner, z - radius_m), (x, y, z - radius_m), (x, y, top), (x, inner, top)]]
    b.quads(np.array(across), RUBBER.rgb, RUBBER.material, two_sided=True)


def _fan(b: MeshBuilder, ring: Floats, rgb: Colour, material: Material) -> None:
    """A convex flat polygon (N, 3)."""
    b.triangles(np.stack([np.broadcast_to(ring[0], ring[2:].shape), ring[1:-1], ring[2:]], axis=1), rgb, material)


class _Frame:
    """Places points of a wheel's own frame (its outer face at y = 0)."""

    def __init__(self, centre: tuple[float, float, float], side: int, width_m: float, steer_rad: float) -> None:
        cos, sin = np.cos(steer_rad), np.sin(steer_rad)
        self._rotation = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
        self._pivot = np.array(centre) - [0.0, 0.5 * side * width_m, 0.0]
        self._lift = np.array([0.0, 0.5 * side * width_m, 0.0])
        self._side = side

    def turn(self, directions: Floats) -> Floats:
        """Steered directions (..., 3)."""
        turned: Floats = directions @ self._rotation.T
        return turned

    def at(self, points: Floats, out_m: float = 0.0) -> Floats:
        """Steered points (..., 3), moved outwards."""
        return self.turn(points + self._lift + [0.0, self._side * out_m, 0.0]) + self._pivot


def _band(
    b: MeshBuilder,
    low: Floats,
    high: Floats,
    normals: tuple[Floats, Floats],
    shown: npt.NDArray[np.bool_] | None = None,
) -> None:
    """Quads between two rings of points with normals at each; only those shown."""
    corners = np.stack([low[:-1], low[1:], high[1:], high[:-1]], axis=1)
    bent = np.stack([normals[0][:-1], normals[0][1:], normals[1][1:], normals[1][:-1]], axis=1)
    keep = np.ones(len(corners), bool) if shown is None else shown
    b.quads(corners[keep], RUBBER.rgb, RUBBER.material, normals=bent[keep])
