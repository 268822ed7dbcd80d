"""Colours: one per category, closed, told apart on asphalt, sky and one another."""

from __future__ import annotations

from typing import Final

# R, G, B. Vehicles in warm colours, cycles in violet and pink, pedestrians in blue, things that stand still in green.
CATEGORY_COLOR: Final[dict[str, tuple[int, int, int]]] = {
    "car": (255, 158, 0),
    "truck": (255, 99, 71),
    "bus": (255, 221, 51),
    "trailer": (255, 140, 105),
    "construction_vehicle": (233, 150, 70),
    "pedestrian": (64, 160, 255),
    "motorcycle": (255, 61, 150),
    "bicycle": (200, 100, 255),
    "traffic_cone": (60, 220, 120),
    "barrier": (0, 207, 191),
}

PAPER: Final = (250, 250, 248)
INK: Final = (32, 34, 38)
QUIET_INK: Final = (96, 100, 108)
