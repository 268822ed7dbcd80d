"""Average precision of detections against labels, in counts that add up over frames, processes and machines.

The protocol is COCO's (https://cocodataset.org/#detection-eval, pycocotools): per class, detections take labels most
confident first; precision is made to fall with recall and averaged at 101 recalls. Scores are counted in 200 bins, so
that a set of any size takes the same memory; the order of detections within a bin is lost, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivegen.core import CATEGORIES, CATEGORY_ID, DataError, Detections, FrameLabels
from drivegen.core.arrays import Booleans, Floats, Integers
from drivegen.evaluation.groups import GROUPS, check_groups, group_of
from drivegen.evaluation.matching import DISTANCES, SIZES, Outcomes, match_frame

BINS: Final = 200
_RECALLS: Final = np.linspace(0.0, 1.0, 101)
ALL: Final = "all"
"""The cell that every object is in."""

_Counts = NDArray[np.int64]
# Rows of a block: hits, false alarms.
_HIT, _ALARM = 0, 1


class ApStats:
    """Counts of hits and false alarms by score, and of labels, by cell, class and group of scenarios.

    Cells: `all`; `size:8-16` ..., `distance:0-20` ... (`matching`); and whatever keys `add_frame` is given, such as
    `weather:rain`. Integers: any order of adding and merging gives the same counts.
    Memory: 32 kB per cell and group, whatever the number of frames.

    Args:
        min_iou: least overlap of a hit.
        groups: groups of scenarios.
    """

    def __init__(self, min_iou: float = 0.5, groups: int = GROUPS) -> None:
        check_groups(groups)
        self.min_iou, self.groups = min_iou, groups
        self.frames: Integers = np.zeros(groups, dtype=np.int64)
        self._scores: dict[tuple[str, int], _Counts] = {}
        self._labels: dict[tuple[str, int], _Counts] = {}

    def add_frame(
        self, scenario_id: str, labels: FrameLabels, detections: Detections, keys: Iterable[str] = ()
    ) -> None:
        """Count one frame.

        Scored objects are wanted, at their visible boxes; written but unscored ones are ignored: neither missed nor
        false alarms when found.

        Args:
            labels: at the size of the frame.
            detections: in pixels of the frame.
            keys: further cells that the whole frame counts in.
        """
        outcomes = match_frame(labels, detections, self.min_iou)
        group = group_of(scenario_id, self.groups)
        self.frames[group] += 1
        for key in (ALL, *keys):
            self._count(
                key, group, outcomes, np.ones(len(outcomes.hit), bool), np.ones(len(outcomes.label_class), bool)
            )
        for name, of_label, of_detection, cells in (
            ("size", outcomes.label_size, outcomes.size, SIZES),
            ("distance", outcomes.label_distance, outcomes.distance, DISTANCES),
        ):
            for number, cell in enumerate(cells):
                self._count(f"{name}:{cell}", group, outcomes, of_detection == number, of_label == number)

    def merge(self, other: ApStats) -> None:
        """Add what another process saw.

        Raises:
            DataError: counted at another overlap, or in other groups.
        """
        if (other.min_iou, other.groups) != (self.min_iou, self.groups):
            raise DataError(
                "statistics of another kind",
                where="ApStats.merge",
                expected=f"overlap {self.min_iou} in {self.groups} groups",
                got=f"{other.min_iou} in {other.groups}",
            )
        self.frames += other.frames
        for place, block in other._scores.items():
            self._block(*place)[...] += block
            self._labels[place] += other._labels[place]

    @property
    def keys(self) -> tuple[str, ...]:
        """The cells that hold anything, sorted."""
        return tuple(sorted({key for key, _ in self._scores}))

    @property
    def present(self) -> Booleans:
        """(G,) groups that hold any frame."""
        return np.asarray(self.frames > 0)

    def positives(self, key: str = ALL) -> Integers:
        """(10,) scored labels of each class."""
        return np.asarray(self.labels_by_group(key).sum(axis=0))

    def labels_by_group(self, key: str = ALL) -> Integers:
        """(G, 10) scored labels of each class."""
        return self._dense(self._labels, key, (len(CATEGORIES),))

    def scores_by_group(self, key: str = ALL) -> Integers:
        """(G, 10, 2, 200) hits and false alarms of each class by score, lowest bin first."""
        return self._dense(self._scores, key, (len(CATEGORIES), 2, BINS))

    def average_precision(
        self, key: str = ALL, category: str | Sequence[str] | None = None, weights: Floats | None = None
    ) -> Floats:
        """Average precision in a cell, of replicates in which groups count `weights` (R, G) times.

        Args:
            category: a class, or several whose objects count together; None: each class, in the order of CATEGORIES.
            weights: None: all groups once.

        Returns:
            (R,) of one or several classes together, (R, 10) of each; R = 1 without weights. NaN where no label is.
        """
        w = np.ones((1, self.groups)) if weights is None else np.atleast_2d(weights)
        by_group = self.scores_by_group(key)
        scores = (w @ by_group.reshape(self.groups, -1)).reshape(len(w), *by_group.shape[1:])
        labels = w @ self.labels_by_group(key)
        if category is None:
            return ap_of_counts(scores, labels)
        names = (category,) if isinstance(category, str) else tuple(category)
        chosen = [CATEGORY_ID[name] for name in names]
        return ap_of_counts(scores[:, chosen].sum(axis=1), labels[:, chosen].sum(axis=1))

    def operating_point(self, min_score: float, key: str = ALL) -> tuple[Floats, Floats]:
        """Precision and recall (10,) of each class when only detections above a score count; NaN where undefined."""
        first = int(np.ceil(min_score * BINS - 1e-9))
        kept = self.scores_by_group(key).sum(axis=0)[..., first:].sum(axis=-1).astype(np.float64)
        labels = self.positives(key).astype(np.float64)
        return _ratio(kept[:, _HIT], kept.sum(axis=1)), _ratio(kept[:, _HIT], labels)

    def _count(self, key: str, group: int, outcomes: Outcomes, chosen: Booleans, chosen_labels: Booleans) -> None:
        block = self._block(key, group)
        row = np.where(outcomes.hit, _HIT, _ALARM)
        bins = np.minimum((outcomes.score * BINS).astype(np.int64), BINS - 1)
        np.add.at(block, (outcomes.category[chosen], row[chosen], bins[chosen]), 1)
        np.add.at(self._labels[key, group], outcomes.label_class[chosen_labels], 1)

    def _block(self, key: str, group: int) -> _Counts:
        if (key, group) not in self._scores:
            self._scores[key, group] = np.zeros((len(CATEGORIES), 2, BINS), dtype=np.int64)
            self._labels[key, group] = np.zeros(len(CATEGORIES), dtype=np.int64)
        return self._scores[key, group]

    def _dense(self, blocks: dict[tuple[str, int], _Counts], key: str, shape: tuple[int, ...]) -> _Counts:
        dense = np.zeros((self.groups, *shape), dtype=np.int64)
        for group in range(self.groups):
            if (key, group) in blocks:
                dense[group] = blocks[key, group]
        return dense


def ap_of_counts(scores: NDArray[np.number], labels: NDArray[np.number]) -> Floats:
    """COCO's average precision from counts.

    Args:
        scores: (..., 2, 200) hits and false alarms by score, lowest bin first.
        labels: (...) wanted objects.

    Returns:
        (...) in [0, 1]; NaN without wanted objects.
    """
    falling = np.asarray(scores, dtype=np.float64)[..., ::-1].cumsum(axis=-1)
    hits, found = falling[..., _HIT, :], falling.sum(axis=-2)
    recall = _ratio(hits, np.asarray(labels, dtype=np.float64)[..., None])
    precision = np.divide(hits, found, out=np.zeros_like(hits), where=found > 0)
    # The best precision at this recall or a higher one.
    envelope = np.maximum.accumulate(precision[..., ::-1], axis=-1)[..., ::-1]
    # How many of the 101 recalls each bin is the first to reach.
    reached = np.searchsorted(_RECALLS, np.nan_to_num(recall), side="right")
    first = np.diff(reached, axis=-1, prepend=0)
    mean = (envelope * first).sum(axis=-1) / len(_RECALLS)
    return np.where(np.asarray(labels) > 0, mean, np.nan)


def _ratio(a: Floats, b: Floats) -> Floats:
    shape = np.broadcast_shapes(a.shape, b.shape)
    return np.divide(a, b, out=np.full(shape, np.nan), where=np.broadcast_to(b > 0, shape))
