"""Detections are checked, and matched with labels as COCO does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivegen.core import DataError, Detections, box_iou, match_greedily, without_rivals

BOX = st.tuples(st.floats(0, 50), st.floats(0, 50), st.floats(0.5, 40), st.floats(0.5, 40)).map(
    lambda v: [v[0], v[1], v[0] + v[2], v[1] + v[3]]
)
BOXES = st.lists(BOX, min_size=1, max_size=6).map(np.array)


def test_sorted_by_confidence() -> None:
    found = Detections.of_boxes(np.array([[0, 0, 1, 1], [2, 2, 4, 4]]), np.array([0.2, 0.9]), np.array([3, 5]))
    assert found.scores.tolist() == [0.9, 0.2]
    assert found.category_ids.tolist() == [5, 3]
    assert np.isnan(found.depth_m).all()
    assert len(found[found.scores > 0.5]) == 1


@pytest.mark.parametrize(
    ("box", "score", "category"),
    [([0, 0, np.nan, 1], 0.5, 0), ([0, 0, 1, 1], 1.5, 0), ([0, 0, 1, 1], 0.5, 10), ([0, 0, 1, 1], 0.5, -1)],
)
def test_refuses_what_is_no_detection(box: list[float], score: float, category: int) -> None:
    with pytest.raises(DataError):
        Detections.of_boxes(np.array([box]), np.array([score]), np.array([category]))


def test_refuses_wrong_shapes() -> None:
    none = np.zeros(0)
    with pytest.raises(DataError, match="boxes_px"):
        Detections(np.zeros((1, 4)), none, none.astype(np.int64), none, none)


@given(BOXES, BOXES)
def test_overlap_is_symmetric_and_a_share(a: np.ndarray, b: np.ndarray) -> None:
    overlap = box_iou(a, b)
    assert np.allclose(overlap, box_iou(b, a).T)
    assert ((overlap >= 0) & (overlap <= 1 + 1e-12)).all()
    assert np.allclose(np.diag(box_iou(a, a)), 1.0)


@given(BOXES, st.floats(-20, 20))
def test_overlap_does_not_depend_on_the_place(a: np.ndarray, shift: float) -> None:
    assert np.allclose(box_iou(a, a[::-1]), box_iou(a + shift, a[::-1] + shift), atol=1e-9)


def test_overlap_of_known_boxes() -> None:
    a = np.array([[0.0, 0.0, 2.0, 2.0], [np.nan] * 4])
    b = np.array([[1.0, 0.0, 3.0, 2.0], [5.0, 5.0, 6.0, 6.0]])
    assert np.allclose(box_iou(a, b), [[1 / 3, 0], [0, 0]])


@given(BOXES, BOXES, st.floats(0.05, 0.9))
def test_a_label_is_taken_once_and_only_where_it_overlaps(a: np.ndarray, b: np.ndarray, least: float) -> None:
    overlap = box_iou(a, b)
    matched = match_greedily(overlap, least)
    taken = matched[matched >= 0]
    assert len(set(taken.tolist())) == len(taken)
    assert all(overlap[i, j] >= least for i, j in enumerate(matched) if j >= 0)
    # Nobody goes without a label that is free and near enough.
    free = np.setdiff1d(np.arange(len(b)), taken)
    assert not (overlap[matched < 0][:, free] >= least).any()


def test_the_most_confident_chooses_first() -> None:
    assert match_greedily(np.array([[0.6, 0.9], [0.7, 0.95]]), 0.5).tolist() == [1, 0]
    assert match_greedily(np.zeros((2, 0)), 0.5).tolist() == [-1, -1]


@given(BOXES, st.floats(0.05, 0.95))
def test_of_rivals_the_surest_is_left(a: np.ndarray, most: float) -> None:
    rivals = box_iou(a, a) > most
    left = without_rivals(rivals)
    assert not (rivals[np.ix_(left, left)] & ~np.eye(left.sum(), dtype=bool)).any()
    # Whatever goes has a surer rival that stays.
    assert all((left[:i] & rivals[i, :i]).any() for i in np.flatnonzero(~left))
