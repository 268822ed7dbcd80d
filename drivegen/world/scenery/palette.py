"""Colours of what stands along roads (display values), and how they vary."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivegen.world.geometry import Colour

PLASTERS: tuple[Colour, ...] = (
    (0.78, 0.70, 0.58), (0.83, 0.80, 0.73), (0.74, 0.66, 0.48), (0.64, 0.66, 0.63), (0.70, 0.56, 0.46),
    (0.80, 0.74, 0.62), (0.62, 0.68, 0.70), (0.76, 0.62, 0.52), (0.68, 0.70, 0.58), (0.85, 0.83, 0.79),
)  # fmt: skip
BRICKS: tuple[Colour, ...] = (
    (0.55, 0.33, 0.26), (0.47, 0.29, 0.24), (0.62, 0.42, 0.32), (0.42, 0.27, 0.23), (0.66, 0.53, 0.40),
    (0.50, 0.36, 0.30),
)  # fmt: skip
CONCRETES: tuple[Colour, ...] = (
    (0.60, 0.60, 0.58), (0.50, 0.52, 0.54), (0.68, 0.67, 0.64), (0.40, 0.44, 0.48), (0.56, 0.52, 0.48),
)  # fmt: skip
ROOFS: tuple[Colour, ...] = (
    (0.48, 0.25, 0.18), (0.30, 0.29, 0.30), (0.38, 0.31, 0.26), (0.55, 0.33, 0.22), (0.25, 0.27, 0.30),
    (0.42, 0.38, 0.35),
)  # fmt: skip
SIDINGS: tuple[Colour, ...] = (
    (0.86, 0.85, 0.82), (0.74, 0.76, 0.76), (0.62, 0.68, 0.72), (0.80, 0.75, 0.62), (0.58, 0.62, 0.54),
    (0.70, 0.60, 0.50), (0.55, 0.36, 0.30),
)  # fmt: skip
BARNS: tuple[Colour, ...] = ((0.48, 0.16, 0.13), (0.42, 0.34, 0.26), (0.55, 0.50, 0.44), (0.36, 0.28, 0.22))
AWNINGS: tuple[Colour, ...] = (
    (0.58, 0.14, 0.13), (0.14, 0.33, 0.24), (0.16, 0.24, 0.46), (0.66, 0.50, 0.16), (0.20, 0.20, 0.21),
    (0.70, 0.66, 0.58),
)  # fmt: skip
SUMMER: tuple[Colour, ...] = ((0.33, 0.45, 0.19), (0.39, 0.49, 0.21), (0.28, 0.41, 0.20), (0.43, 0.49, 0.22))
SPRING: tuple[Colour, ...] = (
    (0.38, 0.50, 0.18), (0.44, 0.53, 0.22), (0.32, 0.45, 0.20), (0.40, 0.48, 0.20), (0.36, 0.46, 0.17),
    (0.42, 0.50, 0.24), (0.30, 0.42, 0.17), (0.34, 0.47, 0.22), (0.72, 0.60, 0.58),
)  # fmt: skip
AUTUMN: tuple[Colour, ...] = ((0.66, 0.46, 0.17), (0.62, 0.34, 0.16), (0.50, 0.46, 0.20), (0.70, 0.56, 0.22))
NEEDLES: tuple[Colour, ...] = ((0.23, 0.35, 0.22), (0.26, 0.37, 0.20), (0.28, 0.38, 0.29))
CROPS: tuple[Colour, ...] = ((0.38, 0.46, 0.20), (0.70, 0.62, 0.34), (0.44, 0.52, 0.22), (0.60, 0.55, 0.26))
STEEL: Colour = (0.42, 0.43, 0.44)


def shaded(rng: np.random.Generator, rgb: Sequence[float], spread: float) -> Colour:
    """A colour a little lighter or darker, and a little off in hue."""
    light, *hue = (2.0 * rng.random(4) - 1.0).tolist()
    factor, shift = 1.0 + spread * light, 0.15 * spread
    red, green, blue = (min(0.97, max(0.02, c * factor + shift * h)) for c, h in zip(rgb, hue, strict=True))
    return red, green, blue


def pick(rng: np.random.Generator, palette: Sequence[Colour], spread: float = 0.1) -> Colour:
    """One colour of a palette, varied."""
    return shaded(rng, palette[int(rng.integers(len(palette)))], spread)


def times(rgb: Sequence[float], factor: float) -> Colour:
    """A colour made lighter or darker."""
    red, green, blue = (min(0.97, c * factor) for c in rgb)
    return red, green, blue
