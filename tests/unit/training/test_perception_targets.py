"""Dense targets of boxes made by hand, on a grid of 8 x 16 cells of four pixels."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from drivegen.training.perception_batches import FrameBatch
from drivegen.training.perception_targets import DenseTargets, dense_targets

GRID = (8, 16)
MakeBoxes = Callable[..., FrameBatch]


def targets(batch: FrameBatch) -> DenseTargets:
    return dense_targets(batch.boxes_px, batch.category, batch.role, batch.depth_m, GRID, 4)


def test_one_box(boxes: MakeBoxes) -> None:
    found = targets(boxes(((8.0, 12.0, 24.0, 20.0), 3, 2, 10.0)))
    # The centre (16, 16) lies on the corner of cell (row 4, column 4).
    assert found.positive.nonzero().tolist() == [[0, 3, 4, 4]]
    assert found.heat[0, 3, 4, 4] == 1.0
    assert found.heat[0, :3].max() == 0.0
    # The centre of that cell is (18, 18).
    assert found.box_ltrb[0, :, 4, 4].tolist() == [10.0, 6.0, 6.0, 2.0]
    # TTFNet's standard deviation: (0.54 side + 1) / 6 cells, of four cells across.
    assert math.isclose(found.heat[0, 3, 4, 5].item(), math.exp(-0.5 / ((0.54 * 4 + 1) / 6) ** 2), rel_tol=1e-5)
    assert math.isclose(found.weight.sum().item(), 1.0, rel_tol=1e-5)
    assert found.weight[0, 4, 4] > 0.5
    assert not found.ignored.any()
    assert found.objects == 1


def test_padding_is_nothing(boxes: MakeBoxes) -> None:
    found = targets(boxes())
    assert found.heat.max() == 0.0
    assert not found.positive.any()
    assert found.weight.sum() == 0.0
    assert found.objects == 1
    assert torch.isfinite(found.box_ltrb).all()


def test_written_only_is_ignored_and_conditioned_counts(boxes: MakeBoxes) -> None:
    found = targets(boxes(((0.0, 0.0, 9.0, 8.0), 0, 0, 5.0), ((40.0, 8.0, 44.0, 12.0), 5, 1, 30.0)))
    assert found.ignored[0].nonzero().tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert found.positive.nonzero().tolist() == [[0, 5, 2, 10]]
    assert found.objects == 1


def test_the_nearer_of_two_owns_a_cell(boxes: MakeBoxes) -> None:
    near, far = ((16.0, 12.0, 24.0, 20.0), 0, 2, 8.0), ((10.0, 6.0, 30.0, 26.0), 1, 2, 30.0)
    for order, owner in (((near, far), 0), ((far, near), 1)):
        found = targets(boxes(*order))
        assert found.owner[0, 4, 5] == owner
        assert found.positive.sum() == 2
        # The far one keeps the cells around: both learn their boxes.
        assert math.isclose(found.weight.sum().item(), 2.0, rel_tol=1e-4)


def test_a_box_smaller_than_its_cell_has_positive_distances(boxes: MakeBoxes) -> None:
    found = targets(boxes(((20.0, 12.0, 21.0, 13.0), 5, 2, 60.0)))
    assert (found.box_ltrb > 0).all()


def test_a_box_at_the_edge_stays_on_the_grid(boxes: MakeBoxes) -> None:
    found = targets(boxes(((60.0, 28.0, 64.0, 32.0), 0, 2, 9.0), ((64.0, 32.0, 64.0, 32.0), 1, 2, 9.0)))
    assert found.positive[0, 0, 7, 15]
    assert found.positive[0, 1, 7, 15]
