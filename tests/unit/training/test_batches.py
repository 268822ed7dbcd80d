"""Which sample comes when."""

from __future__ import annotations

from itertools import islice

import numpy as np
import torch

from drivegen.training.batches import BatchStream, FrameSource, ItemOrder, fixed_batches


def numbered(count: int) -> FrameSource:
    frames = np.zeros((count, 1, 1, 3), np.uint8)
    frames[:, 0, 0, 0] = np.arange(count)
    return FrameSource(frames, np.arange(count))


def numbers(batch: object) -> list[int]:
    assert isinstance(batch, torch.Tensor)
    return batch[:, 0, 0, 0].tolist()


def test_an_epoch_sees_every_item_once() -> None:
    order = ItemOrder(10, seed=1)
    first, second = order.items(0, 10), order.items(10, 10)
    assert sorted(first) == sorted(second) == list(range(10))
    assert list(first) != list(second)


def test_position_alone_decides() -> None:
    assert list(ItemOrder(7, 3).items(0, 30)[11:20]) == list(ItemOrder(7, 3).items(11, 9))


def test_a_resumed_stream_goes_on() -> None:
    whole = [numbers(b) for b in islice(BatchStream(numbered(9), 4, 5), 8)]
    rest = [numbers(b) for b in islice(BatchStream(numbered(9), 4, 5, first_step=3), 5)]
    assert rest == whole[3:]


def test_processes_share_what_one_would_see() -> None:
    alone = [numbers(b) for b in islice(BatchStream(numbered(12), 6, 5), 2)]
    first, second = (list(islice(BatchStream(numbered(12), 3, 5, rank=r, world=2), 2)) for r in (0, 1))
    together = [numbers(a) + numbers(b) for a, b in zip(first, second, strict=True)]
    assert together == alone


def test_fixed_batches_cover_the_source() -> None:
    batches = [numbers(b) for b in fixed_batches(numbered(100), 4, 2)]
    assert [len(b) for b in batches] == [4, 4]
    assert (batches[0][0], batches[-1][-1]) == (0, 99)
