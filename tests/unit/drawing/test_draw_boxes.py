"""Boxes land where core projects them, nearer ones over farther ones, on frames of any scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from drivegen.core import (
    CATEGORIES,
    DataError,
    FrameLabels,
    LabelPolicy,
    Scenario,
    Track,
    Trajectory,
    forward_camera,
    label_frame,
)
from drivegen.drawing import CATEGORY_COLOR, draw_boxes, enlarge

SIZE = (90, 160)
STILL = np.array([[1.0, 0.0, 0.0, 0.0]])


def labels_of(boxes: Sequence[tuple[str, tuple[float, float, float], tuple[float, float, float]]]) -> FrameLabels:
    """Labels of (category, centre, size) as a camera 1.5 m above the ground sees them."""
    time = np.array([0])
    tracks = tuple(
        Track(str(i), category, Trajectory(time, np.array([center]), STILL), np.array([size]))
        for i, (category, center, size) in enumerate(boxes)
    )
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, 1.5)
    scenario = Scenario(
        "s", Trajectory(time, np.zeros((1, 3)), STILL), {"CAM_FRONT": camera}, {"CAM_FRONT": time}, tracks
    )
    return label_frame(scenario, camera, 0, LabelPolicy())


def painted(before: np.ndarray, after: np.ndarray) -> tuple[int, int, int, int]:
    """Bounds of what changed: left, top, right, bottom."""
    rows, columns = np.nonzero((before != after).any(axis=2))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


BLACK = np.zeros((*SIZE, 3), dtype=np.uint8)
CAR = ("car", (12.0, 1.0, 0.8), (4.5, 1.9, 1.6))


def test_a_box_fills_its_amodal_bounds() -> None:
    labels = labels_of([CAR])
    assert np.allclose(painted(BLACK, draw_boxes(BLACK, labels)), labels.amodal_px[0], atol=4.0)


def test_the_frame_itself_stays_as_it_was() -> None:
    frame = BLACK.copy()
    draw_boxes(frame, labels_of([CAR]))
    assert not frame.any()


def test_boxes_scale_with_the_frame() -> None:
    labels = labels_of([CAR])
    large = enlarge(BLACK, 4)
    assert large.shape == (360, 640, 3)
    assert np.allclose(painted(large, draw_boxes(large, labels)), 4 * labels.amodal_px[0], atol=4.0)


def test_another_aspect_ratio_is_refused() -> None:
    with pytest.raises(DataError, match="labels are of another frame"):
        draw_boxes(np.zeros((90, 200, 3), dtype=np.uint8), labels_of([CAR]))


def test_nearer_boxes_are_painted_over_farther_ones() -> None:
    near = ("bus", (10.0, 0.0, 1.5), (2.0, 2.5, 3.0))
    far = ("pedestrian", (30.0, 0.0, 1.0), (0.8, 0.8, 1.8))
    image = draw_boxes(BLACK, labels_of([far, near]), thickness=2)
    both, alone = image.astype(int), draw_boxes(BLACK, labels_of([near]), thickness=2).astype(int)
    lines = (alone == CATEGORY_COLOR["bus"]).all(axis=2)
    assert lines.any()
    assert (both[lines] == CATEGORY_COLOR["bus"]).all()


def test_a_box_beside_the_camera_does_not_fold_over() -> None:
    # Half of it lies behind the camera; everything painted stays right of the middle.
    beside = ("truck", (0.0, -2.5, 1.5), (8.0, 2.0, 3.0))
    left, _, right, _ = painted(BLACK, draw_boxes(BLACK, labels_of([beside])))
    assert left > SIZE[1] / 2
    assert right == SIZE[1]


def test_a_box_around_the_camera_is_drawn_without_harm() -> None:
    draw_boxes(BLACK, labels_of([("bus", (0.5, 0.0, 1.5), (12.0, 3.0, 3.0))]), captions=True)


def test_the_front_face_is_marked() -> None:
    # Seen from the side, driving to the left: what is left of the middle is brighter.
    half = np.pi / 4
    side = Track(
        "a",
        "car",
        Trajectory(np.array([0]), np.array([[12.0, 0.0, 0.8]]), np.array([[np.cos(half), 0, 0, np.sin(half)]])),
        np.array([[4.5, 1.9, 1.6]]),
    )
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, 1.5)
    ego = Trajectory(np.array([0]), np.zeros((1, 3)), STILL)
    scenario = Scenario("s", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": np.array([0])}, (side,))
    image = draw_boxes(BLACK, label_frame(scenario, camera, 0, LabelPolicy())).astype(int)
    assert image[:, :80].sum() > 1.3 * image[:, 80:].sum()


def test_what_is_not_scored_can_be_left_out() -> None:
    tiny = ("traffic_cone", (70.0, 5.0, 0.4), (0.4, 0.4, 0.8))
    labels = labels_of([tiny])
    assert not labels.scored.any()
    assert draw_boxes(BLACK, labels).any()
    assert not draw_boxes(BLACK, labels, scored_only=True).any()


def test_captions_stay_in_the_image() -> None:
    labels = labels_of([("construction_vehicle", (4.0, 3.0, 1.6), (4.5, 1.9, 3.2))])
    plain, named = draw_boxes(BLACK, labels), draw_boxes(BLACK, labels, captions=True)
    left, top, right, bottom = painted(plain, named)
    assert right - left > 60
    assert (named[top:bottom, left:right] == CATEGORY_COLOR["construction_vehicle"]).all(axis=2).any()


def test_captions_do_not_cover_one_another() -> None:
    near, far = ("car", (12.0, 0.0, 0.8), (4.5, 1.9, 1.6)), ("bus", (20.0, 0.0, 1.2), (4.5, 2.5, 2.4))
    labels = labels_of([far, near])
    image = draw_boxes(BLACK, labels, captions=True)
    left, top = (int(v) for v in labels.amodal_px[0][:2])
    # The ground of the nearer box's caption, just above it.
    assert (image[top - 3, left + 1] == CATEGORY_COLOR["car"]).all()
    assert not ((draw_boxes(BLACK, labels) != image).any(axis=2) & (image == CATEGORY_COLOR["bus"]).all(axis=2)).any()


def test_no_labels_change_nothing() -> None:
    assert not draw_boxes(BLACK, labels_of([]), captions=True).any()


def test_every_category_has_its_own_colour() -> None:
    assert tuple(CATEGORY_COLOR) == CATEGORIES
    assert len(set(CATEGORY_COLOR.values())) == len(CATEGORIES)


def test_enlarge_keeps_flat_areas_and_refuses_nothing() -> None:
    frame = np.full((4, 6, 3), 77, dtype=np.uint8)
    assert (enlarge(frame, 3) == 77).all()
    assert enlarge(frame, 1) is frame
    with pytest.raises(DataError, match="factor"):
        enlarge(frame, 0)
