"""Trucks with a cab over the engine, and trailers."""

from __future__ import annotations

from drivegen.world.bodies.blocks import (
    Arch,
    Axle,
    Wall,
    axles,
    ends_lamps,
    flank,
    front,
    front_quad,
    mirror_box,
    rear_quad,
    roof,
    side_quad,
    skirt,
)  # fmt: skip
from drivegen.world.bodies.catalogue import Size
from drivegen.world.bodies.shell import Shell
from drivegen.world.bodies.skins import BLACK, BOARD, CAVITY, GAP, GREY, PAINT, PLATE, STEEL, Skin
from drivegen.world.geometry import Lamp, Material, Mesh, MeshBuilder

_MARKER = Skin((0.85, 0.45, 0.10), Material.SIGN)
_LIFT = Skin((0.62, 0.63, 0.64), Material.METAL)


def box_truck_mesh(size_m: Size, *, steer_rad: float, coarse: bool) -> Mesh:
    """A delivery truck: cab, and a closed box behind it."""
    length, width, height = size_m
    half = 0.5 * width
    nose, tail = 0.5 * length, -0.5 * length
    radius = 0.135 * height
    b, shell = MeshBuilder(), Shell(coarse=coarse)
    cab_half, cab_rear, cab_top = half - 0.14, nose - 1.85, 0.755 * height
    axle_x = nose - 1.05
    _cab(shell, nose, cab_rear, cab_half, (0.32, cab_top), axle_x, radius)
    floor = 2.0 * radius + 0.12
    box_front = cab_rear - 0.18
    shell.block((tail + 0.02, 0.0, floor), (box_front, half, height), BOARD, "fltb")
    _box_trim(shell, (tail + 0.02, box_front), half, (floor, height))
    _frame(shell, (tail + 0.1, cab_rear), 0.42, (0.5 * floor + 0.12, floor))
    side_quad(shell, half + 0.004, (tail + 0.7, box_front - 0.5), (floor + 0.55, floor + 1.05), PAINT)
    ends_lamps(shell, tail, half - 0.06, floor - 0.20)
    rear_quad(shell, tail - 0.004, (0.0, 0.24), (floor - 0.25, floor - 0.14), PLATE)
    shell.block(
        (axle_x - 3.2, half - 0.5, 0.45), (axle_x - 2.2, half - 0.12, floor - 0.1), GREY, "l" if coarse else "fblu"
    )
    shell.into(b)
    rear_axle = tail + 0.27 * length
    pairs = [Axle(axle_x, radius, 0.27, cab_half - 0.02, steers=True, covered=True)]
    pairs.append(Axle(rear_axle, radius, 0.52, half - 0.10))
    axles(b, pairs, steer_rad=steer_rad, coarse=coarse)
    return b.build()


def _cab(
    shell: Shell, nose: float, back: float, half: float, z: tuple[float, float], axle_x: float, radius: float
) -> None:
    """A forward-control cab between two heights, with its wheel arches, windows, lamps and mirrors."""
    low, top = z
    belt = low + 0.50 * (top - low)
    sill = low + 0.42 * (top - low)
    heights = (low, low + 0.20, low + 0.42, sill, belt, top - 0.34, top - 0.10, top)
    wall = Wall(heights, (0.0, 0.0, 0.0, 0.0, 0.01, 0.10, 0.14, 0.28), (0.04, 0.0, 0.0, 0.02, 0.05, 0.30, 0.40, 0.60))
    front(shell, wall, nose, half, 0.16, "KKK KHI KKP PPP WWP PPP PPP")
    corner = nose - 0.16
    skirt(shell, (corner, back), half, (low, sill), [Arch(axle_x, radius, radius * 1.16)])
    upper = Wall(heights[3:], wall.inset_m[3:], wall.rake_m[3:])
    columns = (corner, corner - 0.10, nose - 1.10, back)
    flank(shell, upper, columns, half, "PPP PWP PPP PPP", raked=(0, 1))
    rear_wall = [(back, half, low), (back, 0.0, low), (back, 0.0, top), (back, half - 0.1, top)]
    shell.quad(rear_wall, PAINT)
    roof(shell, wall, (nose, back), half, (0.16, 0.0))
    if not shell.coarse:
        side_quad(shell, half + 0.004, (nose - 1.11, nose - 1.095), (sill + 0.02, belt), GAP)
        side_quad(shell, half + 0.012, (nose - 1.07, nose - 0.90), (belt - 0.14, belt - 0.11), BLACK)
    front_quad(shell, nose + 0.004, (0.0, 0.25), (low + 0.05, low + 0.16), PLATE)
    mirror_box(shell, (corner - 0.12, half - 0.06, belt + 0.05), (corner + 0.02, half + 0.13, belt + 0.62))


