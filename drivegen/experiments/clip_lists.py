"""The datasets of an experiment, checked before any time is spent on them: only tables are read here, no pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from drivegen.core import DataError, FrameKind
from drivegen.experiments.config import ProveConfig
from drivegen.store import StoreReader
from drivegen.store.manifest import MANIFEST, file_sha256

_COLUMNS = ["clip_id", "scenario_id", "frame_kind", "labelled", "num_frames", "height_px", "width_px"]
_CELLS = ["weather", "time_of_day", "crowdedness_level"]
UNKNOWN = "unknown"
# So many names of a long list are shown.
_SHOWN = 3


@dataclass(frozen=True)
class ClipList:
    """What a dataset holds.

    Attributes:
        reader: the store.
        role: what it is to the experiment: reference, generated or test.
        sha256: hash of its manifest, and so of every byte of it.
        rows: the clips' ids, scenarios, kinds, sizes and verdicts, one mapping each, in the order of the reader.
    """

    reader: StoreReader
    role: str
    sha256: str
    rows: tuple[dict[str, Any], ...]

    @property
    def scenario_ids(self) -> frozenset[str]:
        """The scenarios that it shows."""
        return frozenset(row["scenario_id"] for row in self.rows)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return int(sum(row["num_frames"] for row in self.rows))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Who made its frames: rendered, recorded, generated."""
        return tuple(sorted({row["frame_kind"] for row in self.rows}))

    @property
    def image_size(self) -> tuple[int, int]:
        """(h, w) of its first clip."""
        return self.rows[0]["height_px"], self.rows[0]["width_px"]

    def frame_rows(self, passed_only: bool = False) -> np.ndarray:
        """The numbers of its frames, counted through all clips in order; of those clips that passed their audit."""
        chosen = [bool(row["passed"]) or not passed_only for row in self.rows]
        return np.flatnonzero(np.repeat(chosen, [row["num_frames"] for row in self.rows]))

    def cells(self) -> dict[str, tuple[str, str, str]]:
        """Weather, time of day and crowdedness of each clip, by clip id."""
        weather, time, crowd = _CELLS
        return {
            row["clip_id"]: (row[weather] or UNKNOWN, row[time] or UNKNOWN, row[crowd] or UNKNOWN) for row in self.rows
        }

    def facts(self) -> dict[str, Any]:
        """For the report."""
        return {
            "clips": len(self.rows),
            "scenarios": len(self.scenario_ids),
            "frames": self.frames,
            "frame_kind": ", ".join(self.kinds),
            "image_size": list(self.image_size),
            "manifest_sha256": self.sha256,
        }


@dataclass(frozen=True)
class ClipLists:
    """The three datasets of `drivegen prove`."""

    reference: ClipList
    generated: ClipList
    test: ClipList

    def all(self) -> tuple[ClipList, ClipList, ClipList]:
        """Reference, generated, test."""
        return self.reference, self.generated, self.test


def open_clip_lists(config: ProveConfig) -> ClipLists:
    """Open the three datasets and refuse what would make the experiment mean nothing.

    Raises:
        DataError: not a store or an empty one; clips without labels; generated frames where reference frames belong;
            a scenario of the test set that was trained on.
    """
    lists = ClipLists(
        _open(config.reference, "reference"), _open(config.store, "generated"), _open(config.test, "test")
    )
    for held in (lists.reference, lists.test):
        _refuse(held, [r for r in held.rows if r["frame_kind"] == FrameKind.GENERATED], "generated clips among them")
    _refuse(
        lists.generated,
        [r for r in lists.generated.rows if r["frame_kind"] != FrameKind.GENERATED],
        "clips that no model has generated",
    )
    for held in lists.all():
        _refuse(held, [row for row in held.rows if not row["labelled"]], "clips without labels: nothing to train on")
    for training in (lists.reference, lists.generated):
        _refuse_overlap(training, lists.test)
    if config.passed_only and not len(lists.generated.frame_rows(passed_only=True)):
        raise DataError("no clip passed its audit", where=config.store, remedy="passed_only=false takes all clips")
    return lists


def _open(root: Path, role: str) -> ClipList:
    reader = StoreReader(root)
    table = reader.table("clips")
    # Stores of schema version 1 named it otherwise.
    passed = "qc_pass" if "qc_pass" in table.schema.names else "audit_passed"
    rows = table.to_table(columns=[*_COLUMNS, *_CELLS, passed]).to_pylist()
    rows = [{**row, "passed": row[passed]} for row in rows]
    place = {clip_id: i for i, clip_id in enumerate(reader.clip_ids)}
    rows.sort(key=lambda row: place[row["clip_id"]])
    if not rows:
        raise DataError("no clips", where=root, remedy="drivegen sample makes some")
    return ClipList(reader, role, file_sha256(Path(root) / MANIFEST), tuple(rows))


def _refuse(held: ClipList, wrong: Sequence[dict[str, Any]], what: str) -> None:
    if wrong:
        raise DataError(
            what,
            where=held.reader.root,
            expected=f"a dataset that can be the {held.role} set",
            got=f"{len(wrong)} of {len(held.rows)}: {_some([row['clip_id'] for row in wrong])}",
        )


def _refuse_overlap(training: ClipList, test: ClipList) -> None:
    shared = sorted(training.scenario_ids & test.scenario_ids)
    if shared:
        raise DataError(
            "scenarios of the test set are trained on",
            where=training.reader.root,
            expected=f"none of the scenarios of {test.reader.root}",
            got=f"{len(shared)}: {_some(shared)}",
            remedy="make the test set with another seed",
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
