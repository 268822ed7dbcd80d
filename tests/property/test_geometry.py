"""Properties of poses, cameras, boxes, projection and tracks that hold for any value."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from drivegen.core import Boxes3D, Camera, Pose, Trajectory, forward_camera, interpolate_poses, project_boxes
from drivegen.core.boxes import EDGES
from drivegen.core.poses import matrix_from_quaternion, slerp
from drivegen.core.projection import NEAR_PLANE_M, clip_to_near_plane, silhouette

coordinates = st.floats(-100, 100)
angles = st.floats(-np.pi, np.pi)
fractions = st.floats(0, 1)


@st.composite
def quaternions(draw: st.DrawFn) -> np.ndarray:
    q = draw(arrays(np.float64, 4, elements=st.floats(-1, 1)))
    assume(np.linalg.norm(q) > 0.1)
    return q / np.linalg.norm(q)


@st.composite
def poses(draw: st.DrawFn) -> Pose:
    return Pose(draw(quaternions()), draw(arrays(np.float64, 3, elements=coordinates)))


@st.composite
def cameras(draw: st.DrawFn) -> Camera:
    size = (draw(st.integers(16, 200)), draw(st.integers(16, 400)))
    return forward_camera("C", size, draw(st.floats(0.4, 2.0)), draw(st.floats(0.5, 3.0)), draw(st.floats(-0.2, 0.2)))


@st.composite
def boxes(draw: st.DrawFn, max_boxes: int = 5) -> Boxes3D:
    """Boxes of the camera frame, some of them around, beside or behind the camera."""
    n = draw(st.integers(1, max_boxes))
    centers = draw(arrays(np.float64, (n, 3), elements=st.floats(-30, 30)))
    sizes = draw(arrays(np.float64, (n, 3), elements=st.floats(0.2, 12)))
    rotations = np.stack([draw(quaternions()) for _ in range(n)])
    return Boxes3D(centers, sizes, rotations, np.zeros((n, 3)))


@given(poses(), poses(), poses())
def test_composition_is_that_of_matrices_and_associative(a: Pose, b: Pose, c: Pose) -> None:
    np.testing.assert_allclose((a @ b).matrix, a.matrix @ b.matrix, atol=1e-9)
    np.testing.assert_allclose(((a @ b) @ c).matrix, (a @ (b @ c)).matrix, atol=1e-9)


@given(poses())
def test_inverse_undoes(pose: Pose) -> None:
    np.testing.assert_allclose((pose @ pose.inverse()).matrix, np.eye(4), atol=1e-9)
    np.testing.assert_allclose(pose.inverse().inverse().matrix, pose.matrix, atol=1e-9)


@given(poses(), arrays(np.float64, (5, 3), elements=coordinates))
def test_poses_keep_distances(pose: Pose, points: np.ndarray) -> None:
    moved = pose.apply(points)
    np.testing.assert_allclose(np.linalg.norm(np.diff(moved, axis=0)), np.linalg.norm(np.diff(points, axis=0)))


@given(quaternions(), quaternions(), fractions)
def test_slerp_stays_on_the_sphere_and_meets_its_ends(a: np.ndarray, b: np.ndarray, fraction: float) -> None:
    between = slerp(a, b, np.asarray(fraction))
    assert abs(np.linalg.norm(between) - 1) < 1e-9
    for end, at in ((a, 0.0), (b, 1.0)):
        np.testing.assert_allclose(
            matrix_from_quaternion(slerp(a, b, np.asarray(at))), matrix_from_quaternion(end), atol=1e-6
        )


@given(poses(), poses(), fractions)
def test_interpolation_is_symmetric(a: Pose, b: Pose, fraction: float) -> None:
    # At half a turn apart both ways round are equally short.
    assume(abs(np.dot(a.rotation, b.rotation)) > 1e-3)
    forth, back = interpolate_poses(a, b, fraction), interpolate_poses(b, a, 1 - fraction)
    np.testing.assert_allclose(forth.matrix, back.matrix, atol=1e-6)


@given(angles, arrays(np.float64, 3, elements=coordinates))
def test_yaw_round_trip(yaw: float, translation: np.ndarray) -> None:
    found = Pose.from_yaw(yaw, translation).yaw_rad
    assert abs(np.angle(np.exp(1j * (found - yaw)))) < 1e-9


@given(cameras(), st.floats(0.1, 4), st.floats(0.1, 4), arrays(np.float64, (6, 3), elements=st.floats(-50, 50)))
def test_resize_commutes_with_projection(camera: Camera, sy: float, sx: float, points: np.ndarray) -> None:
    points[:, 2] = np.abs(points[:, 2]) + 0.5
    height, width = max(1, round(camera.size[0] * sy)), max(1, round(camera.size[1] * sx))
    scale = np.array([width / camera.size[1], height / camera.size[0]])
    np.testing.assert_allclose(camera.resize((height, width)).project(points), camera.project(points) * scale)


@given(cameras(), st.floats(-20, 20), st.floats(-20, 20), arrays(np.float64, (6, 3), elements=st.floats(-50, 50)))
def test_crop_commutes_with_projection(camera: Camera, top: float, left: float, points: np.ndarray) -> None:
    points[:, 2] = np.abs(points[:, 2]) + 0.5
    cropped = camera.crop(top, left, (10, 20))
    np.testing.assert_allclose(cropped.project(points), camera.project(points) - [left, top], atol=1e-6)


@given(boxes(), poses())
def test_box_transforms_move_the_corners_and_keep_the_sizes(some: Boxes3D, pose: Pose) -> None:
    moved = some.transformed(pose)
    np.testing.assert_array_equal(moved.sizes, some.sizes)
    np.testing.assert_allclose(moved.corners(), pose.apply(some.corners()), atol=1e-8)
    np.testing.assert_allclose(moved.transformed(pose.inverse()).corners(), some.corners(), atol=1e-8)


@given(boxes())
def test_corners_span_length_width_and_height(some: Boxes3D) -> None:
    corners = some.corners()
    edges = np.linalg.norm(corners[:, EDGES[:, 0]] - corners[:, EDGES[:, 1]], axis=-1)
    # Edge 1-2 is vertical, 0-1 lies across, 0-4 along.
    np.testing.assert_allclose(edges[:, [8, 0, 1]], some.sizes, atol=1e-9)
    np.testing.assert_allclose(corners.mean(axis=1), some.centers, atol=1e-9)


@given(boxes(max_boxes=1), cameras())
def test_clipped_silhouettes_are_finite_and_contain_every_visible_corner(some: Boxes3D, camera: Camera) -> None:
    corners = some.corners()[0]
    points = clip_to_near_plane(corners)
    assert (points[:, 2] >= NEAR_PLANE_M - 1e-9).all()
    outline = silhouette(corners, camera)
    in_front = corners[corners[:, 2] > NEAR_PLANE_M]
    if outline is None:
        # Nothing in front, or seen exactly edge on.
        assert len(in_front) == 0 or len(points) < 3 or np.ptp(camera.project(points), axis=0).min() < 1e-6
        return
    x_min, y_min, x_max, y_max = outline.bounds
    assert np.isfinite(outline.bounds).all()
    u, v = camera.project(in_front).T
    slack = 1e-6 * (1 + np.abs(outline.bounds).max())
    assert (u >= x_min - slack).all() and (u <= x_max + slack).all()
    assert (v >= y_min - slack).all() and (v <= y_max + slack).all()


@given(boxes(), cameras())
def test_visible_parts_lie_in_the_image_and_in_the_whole(some: Boxes3D, camera: Camera) -> None:
    projection = project_boxes(some, camera)
    fraction = projection.visible_fraction
    assert ((fraction >= 0) & (fraction <= 1)).all()
    assert not fraction[~projection.in_image].any()
    seen = projection.visible_px[fraction > 0]
    whole = projection.amodal_px[fraction > 0]
    limits = np.array([camera.size[1], camera.size[0]] * 2)
    assert (seen >= -1e-6).all() and (seen <= limits + 1e-6).all()
    slack = 1e-6 * (1 + np.abs(whole))
    assert (seen[:, :2] >= whole[:, :2] - slack[:, :2]).all() and (seen[:, 2:] <= whole[:, 2:] + slack[:, 2:]).all()
    assert np.isnan(projection.visible_px[fraction == 0]).all()


@given(boxes(), boxes(max_boxes=1), cameras())
def test_one_more_box_never_uncovers_another(some: Boxes3D, extra: Boxes3D, camera: Camera) -> None:
    both = Boxes3D(*(np.concatenate([getattr(b, n) for b in (some, extra)]) for n in _FIELDS))
    before = project_boxes(some, camera)
    after = project_boxes(both, camera)
    assert (after.visible_fraction[:-1] <= before.visible_fraction + 1e-6).all()
    np.testing.assert_array_equal(after.in_image[:-1], before.in_image)
    np.testing.assert_array_equal(after.amodal_px[:-1], before.amodal_px)


@given(boxes(), cameras(), st.randoms(use_true_random=False))
def test_the_order_of_boxes_does_not_matter(some: Boxes3D, camera: Camera, random: object) -> None:
    order = np.arange(len(some))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight, shuffled = project_boxes(some, camera), project_boxes(some[order], camera)
    np.testing.assert_allclose(shuffled.visible_fraction, straight.visible_fraction[order], atol=1e-6)


_FIELDS = ("centers", "sizes", "rotations", "velocities")


@st.composite
def trajectories(draw: st.DrawFn) -> Trajectory:
    n = draw(st.integers(2, 6))
    gaps = draw(st.lists(st.integers(1_000, 900_000), min_size=n, max_size=n))
    positions = draw(arrays(np.float64, (n, 3), elements=coordinates))
    return Trajectory(np.cumsum(gaps), positions, np.stack([draw(quaternions()) for _ in range(n)]))


@given(trajectories())
def test_a_trajectory_hits_its_keys(trajectory: Trajectory) -> None:
    for time, position, rotation in zip(
        trajectory.timestamps_us, trajectory.positions, trajectory.rotations, strict=True
    ):
        pose = trajectory.pose_at(int(time))
        assert trajectory.covers(int(time))
        np.testing.assert_allclose(pose.translation, position, atol=1e-9)
        np.testing.assert_allclose(matrix_from_quaternion(pose.rotation), matrix_from_quaternion(rotation), atol=1e-9)


@given(trajectories(), fractions)
def test_between_keys_a_trajectory_stays_between_them(trajectory: Trajectory, fraction: float) -> None:
    times = trajectory.timestamps_us
    time = int(times[0] + fraction * (times[-1] - times[0]))
    low = int(np.searchsorted(times, time, "right") - 1)
    high = min(low + 1, len(times) - 1)
    ends = trajectory.positions[[low, high]]
    position = trajectory.pose_at(time).translation
    assert (position >= ends.min(axis=0) - 1e-9).all() and (position <= ends.max(axis=0) + 1e-9).all()
