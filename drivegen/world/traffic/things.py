"""What stands: its look, its place, and how places beside a parking spot or a road are told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from drivegen.core.arrays import Booleans, Floats
from drivegen.world.roads import ParkingSpot, Road, RoadNetwork
from drivegen.world.traffic.cast import Member

_POST_M = 1.2
"""Nothing stands closer than this to the posts of signs and signals."""


@dataclass(frozen=True, eq=False)
class Thing:
    """Something that stands for the whole clip; z_m is its height above the terrain."""

    member: Member
    xy: Floats
    yaw: float
    z_m: float = 0.0
    attribute: str = ""


@dataclass(frozen=True, eq=False)
class Piece:
    """Something in a strip: `along` it and `across` to its left, metres; `turn` from its heading, radians."""

    member: Member
    along: float
    across: float
    turn: float = 0.0
    attribute: str = ""


def barrier_along(member: Member, along: float, across: float) -> Piece:
    """A barrier whose long side, which is its width, lies along the strip."""
    return Piece(member, along, across, np.pi / 2)


def in_spots(spots: list[ParkingSpot], pieces: list[Piece]) -> list[Thing]:
    """Pieces in a row of spots in the order of their heading; stations begin at the rear end of the first spot."""
    pitch = spots[0].length_m
    things = []
    for piece in pieces:
        n = min(max(int(piece.along // pitch), 0), len(spots) - 1)
        spot, along = spots[n], piece.along - (n + 0.5) * pitch
        c, s = np.cos(spot.yaw), np.sin(spot.yaw)
        xy = np.asarray(spot.xy) + np.array([along * c - piece.across * s, along * s + piece.across * c])
        things.append(Thing(piece.member, xy, float(spot.yaw + piece.turn), 0.0, piece.attribute))
    return things


def along_road(road: Road, pieces: list[Piece], z_m: float = 0.0) -> list[Thing]:
    """Pieces in road coordinates."""
    if not pieces:
        return []
    s, d = np.array([p.along for p in pieces]), np.array([p.across for p in pieces])
    places, yaws = road.line.points(s, d), road.line.heading(s)
    return [
        Thing(piece.member, xy, float(yaw + piece.turn), z_m, piece.attribute)
        for piece, xy, yaw in zip(pieces, places, yaws, strict=True)
    ]


def off_posts(network: RoadNetwork, xy: Floats) -> Booleans:
    """Whether places (N, 2) keep off the posts of signs and signals."""
    posts = [pole.xy for signal in network.signals for pole in signal.poles] + [sign.xy for sign in network.signs]
    if not posts or not len(xy):
        return np.ones(len(xy), bool)
    free = np.ones(len(xy), bool)
    free[shapely.STRtree(shapely.points(np.array(posts))).query(
        shapely.points(xy), predicate="dwithin", distance=_POST_M
    )[0]] = False  # fmt: skip
    return free
