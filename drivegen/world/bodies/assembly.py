"""From a body's name to its triangles in metres."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from drivegen.core import DataError
from drivegen.core.arrays import Floats
from drivegen.world.bodies.builders import shape_mesh
from drivegen.world.bodies.catalogue import BODIES, Size
from drivegen.world.geometry import Colour, Mesh

GAIT_PHASES = 20
"""Steps of a gait cycle that are told apart; even."""
VARIANTS = 12
"""Looks that are told apart; variant numbers wrap around."""
_STEER_STEP_RAD = 0.12
_MOST_STEER = 4
_SIZE_STEP = 0.08
"""Shapes are made at sizes this far apart (as a share) and stretched to the size wanted: wheels stay nearly round."""
_MOST_STRETCH = 1.2
"""How much a walker is stretched along its way when its legs pass each other, over its longest stride."""


def body_mesh(
    body: str,
    size_m: Floats,
    rgb: Colour,
    *,
    gait: float = 0.0,
    variant: int = 0,
    steer_rad: float = 0.0,
    standing: bool = False,
    coarse: bool = False,
) -> Mesh:
    """The triangles of a body; the same arguments give the same object, which must not be written to.

    Ground at z = 0, middle of the box at x = y = 0, x forward. Length, width and height equal `size_m`; only people's
    length is less in the parts of the gait in which their legs pass each other.

    Args:
        size_m: (3,) length, width, height, metres.
        rgb: display colour of paint, or of people's upper clothes.
        gait: phase of the walking or pedalling cycle in cycles; whole numbers are the same phase.
        variant: chooses hair, trousers, bags ... of people and riders, and one of two kinds of barrier.
        steer_rad: how far the front wheels are turned to the left.
        standing: whether people stand instead of walking.
        coarse: with fewer triangles, for what is far.

    Raises:
        DataError: there is no such body.
    """
    if body not in BODIES:
        raise DataError("unknown body", where="track.body", expected="one of " + ", ".join(BODIES), got=body)
    phase = -1 if standing else round(gait * GAIT_PHASES) % GAIT_PHASES
    length, width, height = (round(float(value), 4) for value in size_m)
    tint = (float(rgb[0]), float(rgb[1]), float(rgb[2]))
    steer = min(max(round(steer_rad / _STEER_STEP_RAD), -_MOST_STEER), _MOST_STEER)
    return _coloured(body, (length, width, height), tint, phase, variant % VARIANTS, steer, coarse)


@lru_cache(maxsize=256)
def _coloured(body: str, size_m: Size, rgb: Colour, phase: int, variant: int, steer: int, coarse: bool) -> Mesh:
    near = _near(body, size_m)
    shape = _shape(body, near, phase, variant, steer, coarse)
    range_m = 0.0 if phase < 0 else _range(body, near, variant, coarse)
    return _fitted(shape, size_m, range_m, standing=phase < 0).tinted(rgb)


@lru_cache(maxsize=1024)
def _shape(body: str, size_m: Size, phase: int, variant: int, steer: int, coarse: bool) -> Mesh:
    return shape_mesh(body, size_m, phase=phase / GAIT_PHASES, standing=phase < 0, variant=variant,
                      steer_rad=steer * _STEER_STEP_RAD, coarse=coarse)  # fmt: skip


def _near(body: str, size_m: Size) -> Size:
    """The size at which the shape is made; of people only the height counts."""
    if BODIES[body].category == "pedestrian":
        low, high = BODIES[body].low, BODIES[body].high
        height = high[2] if 2.0 * size_m[2] > low[2] + high[2] else low[2]
        return low[0], low[1], height
    steps = np.round(np.log(size_m) / _SIZE_STEP)
    length, width, height = (round(float(value), 4) for value in np.exp(steps * _SIZE_STEP))
    return length, width, height


@lru_cache(maxsize=128)
def _range(body: str, size_m: Size, variant: int, coarse: bool) -> float:
    """The longest that a body's shape gets in its gait, metres; 0 where its length does not depend on it."""
    if BODIES[body].category != "pedestrian":
        return 0.0
    shapes = (_shape(body, size_m, phase, variant, 0, coarse) for phase in range(GAIT_PHASES))
    return max(float(np.ptp(shape.corners[..., 0])) for shape in shapes)


def _fitted(mesh: Mesh, size_m: Size, range_m: float, *, standing: bool) -> Mesh:
    """A shape moved and stretched into its box."""
    points = mesh.corners.reshape(-1, 3).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = np.array(size_m) / (high - low)
    if range_m > 0.0:
        scale[0] = min(scale[0], size_m[0] / range_m * _MOST_STRETCH)
    elif standing:
        scale[0] = min(scale[0], scale[2] * _MOST_STRETCH)
    shift = -0.5 * (low + high)
    shift[2] = -low[2]
    return replace(mesh, corners=(points + shift).reshape(-1, 3, 3).astype(np.float32)).scaled(scale)
