"""What stands between carriageway and land: street lamps, street trees and furniture, road by road."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from drivegen.core import Structure
from drivegen.core.arrays import Booleans, Floats
from drivegen.world.geometry import Mesh
from drivegen.world.profile import Profile
from drivegen.world.roads import Road, RoadNetwork
from drivegen.world.scenery.furniture import (
    LAMP_HEIGHT_M,
    LAMP_REACH_M,
    Kind,
    LampStyle,
    furniture,
    street_lamp,
)
from drivegen.world.scenery.ground import raised_m
from drivegen.world.scenery.pile import scattered
from drivegen.world.scenery.planting import _ORDER, Plants
from drivegen.world.scenery.trees import CROWN_SHARE, Species

_END_M = 6.0
_KERBSIDE: dict[Profile, tuple[tuple[Kind, float], ...]] = {
    Profile.URBAN: ((Kind.BIN, 34.0), (Kind.BENCH, 60.0), (Kind.HYDRANT, 90.0), (Kind.BOLLARD, 45.0), (Kind.BOX, 85.0),
                    (Kind.POST_BOX, 140.0), (Kind.RACK, 80.0), (Kind.PLANTER, 70.0), (Kind.METER, 38.0),
                    (Kind.COLUMN, 260.0)),
    Profile.SUBURBAN: ((Kind.BIN, 120.0), (Kind.HYDRANT, 90.0), (Kind.BOX, 120.0), (Kind.MAIL, 24.0)),
    Profile.RURAL: ((Kind.DELINEATOR, 50.0),),
}  # fmt: skip
"""Furniture between kerb and walking line, with its usual distance."""


@dataclass(eq=False)
class Streetside:
    """What the roads' sides add to the stage.

    Attributes:
        lamps: (L, 3) lights.
        posts: meshes of lamps; small: meshes of furniture.
        trees: street trees.
        structures: footprints of lamp posts.
    """

    lamps: list[Floats] = field(default_factory=list)
    posts: list[Mesh] = field(default_factory=list)
    small: list[Mesh] = field(default_factory=list)
    trees: list[Plants] = field(default_factory=list)
    structures: list[Structure] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Verge:
    """One side of a road: where things can stand, and how far they are from the middle of the road."""

    network: RoadNetwork
    road: Road
    right: bool
    clear: BaseGeometry

    def d(self, inwards_m: float = 0.0) -> float:
        """Distance from the road's middle: in the grass strip, or close to the kerb."""
        section, side = self.road.section, self.road.section.side(self.right)
        kerb = section.kerb_m(self.right)
        if self.network.profile is Profile.RURAL:
            return kerb + 0.6
        return kerb + (0.5 * side.verge_m if side.verge_m >= 0.9 else 0.45) + inwards_m

    def places(self, s: Floats, d: float) -> tuple[Floats, Floats]:
        """Feet (N, 3) and headings (N,) towards the road, those in the way of crossings and signals left out."""
        d_signed = -d if self.right else d
        xy = self.road.line.points(s, np.full_like(s, d_signed))
        yaw = self.road.line.heading(s) + (0.5 if self.right else -0.5) * np.pi
        keep = self.free(xy)
        z = self.network.terrain.height(xy) + raised_m(self.network.profile)
        return np.concatenate([xy, z[:, None]], axis=1)[keep], np.asarray(yaw)[keep]

    def free(self, xy: Floats) -> Booleans:
        """Whether points (N, 2) are not in the way."""
        return ~np.asarray(shapely.intersects(self.clear, shapely.points(xy)), dtype=bool)


def make_streetside(network: RoadNetwork, rng: np.random.Generator, sight: BaseGeometry) -> Streetside:
    """Furnish both sides of all roads."""
    found = Streetside()
    styles = tuple(LampStyle) if network.profile is Profile.URBAN else (LampStyle.ARM, LampStyle.LANTERN)
    style = styles[int(rng.integers(len(styles)))]
    spacing = float(rng.uniform(15.0, 20.0) if style is LampStyle.LANTERN else rng.uniform(25.0, 38.0))
    leafy = rng.random() < 0.75
    clear = _clear(network)
    keep_sight = shapely.buffer(sight, 1.0, quad_segs=1)
    for road in network.roads:
        both = rng.random() < 0.55 or road.section.lanes > 1
        for right in (True, False):
            verge = _Verge(network, road, right, clear)
            length = road.line.length_m
            if length < 2 * _END_M + 6.0:
                continue
            lamps = np.zeros(0)
            if network.profile is not Profile.RURAL and (right or both):
                lamps = np.arange(_END_M + (0.0 if right else 0.5 * spacing), length - _END_M, spacing)
                _lamps(found, verge, lamps, style)
            if network.profile is not Profile.RURAL and leafy:
                _row(found, verge, rng, lamps, keep_sight)
            _pieces(found, verge, rng, lamps)
    return found


