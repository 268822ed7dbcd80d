"""Triangles: what everything in the world is made of before it is drawn."""

from drivegen.world.geometry.builder import MeshBuilder
from drivegen.world.geometry.mesh import LAMP_COUNT, Colour, Lamp, Material, Mesh, linear

__all__ = ["LAMP_COUNT", "Colour", "Lamp", "Material", "Mesh", "MeshBuilder", "linear"]
