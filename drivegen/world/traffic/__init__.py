"""Who drives, rides, walks and stands on the roads, over time.

Drivers follow the Intelligent Driver Model (Treiber, Hennecke, Helbing 2000, Phys. Rev. E 62, 1805) along lanes.
"""

from drivegen.world.traffic.checks import MARGIN_M, overlaps
from drivegen.world.traffic.plans import CHANGE_AFTER_S, EGO_SIZE, Action, Density, EgoPlan
from drivegen.world.traffic.simulation import simulate
from drivegen.world.traffic.traces import Lamps, Trace, Traffic

__all__ = [
    "CHANGE_AFTER_S",
    "EGO_SIZE",
    "MARGIN_M",
    "Action",
    "Density",
    "EgoPlan",
    "Lamps",
    "Trace",
    "Traffic",
    "overlaps",
    "simulate",
]
