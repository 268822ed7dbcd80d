"""What a stage consists of."""

from __future__ import annotations

from dataclasses import dataclass

from drivegen.core import Structure
from drivegen.core.arrays import Floats
from drivegen.world.geometry import Mesh
from drivegen.world.scenery.tiles import Tile


@dataclass(frozen=True, eq=False)
class SignalHead:
    """A box of lamps that a signal switches.

    Attributes:
        signal: index into `RoadNetwork.signals`.
        walk: False: red, amber and green for the traffic of the signal's arm; its LIGHT faces carry Lamp.RED, AMBER,
            GREEN. True: WALK and STOP for pedestrians who cross that arm.
        mesh: in the global frame; the mast that carries it is in a tile.
        centre: (3,) middle of the head.
        facing: (2,) unit vector of the direction that its lamps look to.
    """

    signal: int
    walk: bool
    mesh: Mesh
    centre: Floats
    facing: Floats


@dataclass(frozen=True, eq=False)
class Stage:
    """The still world around a road network.

    Attributes:
        tiles: ground, paint, buildings, plants and furniture; large and small things of one place are separate tiles
            (see Tile.detail_m).
        lamps: (L, 3) lights of the street lamps; their panes are Material.LIGHT with Lamp.STREET in the tiles.
        signal_heads: of every signal.
        structures: footprints of the buildings, trees and poles near the road; their base lies on the terrain.
    """

    tiles: tuple[Tile, ...]
    lamps: Floats
    signal_heads: tuple[SignalHead, ...]
    structures: tuple[Structure, ...]
