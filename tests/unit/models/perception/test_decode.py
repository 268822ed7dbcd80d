"""Answers drawn from boxes come back as those boxes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from drivegen.core.arrays import Floats, Integers
from drivegen.core.categories import CATEGORIES
from drivegen.models.perception import STRIDE, FrameOutputs, detections_of, identities_of

SIZE = (128, 256)
# One of each class; from 8 px to most of the frame, at edges, and narrow.
BOXES = np.array(
    [
        [10.0, 20.0, 30.0, 34.0], [40.0, 50.0, 47.0, 58.0], [60.0, 10.0, 250.0, 120.0], [0.0, 0.0, 9.0, 12.0],
        [244.0, 117.0, 256.0, 128.0], [100.0, 60.0, 105.0, 77.0], [120.5, 60.25, 131.75, 71.0],
        [13.0, 90.0, 77.0, 111.0], [200.0, 20.0, 206.0, 29.0], [210.0, 40.0, 240.0, 52.0],
    ]
)  # fmt: skip
IDS = np.arange(len(CATEGORIES))
DEPTH = np.linspace(2.0, 79.0, len(CATEGORIES))
ALPHA = np.linspace(-3.0, np.pi, len(CATEGORIES))


def draw_outputs(
    boxes: Floats, categories: Integers, depth_m: Floats, alpha_rad: Floats, size: tuple[int, int] = SIZE
) -> FrameOutputs:
    """The answers of an ideal net for boxes (N, 4) in pixels of its own image size, the first the most confident."""
    h, w = size[0] // STRIDE, size[1] // STRIDE
    classes = torch.full((1, 10, h, w), -12.0)
    ltrb, log_depth = torch.ones(1, 4, h, w), torch.zeros(1, h, w)
    alpha, identity = torch.zeros(1, 2, h, w), torch.zeros(1, 6, h, w)
    for n, (box, category) in enumerate(zip(boxes, categories, strict=True)):
        column, row = ((box[:2] + box[2:]) / 2 // STRIDE).astype(int)
        centre = STRIDE * (np.array([column, row]) + 0.5)
        classes[0, category, row, column] = 5.0 - 0.1 * n
        ltrb[0, :, row, column] = torch.tensor(np.concatenate([centre - box[:2], box[2:] - centre]))
        log_depth[0, row, column] = float(np.log(depth_m[n]))
        alpha[0, :, row, column] = 3.0 * torch.tensor([np.sin(alpha_rad[n]), np.cos(alpha_rad[n])])
    rest = (torch.zeros(1, 5), torch.zeros(1, 3), torch.zeros(1), torch.zeros(1, 8))
    return FrameOutputs(classes, ltrb, log_depth, alpha, identity, *rest)


def test_every_class_comes_back() -> None:
    found = detections_of(draw_outputs(BOXES, IDS, DEPTH, ALPHA), 0, SIZE)
    assert found.category_ids.tolist() == IDS.tolist()
    assert (np.diff(found.scores) < 0).all()
    np.testing.assert_allclose(found.boxes_px, BOXES, atol=1e-4)
    np.testing.assert_allclose(found.depth_m, DEPTH, rtol=1e-5)
    np.testing.assert_allclose(found.alpha_rad, ALPHA, atol=1e-5)


@pytest.mark.parametrize("size", [(64, 128), (540, 960), (900, 1600), (100, 200)])
def test_boxes_come_back_in_the_pixels_of_the_frame(size: tuple[int, int]) -> None:
    found = detections_of(draw_outputs(BOXES, IDS, DEPTH, ALPHA), 0, size)
    scale = np.array([size[1] / 256, size[0] / 128] * 2)
    np.testing.assert_allclose(found.boxes_px, BOXES * scale, rtol=1e-6, atol=1e-3)


def test_boxes_are_cut_at_the_edges() -> None:
    outputs = draw_outputs(np.array([[-20.0, -8.0, 40.0, 140.0]]), IDS[:1], DEPTH, ALPHA)
    assert detections_of(outputs, 0, SIZE).boxes_px.tolist() == [[0.0, 0.0, 40.0, 128.0]]


def test_duplicates_of_a_class_go_and_other_classes_stay() -> None:
    boxes = np.array([[40.0, 40.0, 80.0, 60.0], [48.0, 40.0, 88.0, 60.0], [60.0, 40.0, 100.0, 60.0]])
    same = draw_outputs(boxes, np.array([0, 0, 0]), DEPTH, ALPHA)
    assert detections_of(same, 0, SIZE).boxes_px[:, 0].tolist() == pytest.approx([40.0, 60.0])
    assert len(detections_of(same, 0, SIZE, nms_iou=0.9)) == 3
    mixed = draw_outputs(boxes, np.array([0, 1, 0]), DEPTH, ALPHA)
    assert detections_of(mixed, 0, SIZE).category_ids.tolist() == [0, 1, 0]


def test_a_suppressed_box_suppresses_nothing() -> None:
    # b overlaps a, c overlaps b but not a: b goes, c stays.
    boxes = np.array([[40.0, 40.0, 80.0, 60.0], [48.0, 40.0, 88.0, 60.0], [56.0, 40.0, 96.0, 60.0]])
    found = detections_of(draw_outputs(boxes, np.array([3, 3, 3]), DEPTH, ALPHA), 0, SIZE, nms_iou=0.5)
    assert found.boxes_px[:, 0].tolist() == pytest.approx([40.0, 56.0])


def test_only_peaks_count() -> None:
    outputs = draw_outputs(BOXES[:1], IDS[:1], DEPTH, ALPHA)
    row, column = np.unravel_index(int(outputs.class_logits[0, 0].argmax()), (32, 64))
    outputs.class_logits[0, 0, row, column + 1] = 4.0
    assert len(detections_of(outputs, 0, SIZE)) == 1


def test_scores_and_numbers_are_limited() -> None:
    outputs = draw_outputs(BOXES, IDS, DEPTH, ALPHA)
    assert detections_of(outputs, 0, SIZE, max_detections=3).category_ids.tolist() == [0, 1, 2]
    least = float(torch.tensor(4.75).sigmoid())
    assert detections_of(outputs, 0, SIZE, min_score=least).category_ids.tolist() == [0, 1, 2]
    assert len(detections_of(outputs, 0, SIZE, min_score=1.0)) == 0


def test_an_empty_frame_has_no_detections() -> None:
    nothing = draw_outputs(BOXES[:0], IDS[:0], DEPTH, ALPHA)
    assert len(detections_of(nothing, 0, SIZE)) == 0
    impossible = replace(nothing, class_logits=torch.full_like(nothing.class_logits, -1e4))
    assert len(detections_of(impossible, 0, SIZE, min_score=0.0)) == 0


def test_the_chosen_frame_of_a_batch_is_decoded() -> None:
    one, other = draw_outputs(BOXES, IDS, DEPTH, ALPHA), draw_outputs(BOXES[3:5], IDS[3:5], DEPTH, ALPHA)
    both = FrameOutputs(*(torch.cat([a, b]) for a, b in zip(vars(one).values(), vars(other).values(), strict=True)))
    assert detections_of(both, 1, SIZE).category_ids.tolist() == [3, 4]


def test_identities_are_unit_vectors_between_cells() -> None:
    identity = torch.randn(6, 32, 64, generator=torch.Generator().manual_seed(0))
    # Centres on that of cell (row 3, column 5), half-way to column 6, and beyond the last cell's centre.
    boxes = np.array([[18.0, 10.0, 26.0, 18.0], [20.0, 10.0, 28.0, 18.0], [254.0, 126.0, 256.0, 128.0]])
    found = identities_of(identity, boxes, SIZE)
    wanted = torch.stack([identity[:, 3, 5], identity[:, 3, 5:7].mean(dim=1), identity[:, 31, 63]])
    wanted = wanted / wanted.norm(dim=1, keepdim=True)
    np.testing.assert_allclose(found, wanted.numpy(), atol=1e-4)
    np.testing.assert_allclose(identities_of(identity, boxes / 2, (64, 128))[:2], found[:2], atol=1e-5)


def test_there_is_no_identity_where_there_is_nothing_to_look_at() -> None:
    identity = torch.ones(4, 32, 64)
    boxes = np.array([[np.nan] * 4, [5.0, 5.0, 5.9, 40.0], [5.0, 5.0, 40.0, 5.5], [9.0, 9.0, 5.0, 5.0], [5, 5, 6, 6]])
    assert np.isnan(identities_of(identity, boxes, SIZE)).all(axis=1).tolist() == [True, True, True, True, False]
    assert identities_of(identity, np.zeros((0, 4)), SIZE).shape == (0, 4)
