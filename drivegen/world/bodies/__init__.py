"""Bodies of everything that takes part in traffic: triangles that fill their labelled boxes."""

from drivegen.world.bodies.assembly import GAIT_PHASES, body_mesh
from drivegen.world.bodies.catalogue import BODIES, DRIVEN, PARKED, Body
from drivegen.world.bodies.palettes import CLOTHES, PAINTS, Palette, palette_of

__all__ = [
    "BODIES",
    "CLOTHES",
    "DRIVEN",
    "GAIT_PHASES",
    "PAINTS",
    "PARKED",
    "Body",
    "Palette",
    "body_mesh",
    "palette_of",
]
