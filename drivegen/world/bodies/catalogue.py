"""What takes part in traffic: names of bodies, nuScenes classes, the sizes they come in and how common they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats

Size = tuple[float, float, float]


@dataclass(frozen=True)
class Body:
    """A body shape.

    Attributes:
        name: its name in `BODIES`.
        category: nuScenes class.
        low, high: smallest and largest length, width, height, metres.
    """

    name: str
    category: str
    low: Size
    high: Size

    def size(self, rng: np.random.Generator) -> Floats:
        """Draw length, width, height (3,) in metres; nearly one factor for all, so that proportions stay."""
        low, high = np.array(self.low), np.array(self.high)
        return np.round(low + (high - low) * np.clip(rng.random() + rng.uniform(-0.15, 0.15, 3), 0, 1), 3)


_ALL: tuple[Body, ...] = (
    Body("sedan", "car", (4.40, 1.78, 1.41), (4.95, 1.88, 1.50)),
    Body("hatchback", "car", (3.75, 1.69, 1.45), (4.35, 1.80, 1.55)),
    Body("wagon", "car", (4.50, 1.78, 1.45), (4.90, 1.86, 1.54)),
    Body("coupe", "car", (4.30, 1.79, 1.27), (4.65, 1.90, 1.37)),
    Body("suv", "car", (4.40, 1.84, 1.64), (4.95, 1.98, 1.82)),
    Body("minivan", "car", (4.70, 1.86, 1.70), (5.15, 1.99, 1.84)),
    Body("taxi", "car", (4.70, 1.82, 1.58), (4.95, 1.88, 1.66)),
    Body("van", "car", (4.90, 1.90, 1.93), (5.40, 2.02, 2.15)),
    Body("delivery_van", "truck", (5.60, 2.00, 2.45), (6.60, 2.12, 2.80)),
    Body("pickup", "truck", (5.20, 1.88, 1.76), (5.75, 2.04, 1.93)),
    Body("box_truck", "truck", (6.50, 2.25, 2.95), (9.00, 2.50, 3.55)),
    Body("semi", "truck", (5.90, 2.45, 3.45), (6.60, 2.55, 3.85)),
    Body("bus", "bus", (10.5, 2.48, 2.95), (12.2, 2.56, 3.20)),
    Body("trailer", "trailer", (4.50, 2.00, 2.30), (7.50, 2.40, 3.00)),
    Body("semi_trailer", "trailer", (10.0, 2.48, 3.70), (13.4, 2.56, 3.95)),
    Body("loader", "construction_vehicle", (6.00, 2.30, 2.90), (7.20, 2.55, 3.25)),
    Body("excavator", "construction_vehicle", (6.20, 2.40, 2.90), (7.40, 2.60, 3.15)),
    Body("roller", "construction_vehicle", (4.20, 1.65, 2.70), (4.80, 1.85, 2.95)),
    Body("motorcycle", "motorcycle", (2.00, 0.74, 1.50), (2.25, 0.88, 1.66)),
    Body("scooter", "motorcycle", (1.75, 0.66, 1.52), (1.95, 0.74, 1.68)),
    Body("bicycle", "bicycle", (1.66, 0.52, 1.62), (1.82, 0.62, 1.80)),
    Body("pedestrian", "pedestrian", (0.56, 0.48, 1.56), (0.72, 0.58, 1.90)),
    Body("child", "pedestrian", (0.42, 0.35, 1.10), (0.54, 0.44, 1.42)),
    Body("worker", "pedestrian", (0.60, 0.51, 1.66), (0.72, 0.59, 1.90)),
    Body("cone", "traffic_cone", (0.34, 0.34, 0.62), (0.42, 0.42, 0.80)),
    Body("barrier", "barrier", (0.45, 1.70, 0.95), (0.60, 2.20, 1.10)),
)
BODIES: dict[str, Body] = {body.name: body for body in _ALL}

DRIVEN: dict[str, float] = {
    "sedan": 0.20, "hatchback": 0.14, "wagon": 0.06, "coupe": 0.03, "suv": 0.19, "minivan": 0.05, "taxi": 0.04,
    "van": 0.05, "delivery_van": 0.04, "pickup": 0.05, "box_truck": 0.05, "semi": 0.015, "bus": 0.04,
    "motorcycle": 0.03, "scooter": 0.015,
}  # fmt: skip
"""Shares of what drives on a lane."""

PARKED: dict[str, float] = {
    "sedan": 0.26, "hatchback": 0.22, "wagon": 0.09, "coupe": 0.04, "suv": 0.22, "minivan": 0.06, "taxi": 0.01,
    "van": 0.06, "pickup": 0.04,
}  # fmt: skip
"""Shares of what stands in a parking lane."""
