"""How far every pixel's content moves in the picture over a time, for motion blur."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.compiled import compiled
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster.batch import Batch, Integers32
from drivegen.world.raster.gbuffer import GBuffer
from drivegen.world.raster.view import View

# Nothing is blurred over more than this share of the picture's width.
_LONGEST_SHARE = 0.1


def screen_motion(now: View, before: View, gbuffer: GBuffer, batch: Batch, dt_s: float) -> Floats32:
    """Motion in pixels (h, w, 2), x right and y down, from `before` to `now`, which lie dt_s apart.

    Takes the nearest sample of each pixel; objects move rigidly with their velocity and yaw rate, the sky with the
    camera's rotation.
    """
    motion = np.zeros((*now.size, 2), np.float32)
    turn, shift = _then_from_now(now, before, batch, dt_s)
    longest_px = _LONGEST_SHARE * now.size[1]
    _motion(
        gbuffer.face, gbuffer.depth, batch.instance, turn, shift, now.lens, before.lens, now.samples, longest_px, motion
    )
    return motion


def _then_from_now(now: View, before: View, batch: Batch, dt_s: float) -> tuple[Floats, Floats]:
    """Transforms of camera coordinates now to those before, of the scenery (row 0) and of each object: (N + 1, 3, 3)
    turns and (N + 1, 3) shifts.
    """
    count = len(batch.instances)
    back = np.tile(np.eye(3), (count + 1, 1, 1))
    angle = -batch.yaw_rates * dt_s
    back[1:, 0, 0] = back[1:, 1, 1] = np.cos(angle)
    back[1:, 1, 0] = np.sin(angle)
    back[1:, 0, 1] = -back[1:, 1, 0]
    # A point p of an object was at back (p - centre) + centre - velocity dt.
    moved = np.zeros((count + 1, 3))
    moved[1:] = batch.centres - np.einsum("nij,nj->ni", back[1:], batch.centres) - batch.velocities * dt_s
    turn = before.rotation @ back @ now.rotation.T
    shift = (back @ now.position + moved - before.position) @ before.rotation.T
    return np.ascontiguousarray(turn), np.ascontiguousarray(shift)


@compiled
def _motion(
    face: Integers32, depth: Floats32, owner: Integers32, turn: Floats, shift: Floats, lens: Floats, lens_0: Floats,
    samples: int, longest_px: float, motion: Floats32,
) -> None:  # fmt: skip
    fx, fy, cx, cy = 1.0 / lens[0], 1.0 / lens[1], lens[2], lens[3]
    fx_0, fy_0, cx_0, cy_0 = lens_0[0], lens_0[1], lens_0[2], lens_0[3]
    per_pixel = 1.0 / samples
    for j in range(len(motion)):
        for i in range(motion.shape[1]):
            row, column = j * samples, i * samples
            for a in range(j * samples, (j + 1) * samples):
                for b in range(i * samples, (i + 1) * samples):
                    if depth[a, b] < depth[row, column]:
                        row, column = a, b
            f = face[row, column]
            k = owner[f] + 1 if f >= 0 else 0
            # The sky is a direction only: its inverse distance is 0.
            near = 1.0 / depth[row, column] if f >= 0 else 0.0
            x, y = (column + 0.5 - cx) * fx, (row + 0.5 - cy) * fy
            z_0 = turn[k, 2, 0] * x + turn[k, 2, 1] * y + turn[k, 2, 2] + shift[k, 2] * near
            if z_0 <= 0.05:
                continue
            per_z = 1.0 / z_0
            x_0 = (turn[k, 0, 0] * x + turn[k, 0, 1] * y + turn[k, 0, 2] + shift[k, 0] * near) * per_z
            y_0 = (turn[k, 1, 0] * x + turn[k, 1, 1] * y + turn[k, 1, 2] + shift[k, 1] * near) * per_z
            dx = (column + 0.5 - fx_0 * x_0 - cx_0) * per_pixel
            dy = (row + 0.5 - fy_0 * y_0 - cy_0) * per_pixel
            length = dx * dx + dy * dy
            shrink = 1.0 if length <= longest_px * longest_px else longest_px / np.sqrt(length)
            motion[j, i, 0], motion[j, i, 1] = dx * shrink, dy * shrink
