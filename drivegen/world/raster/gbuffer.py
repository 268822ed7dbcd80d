"""What every sample of a view shows: which face, and how far away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Mesh
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster.batch import Batch, Integers32
from drivegen.world.raster.kernels import depth_of, draw
from drivegen.world.raster.view import View

Window = tuple[int, int, int, int]
"""First column, first row, columns and rows of a part of a grid of samples."""


@dataclass(frozen=True, eq=False)
class GBuffer:
    """The nearest face of every sample of a grid (S h, S w).

    Attributes:
        face: int32 index into the batch, -1 for the sky.
        depth: float32 metres along the optical axis, inf for the sky.
    """

    face: Integers32
    depth: Floats32


def rasterise(view: View, batch: Batch) -> GBuffer:
    """Draw a batch for a view.

    Faces that look away are left out unless they are two-sided; LEAVES have holes (`leaves.leaf_solid`); MARKING wins
    over what lies within 0.3 % of its depth below it. The same input gives the same samples, in any process.
    """
    face, inverse = draw_mesh(view, batch.mesh)
    depth = np.empty_like(inverse)
    depth_of(inverse, face, batch.mesh.material, depth)
    return GBuffer(face, depth)


def draw_mesh(view: View, mesh: Mesh, window: Window | None = None) -> tuple[Integers32, Floats32]:
    """Face (-1 for none) and inverse depth (0 for none) of every sample, the latter with the bias of road paint.

    Args:
        window: the part of the grid that is drawn; None for all of it.
    """
    grid = view.grid if window is None else (window[3], window[2])
    lens = view.lens if window is None else windowed(view.lens, window)
    face = np.full(grid, -1, np.int32)
    inverse = np.zeros(grid, np.float32)
    draw(
        mesh.corners, mesh.uv, mesh.material, mesh.param, mesh.two_sided.view(np.uint8),
        view.position, view.rotation, lens, view.clip, face, inverse,
    )  # fmt: skip
    return face, inverse


def windowed(lens: Floats, window: Window) -> Floats:
    """The lens of a view (`View.lens`) that draws a part of its grid, which may lie beyond the picture."""
    part = lens.copy()
    part[2:6] = [lens[2] - window[0], lens[3] - window[1], window[2], window[3]]
    return part
