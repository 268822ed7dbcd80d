from __future__ import annotations

import numpy as np

from drivegen.core import Pose, forward_camera
from drivegen.world.geometry import Mesh, MeshBuilder
from drivegen.world.raster import NO_INSTANCE, depth_map, instance_map, make_view, object_batch, rasterise

CAMERA = forward_camera("CAM_FRONT", (48, 96), np.deg2rad(70.0), 1.5)


def wall(x_m: float, left_m: float, right_m: float, top_m: float = 4.0) -> Mesh:
    builder = MeshBuilder()
    corners = [(x_m, left_m, -1), (x_m, right_m, -1), (x_m, right_m, top_m), (x_m, left_m, top_m)]
    builder.quads([corners], (0.5, 0.5, 0.5))
    return builder.build()


def test_each_pixel_shows_what_most_of_its_samples_show() -> None:
    batch = object_batch(wall(30.0, 20.0, -20.0, 10.0), {"near": wall(8.0, 1.0, -1.0), "far": wall(12.0, 4.0, 0.0)})
    views = [make_view(CAMERA, Pose.identity(), samples) for samples in (1, 3)]
    coarse, fine = (instance_map(rasterise(view, batch), batch, view) for view in views)
    assert coarse.shape == fine.shape == (48, 96)
    assert set(np.unique(fine)) == {NO_INSTANCE, 0, 1}
    # The middle of three by three samples is the pixel's centre: only outlines may differ.
    assert (coarse != fine).mean() < 0.02
    depth = depth_map(rasterise(views[1], batch), batch, views[1])
    np.testing.assert_allclose(depth[fine == 0], 8.0, rtol=1e-5)
    np.testing.assert_allclose(depth[fine == 1], 12.0, rtol=1e-5)
    rest = depth[fine == NO_INSTANCE]
    assert np.isinf(rest).any()
    np.testing.assert_allclose(rest[np.isfinite(rest)], 30.0, rtol=1e-5)
