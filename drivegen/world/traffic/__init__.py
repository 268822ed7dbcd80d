"""Who drives, rides, walks and stands on the roads, over time.

Drivers follow the Intelligent Driver Model (Treiber, Hennecke, Helbing 2000, Phys. Rev. E 62, 1805) along lanes.
"""

from drivegen.world.traffic.checks import overlaps
from drivegen.world.traffic.plans import EGO_SIZE, Action, Density, EgoPlan
from drivegen.world.traffic.simulation import simulate
from drivegen.world.traffic.traces import Lamps, Trace, Traffic

__all__ = [
    "EGO_SIZE",
    "Action",
    "Density",
    "EgoPlan",
    "Lamps",
    "Trace",
    "Traffic",
    "overlaps",
    "simulate",
]
