"""Which clips of two datasets are looked at, and whether they can be held to one another; read without any frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from drivegen.core import DataError, FrameKind
from drivegen.store import StoreReader

_COLUMNS = ["clip_id", "scenario_id", "camera", "fps", "num_frames", "frame_kind"]


@dataclass(frozen=True)
class ClipList:
    """The clips of a dataset, by id in sorted order; N values each.

    Attributes:
        store: the dataset.
        clip_ids: ids.
        views: scenario and camera of each.
        rates: frames per second that occur.
        shortest, longest: numbers of frames.
        kinds: rendered, recorded, generated, as far as they occur.
    """

    store: Path
    clip_ids: tuple[str, ...]
    views: tuple[tuple[str, str], ...]
    rates: tuple[float, ...]
    shortest: int
    longest: int
    kinds: tuple[str, ...]


def clip_list(reader: StoreReader, limit: int | None) -> ClipList:
    """The clips of a store, or `limit` of them, evenly chosen.

    Raises:
        DataError: the store has no clips or cannot be read.
    """
    try:
        table = reader.table("clips").to_table(columns=_COLUMNS).sort_by("clip_id")
    except (OSError, pa.ArrowException) as error:
        raise DataError("cannot be read", where=reader.root, got=str(error)) from error
    if not len(table):
        raise DataError("no clips", where=reader.root, remedy="make some: drivegen sample out=...")
    if limit is not None and limit < len(table):
        table = table.take(np.linspace(0, len(table) - 1, limit).round().astype(np.int64))
    columns = {name: table[name].to_pylist() for name in _COLUMNS}
    return ClipList(
        reader.root,
        tuple(columns["clip_id"]),
        tuple(zip(columns["scenario_id"], columns["camera"], strict=True)),
        tuple(sorted(set(columns["fps"]))),
        min(columns["num_frames"]),
        max(columns["num_frames"]),
        tuple(sorted(set(columns["frame_kind"]))),
    )


def check_alike(generated: ClipList, reference: ClipList) -> None:
    """Whether figures of the two can be held to one another.

    Raises:
        DataError: the reference has generated frames, or the rates differ.
    """
    if FrameKind.GENERATED.value in reference.kinds:
        raise DataError(
            "reference frames are rendered or recorded",
            where=reference.store,
            got=", ".join(reference.kinds),
            remedy="make a reference: drivegen sample generator=reference with the same seed and sizes",
        )
    if len(generated.rates) > 1 or generated.rates != reference.rates:
        raise DataError(
            "frame rates differ",
            where=f"{generated.store} and {reference.store}",
            expected="one rate for all clips, frames per second",
            got=f"{_listed(generated.rates)} and {_listed(reference.rates)}",
            remedy="make both with the same fps",
        )


def same_views(generated: ClipList, reference: ClipList, count: int) -> list[tuple[str, str]]:
    """Ids of generated and reference clips of one scenario and camera: `count` pairs at most, evenly chosen."""
    known = set(reference.clip_ids)
    by_view = dict(zip(reference.views, reference.clip_ids, strict=True))
    pairs = []
    for clip_id, view in zip(generated.clip_ids, generated.views, strict=True):
        other = clip_id if clip_id in known else by_view.get(view)
        if other is not None:
            pairs.append((clip_id, other))
    chosen = np.unique(np.linspace(0, len(pairs) - 1, min(count, len(pairs))).round().astype(int))
    return [pairs[i] for i in chosen]


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)
