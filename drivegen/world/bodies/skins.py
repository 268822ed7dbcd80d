"""What a body's areas are made of: skins, and the letters that stand for them in the shapes' tables."""

from __future__ import annotations

from dataclasses import dataclass

from drivegen.world.geometry import Colour, Lamp, Material


@dataclass(frozen=True)
class Skin:
    """Look of an area: display colour, material and the lamp that it shines for."""

    rgb: Colour
    material: Material
    lamp: Lamp = Lamp.NONE

    def mirrored(self) -> Skin:
        """The same on the other side of the body: indicators change places."""
        return Skin(self.rgb, self.material, MIRRORED.get(self.lamp, self.lamp))


MIRRORED = {Lamp.LEFT: Lamp.RIGHT, Lamp.RIGHT: Lamp.LEFT}

PAINT = Skin((1.0, 1.0, 1.0), Material.PAINT)
GLASS = Skin((0.10, 0.12, 0.14), Material.GLASS)
BLACK = Skin((0.07, 0.07, 0.075), Material.PLASTIC)
GREY = Skin((0.24, 0.245, 0.25), Material.PLASTIC)
CAVITY = Skin((0.03, 0.03, 0.03), Material.MATT)
GAP = Skin((0.05, 0.05, 0.055), Material.MATT)
CHROME = Skin((0.78, 0.79, 0.80), Material.CHROME)
STEEL = Skin((0.42, 0.43, 0.44), Material.METAL)
RUBBER = Skin((0.055, 0.055, 0.06), Material.RUBBER)
PLATE = Skin((0.90, 0.89, 0.84), Material.SIGN)
BOARD = Skin((0.84, 0.84, 0.83), Material.MATT)
HEAD = Skin((0.88, 0.90, 0.92), Material.LIGHT, Lamp.HEAD)
TAIL = Skin((0.55, 0.03, 0.03), Material.LIGHT, Lamp.TAIL)
BRAKE = Skin((0.42, 0.02, 0.02), Material.LIGHT, Lamp.BRAKE)
LEFT = Skin((0.80, 0.42, 0.08), Material.LIGHT, Lamp.LEFT)

_LETTERS = {
    "P": PAINT, "W": GLASS, "K": BLACK, "G": GREY, "C": CHROME, "S": STEEL, "O": BOARD, "V": CAVITY,
    "H": HEAD, "T": TAIL, "B": BRAKE, "I": LEFT,
}  # fmt: skip


def skins(table: str) -> list[list[Skin]]:
    """Rows of skins from words of letters, as "PPW KKP"; on the body's left half, so `I` is the left indicator."""
    return [[_LETTERS[letter] for letter in word] for word in table.split()]
