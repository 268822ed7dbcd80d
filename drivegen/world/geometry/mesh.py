"""Triangle soups with what a shader needs to know of each triangle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from drivegen.core.arrays import Bytes, Floats, Integers

Floats32 = npt.NDArray[np.float32]
Colour = tuple[float, float, float]


class Material(IntEnum):
    """How a surface answers to light, and which procedural texture it wears."""

    MATT = 0
    # Ground
    ASPHALT = 1
    PAVING = 2
    """Sidewalk slabs."""
    KERB = 3
    GRASS = 4
    SOIL = 5
    GRAVEL = 6
    MARKING = 7
    """Road paint, a little worn."""
    # Structures
    FACADE = 10
    """A wall with rows of windows; param: storey height m, bay width m, seed in [0, 1), share of glass in [0, 1]."""
    BRICK = 11
    PLASTER = 12
    ROOF = 13
    """Tiles."""
    SHOP = 14
    """A shop front; param: bay width m, height m, seed in [0, 1), 0."""
    CONCRETE = 15
    METAL = 16
    WOOD = 17
    SIGN = 18
    """Retro-reflective sheet: signs, number plates, cone stripes."""
    # Plants
    LEAVES = 20
    """Foliage with holes; uv runs over it in metres; param: 0, 0, seed in [0, 1), share that is solid in [0, 1]; a
    negative last one makes each triangle a frayed tuft of that density."""
    BARK = 21
    # Vehicles and people
    PAINT = 30
    """Car paint under clear coat; tinted by the track's appearance."""
    GLASS = 31
    RUBBER = 32
    CHROME = 33
    PLASTIC = 34
    LIGHT = 35
    """The pane of a lamp; which one says `lamp`."""
    CLOTH = 36
    """Cloth; where a body's cloth has the colour (1, 1, 1) it is tinted by the track's appearance."""
    SKIN = 37


class Lamp(IntEnum):
    """Lamps that an object switches; a lamp state is a vector of LAMP_COUNT strengths, 0 off, 1 on."""

    NONE = 0
    HEAD = 1
    TAIL = 2
    BRAKE = 3
    LEFT = 4
    RIGHT = 5
    STREET = 6
    RED = 7
    AMBER = 8
    GREEN = 9
    """Red, amber and green are those of traffic lights; WALK and STOP those of pedestrians."""
    WALK = 10
    STOP = 11


LAMP_COUNT = 12


@dataclass(frozen=True, eq=False)
class Mesh:
    """F triangles in one frame of reference.

    Attributes:
        corners: (F, 3, 3) xyz of three corners, metres, counter-clockwise seen from outside.
        normals: (F, 3, 3) unit normals at the corners; equal ones make a flat face, others a round one.
        uv: (F, 3, 2) metres along the surface.
        rgb: (F, 3) *linear* albedo in [0, 1]; see `linear`.
        material: (F,) values of Material.
        param: (F, 4) what the material's texture needs.
        lamp: (F,) values of Lamp.
        two_sided: (F,) whether its back is drawn as well (with the normal turned over).
    """

    corners: Floats32
    normals: Floats32
    uv: Floats32
    rgb: Floats32
    material: Bytes
    param: Floats32
    lamp: Bytes
    two_sided: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.corners)

    def take(self, index: Integers) -> Mesh:
        """Some triangles, in the order named."""
        return Mesh(*(getattr(self, name)[index] for name in _FIELDS))

    def moved(self, rotation: Floats, translation: Floats) -> Mesh:
        """The same after x -> rotation (3, 3) @ x + translation (3,)."""
        turn = np.asarray(rotation, dtype=np.float64)
        corners = self.corners.astype(np.float64) @ turn.T + np.asarray(translation, dtype=np.float64)
        normals = self.normals @ turn.T.astype(np.float32)
        return replace(self, corners=corners.astype(np.float32), normals=normals)

    def placed(self, yaw_rad: float, place: Floats) -> Mesh:
        """The same, turned about z and then moved by place (3,)."""
        cos, sin = float(np.cos(yaw_rad)), float(np.sin(yaw_rad))
        return self.moved(np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]]), place)

    def scaled(self, size: Floats) -> Mesh:
        """The same with x, y, z multiplied by size (3,); normals stay normal, uv is left as it is."""
        size = np.asarray(size, dtype=np.float32)
        normals = self.normals / size
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        return replace(self, corners=self.corners * size, normals=normals)

    def tinted(self, rgb: Colour) -> Mesh:
        """The same with PAINT, and white CLOTH, multiplied by a display colour."""
        tint = linear(rgb)
        white = (self.material == Material.CLOTH) & (self.rgb > 0.99).all(axis=1)
        painted = (self.material == Material.PAINT) | white
        return replace(self, rgb=np.where(painted[:, None], self.rgb * tint, self.rgb))

    @staticmethod
    def join(meshes: Sequence[Mesh]) -> Mesh:
        """One mesh of several."""
        if not meshes:
            return Mesh.empty()
        return Mesh(*(np.concatenate([getattr(mesh, name) for mesh in meshes]) for name in _FIELDS))

    @staticmethod
    def empty() -> Mesh:
        """No triangles."""
        f = np.float32
        return Mesh(
            np.zeros((0, 3, 3), f), np.zeros((0, 3, 3), f), np.zeros((0, 3, 2), f), np.zeros((0, 3), f),
            np.zeros(0, np.uint8), np.zeros((0, 4), f), np.zeros(0, np.uint8), np.zeros(0, bool),
        )  # fmt: skip


_FIELDS = ("corners", "normals", "uv", "rgb", "material", "param", "lamp", "two_sided")


def linear(rgb: Colour | Floats | Floats32) -> Floats32:
    """Linear light of display colours (..., 3) in [0, 1] (IEC 61966-2-1, sRGB)."""
    value = np.asarray(rgb, dtype=np.float64)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
