"""What stands still along the roads: ground, paint, buildings, plants, lamps, signals, signs and the skyline."""

from drivegen.world.scenery.stage import make_stage
from drivegen.world.scenery.tiles import Tile
from drivegen.world.scenery.types import SignalHead, Stage

__all__ = ["SignalHead", "Stage", "Tile", "make_stage"]
