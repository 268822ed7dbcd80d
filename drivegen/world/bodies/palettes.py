"""Colours of paint and clothes with their shares in traffic, display values (sRGB)."""

from __future__ import annotations

from drivegen.world.geometry import Colour

Palette = tuple[tuple[Colour, float], ...]

PAINTS: Palette = (
    ((0.90, 0.90, 0.89), 0.24),  # white
    ((0.06, 0.06, 0.065), 0.19),  # black
    ((0.33, 0.34, 0.36), 0.16),  # dark grey
    ((0.66, 0.67, 0.69), 0.14),  # silver
    ((0.11, 0.20, 0.44), 0.08),  # blue
    ((0.58, 0.07, 0.08), 0.07),  # red
    ((0.27, 0.47, 0.66), 0.03),  # light blue
    ((0.47, 0.41, 0.33), 0.03),  # bronze
    ((0.12, 0.27, 0.20), 0.02),  # green
    ((0.76, 0.70, 0.58), 0.02),  # beige
    ((0.86, 0.42, 0.10), 0.01),  # orange
    ((0.85, 0.68, 0.13), 0.01),  # yellow
)
"""Colours of private cars."""

CLOTHES: Palette = (
    ((0.13, 0.13, 0.15), 0.20),  # black
    ((0.17, 0.22, 0.34), 0.17),  # navy
    ((0.44, 0.45, 0.47), 0.12),  # grey
    ((0.84, 0.83, 0.80), 0.11),  # white
    ((0.30, 0.42, 0.58), 0.08),  # denim
    ((0.58, 0.12, 0.14), 0.07),  # red
    ((0.56, 0.47, 0.35), 0.07),  # beige
    ((0.27, 0.36, 0.27), 0.06),  # olive
    ((0.40, 0.27, 0.42), 0.04),  # plum
    ((0.78, 0.58, 0.16), 0.03),  # mustard
    ((0.20, 0.47, 0.50), 0.03),  # teal
    ((0.86, 0.50, 0.48), 0.02),  # pink
)
"""Colours of jackets, coats and shirts."""

_FLEETS: dict[str, Palette] = {
    "taxi": (((0.93, 0.70, 0.10), 0.8), ((0.90, 0.89, 0.82), 0.2)),
    "bus": (
        ((0.72, 0.12, 0.11), 0.3), ((0.16, 0.32, 0.58), 0.25), ((0.88, 0.86, 0.80), 0.2),
        ((0.20, 0.45, 0.30), 0.15), ((0.90, 0.62, 0.14), 0.1),
    ),
    "van": (
        ((0.91, 0.91, 0.90), 0.6), ((0.62, 0.63, 0.65), 0.15), ((0.20, 0.22, 0.25), 0.15), ((0.14, 0.24, 0.45), 0.1),
    ),
    "delivery_van": (
        ((0.92, 0.92, 0.91), 0.5), ((0.90, 0.70, 0.12), 0.15), ((0.30, 0.20, 0.13), 0.15), ((0.17, 0.30, 0.52), 0.2),
    ),
    "box_truck": (
        ((0.90, 0.90, 0.89), 0.45), ((0.16, 0.27, 0.50), 0.2), ((0.66, 0.12, 0.11), 0.15), ((0.82, 0.60, 0.12), 0.1),
        ((0.18, 0.38, 0.26), 0.1),
    ),
    "semi": (
        ((0.88, 0.88, 0.87), 0.35), ((0.62, 0.10, 0.10), 0.2), ((0.14, 0.25, 0.48), 0.2), ((0.10, 0.10, 0.11), 0.15),
        ((0.20, 0.38, 0.27), 0.1),
    ),
    "trailer": (((0.88, 0.88, 0.87), 0.6), ((0.55, 0.57, 0.60), 0.2), ((0.20, 0.33, 0.53), 0.2)),
    "loader": (((0.90, 0.62, 0.08), 0.8), ((0.85, 0.38, 0.10), 0.2)),
    "barrier": (((0.80, 0.26, 0.12), 0.6), ((0.90, 0.89, 0.86), 0.4)),
    "cone": (((0.93, 0.33, 0.07), 1.0),),
}  # fmt: skip
_LIKE = {"semi_trailer": "trailer", "excavator": "loader", "roller": "loader"}
_DRESSED = ("pedestrian", "child", "worker", "bicycle", "scooter")
_WORKER: Palette = (((0.95, 0.45, 0.08), 0.5), ((0.80, 0.88, 0.12), 0.5))


def palette_of(body: str) -> Palette:
    """Colours that a body of that name comes in, with their shares."""
    if body == "worker":
        return _WORKER
    if body in _DRESSED:
        return CLOTHES
    return _FLEETS.get(_LIKE.get(body, body), PAINTS)
