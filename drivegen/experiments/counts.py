"""What one run found in the test set, in counts: all that intervals need, and small enough to keep for every run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drivegen.core import CATEGORIES, DataError
from drivegen.core.arrays import Booleans, Integers
from drivegen.evaluation import ApStats
from drivegen.evaluation.average_precision import BINS


@dataclass(frozen=True, eq=False)
class RunCounts:
    """Hits, false alarms and labels of K cells in G groups of scenarios.

    Attributes:
        keys: names of the cells.
        present: (G,) groups that hold any frame.
        labels: (K, G, 10) scored labels of each class.
        places: (N, 5) cell, group, class, hit or false alarm, score bin of what was counted at all.
        counts: (N,) how often.
    """

    keys: tuple[str, ...]
    present: Booleans
    labels: Integers
    places: Integers
    counts: Integers

    @staticmethod
    def of(stats: ApStats) -> RunCounts:
        """Take over what an accumulator counted."""
        places, counts = [], []
        for number, key in enumerate(stats.keys):
            dense = stats.scores_by_group(key)
            found = np.argwhere(dense)
            places.append(np.column_stack([np.full(len(found), number), found]))
            counts.append(dense[tuple(found.T)])
        labels = np.stack([stats.labels_by_group(key) for key in stats.keys])
        return RunCounts(
            stats.keys, stats.present, labels, np.concatenate(places).astype(np.int64), np.concatenate(counts)
        )

    def scores(self, key: str) -> Integers:
        """(G, 10, 2, 200) hits and false alarms by score, lowest bin first."""
        dense = np.zeros((len(self.present), len(CATEGORIES), 2, BINS), dtype=np.int64)
        here = self.places[:, 0] == self.keys.index(key)
        dense[tuple(self.places[here, 1:].T)] = self.counts[here]
        return dense

    def labels_of(self, key: str) -> Integers:
        """(G, 10) scored labels of each class."""
        return np.asarray(self.labels[self.keys.index(key)])


def save_counts(path: Path, counts: RunCounts) -> None:
    """Write as npz; the file is whole or not there."""
    temporary = path.with_name(path.name + ".partial")
    with temporary.open("wb") as file:
        np.savez_compressed(
            file,
            keys=np.array(counts.keys),
            present=counts.present,
            labels=counts.labels.astype(np.int32),
            places=counts.places.astype(np.int16),
            counts=counts.counts.astype(np.int32),
        )
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def load_counts(path: Path) -> RunCounts:
    """Read what `save_counts` wrote.

    Raises:
        DataError: it is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            return RunCounts(
                tuple(str(key) for key in held["keys"]),
                held["present"],
                held["labels"].astype(np.int64),
                held["places"].astype(np.int64),
                held["counts"].astype(np.int64),
            )
    except (OSError, ValueError, KeyError) as error:
        raise DataError("cannot be read", where=path, got=error, remedy="delete it: the run is done again") from error