def _clear(network: RoadNetwork) -> BaseGeometry:
    """Places that stay free: before crossings, around signals and signs."""
    shapes = [shapely.buffer(c.polygon, 2.2, quad_segs=2) for c in network.crossings]
    points = [p.xy for signal in network.signals for p in signal.poles] + [s.xy for s in network.signs]
    if points:
        shapes += list(shapely.buffer(shapely.points(np.array(points)), 1.3, quad_segs=2))
    whole = shapely.union_all(shapes)
    shapely.prepare(whole)
    return whole


def _lamps(found: Streetside, verge: _Verge, s: Floats, style: LampStyle) -> None:
    foot, yaw = verge.places(s, verge.d())
    if not len(foot):
        return
    found.posts.append(scattered(street_lamp(style), foot, yaw))
    ahead = np.stack([np.cos(yaw), np.sin(yaw), np.zeros(len(yaw))], axis=-1)
    up = np.array([0.0, 0.0, LAMP_HEIGHT_M[style] - (0.1 if style is LampStyle.LANTERN else 0.12)])
    for side in (1.0, -1.0) if style is LampStyle.DOUBLE else (1.0,):
        found.lamps.append(foot + up + side * LAMP_REACH_M[style] * ahead)
    found.structures += _poles(foot, LAMP_HEIGHT_M[style])


def _poles(foot: Floats, height_m: float) -> list[Structure]:
    shapes = shapely.buffer(shapely.points(foot[:, :2]), 0.12, quad_segs=2)
    return [Structure(shape, height_m, "pole", (0.40, 0.41, 0.42)) for shape in shapes]


def _row(found: Streetside, verge: _Verge, rng: np.random.Generator, lamps: Floats, sight: BaseGeometry) -> None:
    """A row of trees in the grass strip, or in pits of a wide sidewalk."""
    side = verge.road.section.side(verge.right)
    if rng.random() < 0.25 or (side.verge_m < 0.9 and side.sidewalk_m < 3.0):
        return
    spacing = float(rng.uniform(8.0, 17.0))
    s = np.arange(_END_M + 5.0, verge.road.line.length_m - _END_M - 3.0, spacing)
    s = s + rng.uniform(-0.8, 0.8, len(s))
    if len(lamps):
        s = s[np.abs(s[:, None] - lamps).min(axis=1, initial=99.0) > 2.2]
    s = s[rng.random(len(s)) < 0.88]
    foot, _ = verge.places(s, verge.d(0.25 if side.verge_m < 0.9 else 0.0))
    kind = Species.STREET if rng.random() < 0.6 else (Species.ROUND, Species.BIRCH)[int(rng.integers(2))]
    height = rng.uniform(5.0, 6.5) + rng.uniform(-0.5, 2.0, len(foot))
    crown = 0.5 * CROWN_SHARE[kind] * height
    hides = np.asarray(shapely.dwithin(sight, shapely.points(foot[:, :2]), 0.9 * crown), dtype=bool)
    keep = ~hides
    count = int(keep.sum())
    found.trees.append(
        Plants(foot[keep, :2], height[keep], np.full(count, _ORDER.index(kind)), np.zeros(count, np.int64))
    )


def _pieces(found: Streetside, verge: _Verge, rng: np.random.Generator, lamps: Floats) -> None:
    """Furniture at random stations, each kind at its own distance, never two in one place."""
    length = verge.road.line.length_m
    taken = list(lamps)
    for kind, usual in _KERBSIDE[verge.network.profile]:
        if kind is Kind.METER and verge.road.section.side(verge.right).parking_m <= 0:
            continue
        if kind is Kind.DELINEATOR:
            s = np.arange(_END_M, length - _END_M, usual)
        else:
            s = rng.uniform(_END_M + 2.0, length - _END_M - 2.0, rng.poisson(length / usual))
        s = np.array([at for at in np.sort(s).tolist() if not taken or np.abs(np.array(taken) - at).min() > 1.6])
        if not len(s):
            continue
        taken += s.tolist()
        foot, yaw = verge.places(s, verge.d())
        # Benches look at people who walk by.
        found.small.append(scattered(furniture(kind), foot, yaw + (np.pi if kind is Kind.BENCH else 0.0)))
