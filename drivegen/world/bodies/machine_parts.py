"""Parts that construction machines share: plates by their side view, cabs, lamps."""

from __future__ import annotations

from collections.abc import Sequence

import mapbox_earcut
import numpy as np

from drivegen.world.bodies.blocks import rear_quad
from drivegen.world.bodies.shell import Shell
from drivegen.world.bodies.skins import BLACK, BRAKE, GLASS, LEFT, PAINT, TAIL, Skin
from drivegen.world.geometry import Material

BUCKET = Skin((0.30, 0.28, 0.26), Material.METAL)


def extrude(
    shell: Shell, outline: Sequence[tuple[float, float]], half_m: float, skin: Skin, *, inner: float = 0.0
) -> None:
    """A plate or block with a side view of any outline (x, z).

    Args:
        half_m: y of its left face.
        inner: y of its right face; 0 joins it to its mirror image.
    """
    flat = np.array(outline, dtype=np.float64)
    turn = flat[:, 0] * np.roll(flat[:, 1], -1) - flat[:, 1] * np.roll(flat[:, 0], -1)
    # Seen from the left x runs leftwards: what turns positively in (x, z) is clockwise there.
    flat = flat[::-1] if turn.sum() > 0 else flat
    near = np.stack([flat[:, 0], np.full(len(flat), half_m), flat[:, 1]], axis=-1)
    far = np.stack([flat[:, 0], np.full(len(flat), inner), flat[:, 1]], axis=-1)
    for i in range(len(flat)):
        j = (i + 1) % len(flat)
        shell.quad([near[j], near[i], far[i], far[j]], skin)
    faces = mapbox_earcut.triangulate_float64(flat, np.array([len(flat)], dtype=np.uint32)).reshape(-1, 3)
    for face in faces:
        left = near[face]
        upright = np.cross(left[1] - left[0], left[2] - left[0])[1] > 0
        order = [0, 1, 2, 2] if upright else [2, 1, 0, 0]
        shell.quad(left[order], skin)
        if inner > 0.0:
            shell.quad(far[face][order[::-1]], skin)


def cab(shell: Shell, x: tuple[float, float], half: float, z: tuple[float, float]) -> None:
    """A glazed cab with posts in paint and a roof that overhangs."""
    (x0, x1), (low, high) = x, z
    belt, top = low + 0.22 * (high - low), high - 0.10
    rows = np.array([low, belt, top])
    lean = np.array([0.0, 0.0, 0.14])
    y = half - 0.3 * lean
    columns = np.array([x1, x1 - 0.08, 0.5 * (x0 + x1) + 0.04, 0.5 * (x0 + x1) - 0.04, x0 + 0.08, x0])
    flank = np.stack(np.broadcast_arrays(columns, y[:, None], rows[:, None]), axis=-1).copy()
    flank[:, :2, 0] -= lean[:, None]
    post = GLASS if shell.coarse else BLACK
    plain, glazed = [PAINT] * 5, [post, GLASS, post, GLASS, post]
    shell.grid(flank, [plain, glazed])
    for end, order in ((flank[:, 0], 1), (flank[:, -1], -1)):
        across = np.stack([end * [1.0, t, 1.0] for t in (0.0, 0.9, 1.0)[::order]], axis=1)
        shell.grid(across, [[PAINT, PAINT], [GLASS, post][::order]])
    shell.block((x0 - 0.06, 0.0, top), (x1 - 0.02, half + 0.02, high), PAINT, "fblt" if shell.coarse else "fbltu")


def machine_lamps(shell: Shell, x: float, half: float, z: float) -> None:
    """Rear lamps from the outer edge inwards: indicator, brake, tail."""
    for near, far, skin in ((0.04, 0.14, LEFT), (0.14, 0.26, BRAKE), (0.26, 0.38, TAIL)):
        rear_quad(shell, x, (half - far, half - near), (z, z + 0.14), skin)
