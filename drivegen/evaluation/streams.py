"""A set of clips as sums: whatever its size, it takes the same memory, and parts of it add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from drivegen.core import DataError
from drivegen.evaluation.average_precision import ApStats
from drivegen.evaluation.clip_measures import ClipMeasures
from drivegen.evaluation.diversity import PREFIX as DIVERSITY
from drivegen.evaluation.frechet import FrechetStats
from drivegen.evaluation.means import MeanStats, PairStats

FRAMES: Final = "frames"
WINDOWS: Final = "windows"
CHUNK: Final = "chunk:"
# There are several of these states, and neither chunks nor cells need fine intervals.
_COARSE_GROUPS = 20


class SetStats:
    """What evaluation knows of a set of clips.

    Attributes:
        features: Frechet statistics by name: frames, windows, chunk:0 and so on, diversity:rain.night and so on, and
            those of other networks.
        precision, means, pairs: all else that adds up.
        kinds, rates, sizes, lengths: how many clips are rendered, recorded or generated; of which frames per second,
            size and number of frames.
        verdicts: how many clips the audit passed (True), failed (False) or did not judge (None).

    Args:
        min_iou: as in `MeasureSettings`.
        with_features: False leaves out the Frechet statistics, which take nearly all of the memory.
    """

    def __init__(self, min_iou: float = 0.5, *, with_features: bool = True) -> None:
        self.with_features = with_features
        self.features: dict[str, FrechetStats] = {}
        self.precision = ApStats(min_iou)
        self.means = MeanStats()
        self.pairs = PairStats()
        self.kinds: Counter[str] = Counter()
        self.rates: Counter[float] = Counter()
        self.sizes: Counter[tuple[int, int]] = Counter()
        self.lengths: Counter[int] = Counter()
        self.verdicts: Counter[bool | None] = Counter()

    @property
    def clips(self) -> int:
        """Number of clips."""
        return sum(self.kinds.values())

    @property
    def frames(self) -> int:
        """Number of frames."""
        return sum(length * count for length, count in self.lengths.items())

    def add(self, measures: ClipMeasures) -> None:
        """Count one clip."""
        for counter, value in zip(self._counters(), _facts(measures), strict=True):
            counter[value] += 1
        self.precision.merge(measures.precision)
        for name, mean in measures.means.items():
            self.means.add(measures.scenario_id, name, mean.value, mean.weight)
        for name, pairs in measures.pairs.items():
            self.pairs.add(measures.scenario_id, name, pairs.measured, pairs.true)
        if self.with_features:
            self._add_features(measures)

    def merge(self, other: SetStats) -> None:
        """Add what another process saw."""
        for mine, theirs in zip(self._counters(), other._counters(), strict=True):
            mine.update(theirs)
        self.precision.merge(other.precision)
        self.means.merge(other.means)
        self.pairs.merge(other.pairs)
        for name, stats in other.features.items():
            self._stats(name, stats.dim, stats.groups).merge(stats)

    def chunks(self) -> tuple[int, ...]:
        """The chunks of drives that hold anything."""
        return tuple(sorted(int(name.removeprefix(CHUNK)) for name in self.features if name.startswith(CHUNK)))

    def cells(self) -> dict[str, FrechetStats]:
        """Features of whole clips by ambience."""
        return {name.removeprefix(DIVERSITY): s for name, s in self.features.items() if name.startswith(DIVERSITY)}

    def _add_features(self, measures: ClipMeasures) -> None:
        named: list[tuple[str, NDArray[np.floating[Any]], int | None]] = [
            (FRAMES, measures.frame_features, None),
            (WINDOWS, measures.window_features, None),
            (f"{DIVERSITY}{measures.cell}", measures.clip_feature[None], _COARSE_GROUPS),
        ]
        named += [(name, features, None) for name, features in measures.extra.items()]
        for chunk in np.unique(measures.chunks):
            named.append((f"{CHUNK}{chunk}", measures.frame_features[measures.chunks == chunk], _COARSE_GROUPS))
        for name, features, groups in named:
            if len(features):
                self._stats(name, features.shape[1], groups).add(measures.scenario_id, features)

    def _stats(self, name: str, dim: int, groups: int | None) -> FrechetStats:
        if name not in self.features:
            self.features[name] = FrechetStats(dim, groups)
        stats = self.features[name]
        if stats.dim != dim:
            raise DataError("features of another size", where=name, expected=stats.dim, got=dim)
        return stats

    def _counters(self) -> tuple[Counter[Any], ...]:
        return self.kinds, self.rates, self.sizes, self.lengths, self.verdicts


def _facts(measures: ClipMeasures) -> tuple[Any, ...]:
    """In the order of the counters."""
    return measures.kind, measures.fps, measures.size, measures.frames, measures.passed


@dataclass(frozen=True, eq=False)
class Measured:
    """All sets of an evaluation.

    Attributes:
        stats: by set; reference and generated always.
        same: reference and its reconstruction cut down to the scenarios that were generated (without features); empty
            where there are none.
        beside: for each set but reference, the reference that it is held to: of the same scenarios where there is one.
        shared_clips: reference clips of which the generated set shows the same scenario, camera and start.
    """

    stats: dict[str, SetStats]
    same: dict[str, SetStats]
    beside: dict[str, SetStats]
    shared_clips: int
