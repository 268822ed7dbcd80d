"""What crowns are made of: a lumpy body that is solid, and tufts of leaves around it that fray its outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Material, MeshBuilder
from drivegen.world.raster.leaves import CARD_M, TUFT_M

_GOLDEN = np.pi * (3.0 - np.sqrt(5.0))
_CARDS = 16
"""Squares of the lattice of cards that tufts are spread over, so that few wear the same leaves."""
_LOBE_POWER = 5
_SKYWARDS = np.array([0.0, 0.0, 0.35])
"""Leaves are level rather than upright: what is added to the normals of the round crown."""


@dataclass(frozen=True, eq=False)
class Crown:
    """The shape of a crown: an ellipsoid with bulges.

    Attributes:
        centre, radii: (3,) of the ellipsoid.
        bulges: (K, 3) unit directions of the bulges.
    """

    centre: Floats
    radii: Floats
    bulges: Floats

    @staticmethod
    def drawn(rng: np.random.Generator, centre: Floats, radii: Floats, bulges: int = 7) -> Crown:
        """A crown with bulges all over."""
        out = _spiral(rng, bulges) + rng.normal(0.0, 0.2, (bulges, 3))
        return Crown(np.asarray(centre), np.asarray(radii), _unit(out))

    def reach(self, out: Floats) -> Floats:
        """How far (...) the crown reaches in unit directions (..., 3), as a share of the ellipsoid."""
        near = np.max(np.clip(out @ self.bulges.T, 0.0, 1.0) ** _LOBE_POWER, axis=-1)
        reach: Floats = 0.78 + 0.26 * near
        return reach

    def at(self, out: Floats, share: Floats | float) -> Floats:
        """Points (..., 3) in unit directions (..., 3), at a share of the crown's reach."""
        factor = np.asarray(self.reach(out) * share)
        points: Floats = self.centre + factor[..., None] * out * self.radii
        return points


def add_body(
    builder: MeshBuilder, rng: np.random.Generator, crown: Crown, rings: int, sides: int, share: float, shade: float,
    rough: float = 0.0,
) -> None:  # fmt: skip
    """The solid inside of a crown, darker below and dented by up to a share `rough`; normals are those of the
    ellipsoid."""
    polar = np.pi * np.arange(rings + 1) / rings
    # Every other ring is turned by half a side: outlines get less regular.
    around = 2 * np.pi * (np.arange(sides + 1) + 0.5 * (np.arange(rings + 1)[:, None] % 2)) / sides
    flat = np.sin(polar)[:, None]
    up = np.broadcast_to(np.cos(polar)[:, None], around.shape)
    out = np.stack([flat * np.cos(around), flat * np.sin(around), up], axis=-1)
    dents = rng.uniform(1.0 - rough, 1.0, (rings + 1, sides))
    dents[[0, -1]] = 1.0
    points = _quads(crown.at(out, share * np.concatenate([dents, dents[:, :1]], axis=1)))
    normals = _quads(_unit(_unit(out / crown.radii) + _SKYWARDS))
    size = 8.0 * crown.radii
    uv = np.stack([around * size[:2].mean(), np.broadcast_to(polar[:, None] * size[2], around.shape)], axis=-1)
    height = _quads(out)[..., 2].mean(axis=1)
    grey = shade * (0.90 + 0.14 * height)
    builder.quads(points, np.repeat(np.clip(grey, 0, 1)[:, None], 3, axis=1), Material.LEAVES, normals=normals,
                  uv=_quads(uv), param=(0.0, 0.0, 0.0, 1.0))  # fmt: skip


def add_tufts(
    builder: MeshBuilder,
    rng: np.random.Generator,
    crown: Crown,
    count: int,
    radius: tuple[float, float],
    share: tuple[float, float] = (0.84, 1.0),
    density: float = 0.55,
    outwards: float = 0.55,
) -> None:
    """Tufts of leaves all over a crown: triangles that hold a round tuft each, turned in all directions.

    Args:
        radius: least and largest half width of a tuft.
        share: how far out they lie, as shares of the crown's reach.
        density: of the leaves.
        outwards: how much they look away from the middle; large ones that do not would show as spikes.
    """
    out = _unit(_spiral(rng, count) + rng.normal(0.0, 0.12, (count, 3)))
    depth = rng.uniform(*share, count)
    middle = crown.at(out, depth)
    facing = _unit(outwards * out + _unit(rng.normal(size=(count, 3))))
    size = rng.uniform(*radius, count)
    tone = 0.86 + 0.09 * out[:, 2] + 0.25 * (depth - share[1]) + rng.normal(0.0, 0.055, count)
    warm = rng.normal(0.0, 0.025, count)
    rgb = np.clip(np.stack([tone + warm, tone, tone - warm], axis=-1), 0.45, 1.0)
    normal = _unit(_unit(out / crown.radii) + 0.22 * rng.normal(size=(count, 3)) + _SKYWARDS)
    _cards(builder, rng, middle, facing, size, rgb, normal, density)


def add_cross(builder: MeshBuilder, rng: np.random.Generator, crown: Crown, size: float, density: float) -> None:
    """Three large tufts across the middle of a crown, one for each direction to look at it: the cheapest inside."""
    normal = _unit(rng.normal(0.0, 0.3, (3, 3)) + np.array([0.0, 0.0, 0.8]))
    middle = np.repeat(crown.centre[None], 3, axis=0)
    width = np.full(3, size * crown.radii[:2].mean())
    _cards(builder, rng, middle, np.eye(3), width, np.full((3, 3), 0.80), normal, density)


def _cards(
    builder: MeshBuilder, rng: np.random.Generator, middle: Floats, facing: Floats, size: Floats, rgb: Floats,
    normal: Floats, density: float,
) -> None:  # fmt: skip
    """Triangles (N) around discs of radius size (N,) with a tuft each."""
    count = len(middle)
    helper = np.where(np.abs(facing[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    side = _unit(np.cross(helper, facing))
    up = np.cross(facing, side)
    angle = rng.uniform(0, 2 * np.pi, (count, 1)) + 2 * np.pi * np.arange(3) / 3
    # A triangle around a disc has its corners at twice its radius.
    offset = 2.0 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    reach = size[:, None, None]
    corners = middle[:, None] + reach * (offset[..., :1] * side[:, None] + 0.85 * offset[..., 1:] * up[:, None])
    card = CARD_M * (rng.integers(0, _CARDS, (count, 1, 2)) + 0.5)
    # Just inside of the card, so that no corner falls into its neighbour.
    uv = card + 0.999 * TUFT_M * offset
    builder.triangles(corners, rgb, Material.LEAVES, normals=np.repeat(normal[:, None], 3, axis=1), uv=uv,
                      param=(0.0, 0.0, 0.0, -density), two_sided=True)  # fmt: skip


def _spiral(rng: np.random.Generator, count: int) -> Floats:
    """Unit directions (count, 3) spread evenly."""
    z = 1.0 - 2.0 * (np.arange(count) + 0.5) / count
    angle = _GOLDEN * np.arange(count) + rng.uniform(0, 2 * np.pi)
    flat = np.sqrt(1.0 - z * z)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=-1)


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


def _quads(points: Floats) -> Floats:
    """Quads of a grid of points (R + 1, S + 1, K), -> (R S, 4, K), outward for rings from the north pole eastwards."""
    quads = np.stack([points[1:, :-1], points[1:, 1:], points[:-1, 1:], points[:-1, :-1]], axis=2)
    return quads.reshape(-1, 4, points.shape[-1])
