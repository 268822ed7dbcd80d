"""Body shapes of the road users and obstacles: unit meshes that fill their box, and the sizes they come in.

A body is drawn in a box of length, width and height 1: floor at z = 0, middle at x = y = 0, x forward.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from drivegen.core import DataError
from drivegen.core.arrays import Floats
from drivegen.world.mesh import Colour, Material, Mesh, MeshBuilder
from drivegen.world.people import cyclist, pedestrian

GLASS: Colour = (0.13, 0.15, 0.18)
TYRE: Colour = (0.07, 0.07, 0.075)
PAINT: Colour = (1.0, 1.0, 1.0)
DARK: Colour = (0.10, 0.10, 0.11)
HEAD: Colour = (0.86, 0.87, 0.85)
TAIL: Colour = (0.55, 0.06, 0.06)
PLATE: Colour = (0.88, 0.87, 0.80)


@dataclass(frozen=True)
class Body:
    """A body shape.

    Attributes:
        category: nuScenes class.
        low, high: smallest and largest length, width, height, metres.
        build: makes the unit mesh at a phase of its gait in [0, 1).
        moves: whether its mesh depends on the phase.
        split: x at which a body of two blocks one behind the other is divided; None for the others.
    """

    category: str
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    build: Callable[[float], Mesh]
    moves: bool = False
    split: float | None = None

    def size(self, rng: np.random.Generator) -> Floats:
        """Draw length, width, height; one factor for all, so that proportions stay."""
        low, high = np.array(self.low), np.array(self.high)
        return np.round(low + (high - low) * np.clip(rng.random() + rng.uniform(-0.15, 0.15, 3), 0, 1), 3)


def _car(
    hood: float, cabin: tuple[float, float, float, float], waist: float, *, wheel: float = 0.20
) -> Callable[[float], Mesh]:
    """A passenger car.

    Args:
        hood: height of the hood at the front over the box height.
        cabin: x of the cabin's foot rear and front and of its roof rear and front.
        waist: height of the window line over the box height.
        wheel: radius of the wheels over the box height.
    """

    def build(_: float) -> Mesh:
        b = MeshBuilder()
        b.frustum((-0.49, 0.49, 0.47), (-0.5, 0.5, 0.5), (0.13, 0.36), PAINT)
        b.frustum((-0.5, 0.5, 0.5), (-0.48, 0.47, 0.47), (0.36, hood), PAINT)
        foot_rear, foot_front, roof_rear, roof_front = cabin
        b.frustum((-0.47, foot_front + 0.06, 0.47), (foot_rear, foot_front, 0.46), (hood - 0.02, waist), PAINT)
        b.frustum(
            (foot_rear, foot_front, 0.46),
            (roof_rear, roof_front, 0.38),
            (waist, 0.985),
            PAINT,
            sides=Material.GLASS,
            sides_rgb=GLASS,
        )
        b.frustum((roof_rear, roof_front, 0.38), (roof_rear + 0.02, roof_front - 0.03, 0.35), (0.985, 1.0), PAINT)
        middle = 0.5 * (foot_rear + foot_front)
        for x in (middle - 0.02, foot_rear + 0.05):
            _pillar(b, x, (0.46, 0.38), (waist, 0.985))
        _ends(b, (0.36, hood), wheel)
        b.wheel(0.31, 0.497, (0.075, wheel), TYRE)
        b.wheel(-0.30, 0.497, (0.075, wheel), TYRE)
        return b.build()

    return build


def _pillar(b: MeshBuilder, x: float, half: tuple[float, float], z: tuple[float, float]) -> None:
    """A painted pillar on both sides of the cabin."""
    (y0, y1), (z0, z1), w = half, z, 0.018
    b.quad([(x + w, y0, z0), (x - w, y0, z0), (x - w, y1, z1), (x + w, y1, z1)], PAINT, Material.PAINT)
    b.quad([(x - w, -y0, z0), (x + w, -y0, z0), (x + w, -y1, z1), (x - w, -y1, z1)], PAINT, Material.PAINT)


def _ends(b: MeshBuilder, z: tuple[float, float], bumper: float) -> None:
    """Lights, grille, bumpers and number plates."""
    low, high = z
    mid = (low + high) / 2
    b.side_quads((-0.46, 0.46), 0.499, (0.11, 0.15), DARK)
    b.end_quad(0.499, (-0.45, 0.45), (0.11, bumper), DARK)
    b.end_quad(-0.499, (-0.45, 0.45), (0.11, bumper), DARK)
    b.end_quad(0.4985, (-0.24, 0.24), (low - 0.06, mid), DARK)
    b.end_quad(0.4995, (-0.14, 0.14), (low - 0.14, low - 0.06), PLATE, Material.RETRO)
    b.end_quad(-0.4995, (-0.14, 0.14), (low - 0.06, low + 0.04), PLATE, Material.RETRO)
    for y in ((0.28, 0.47), (-0.47, -0.28)):
        b.end_quad(0.4995, y, (mid - 0.05, high - 0.03), HEAD, Material.HEAD_LIGHT)
        b.end_quad(-0.4995, y, (mid - 0.04, high - 0.01), TAIL, Material.TAIL_LIGHT)


def _pickup(_: float) -> Mesh:
    b = MeshBuilder()
    b.frustum((-0.5, 0.5, 0.5), (-0.5, 0.49, 0.48), (0.16, 0.55), PAINT)
    b.quad([(-0.08, 0.40, 0.551), (-0.47, 0.40, 0.551), (-0.47, -0.40, 0.551), (-0.08, -0.40, 0.551)], DARK)
    b.frustum((-0.10, 0.27, 0.46), (-0.06, 0.14, 0.39), (0.55, 0.98), PAINT, sides=Material.GLASS, sides_rgb=GLASS)
    b.frustum((-0.06, 0.14, 0.39), (-0.05, 0.13, 0.38), (0.98, 1.0), PAINT)
    _pillar(b, 0.07, (0.46, 0.39), (0.55, 0.98))
    _ends(b, (0.36, 0.55), 0.22)
    b.wheel(0.32, 0.499, (0.075, 0.21), TYRE)
    b.wheel(-0.29, 0.499, (0.075, 0.21), TYRE)
    return b.build()


def _van(_: float) -> Mesh:
    b = MeshBuilder()
    b.frustum((-0.5, 0.5, 0.5), (-0.5, 0.5, 0.5), (0.12, 0.36), PAINT)
    b.frustum((-0.5, 0.5, 0.5), (-0.5, 0.40, 0.49), (0.36, 0.52), PAINT)
    b.frustum((-0.5, 0.40, 0.49), (-0.49, 0.24, 0.43), (0.52, 1.0), PAINT)
    b.quad(
        [(0.395, -0.44, 0.55), (0.395, 0.44, 0.55), (0.277, 0.40, 0.92), (0.277, -0.40, 0.92)], GLASS, Material.GLASS
    )
    b.end_quad(-0.4999, (-0.38, 0.38), (0.60, 0.88), GLASS, Material.GLASS)
    b.side_quads((0.12, 0.31), 0.482, (0.56, 0.84), GLASS, Material.GLASS)
    _ends(b, (0.34, 0.50), 0.2)
    b.wheel(0.32, 0.4995, (0.065, 0.16), TYRE)
    b.wheel(-0.31, 0.4995, (0.065, 0.16), TYRE)
    return b.build()


def _box_truck(_: float) -> Mesh:
    b = MeshBuilder()
    grey: Colour = (0.80, 0.80, 0.79)
    b.frustum((-0.48, 0.48, 0.40), (-0.48, 0.48, 0.40), (0.10, 0.22), DARK, Material.MATT)
    b.frustum((0.24, 0.5, 0.46), (0.24, 0.49, 0.46), (0.14, 0.45), PAINT)
    b.frustum((0.24, 0.49, 0.46), (0.25, 0.45, 0.43), (0.45, 0.76), PAINT)
    b.quad(
        [(0.491, -0.42, 0.46), (0.491, 0.42, 0.46), (0.455, 0.39, 0.72), (0.455, -0.39, 0.72)], GLASS, Material.GLASS
    )
    b.side_quads((0.31, 0.43), 0.462, (0.46, 0.68), GLASS, Material.GLASS)
    b.frustum((-0.5, 0.22, 0.5), (-0.5, 0.22, 0.5), (0.22, 1.0), grey, Material.MATT)
    b.side_quads((-0.47, 0.19), 0.5, (0.52, 0.66), PAINT, Material.PAINT)
    b.end_quad(-0.5, (-0.03, 0.03), (0.24, 0.97), (0.55, 0.55, 0.55))
    _truck_ends(b)
    for x in (0.36, -0.24, -0.36):
        b.wheel(x, 0.47, (0.062, 0.13), TYRE)
    return b.build()


def _truck_ends(b: MeshBuilder) -> None:
    b.end_quad(-0.5, (-0.47, 0.47), (0.15, 0.22), DARK)
    for y in ((0.33, 0.46), (-0.46, -0.33)):
        b.end_quad(0.499, y, (0.2, 0.27), HEAD, Material.HEAD_LIGHT)
        b.end_quad(-0.5, y, (0.15, 0.21), TAIL, Material.TAIL_LIGHT)
    b.end_quad(0.499, (-0.26, 0.26), (0.22, 0.36), DARK)
    b.end_quad(-0.5, (-0.1, 0.1), (0.16, 0.21), PLATE, Material.RETRO)


def _bus(_: float) -> Mesh:
    b = MeshBuilder()
    b.frustum((-0.5, 0.5, 0.5), (-0.495, 0.49, 0.49), (0.09, 1.0), PAINT)
    b.side_quads((-0.47, 0.44), 0.4985, (0.42, 0.80), GLASS, Material.GLASS)
    for x in np.linspace(-0.36, 0.32, 6):
        b.side_quads((x - 0.006, x + 0.006), 0.499, (0.42, 0.80), PAINT, Material.PAINT)
    b.side_quads((-0.5, 0.5), 0.5, (0.09, 0.16), DARK)
    b.end_quad(0.499, (-0.45, 0.45), (0.36, 0.82), GLASS, Material.GLASS)
    b.end_quad(0.499, (-0.36, 0.36), (0.85, 0.95), (0.75, 0.55, 0.15))
    b.end_quad(-0.499, (-0.40, 0.40), (0.50, 0.80), GLASS, Material.GLASS)
    b.end_quad(-0.499, (-0.12, 0.12), (0.22, 0.27), PLATE, Material.RETRO)
    for y in ((0.32, 0.46), (-0.46, -0.32)):
        b.end_quad(0.4995, y, (0.16, 0.23), HEAD, Material.HEAD_LIGHT)
        b.end_quad(-0.4995, y, (0.20, 0.30), TAIL, Material.TAIL_LIGHT)
    b.wheel(0.30, 0.4995, (0.044, 0.155), TYRE)
    b.wheel(-0.26, 0.4995, (0.044, 0.155), TYRE)
    return b.build()


def _trailer(_: float) -> Mesh:
    b = MeshBuilder()
    b.frustum((-0.48, 0.48, 0.40), (-0.48, 0.48, 0.40), (0.14, 0.28), DARK, Material.MATT)
    b.frustum((-0.5, 0.5, 0.5), (-0.5, 0.5, 0.5), (0.26, 1.0), PAINT)
    for x in (-0.25, 0.0, 0.25):
        b.side_quads((x - 0.008, x + 0.008), 0.5, (0.28, 0.98), (0.6, 0.6, 0.6))
    b.end_quad(-0.5, (-0.02, 0.02), (0.28, 0.97), (0.35, 0.35, 0.35))
    for y in ((0.34, 0.46), (-0.46, -0.34)):
        b.end_quad(-0.5, y, (0.18, 0.25), TAIL, Material.TAIL_LIGHT)
    b.wheel(-0.20, 0.47, (0.07, 0.16), TYRE)
    b.wheel(-0.34, 0.47, (0.07, 0.16), TYRE)
    return b.build()


def _loader(_: float) -> Mesh:
    """A wheel loader: cab at the back, arm and bucket in front."""
    b = MeshBuilder()
    b.frustum((-0.5, 0.18, 0.36), (-0.46, 0.16, 0.34), (0.24, 0.52), PAINT)
    b.frustum((-0.24, 0.08, 0.30), (-0.22, 0.04, 0.27), (0.52, 0.95), PAINT, sides=Material.GLASS, sides_rgb=GLASS)
    b.frustum((-0.25, 0.07, 0.30), (-0.25, 0.07, 0.30), (0.95, 1.0), PAINT)
    b.frustum((0.14, 0.40, 0.12), (0.12, 0.40, 0.12), (0.30, 0.44), PAINT)
    b.frustum((0.34, 0.5, 0.5), (0.40, 0.48, 0.5), (0.06, 0.36), (0.35, 0.33, 0.30), Material.MATT)
    b.side_quads((-0.44, -0.10), 0.37, (0.30, 0.48), DARK)
    b.end_quad(-0.5, (-0.3, 0.3), (0.26, 0.32), (0.85, 0.4, 0.1), Material.RETRO)
    b.wheel(0.12, 0.46, (0.11, 0.235), TYRE)
    b.wheel(-0.28, 0.46, (0.11, 0.235), TYRE)
    return b.build()


def _cone(_: float) -> Mesh:
    b = MeshBuilder()
    orange: Colour = (0.88, 0.32, 0.08)
    b.frustum((-0.5, 0.5, 0.5), (-0.5, 0.5, 0.5), (0.0, 0.06), (0.2, 0.2, 0.2), Material.MATT)
    for z0, z1, rgb in ((0.06, 0.40, orange), (0.40, 0.62, (0.93, 0.93, 0.93)), (0.62, 1.0, orange)):
        a, c = 0.40 - 0.34 * z0, 0.40 - 0.34 * z1
        b.frustum((-a, a, a), (-c, c, c), (z0, z1), rgb, Material.RETRO)
    return b.build()


def _barrier(_: float) -> Mesh:
    """A work-site barrier; its long side is its width (nuScenes' convention)."""
    b = MeshBuilder()
    b.frustum((-0.5, 0.5, 0.5), (-0.18, 0.18, 0.5), (0.0, 0.35), PAINT)
    b.frustum((-0.18, 0.18, 0.5), (-0.12, 0.12, 0.5), (0.35, 1.0), PAINT)
    for y in np.linspace(-0.40, 0.20, 3):
        for x in (0.17, -0.17):
            b.end_quad(x, (y, y + 0.2), (0.55, 0.85), (0.93, 0.93, 0.93), Material.RETRO)
    return b.build()


BODIES: dict[str, Body] = {
    "sedan": Body(
        "car", (4.4, 1.78, 1.40), (4.9, 1.88, 1.50),
        _car(0.62, (-0.40, 0.24, -0.24, 0.06), 0.66, wheel=0.215),
    ),
    "hatchback": Body(
        "car", (3.8, 1.70, 1.46), (4.3, 1.80, 1.56),
        _car(0.58, (-0.48, 0.26, -0.40, 0.08), 0.62, wheel=0.20),
    ),
    "wagon": Body(
        "car", (4.5, 1.78, 1.46), (4.9, 1.86, 1.54),
        _car(0.59, (-0.48, 0.24, -0.42, 0.06), 0.63, wheel=0.205),
    ),
    "suv": Body(
        "car", (4.4, 1.84, 1.64), (4.9, 1.98, 1.82),
        _car(0.58, (-0.485, 0.25, -0.42, 0.10), 0.62, wheel=0.205),
    ),
    "van": Body("car", (4.9, 1.90, 1.95), (5.6, 2.02, 2.35), _van),
    "pickup": Body("truck", (5.2, 1.88, 1.75), (5.6, 2.02, 1.92), _pickup),
    "box_truck": Body("truck", (6.5, 2.25, 2.9), (9.0, 2.50, 3.5), _box_truck, split=0.23),
    "bus": Body("bus", (9.5, 2.45, 2.95), (12.0, 2.55, 3.25), _bus),
    "trailer": Body("trailer", (4.5, 2.0, 2.2), (7.5, 2.40, 3.0), _trailer),
    "loader": Body("construction_vehicle", (5.6, 2.2, 2.9), (6.8, 2.45, 3.2), _loader, split=0.13),
    "motorcycle": Body("motorcycle", (2.0, 0.72, 1.50), (2.3, 0.85, 1.65), cyclist(motor=True), moves=False),
    "bicycle": Body("bicycle", (1.65, 0.52, 1.60), (1.85, 0.62, 1.78), cyclist(motor=False), moves=True),
    "pedestrian": Body("pedestrian", (0.62, 0.52, 1.55), (0.80, 0.66, 1.90), pedestrian, moves=True),
    "cone": Body("traffic_cone", (0.34, 0.34, 0.62), (0.42, 0.42, 0.80), _cone),
    "barrier": Body("barrier", (0.45, 1.7, 0.95), (0.60, 2.2, 1.10), _barrier),
}  # fmt: skip

GAIT_PHASES = 12


@lru_cache(maxsize=512)
def unit_mesh(body: str, phase: int = 0, from_ahead: bool = False) -> Mesh:
    """The unit mesh of a body, in painting order.

    Args:
        phase: twelfths of a gait cycle.
        from_ahead: whether it is seen from the side of its front block; matters to bodies with a `split`.

    Raises:
        DataError: there is no such body.
    """
    if body not in BODIES:
        raise DataError("unknown body", where="track.body", expected="one of " + ", ".join(BODIES), got=body)
    mesh, split = BODIES[body].build(phase / GAIT_PHASES), BODIES[body].split
    if split is None:
        return mesh
    x = mesh.quads[..., 0]
    # What carries both blocks comes first, then the far block, then the near one.
    front = x.mean(axis=1) > split
    block = np.where(np.ptp(x, axis=1) > 0.75, 0, np.where(front == from_ahead, 2, 1))
    return mesh.take(np.argsort(block, kind="stable"))
