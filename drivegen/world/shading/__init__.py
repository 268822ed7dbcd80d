"""Light on surfaces: looks, skies, materials, and the way from a G-buffer to a picture."""

from drivegen.world.shading.light import LightField, make_lights
from drivegen.world.shading.look import Look, make_look
from drivegen.world.shading.reflections import mirror_picture
from drivegen.world.shading.sensor import develop
from drivegen.world.shading.shade import shade
from drivegen.world.shading.sky import Sky, make_sky

__all__ = ["LightField", "Look", "Sky", "develop", "make_lights", "make_look", "make_sky", "mirror_picture", "shade"]
