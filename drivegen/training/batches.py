"""Batches straight from memory maps: one fancy index per array, no work per sample.

What step k of process r sees depends on (seed, k, r) alone, so a resumed run goes on exactly where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from drivegen.conditions import Conditions, from_arrays
from drivegen.core import stream

# Arrays of `to_arrays` with a frame axis after the clip axis.
_PER_FRAME_PREFIXES = ("box", "raster", "ego_motion")


class ItemOrder:
    """Items 0..count-1 in a new random order each epoch, addressed by position since the start.

    Args:
        count: how many items there are.
        seed: seed of the run.
    """

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.seed = count, seed
        self._permutation = lru_cache(maxsize=2)(self._draw)

    def items(self, first: int, length: int) -> np.ndarray:
        """The items at positions first .. first + length - 1, (length,) int64."""
        positions = np.arange(first, first + length)
        epochs, places = positions // self.count, positions % self.count
        result = np.empty(length, dtype=np.int64)
        for epoch in np.unique(epochs):
            here = epochs == epoch
            result[here] = self._permutation(int(epoch))[places[here]]
        return result

    def _draw(self, epoch: int) -> np.ndarray:
        return stream(self.seed, "order", epoch).permutation(self.count)


class FrameSource:
    """Single frames for the autoencoder.

    Args:
        frames: (N, H, W, 3) uint8.
        rows: those to use.
        name: what a row of `frames` is called.
    """

    def __init__(self, frames: np.ndarray, rows: np.ndarray, name: Callable[[int], str] = "frame {}".format) -> None:
        self.frames, self.rows, self.name = frames, rows, name

    def __len__(self) -> int:
        return len(self.rows)

    def fetch(self, items: np.ndarray) -> Tensor:
        """Frames (B, H, W, 3) uint8."""
        return torch.from_numpy(self.frames[self.rows[items]])

    def names(self, items: np.ndarray) -> list[str]:
        """What the items are called."""
        return [self.name(int(row)) for row in self.rows[items]]


class ClipSource:
    """Latents and conditions of clips, or of single frames of them.

    Args:
        latents: (N, C, h, w) of the distinct frames.
        clip_frames: (M, T) rows of `latents`.
        conditions: arrays (M, ...).
        clips: rows of the clips to use.
        single_frames: items are frames (T = 1) instead of clips.
        name: what a row of `clip_frames` is called.
    """

    def __init__(
        self,
        latents: np.ndarray,
        clip_frames: np.ndarray,
        conditions: dict[str, np.ndarray],
        *,
        clips: np.ndarray,
        single_frames: bool,
        name: Callable[[int], str] = "clip {}".format,
    ) -> None:
        self.latents, self.clip_frames, self.conditions = latents, clip_frames, conditions
        self.clips, self.single_frames, self.name = clips, single_frames, name

    def __len__(self) -> int:
        return len(self.clips) * (self.clip_frames.shape[1] if self.single_frames else 1)

    def fetch(self, items: np.ndarray) -> tuple[Tensor, Conditions]:
        """Scaled latents (B, T, C, h, w) float32 and the conditions."""
        if not self.single_frames:
            return self.clip_rows(self.clips[items])
        clips, times = self.clips[items // self.clip_frames.shape[1]], items % self.clip_frames.shape[1]
        latents = self.latents[self.clip_frames[clips, times]][:, None]
        arrays = {
            name: values[clips, times][:, None] if _per_frame(name) else values[clips]
            for name, values in self.conditions.items()
        }
        return torch.from_numpy(latents.astype(np.float32)), from_arrays(arrays)

    def names(self, items: np.ndarray) -> list[str]:
        """The clips that the items are, or are frames of."""
        clips = self.clips[items // self.clip_frames.shape[1]] if self.single_frames else self.clips[items]
        return [self.name(int(row)) for row in clips]

    def clip_rows(self, rows: np.ndarray) -> tuple[Tensor, Conditions]:
        """Whole clips by their row in the cache."""
        latents = self.latents[self.clip_frames[rows]]
        arrays = {name: values[rows] for name, values in self.conditions.items()}
        return torch.from_numpy(latents.astype(np.float32)), from_arrays(arrays)


class Source(Protocol):
    """Where batches come from; what a fetch gives depends on the items alone."""

    def __len__(self) -> int:
        """Number of items."""

    def fetch(self, items: np.ndarray) -> Any:
        """The batch of some items (B,) int64."""


@runtime_checkable
class NamedSource(Source, Protocol):
    """A source that can say which clips or frames its items are."""

    def names(self, items: np.ndarray) -> list[str]:
        """One name for each of the items (B,)."""


class BatchStream(IterableDataset):
    """Endless batches of a source.

    Args:
        source: where they come from.
        batch: samples per batch.
        seed: seed of the run.
        first_step: the step that the first batch is for.
        rank, world: number of this process, and of all.
    """

    def __init__(
        self, source: Source, batch: int, seed: int, *, first_step: int = 0, rank: int = 0, world: int = 1
    ) -> None:
        self.source, self.batch = source, batch
        self.order = ItemOrder(len(source), seed)
        self.first_step, self.rank, self.world = first_step, rank, world

    def first_items(self) -> np.ndarray:
        """The items of the first batch."""
        return self.items(self.first_step)

    def items(self, step: int) -> np.ndarray:
        """The items of a step's batch, (batch,) int64."""
        return self.order.items((step * self.world + self.rank) * self.batch, self.batch)

    def __iter__(self) -> Iterator[object]:
        step = self.first_step
        while True:
            yield self.source.fetch(self.items(step))
            step += 1


def item_names(source: Source, items: np.ndarray) -> list[str]:
    """What a source calls its items; their numbers where it has no names."""
    return source.names(items) if isinstance(source, NamedSource) else [f"item {item}" for item in items]


def spread(count: int, wanted: int) -> np.ndarray:
    """At most `wanted` of the numbers 0 .. count - 1, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, wanted)).round().astype(np.int64))


def fixed_batches(source: Source, batch: int, count: int) -> list[object]:
    """At most `count` batches spread evenly over a source: the same at every call."""
    total = min(len(source), batch * count)
    if total == 0:
        return []
    items = np.linspace(0, len(source) - 1, total).round().astype(np.int64)
    return [source.fetch(items[start : start + batch]) for start in range(0, total, batch)]


def _per_frame(name: str) -> bool:
    return name.startswith(_PER_FRAME_PREFIXES)
