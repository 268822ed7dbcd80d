"""Where things can be: streets and country roads with lanes, junctions, signals, crossings, sidewalks and paint."""

from drivegen.world.roads.centre_line import CentreLine
from drivegen.world.roads.frontages import Frontage
from drivegen.world.roads.generate import make_network
from drivegen.world.roads.junctions import Arm, Control, Crossing, Junction
from drivegen.world.roads.lanes import Lane, Turn
from drivegen.world.roads.network import Painted, Road, RoadNetwork
from drivegen.world.roads.parking import Driveway, ParkingSpot
from drivegen.world.roads.section import Section, Side
from drivegen.world.roads.signals import ALL_RED_S, AMBER_S, LIGHTS, Pole, Signal
from drivegen.world.roads.signs import Sign, SignKind
from drivegen.world.roads.surfaces import KERB_M, Surfaces
from drivegen.world.roads.terrain import Terrain
from drivegen.world.roads.walkways import Walkway

__all__ = [
    "ALL_RED_S",
    "AMBER_S",
    "KERB_M",
    "LIGHTS",
    "Arm",
    "CentreLine",
    "Control",
    "Crossing",
    "Driveway",
    "Frontage",
    "Junction",
    "Lane",
    "Painted",
    "ParkingSpot",
    "Pole",
    "Road",
    "RoadNetwork",
    "Section",
    "Side",
    "Sign",
    "SignKind",
    "Signal",
    "Surfaces",
    "Terrain",
    "Turn",
    "Walkway",
    "make_network",
]
