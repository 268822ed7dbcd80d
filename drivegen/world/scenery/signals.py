"""Traffic lights: posts, mast arms, and the heads that signals switch."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import shapely
from shapely.geometry import MultiLineString
from shapely.geometry.base import BaseGeometry

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Colour, Lamp, Material, Mesh, MeshBuilder
from drivegen.world.roads import Crossing, Pole, RoadNetwork, Terrain
from drivegen.world.scenery.ground import raised_m
from drivegen.world.scenery.placement import beside_ways
from drivegen.world.scenery.types import SignalHead

_AHEAD, _UP = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
_CASE: Colour = (0.07, 0.08, 0.08)
_POST: Colour = (0.34, 0.36, 0.36)
POST_HEAD_M, MAST_HEAD_M = 2.35, 5.3
"""Heights of the lower edge of a head on a post, and below a mast arm."""
_WALK_HEAD_M = 2.2
_POLE_CLEAR_M, _POST_CLEAR_M = 0.6, 0.4
"""Feet of poles and of thin posts keep this far from the middle of walkways: 0.3 m free and half their width."""
_LENSES: tuple[tuple[Lamp, Colour], ...] = (
    (Lamp.GREEN, (0.16, 0.72, 0.40)),
    (Lamp.AMBER, (0.88, 0.62, 0.10)),
    (Lamp.RED, (0.80, 0.10, 0.08)),
)


@lru_cache(maxsize=4)
def traffic_head(plate: bool) -> Mesh:
    """Three lamps that look along +x, the lower edge at z = 0; 1.05 m high, with a back plate that makes it stand out
    from the sky if asked for."""
    builder = MeshBuilder()
    builder.box((-0.14, -0.17, 0.0), (0.10, 0.17, 1.05), _CASE, Material.PLASTIC, floor=True)
    if plate:
        builder.box((-0.16, -0.30, -0.13), (-0.13, 0.30, 1.18), _CASE, Material.PLASTIC, floor=True)
    for index, (lamp, rgb) in enumerate(_LENSES):
        z = 0.19 + 0.335 * index
        _lens(builder, z, 0.125, rgb, lamp)
        hood = np.linspace(0.0, np.pi, 5)
        ring = np.stack([np.zeros(5), 0.145 * np.cos(hood), z + 0.145 * np.sin(hood)], axis=-1)
        inner, outer = ring + 0.10 * _AHEAD, ring + 0.30 * _AHEAD
        corners = np.stack([inner[:-1], outer[:-1], outer[1:], inner[1:]], axis=1)
        builder.quads(corners, _CASE, Material.PLASTIC, two_sided=True)
    return builder.build()


@lru_cache(maxsize=1)
def walk_head() -> Mesh:
    """A red figure that stands and below it a green one that walks, looking along +x; lower edge at z = 0."""
    builder = MeshBuilder()
    builder.box((-0.12, -0.16, 0.0), (0.08, 0.16, 0.62), _CASE, Material.PLASTIC, floor=True)
    for z, lamp, rgb, stride in (
        (0.16, Lamp.WALK, (0.20, 0.78, 0.45), 0.05),
        (0.46, Lamp.STOP, (0.85, 0.12, 0.08), 0.015),
    ):
        x = 0.085
        parts = [
            [(-0.025, 0.07), (0.025, 0.07), (0.025, 0.12), (-0.025, 0.12)],
            [(-0.04, -0.03), (0.04, -0.03), (0.045, 0.065), (-0.045, 0.065)],
            [(-0.035 - stride, -0.12), (-0.005 - stride, -0.12), (0.0, -0.02), (-0.04, -0.02)],
            [(0.005 + stride, -0.12), (0.035 + stride, -0.12), (0.04, -0.02), (0.0, -0.02)],
        ]
        corners = np.array([[(x, y, z + h) for y, h in part] for part in parts])
        builder.quads(corners, rgb, Material.LIGHT, lamp=lamp)
    return builder.build()


def _lens(builder: MeshBuilder, z: float, radius: float, rgb: Colour, lamp: Lamp) -> None:
    """A round pane that looks along +x."""
    angle = 2 * np.pi * np.arange(9) / 8
    ring = np.stack([np.full(9, 0.105), radius * np.cos(angle), z + radius * np.sin(angle)], axis=-1)
    centre = np.broadcast_to([0.115, 0.0, z], (8, 3))
    builder.triangles(np.stack([centre, ring[:-1], ring[1:]], axis=1), rgb, Material.LIGHT, lamp=lamp)


def signal_heads(network: RoadNetwork) -> tuple[tuple[SignalHead, ...], Mesh]:
    """All heads, and the mesh of their posts and masts."""
    heads: list[SignalHead] = []
    posts = MeshBuilder()
    poles = [(signal.index, pole) for signal in network.signals for pole in signal.poles]
    feet = beside_ways(network, np.array([pole.xy for _, pole in poles]), _POLE_CLEAR_M)
    for (index, pole), xy in zip(poles, feet, strict=True):
        heads += _pole_heads(posts, network, index, replace(pole, xy=xy))
    ways = MultiLineString([w.points for w in network.walkways])
    for crossing in network.crossings:
        if crossing.signal >= 0:
            heads += _crossing_heads(posts, network, crossing, ways)
    return tuple(heads), posts.build()


def _pole_heads(posts: MeshBuilder, network: RoadNetwork, signal: int, pole: Pole) -> list[SignalHead]:
    """A head on the post, and those below its mast arm."""
    foot = _foot(network.terrain, pole.xy, raised_m(network.profile))
    right = np.array([np.sin(pole.yaw), -np.cos(pole.yaw), 0.0])
    ahead = np.array([np.cos(pole.yaw), np.sin(pole.yaw), 0.0])
    found = [(foot + 0.16 * ahead + POST_HEAD_M * _UP, False)]
    height = POST_HEAD_M + 1.25
    if pole.mast_m > 0:
        height = MAST_HEAD_M + 1.0
        tip = foot + height * _UP + pole.mast_m * right
        posts.tube((foot + (height - 0.25) * _UP).tolist(), tip.tolist(), (0.075, 0.05), _POST, Material.METAL, sides=5)
        count = 2 if pole.mast_m > 6.0 else 1
        for index in range(count):
            below = tip - (0.3 + 3.2 * index) * right - [0.0, 0.0, 0.78]
            found.append((below + 0.2 * ahead, True))
    posts.tube(
        (foot - 0.3 * _UP).tolist(), (foot + height * _UP).tolist(), (0.09, 0.07), _POST, Material.METAL, sides=6
    )
    posts.box(*_box(foot, 0.2, 0.0, 0.12), rgb=_POST, material=Material.METAL)
    return [_head(signal, False, traffic_head(plate), place, pole.yaw) for place, plate in found]


def _crossing_heads(
    posts: MeshBuilder, network: RoadNetwork, crossing: Crossing, ways: BaseGeometry
) -> list[SignalHead]:
    """A head for pedestrians at either end of a crossing, beside their ways, looking across it."""
    axis = crossing.end - crossing.start
    axis = axis / np.linalg.norm(axis)
    side = np.array([-axis[1], axis[0]])
    half = 0.5 * crossing.polygon.area / max(1.0, float(np.linalg.norm(crossing.end - crossing.start)))
    heads: list[SignalHead] = []
    for end, out in ((crossing.start, -axis), (crossing.end, axis)):
        spots = [end + 0.5 * out + sign * (half + 0.25) * side for sign in (1.0, -1.0)]
        clear = shapely.distance(ways, shapely.points(np.stack(spots)))
        spot = beside_ways(network, spots[int(np.argmax(clear))], _POST_CLEAR_M)[0]
        foot = _foot(network.terrain, spot, raised_m(network.profile))
        top = foot + (_WALK_HEAD_M + 0.7) * _UP
        posts.tube((foot - 0.2 * _UP).tolist(), top.tolist(), (0.05, 0.05), _POST, Material.METAL, sides=5)
        look = -out
        yaw = float(np.arctan2(look[1], look[0]))
        place = foot + np.array([*(0.14 * look), _WALK_HEAD_M])
        heads.append(_head(crossing.signal, True, walk_head(), place, yaw))
    return heads


def _head(signal: int, walk: bool, mesh: Mesh, place: Floats, yaw: float) -> SignalHead:
    centre = place + (0.3 if walk else 0.52) * _UP
    return SignalHead(signal, walk, mesh.placed(yaw, place), centre, np.array([np.cos(yaw), np.sin(yaw)]))


def _foot(terrain: Terrain, xy: Floats, lift: float) -> Floats:
    return np.array([xy[0], xy[1], float(terrain.height(np.asarray(xy))) + lift])


def _box(foot: Floats, half: float, low: float, high: float) -> tuple[list[float], list[float]]:
    x, y, z = foot.tolist()
    return [x - half, y - half, z + low], [x + half, y + half, z + high]
