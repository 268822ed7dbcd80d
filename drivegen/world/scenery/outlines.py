"""Size and looks of a house, before it is built."""

from __future__ import annotations

from dataclasses import dataclass

from drivegen.world.geometry import Colour, Material
from drivegen.world.scenery.pile import Param


@dataclass(frozen=True)
class Outline:
    """Size of a house: width along the street, depth, and how far its walls reach below the pavement, metres; and
    whether its left and right walls (seen from the street) stand free."""

    width_m: float
    depth_m: float
    foot_m: float
    open_left: bool = True
    open_right: bool = True


@dataclass(frozen=True)
class Face:
    """How the walls of a house look."""

    rgb: Colour
    trim: Colour
    storey_m: float
    bay_m: float
    glass: float
    seed: float
    blind: Material

    @property
    def param(self) -> Param:
        return (self.storey_m, self.bay_m, self.seed, self.glass)
