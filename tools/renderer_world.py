"""The world's own compiled z-buffer as a candidate."""

from __future__ import annotations

import numpy as np
from renderer_candidates import Candidate, coloured
from renderer_soup import Eye, Soup

from drivegen.core import Camera, Pose
from drivegen.core.arrays import Bytes, Integers
from drivegen.core.cameras import FORWARD_LOOKING
from drivegen.world.geometry import MeshBuilder
from drivegen.world.raster import Batch, make_view, rasterise, static_batch
from drivegen.world.raster.batch import Integers32


class WorldRaster(Candidate):
    """`drivegen.world.raster`: a z-buffer compiled by numba."""

    label = "numba z-buffer (drivegen.world)"
    packages = ("numba", "llvmlite")
    note = "per pixel, in compiled Python"

    def __init__(self) -> None:
        self._made: dict[int, Batch] = {}
        self._kept: list[Soup] = []

    def draw(self, soup: Soup, eye: Eye) -> Bytes:
        """Colours of the triangles, two of which share one."""
        return coloured(Soup(soup.quads, np.repeat(soup.rgb, 2, axis=0)), self._triangles(soup, eye))

    def faces(self, soup: Soup, eye: Eye) -> Integers:
        """The nearest quad of each sample."""
        # The builder splits every quad into two triangles that follow one another.
        return np.asarray(np.floor_divide(self._triangles(soup, eye), 2), dtype=np.int64)

    def _triangles(self, soup: Soup, eye: Eye) -> Integers32:
        """The nearest triangle of each sample; the geometry is prepared once, only the camera moves."""
        if id(soup) not in self._made:
            self._kept.append(soup)
            builder = MeshBuilder()
            builder.quads(soup.quads, (0.5, 0.5, 0.5), two_sided=True)
            self._made[id(soup)] = static_batch(builder.build())
        height, width = eye.size
        lens = np.array([[eye.focal_px, 0.0, width / 2], [0.0, eye.focal_px, height / 2], [0.0, 0.0, 1.0]])
        camera = Camera("CAM_FRONT", lens, FORWARD_LOOKING, eye.size)
        view = make_view(camera, Pose.from_yaw(0.0, eye.position))
        return rasterise(view, self._made[id(soup)]).face
