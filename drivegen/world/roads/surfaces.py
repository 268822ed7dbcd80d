"""The ground by what it is made of."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry import Polygon

KERB_M = 0.12
"""Sidewalks, islands and verges of towns lie this much above the carriageway; rural verges lie level with it."""


@dataclass(frozen=True)
class Surfaces:
    """Polygons of the ground, global frame; road, sidewalks, verges and islands never overlap.

    Attributes:
        road: carriageways, a polygon for each road and each junction; parking lanes, bicycle lanes and paved shoulders
            belong to them, islands do not.
        parking: parking lanes; they lie on the road.
        sidewalks: what people walk on, with round corners at junctions.
        verges: grass between carriageway and sidewalk, or along a rural road.
        crossings: zebra crossings; they lie on the road.
        islands: raised medians between the directions.
    """

    road: tuple[Polygon, ...]
    parking: tuple[Polygon, ...]
    sidewalks: tuple[Polygon, ...]
    verges: tuple[Polygon, ...]
    crossings: tuple[Polygon, ...]
    islands: tuple[Polygon, ...]
