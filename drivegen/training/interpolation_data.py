"""Clips of five frames at several rates, the first and the last of them known: what interpolation is trained on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core import DataError
from drivegen.data import ClipIndex, ClipWindow
from drivegen.models import GAP_FRAMES, RATE_FACTOR, Context, gap_context
from drivegen.training.batches import ClipSource, spread
from drivegen.training.clip_cache import ClipCache
from drivegen.training.interpolation_config import InterpolationStage
from drivegen.training.training_data import TrainingData

# More held-out gaps of a regime than this do not make progress any clearer.
_MAX_HELD_OUT = 32


def gap_data(data: TrainingData, regimes: Sequence[int]) -> TrainingData:
    """The same drives cut into gaps: clips of five frames, in every regime, side by side so that each frame counts.

    Where training and held-out clips share drives, a held-out gap lies within the frames held out, and a training gap
    outside of them, so that no regime trains on what another is measured by.

    Args:
        data: training and held-out clips of any length.
        regimes: recorded frames between neighbouring frames of a gap.

    Raises:
        DataError: a regime finds no gap in the drives.
    """
    training = _gaps(data.training, regimes)
    # From every frame on, so that a range of held-out frames as long as a gap holds one wherever it begins.
    held_out = _gaps(data.held_out, regimes, step=1)
    one_set = data.held_out.roots is data.training.roots and data.held_out.config.split == data.training.config.split
    if data.is_held_out and one_set:
        ranges = _frame_ranges(data.held_out.windows)
        apart = tuple(w for w in held_out.windows if _within(w, ranges))
        if not apart:
            return TrainingData(training, _thinned(training), is_held_out=False)
        training = training.with_windows(tuple(w for w in training.windows if not _touches(w, ranges)))
        held_out = held_out.with_windows(apart)
    return TrainingData(training, _thinned(held_out), data.is_held_out)


def gap_frames(window: ClipWindow) -> int:
    """The regime of a gap: recorded frames between its neighbouring frames."""
    return window.frame_indices[1] - window.frame_indices[0]


def balanced_rows(index: ClipIndex, cache: ClipCache) -> np.ndarray:
    """Usable rows of the cache, those of rarer regimes repeated until all regimes come about equally often."""
    rows_of = _rows_by_regime(index, cache.usable_clips())
    most = max((len(rows) for rows in rows_of.values()), default=0)
    repeated = [np.tile(rows, round(most / len(rows))) for rows in rows_of.values()]
    return np.concatenate(repeated) if repeated else np.zeros(0, dtype=np.int64)


def intervals_s(index: ClipIndex, cache: ClipCache) -> tuple[float, ...]:
    """Seconds between neighbouring frames, the median of each regime, the longest first."""
    seconds = np.asarray(cache.conditions["frame_interval_s"])
    rows_of = _rows_by_regime(index, range(len(index)))
    medians = {float(np.round(np.median(seconds[rows]), 4)) for rows in rows_of.values()}
    return tuple(sorted(medians, reverse=True))


def known_ends(latents: Tensor, dropout: float, generator: torch.Generator) -> Tensor:
    """Which frames of gaps (B, T, ...) are known: first and last, or with probability `dropout` none; (B, T) bool."""
    batch, frames = latents.shape[:2]
    known = torch.zeros(batch, frames, dtype=torch.bool, device=latents.device)
    known[:, [0, -1]] = True
    told = torch.rand(batch, generator=generator, device=generator.device) >= dropout
    return known & told.to(latents.device)[:, None]


def told_of_gaps(latents: Tensor, config: InterpolationStage, generator: torch.Generator, *, training: bool) -> Context:
    """The context of gaps (B, 5, C, h, w): both ends, or in training now and then none."""
    known = known_ends(latents, config.context_dropout if training else 0.0, generator)
    return gap_context(latents, known, fade=config.fade)


class JointSource:
    """Batches of clips for prediction, a share of which are gaps for interpolation.

    Args:
        clips: for prediction; its clips are the items.
        gaps: for interpolation; which ones a batch holds follows from its items alone.
        share: of the batch that is gaps; at least one clip and one gap.
    """

    def __init__(self, clips: ClipSource, gaps: ClipSource, share: float) -> None:
        self.clips, self.gaps, self.share = clips, gaps, share

    def __len__(self) -> int:
        return len(self.clips)

    def fetch(self, items: np.ndarray) -> tuple[Tensor, Conditions, Tensor, Conditions]:
        """Latents and conditions of clips (B - K, T, ...), then those of gaps (K, 5, ...)."""
        clips, gaps = self._parts(items)
        return (*self.clips.fetch(clips), *self.gaps.fetch(gaps))

    def names(self, items: np.ndarray) -> list[str]:
        """The clips and the gaps of a batch."""
        clips, gaps = self._parts(items)
        return [*self.clips.names(clips), *self.gaps.names(gaps)]

    def _parts(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The items that are kept as clips, and the gaps that take the place of the rest."""
        count = min(max(round(self.share * len(items)), 1), max(len(items) - 1, 1))
        drawn = np.random.default_rng(items).integers(len(self.gaps), size=count)
        return items[: max(len(items) - count, 1)], drawn


def _gaps(index: ClipIndex, regimes: Sequence[int], step: int | None = None) -> ClipIndex:
    """The gaps of all regimes of an index's drives as one index; they start `step` frames apart, or side by side."""
    step = step or index.config.clip_stride
    found = [_gaps_of(index, stride, step or RATE_FACTOR * stride) for stride in regimes]
    windows = tuple(window for part in found for window in part.windows)
    skipped = tuple(dict.fromkeys(skip for part in found for skip in part.skipped))
    return replace(found[0], windows=windows, skipped=skipped)


def _gaps_of(index: ClipIndex, stride: int, step: int) -> ClipIndex:
    config = replace(index.config, frames=GAP_FRAMES, stride=stride, clip_stride=step)
    try:
        return ClipIndex.from_config(config, index.roots)
    except DataError as error:
        remedy = "choose interpolation.regimes that fit the recordings"
        raise DataError(error.what, where=error.where, expected=error.expected, got=error.got, remedy=remedy) from error


def _thinned(index: ClipIndex) -> ClipIndex:
    """At most so many gaps of each regime, evenly spread."""
    rows_of = _rows_by_regime(index, range(len(index)))
    kept = [rows[i] for rows in rows_of.values() for i in spread(len(rows), _MAX_HELD_OUT)]
    return index.with_windows(tuple(index.windows[row] for row in kept))


def _rows_by_regime(index: ClipIndex, rows: Iterable[int]) -> dict[int, list[int]]:
    result: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        result[gap_frames(index.windows[row])].append(int(row))
    return result


def _frame_ranges(windows: Sequence[ClipWindow]) -> dict[tuple[int, str, str], tuple[int, int]]:
    """First and last frame of each drive that some windows cover."""
    frames: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    for window in windows:
        frames[window.drive] += window.frame_indices
    return {drive: (min(numbers), max(numbers)) for drive, numbers in frames.items()}


def _within(window: ClipWindow, ranges: dict[tuple[int, str, str], tuple[int, int]]) -> bool:
    first, last = ranges.get(window.drive, (1, 0))
    return first <= window.frame_indices[0] and window.frame_indices[-1] <= last


def _touches(window: ClipWindow, ranges: dict[tuple[int, str, str], tuple[int, int]]) -> bool:
    first, last = ranges.get(window.drive, (1, 0))
    return window.frame_indices[0] <= last and first <= window.frame_indices[-1]