def _box_trim(shell: Shell, x: tuple[float, float], half: float, z: tuple[float, float]) -> None:
    """Edges, doors and marker plates of a closed box."""
    low, high = z
    back = x[0] - 0.003
    rear_quad(shell, back - 0.002, (half - 0.16, half - 0.02), (high - 0.08, high - 0.03), _TAIL_HIGH)
    if shell.coarse:
        return
    for a in (x[0] + 0.0, x[1] - 0.07):
        side_quad(shell, half + 0.003, (a, a + 0.07), z, _LIFT)
    for band in ((low, low + 0.10), (high - 0.08, high)):
        side_quad(shell, half + 0.003, (x[0] + 0.07, x[1] - 0.07), band, _LIFT)
    rear_quad(shell, back, (0.0, 0.012), (low + 0.1, high - 0.1), GAP)
    rear_quad(shell, back, (half - 0.08, half), z, _LIFT)
    rear_quad(shell, back, (0.0, half - 0.08), (high - 0.1, high), _LIFT)
    for y in (0.22, 0.5 * half + 0.15):
        rear_quad(shell, back, (y, y + 0.03), (low + 0.05, high - 0.12), STEEL)
    side_quad(shell, half + 0.006, (x[0] + 0.3, x[0] + 0.42), (low + 0.02, low + 0.07), _MARKER)
    side_quad(shell, half + 0.006, (x[1] - 0.5, x[1] - 0.38), (low + 0.02, low + 0.07), _MARKER)


_TAIL_HIGH = Skin((0.55, 0.03, 0.03), Material.LIGHT, Lamp.TAIL)


def _frame(shell: Shell, x: tuple[float, float], half: float, z: tuple[float, float]) -> None:
    shell.block((x[0], 0.0, z[0]), (x[1], half, z[1]), CAVITY, "bl" if shell.coarse else "fblt")


def semi_mesh(size_m: Size, *, steer_rad: float, coarse: bool) -> Mesh:
    """A tractor unit: tall cab with a roof deflector, tanks, open frame with the fifth wheel behind."""
    length, width, height = size_m
    half = 0.5 * width
    nose, tail = 0.5 * length, -0.5 * length
    radius, b, shell = 0.51, MeshBuilder(), Shell(coarse=coarse)
    cab_half, cab_rear, cab_top = half - 0.13, nose - 2.25, 0.80 * height
    axle_x = nose - 1.40
    _cab(shell, nose, cab_rear, cab_half, (0.34, cab_top), axle_x, radius)
    _deflector(shell, (nose - 0.80, cab_rear + 0.03), cab_half - 0.20, (cab_top - 0.16, height))
    _frame(shell, (tail, cab_rear), 0.45, (0.62, 0.98))
    shell.block((tail + 0.85, 0.0, 0.98), (tail + 1.75, 0.50, 1.12), STEEL, "fblt")
    rear_axle = tail + 1.15
    shell.block(
        (cab_rear - 0.95, 0.55, 0.48), (cab_rear - 0.02, half - 0.06, 0.98), STEEL, "fbl" if coarse else "fbltu"
    )
    shell.block(
        (rear_axle - 0.62, half - 0.60, 1.06), (rear_axle + 0.62, half, 1.11), BLACK, "lt" if coarse else "fbltu"
    )
    # Side wings lead the wind round the gap to the trailer.
    wing_x = cab_rear - 0.45
    wing = [(cab_rear, cab_half - 0.05, 1.3), (wing_x, cab_half, 1.3), (wing_x, cab_half - 0.1, cab_top),
            (cab_rear, cab_half - 0.15, cab_top)]  # fmt: skip
    shell.quad(wing, PAINT)
    shell.quad(wing[::-1], BLACK)
    ends_lamps(shell, tail, half - 0.3, 0.72)
    shell.into(b)
    pairs = [Axle(axle_x, radius, 0.32, cab_half - 0.02, steers=True, covered=True)]
    pairs.append(Axle(rear_axle, radius, 0.56, half - 0.02))
    axles(b, pairs, steer_rad=steer_rad, coarse=coarse)
    return b.build()


