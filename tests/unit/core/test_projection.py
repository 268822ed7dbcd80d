import numpy as np
import pytest

from drivegen.core import Boxes3D, Camera, Pose, project_boxes, silhouette
from drivegen.core.projection import NEAR_PLANE_M, clip_to_near_plane

CAMERA = Camera("CAM_FRONT", np.array([[50.0, 0, 50], [0, 50.0, 50], [0, 0, 1]]), Pose.identity(), (100, 100))


def _boxes(*centers_sizes: tuple[tuple[float, float, float], tuple[float, float, float]]) -> Boxes3D:
    """Axis-aligned boxes of the camera frame (x right, y down, z forward)."""
    n = len(centers_sizes)
    centers, sizes = (np.array(column, dtype=float) for column in zip(*centers_sizes, strict=True))
    return Boxes3D(centers, sizes, np.tile([1.0, 0, 0, 0], (n, 1)), np.zeros((n, 3)))


def test_one_box_ahead() -> None:
    # Length is along x here: 2 wide, 2 high (the third size is along z), near face at z = 9.
    projection = project_boxes(_boxes(((0, 0, 10), (2, 2, 2))), CAMERA)
    half = 50 / 9
    np.testing.assert_allclose(projection.amodal_px, [[50 - half, 50 - half, 50 + half, 50 + half]])
    np.testing.assert_allclose(projection.visible_px, projection.amodal_px)
    np.testing.assert_allclose(projection.visible_fraction, [1.0])
    np.testing.assert_allclose(projection.depth_m, [10.0])
    assert projection.in_image.all()


def test_a_box_behind_the_camera_is_nowhere() -> None:
    projection = project_boxes(_boxes(((0, 0, -10), (2, 2, 2))), CAMERA)
    assert not projection.in_image[0]
    assert projection.visible_fraction[0] == 0
    assert np.isnan(projection.amodal_px).all()


def test_a_box_beside_the_image_has_an_amodal_box_only() -> None:
    projection = project_boxes(_boxes(((30, 0, 10), (2, 2, 2))), CAMERA)
    assert not projection.in_image[0]
    assert projection.amodal_px[0, 0] > 100
    assert np.isnan(projection.visible_px).all()


def test_a_flat_occluder_hides_half() -> None:
    boxes = _boxes(((0, 0, 20), (4, 4, 0.01)), ((-1, 0, 10), (2, 4, 0.01)))
    far, near = project_boxes(boxes, CAMERA).visible_fraction
    assert near == pytest.approx(1.0)
    # The occluder covers x from -2 to 0 at 10 m, that is -4 to 0 at 20 m: the left half of the far box.
    assert far == pytest.approx(0.5, abs=2e-3)


def test_a_wholly_hidden_box_is_in_the_image_but_not_visible() -> None:
    projection = project_boxes(_boxes(((0, 0, 20), (1, 1, 1)), ((0, 0, 5), (4, 4, 1))), CAMERA)
    assert projection.in_image.all()
    assert projection.visible_fraction[0] == 0
    assert np.isnan(projection.visible_px[0]).all()
    assert np.isfinite(projection.amodal_px[0]).all()


def test_a_box_that_the_image_edge_cuts() -> None:
    projection = project_boxes(_boxes(((-10, 0, 10), (2, 2, 0.001))), CAMERA)
    assert projection.visible_fraction[0] == pytest.approx(0.5, abs=1e-3)
    assert projection.visible_px[0, 0] == 0
    assert projection.amodal_px[0, 0] < 0


def test_a_box_around_the_camera_is_clipped_at_the_near_plane() -> None:
    corners = _boxes(((0, 2, 0), (2, 2, 8))).corners()[0]
    points = clip_to_near_plane(corners)
    assert len(points) == 8
    assert (points[:, 2] >= NEAR_PLANE_M - 1e-12).all()
    outline = silhouette(corners, CAMERA)
    assert outline is not None
    assert np.isfinite(outline.bounds).all()


def test_a_car_beside_the_camera_is_not_measured_against_its_endless_silhouette() -> None:
    # Its near end projects thousands of pixels beyond the edge; what lies half an image beyond it counts no more.
    projection = project_boxes(_boxes(((3, 0, 3), (2, 2, 5.7))), CAMERA)
    assert projection.amodal_px[0, 2] > 500
    assert projection.visible_fraction[0] > 0.1


def test_no_boxes() -> None:
    projection = project_boxes(Boxes3D.empty(), CAMERA)
    assert projection.amodal_px.shape == (0, 4)
    assert projection.in_image.shape == (0,)
