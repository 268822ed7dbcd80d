"""Boxes that a region branch learns from: objects, and places where nothing fits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from drivegen.core import box_iou
from drivegen.models.perception import NOTHING
from drivegen.training.perception_arrays import MAX_OBJECTS, SCORED, empty_frame_arrays
from drivegen.training.perception_batches import FrameBatch
from drivegen.training.perception_losses import region_loss
from drivegen.training.perception_regions import (
    EMPTY_PER_FRAME,
    OBJECTS_PER_FRAME,
    Regions,
    draw_regions,
    joined,
    judge_proposals,
)

HEIGHT, WIDTH = 64, 128


def batch_of(*frames: list[tuple[float, float, float, float]], role: int = SCORED) -> FrameBatch:
    """Frames with objects of class 0, 1, 2, ... in their order."""
    arrays = empty_frame_arrays(len(frames))
    for row, boxes in enumerate(frames):
        for i, box in enumerate(boxes[:MAX_OBJECTS]):
            arrays["boxes_px"][row, i] = box
            arrays["category"][row, i] = i % 10
            arrays["role"][row, i] = role
    pixels = np.zeros((len(frames), HEIGHT, WIDTH, 3), dtype=np.uint8)
    return FrameBatch(torch.from_numpy(pixels), *(torch.from_numpy(arrays[name]) for name in FrameBatch._fields[1:]))


def drawn(batch: FrameBatch, seed: int = 0) -> Regions:
    return draw_regions(batch, torch.Generator().manual_seed(seed))


ROW = [(8.0 * i, 20.0, 8.0 * i + 6.0, 40.0) for i in range(12)]
TWO = [(10.0, 20.0, 30.0, 40.0), (60.0, 22.0, 66.0, 40.0)]


def test_objects_keep_their_class_and_nearly_their_box() -> None:
    batch = batch_of(TWO, [], ROW)
    for seed in range(5):
        regions = drawn(batch, seed)
        found = regions.category != NOTHING
        held = torch.bincount(regions.frame_of[found], minlength=3).tolist()
        assert held == [2, 0, OBJECTS_PER_FRAME]
        for frame, box, category in zip(*(part[found] for part in regions), strict=True):
            at = batch.boxes_px[frame].double().numpy()
            overlap = box_iou(box[None].double().numpy(), at)[0]
            best = int(np.nan_to_num(overlap).argmax())
            assert overlap[best] > 0.4 and batch.category[frame, best] == category


def test_nothing_is_where_nothing_is_written() -> None:
    batch = batch_of(TWO, [], ROW)
    kinds = []
    for seed in range(20):
        regions = drawn(batch, seed)
        empty = regions.category == NOTHING
        assert torch.bincount(regions.frame_of[empty], minlength=3).max() <= EMPTY_PER_FRAME
        for frame, box in zip(regions.frame_of[empty], regions.boxes_px[empty], strict=True):
            overlap = np.nan_to_num(box_iou(box[None].double().numpy(), batch.boxes_px[frame].double().numpy()))
            assert overlap.max(initial=0.0) < 0.3
            assert box[0] >= -(box[2] - box[0]) / 3 - 1e-3 and box[2] <= WIDTH + (box[2] - box[0]) / 3 + 1e-3
            kinds.append(int(frame))
    # A frame without objects borrows boxes; one that is full of them still has room beside and between.
    assert set(kinds) == {0, 1, 2}


def test_objects_that_are_not_scored_are_neither() -> None:
    batch = batch_of(TWO, ROW[:2])
    batch.role[1] = torch.where(batch.role[1] == SCORED, 0, batch.role[1])
    regions = drawn(batch)
    assert (regions.frame_of[regions.category != NOTHING] == 0).all()
    for box in regions.boxes_px[(regions.category == NOTHING) & (regions.frame_of == 1)]:
        assert np.nan_to_num(box_iou(box[None].double().numpy(), np.array(ROW[:2]))).max() < 0.3


def test_proposals_are_objects_nothing_or_left_out() -> None:
    batch = batch_of(TWO, TWO[:1])
    batch.role[1, 0] = 0
    first, second = torch.tensor(TWO).double()
    on, beside, half = first + 1, first + torch.tensor([30.0, 0, 30, 0]), first + torch.tensor([9.0, 0, 9, 0])
    judged = judge_proposals(batch, [torch.stack([on, beside, half, second]), first[None]])
    assert judged.frame_of.tolist() == [0, 0, 0]
    assert judged.category.tolist() == [0, NOTHING, 1]
    torch.testing.assert_close(judged.boxes_px, torch.stack([on, beside, second]).float())
    # What is written and not scored is neither an object nor nothing.
    assert (judged.frame_of != 1).all()


def test_nothing_proposed_adds_nothing() -> None:
    batch = batch_of(TWO, [])
    nobody = torch.zeros(0, 4, dtype=torch.float64)
    assert len(judge_proposals(batch, []).frame_of) == len(judge_proposals(batch, [nobody, nobody]).frame_of) == 0
    # In an empty frame every proposal is a slip.
    assert judge_proposals(batch, [nobody, torch.tensor(TWO).double()]).category.tolist() == [NOTHING, NOTHING]
    alone = drawn(batch)
    together = joined(alone, judge_proposals(batch, [torch.tensor(TWO).double()]))
    assert len(together.category) == len(alone.category) + 2


def test_a_batch_without_objects_teaches_nothing() -> None:
    regions = drawn(batch_of([], []))
    assert len(regions.frame_of) == len(regions.boxes_px) == len(regions.category) == 0
    loss = region_loss(torch.zeros(0, 11, requires_grad=True), regions.category)
    loss.backward()
    assert float(loss) == 0.0


def test_the_same_seed_draws_the_same() -> None:
    batch = batch_of(TWO, ROW)
    assert all(torch.equal(a, b) for a, b in zip(drawn(batch, 3), drawn(batch, 3), strict=True))
    assert not torch.equal(drawn(batch, 3).boxes_px[:2], drawn(batch, 4).boxes_px[:2])


def test_the_loss_is_lower_for_what_is_there() -> None:
    category = torch.tensor([0, NOTHING])
    right = torch.zeros(2, 11).scatter_(1, category[:, None], 4.0)
    assert float(region_loss(right, category)) < float(region_loss(right.flip(0), category))
    assert float(region_loss(torch.zeros(2, 11), category)) == pytest.approx(np.log(11), rel=1e-3)
