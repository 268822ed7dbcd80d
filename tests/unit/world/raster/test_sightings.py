from __future__ import annotations

import numpy as np
import shapely

from drivegen.core import Boxes3D, Pose, forward_camera, project_boxes
from drivegen.core.poses import quaternion_from_yaw
from drivegen.core.projection import silhouette
from drivegen.world.geometry import Mesh, MeshBuilder
from drivegen.world.raster import instance_map, make_view, object_batch, rasterise, sightings
from drivegen.world.raster.protocol import DrawnScene
from drivegen.world.raster.sightings import measure

CAMERA = forward_camera("CAM_FRONT", (96, 192), np.deg2rad(70.0), 1.5)


def box_mesh(boxes: Boxes3D, k: int) -> Mesh:
    builder = MeshBuilder()
    half = 0.5 * boxes.sizes[k]
    builder.box(tuple(-half), tuple(half), (0.5, 0.5, 0.5), floor=True)
    pose = Pose(boxes.rotations[k], boxes.centers[k])
    return builder.build().moved(pose.matrix[:3, :3], pose.translation)


def two_boxes(centers: list[list[float]]) -> Boxes3D:
    rotations = quaternion_from_yaw(np.array([0.3, -0.2]))
    return Boxes3D(np.array(centers), np.array([[4.0, 1.8, 1.5], [4.4, 1.9, 1.6]]), rotations, np.zeros((2, 3)))


def test_fractions_are_those_of_the_boxes_silhouettes() -> None:
    for centers in ([[12.0, 0.5, 0.75], [20.0, 1.8, 0.8]], [[5.0, 3.4, 0.75], [14.0, -2.0, 0.8]]):
        boxes = two_boxes(centers)
        view = make_view(CAMERA, Pose.identity(), 2)
        fraction, visible = measure(view, object_batch(Mesh.empty(), {str(k): box_mesh(boxes, k) for k in range(2)}))
        expected = project_boxes(boxes.transformed(CAMERA.ego_from_camera.inverse()), CAMERA)
        np.testing.assert_allclose(fraction, expected.visible_fraction, atol=0.03)
        np.testing.assert_allclose(visible, expected.visible_px, atol=0.75)


def test_a_box_covers_its_silhouette() -> None:
    boxes = two_boxes([[11.0, -1.0, 0.75], [400.0, 0.0, 0.8]])
    view = make_view(CAMERA, Pose.identity(), 2)
    batch = object_batch(Mesh.empty(), {"box": box_mesh(boxes, 0)})
    samples = (rasterise(view, batch).face >= 0).sum() / 4
    outline = silhouette(boxes.transformed(CAMERA.ego_from_camera.inverse()).corners()[0], CAMERA)
    assert outline is not None
    inside = shapely.intersection(outline, shapely.box(0, 0, 192, 96)).area
    assert abs(samples / inside - 1.0) < 0.02
    pixels = (instance_map(rasterise(view, batch), batch, view) == 0).sum()
    assert abs(pixels / inside - 1.0) < 0.04


def test_sees_what_the_scene_shows(small_scene: DrawnScene) -> None:
    camera = small_scene.scenario.cameras["CAM_FRONT"]
    seen = sightings(small_scene, camera)
    front, hidden, behind, walker = seen.fraction.T
    assert (front > 0.95).all()
    assert (hidden < 0.5).all()
    assert (behind == 0).all()
    assert (walker > 0.95).all()
    assert np.isnan(seen.visible_px[:, 2]).all()
    assert np.isfinite(seen.visible_px[:, 0]).all()
    again = sightings(small_scene, camera, seen.times_us[2:4])
    np.testing.assert_array_equal(again.fraction, seen.fraction[2:4])