def _deflector(shell: Shell, x: tuple[float, float], half: float, z: tuple[float, float]) -> None:
    """A roof fairing that rises towards the rear."""
    (x1, x0), (z0, z1) = x, z
    middle = x1 - 0.7
    line = [(x1, half * 0.9, z0), (middle, half, z1 - 0.12), (middle - 0.35, half, z1), (x0, half, z1)]
    foot = [(x1, half * 0.9, z0), (middle, half + 0.05, z0), (middle - 0.35, half + 0.05, z0), (x0, half + 0.05, z0)]
    for i in range(3):
        shell.quad([foot[i], foot[i + 1], line[i + 1], line[i]], PAINT)
        (ax, ay, az), (cx, cy, cz) = line[i], line[i + 1]
        shell.quad([(ax, ay, az), (cx, cy, cz), (cx, 0.0, cz), (ax, 0.0, az)], PAINT)
    shell.quad([(x0, half + 0.05, z0), (x0, 0.0, z0), (x0, 0.0, z1), (x0, half, z1)], BLACK)


def trailer_mesh(size_m: Size, *, coarse: bool) -> Mesh:
    """A closed trailer on two axles; long ones have three, legs and a side guard."""
    length, width, height = size_m
    half = 0.5 * width
    long = length > 8.5
    radius = 0.50 if long else 0.36
    floor = 2.0 * radius + (0.14 if long else 0.10)
    nose, tail = 0.5 * length, -0.5 * length
    b, shell = MeshBuilder(), Shell(coarse=coarse)
    bar = 0.0 if long else 0.9
    body = (tail + 0.02, nose - bar)
    shell.block((body[0], 0.0, floor), (body[1], half - 0.006, height), PAINT, "fltb")
    _box_trim(shell, body, half - 0.006, (floor, height))
    ribs = max(2, round((body[1] - body[0]) / 1.2))
    for i in range(1, 0 if coarse else ribs):
        x = body[0] + (body[1] - body[0]) * i / ribs
        side_quad(shell, half - 0.003, (x - 0.02, x + 0.02), (floor + 0.10, height - 0.08), _LIFT)
    _frame(shell, (body[0], body[1] - 0.2), 0.45, (floor - 0.32, floor))
    ends_lamps(shell, tail, half - 0.05, floor - 0.16)
    rear_quad(shell, tail - 0.004, (0.0, 0.24), (floor - 0.22, floor - 0.11), PLATE)
    if long:
        _long_gear(shell, body, half, floor)
    else:
        shell.block((nose - bar, 0.0, floor - 0.20), (nose, 0.07, floor - 0.10), STEEL, "fltu")
    shell.into(b)
    first = tail + (1.4 if long else 0.36 * length - 0.42)
    gap = 1.31 if long else 0.84
    axles(b, [Axle(first + gap * i, radius, 0.40 if long else 0.24, half - 0.04) for i in range(3 if long else 2)],
          coarse=coarse)  # fmt: skip
    return b.build()


def _long_gear(shell: Shell, body: tuple[float, float], half: float, floor: float) -> None:
    """Legs, side guards, the bar behind."""
    leg = body[1] - 2.6
    shell.block((leg - 0.08, 0.55, 0.06), (leg + 0.08, 0.71, floor), STEEL, "frlbu")
    shell.block((leg - 0.16, 0.48, 0.0), (leg + 0.16, 0.78, 0.06), STEEL, "frlbt")
    for z in (0.52, 0.82):
        shell.block((body[0] + 5.0, half - 0.06, z), (leg - 0.3, half - 0.02, z + 0.13), _LIFT, "flbt")
    shell.block((body[0], 0.0, 0.42), (body[0] + 0.1, half - 0.1, 0.56), BLACK, "blt")
