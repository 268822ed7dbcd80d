"""The figures that describe a car's body, and the curves through them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from drivegen.core.arrays import Floats

Knots = tuple[tuple[float, float], ...]
ACROSS = np.array([0.0, 0.58, 0.90, 1.0])
"""Where the ends, bonnet, screens and roof are divided, from the middle to the side."""
UP = np.array([0.0, 0.07, 0.92, 1.0])
"""Where the windows' walls are divided, from the shoulder to the roof: the middle band holds the glass."""


@dataclass(frozen=True)
class CarShape:
    """A passenger car's body; x over the length from the middle, y over half the width, z over the height.

    Attributes:
        axles: x of the front and rear axle.
        wheel: wheels' radius over the height.
        ends: x at which the flanks end, front and rear; the ends bulge from there to the full length.
        shoulder: (x, z) of the upper edge of the flanks: wings, waist line, boot.
        plan: (x, y) of the flanks seen from above.
        levels: z of the four lower lines of the flanks at the front and at the rear; the shoulder is the fifth.
        widths: the five lines' y over the plan's.
        bulge: share of what is in front of `ends` that the middle of each line reaches, front and rear.
        columns: (x at the shoulder, x at the roof) of the window wall's upright edges, from front to rear.
        windows: letters of the areas between the columns.
        roof: (x, z) of the roof's side edge.
        crown: how much the roof's middle is higher.
        roof_y: y of the roof's side edge.
        front, rear: letters of the ends' areas, four words from below, each from the middle to the side.
        wrap: letters of what the lamps' band shows round the corner, front and rear.
        screens: letters of the middle of windscreen and rear screen.
        doors: x of the doors' shut lines; handles: x of their handles' middles.
        sill: letter of the lowest band of the flanks.
        clad: whether the wheel arches are edged in plastic.
        bed: x of a pickup's load bed, front and rear.
        bonnet_crown: how much bonnet and boot are higher in the middle.
        screen_bulge: how far the screens' middles stand forward, foot and top, over the length.
        rails: whether the roof carries rails.
        sign: whether the roof carries a taxi's sign.
    """

    axles: tuple[float, float]
    wheel: float
    ends: tuple[float, float]
    shoulder: Knots
    plan: Knots
    levels: tuple[tuple[float, float, float, float], tuple[float, float, float, float]]
    columns: Knots
    windows: str
    roof: Knots
    roof_y: float
    front: str
    rear: str
    bulge: tuple[tuple[float, ...], tuple[float, ...]] = ((0.75, 1.0, 0.96, 0.80, 0.62), (0.75, 1.0, 0.97, 0.88, 0.75))
    widths: tuple[float, float, float, float, float] = (0.945, 0.985, 1.0, 0.985, 0.935)
    crown: float = 0.025
    wrap: str = "IT"
    screens: str = "WWP WWP"
    doors: tuple[float, ...] = ()
    handles: tuple[float, ...] = ()
    sill: str = "P"
    clad: bool = False
    bed: tuple[float, float] | None = None
    bonnet_crown: float = 0.02
    screen_bulge: tuple[float, float] = (0.028, 0.02)
    rails: bool = False
    sign: bool = False
    rear_screen_bulge: tuple[float, float] = field(default=(0.012, 0.012))


class Curves:
    """A car shape in metres."""

    def __init__(self, shape: CarShape, size_m: tuple[float, float, float]) -> None:
        self.shape = shape
        self.length_m, self.width_m, self.height_m = size_m
        self._scale = np.array([size_m[0], 0.5 * size_m[1], size_m[2]])

    def metres(self, points: Floats) -> Floats:
        """Points (..., 3) of the shape's figures in metres."""
        scaled: Floats = points * self._scale
        return scaled

    def lines(self, x: Floats) -> Floats:
        """The flank's five lines at some x (C,): points (5, C, 3) in the shape's figures."""
        shape = self.shape
        share = np.clip((shape.ends[0] - x) / (shape.ends[0] - shape.ends[1]), 0.0, 1.0)
        z = [a + (b - a) * share for a, b in zip(*shape.levels, strict=True)]
        z.append(curve(shape.shoulder, x))
        y = np.outer(shape.widths, curve(shape.plan, x))
        return np.stack([np.broadcast_to(x, y.shape), y, np.stack(z)], axis=-1)

    def flank_point(self, x: float, z: float) -> Floats:
        """The flank's point (3,) at x and z, in the shape's figures."""
        line = self.lines(np.array([x]))[:, 0]
        return np.array([x, np.interp(z, line[:, 2], line[:, 1]), z])

    def end(self, which: int) -> Floats:
        """The front (0) or rear (1) end: points (5, T, 3) from the middle to the side, in the shape's figures."""
        shape = self.shape
        x_end = shape.ends[which]
        side = self.lines(np.array([x_end]))[:, 0]
        room = (0.5 if which == 0 else -0.5) - x_end
        arch = 1.0 - ACROSS**2.4
        x = x_end + room * np.outer(shape.bulge[which], arch)
        y = np.outer(side[:, 1], ACROSS)
        z = np.repeat(side[:, 2:], len(ACROSS), axis=1)
        z[-1] += shape.bonnet_crown * (1.0 - ACROSS**2)
        return np.stack([x, y, z], axis=-1)

    def wall(self) -> Floats:
        """The window wall: points (rows UP, columns, 3) from the shoulder to the roof, in the shape's figures."""
        shape = self.shape
        feet = np.array([column[0] for column in shape.columns])
        tops = np.array([column[1] for column in shape.columns])
        foot = self.lines(feet)[-1] - [0.0, 0.004, 0.006]
        top = np.stack([tops, np.full_like(tops, shape.roof_y), curve(shape.roof, tops)], axis=-1)
        wall = foot + (top - foot) * UP[:, None, None]
        wall[..., 1] += 0.10 * (UP * (1.0 - UP))[:, None]
        return wall

    def screen(self, which: int) -> Floats:
        """The windscreen (0) or rear screen (1): points (rows UP, T, 3) from the middle to the side."""
        shape = self.shape
        edge = self.wall()[:, 0 if which == 0 else -1]
        low, high = shape.screen_bulge if which == 0 else shape.rear_screen_bulge
        stand = (low + (high - low) * UP) * (1.0 if which == 0 else -1.0)
        lift = shape.bonnet_crown + (shape.crown - shape.bonnet_crown) * UP
        arch = 1.0 - ACROSS**2
        x = edge[:, :1] + stand[:, None] * arch
        return np.stack([x, edge[:, 1:2] * ACROSS, edge[:, 2:] + lift[:, None] * arch], axis=-1)


def curve(knots: Knots, x: Floats) -> Floats:
    """A line of straight pieces through knots, in any order of x."""
    ordered = sorted(knots)
    value: Floats = np.interp(x, [knot[0] for knot in ordered], [knot[1] for knot in ordered])
    return value
