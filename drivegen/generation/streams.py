"""Frames that come in blocks, regrouped for those who need other groups: nobody ever holds a whole clip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Window:
    """Frames start to stop of `frames`, with their neighbours on both sides.

    Attributes:
        frames: (B, T, ...).
    """

    frames: Tensor
    start: int
    stop: int


def regrouped(blocks: Iterable[Tensor], size: int, neighbours: int = 0) -> Iterator[Window]:
    """Windows of `size` frames, the last one fewer, whatever the blocks (B, t, ...) are that the frames come in.

    Args:
        neighbours: frames on each side that a window brings along, as far as there are any.
    """
    frames: Tensor | None = None
    start = 0
    for block in blocks:
        frames = block if frames is None else torch.cat([frames, block], dim=1)
        while frames.shape[1] >= start + size + neighbours:
            yield Window(frames[:, : start + size + neighbours], start, start + size)
            frames, start = _after(frames, start + size, neighbours)
    while frames is not None and frames.shape[1] > start:
        stop = min(start + size, frames.shape[1])
        yield Window(frames[:, : stop + neighbours], start, stop)
        frames, start = _after(frames, stop, neighbours)


def _after(frames: Tensor, stop: int, neighbours: int) -> tuple[Tensor, int]:
    """What is kept once the frames up to `stop` are given away, and where the next window starts in it."""
    kept = min(neighbours, stop)
    # A copy: a view would keep all that went before alive.
    return frames[:, stop - kept :].clone(), kept
