"""From a G-buffer to linear radiance: the passes, band after band."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Bytes, Floats
from drivegen.world.geometry import Material, Mesh
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster import Batch, GBuffer, ShadowMap, View
from drivegen.world.shading.finishing import finish
from drivegen.world.shading.fragments import COLUMNS, collect
from drivegen.world.shading.light import LightField
from drivegen.world.shading.lighting import light_up
from drivegen.world.shading.look import Look
from drivegen.world.shading.lookvector import look_vector
from drivegen.world.shading.noise import noise_atlas
from drivegen.world.shading.sky import Sky
from drivegen.world.shading.texturing import put_textures
from drivegen.world.shading.wear import Wear, no_wear

_BAND_PIXELS = 2048
_NO_SHADOWS = ShadowMap(np.zeros((0, 1, 1), np.float32), np.eye(3), np.zeros((0, 2)), np.zeros(0))
_NO_MIRROR = np.zeros((0, 0, 3), np.float32)


def shade(
    view: View,
    batch: Batch,
    gbuffer: GBuffer,
    look: Look,
    sky: Sky,
    lights: LightField,
    *,
    shadows: ShadowMap | None = None,
    mirror: Floats32 | None = None,
    wear: Wear | None = None,
) -> Floats32:
    """Linear radiance (h, w, 3) of a picture.

    Args:
        shadows: of the sun, or None when it is hidden.
        mirror: (mh, mw, 3) what a wet road mirrors at each place of the picture, or None when nothing is wet.
        wear: of the roads; None draws them new.
    """
    height, width = view.size
    mesh, vector, atlas = batch.mesh, look_vector(look), noise_atlas()
    out = np.empty((height, width, 3), np.float32)
    flat = out.reshape(-1, 3)
    info = _info(mesh)
    strength = np.stack([batch.emission, batch.snow], axis=-1).astype(np.float32)
    shadows = _NO_SHADOWS if shadows is None else shadows
    mirror = _NO_MIRROR if mirror is None else np.ascontiguousarray(mirror, dtype=np.float32)
    wear = no_wear() if wear is None else wear
    rows = max(1, _BAND_PIXELS // width)
    room = rows * width * view.samples**2
    table, tags = np.empty((room, COLUMNS), np.float32), np.empty((room, 4), np.int32)
    eye, scratch = _eye(view), np.zeros((6, 3))
    for first in range(0, height, rows):
        count = collect(
            gbuffer.face, gbuffer.depth, first, min(first + rows, height), view.samples, mesh.corners, mesh.normals,
            mesh.uv, info, eye, lights.ground, lights.corners, sky.panorama, scratch, table, tags, out,
        )  # fmt: skip
        put_textures(
            table, tags, count, mesh.rgb, mesh.param, strength, atlas, vector, lights.contact, lights.corners,
            wear.fine, wear.coarse, wear.corners,
        )  # fmt: skip
        light_up(
            table, tags, count, vector, sky.harmonics, lights.lamps, lights.cells, lights.corners, lights.beam,
            shadows.heights, shadows.axes, shadows.corners, shadows.texels_m,
        )  # fmt: skip
        finish(table, tags, count, mesh.rgb, strength, atlas, vector, sky.surroundings, lights.beam, mirror, flat)
    return out


def _info(mesh: Mesh) -> Bytes:
    """(F, 3): material, lamp, whether the normal turns towards the eye."""
    turning = mesh.two_sided & (mesh.material != Material.LEAVES)
    return np.stack([mesh.material, mesh.lamp, turning.astype(np.uint8)], axis=-1)


def _eye(view: View) -> Floats:
    """A view as one vector: position (3), camera_from_global rotation (9), fx, fy, cx, cy, 1 / fx, 1 / fy."""
    lens = [view.fx, view.fy, view.cx, view.cy, 1.0 / view.fx, 1.0 / view.fy]
    return np.concatenate([view.position, view.rotation.ravel(), lens]).astype(np.float64)
