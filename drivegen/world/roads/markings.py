"""Painted lines along the streets, interrupted at junctions and crossings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shapely.geometry import LineString

from drivegen.core import LaneLine
from drivegen.core.arrays import Floats
from drivegen.world.geometry import Colour
from drivegen.world.profile import Profile
from drivegen.world.roads.ground_plan import island_spans, parking_spans
from drivegen.world.roads.layout import Layout, Street

WHITE: Colour = (0.90, 0.90, 0.87)
YELLOW: Colour = (0.87, 0.68, 0.17)
SOLID_BEFORE_STOP_M = 24.0
"""Lanes must not be changed this close to a stop line: their line is solid there."""


@dataclass(frozen=True)
class PaintStyle:
    """How a place paints its roads.

    Attributes:
        width_m: width of lines.
        edge_lines: whether the carriageway has lines along its edges where nobody parks.
        parking_ticks: whether parking places are parted by short lines.
        dashed_centre: whether the line between the directions of a two-lane road is dashed where overtaking is allowed.
    """

    width_m: float
    edge_lines: bool
    parking_ticks: bool
    dashed_centre: bool


def draw_style(rng: np.random.Generator, profile: Profile) -> PaintStyle:
    """Draw a style."""
    dashed = {Profile.URBAN: 0.2, Profile.SUBURBAN: 0.5, Profile.RURAL: 0.75}[profile]
    return PaintStyle(
        width_m=float(rng.choice([0.1, 0.12, 0.15])),
        edge_lines=bool(profile is Profile.RURAL or rng.random() < 0.25),
        parking_ticks=bool(rng.random() < 0.5),
        dashed_centre=bool(rng.random() < dashed),
    )


def build_lane_lines(layout: Layout, style: PaintStyle) -> tuple[LaneLine, ...]:
    """All lines of a layout."""
    lines: list[LaneLine] = []
    for street in layout.streets:
        for span in street.blocks(0.0, 1.0):
            lines += _centre(street, span, style)
            for right in (True, False):
                lines += _lane_lines(street, span, right, style)
                lines += _edges(street, span, right, style)
        for right in (True, False):
            for span in parking_spans(street, right):
                lines.append(_parking(street, span, right))
    return tuple(lines)


def _centre(street: Street, span: tuple[float, float], style: PaintStyle) -> list[LaneLine]:
    section = street.section
    rgb = YELLOW if section.yellow else WHITE
    if section.median_m:
        at = section.median_m / 2 - 0.08 if island_spans(street) else 0.1
        return [_line(street, span, d, "solid", style.width_m, rgb) for d in (-at, at)]
    if section.lanes > 1:
        return [_line(street, span, 0.0, "double", style.width_m, rgb)]
    if not style.dashed_centre:
        return [_line(street, span, 0.0, "double" if section.yellow else "solid", style.width_m, rgb)]
    found = []
    for low, high, bent in _overtaking(street, span):
        found.append(_line(street, (low, high), 0.0, "solid" if bent else "dashed", style.width_m, rgb))
    return found


def _overtaking(street: Street, span: tuple[float, float]) -> list[tuple[float, float, bool]]:
    """Pieces of a span: solid (True) near stop lines, dashed otherwise."""
    low, high = span
    inner = [low, high]
    if street.ends[0].junction >= 0:
        inner[0] = min(low + SOLID_BEFORE_STOP_M, high)
    if street.ends[1].junction >= 0:
        inner[1] = max(high - SOLID_BEFORE_STOP_M, inner[0])
    pieces = [(low, inner[0], True), (inner[0], inner[1], False), (inner[1], high, True)]
    return [(a, b, bent) for a, b, bent in pieces if b - a > 1.0]


def _lane_lines(street: Street, span: tuple[float, float], right: bool, style: PaintStyle) -> list[LaneLine]:
    """Between lanes of one direction: dashed, and solid before the stop line."""
    section, found = street.section, []
    low, high = span
    end = street.ends[1 if right else 0]
    solid = min(SOLID_BEFORE_STOP_M, high - low) if end.junction >= 0 else 0.0
    for number in range(1, section.lanes):
        d = _signed(right, section.median_m / 2 + number * section.lane_m)
        if right:
            pieces = [(low, high - solid, "dashed"), (high - solid, high, "solid")]
        else:
            pieces = [(low + solid, high, "dashed"), (low, low + solid, "solid")]
        found += [_line(street, (a, b), d, kind, style.width_m, WHITE) for a, b, kind in pieces if b - a > 1.0]
    return found


def _edges(street: Street, span: tuple[float, float], right: bool, style: PaintStyle) -> list[LaneLine]:
    """Bicycle lane lines, or the line at the carriageway's edge."""
    section = street.section
    side, found = section.side(right), []
    edge = section.driving_m
    if side.bike_m:
        found.append(_line(street, span, _signed(right, edge), "solid", style.width_m, WHITE))
        edge += side.bike_m
    if style.edge_lines and not side.parking_m:
        found.append(_line(street, span, _signed(right, edge), "solid", style.width_m, WHITE))
    return found


def _parking(street: Street, span: tuple[float, float], right: bool) -> LaneLine:
    d = street.section.parking_inner_m(right)
    return _line(street, span, _signed(right, d), "solid", 0.1, WHITE)


def _signed(right: bool, d: float) -> float:
    return -d if right else d


def _line(street: Street, span: tuple[float, float], d: float, kind: str, width_m: float, rgb: Colour) -> LaneLine:
    points: Floats = street.line.points(street.line.stations(*span), d)
    return LaneLine(LineString(points), kind, width_m, rgb)
