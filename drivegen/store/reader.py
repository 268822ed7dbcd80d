"""Reads a store: clips as core types, or the tables themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq

from drivegen.core import Clip, DataError
from drivegen.store.manifest import Manifest, read_manifest
from drivegen.store.parquet import arrow_schema, read_rows
from drivegen.store.rebuild import clip_from_rows
from drivegen.store.schema import TableName
from drivegen.store.versions import columns_of, upgraded


class StoreReader:
    """A store opened for reading.

    Attributes:
        root: its folder.
        manifest: its manifest.

    Raises:
        DataError: not a store, an unfinished one, or one of a schema version that cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self.manifest: Manifest = read_manifest(self.root)
        # Rows of the shard that was asked last: clips come mostly in order, and all rows of a large store are too many.
        self._rows: tuple[int, pa.Table] | None = None

    @property
    def clip_ids(self) -> tuple[str, ...]:
        """The ids of all clips, sorted."""
        return tuple(self._places)

    def clip(self, clip_id: str) -> Clip:
        """One clip, with frames and labels. Reads only its row groups.

        Raises:
            DataError: no such clip, or rows that are damaged.
        """
        return self._read(clip_id, None)

    def excerpt(self, clip_id: str, frame_indices: Collection[int]) -> Clip:
        """Some frames of a clip as a clip of their own, in their order; reads only their row groups.

        Raises:
            DataError: no such clip or frame, or rows that are damaged.
        """
        return self._read(clip_id, set(frame_indices))

    def row(self, clip_id: str) -> dict[str, Any]:
        """The row of `clips` of one clip, without media.

        Raises:
            DataError: no such clip.
        """
        return self._find(clip_id)[1]

    def clips(self) -> Iterator[Clip]:
        """All clips, in the order of their ids, one in memory at a time."""
        for clip_id in self.clip_ids:
            yield self.clip(clip_id)

    def table(self, name: TableName) -> pads.Dataset:
        """A table as an Arrow dataset, to filter and scan; its columns are those of the store's own schema version."""
        paths = [str(self.root / entry.path) for entry in self.manifest.tables.of(name)]
        return pads.dataset(paths, schema=arrow_schema(name, self.manifest.schema_version), format="parquet")

    def _read(self, clip_id: str, chosen: set[int] | None) -> Clip:
        shard, row = self._find(clip_id)
        path = self.root / self.manifest.tables.frames[shard].path
        try:
            frames = read_rows(path, "frames", clip_id, self.manifest.schema_version, chosen)
        except (OSError, pa.ArrowException) as error:
            raise DataError("cannot be read", where=path, got=str(error), remedy=_remedy(self.root)) from error
        expected = row["num_frames"] if chosen is None else len(chosen)
        if len(frames) != expected:
            raise DataError("frames are missing", where=path, expected=expected, got=len(frames))
        return clip_from_rows(row, frames)

    def _find(self, clip_id: str) -> tuple[int, dict[str, Any]]:
        """Shard and row of a clip."""
        if clip_id not in self._places:
            known = ", ".join(self.clip_ids[:3])
            raise DataError("no such clip", where=self.root, expected=f"one of {known}, ...", got=clip_id)
        shard, place = self._places[clip_id]
        if self._rows is None or self._rows[0] != shard:
            self._rows = shard, self._rows_of(shard)
        return shard, self._rows[1].slice(place, 1).to_pylist()[0]

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        """clip_id -> (shard, row in it)."""
        return {
            str(clip_id): (shard, place)
            for shard in range(len(self.manifest.tables.clips))
            for place, clip_id in enumerate(self._read_clips(shard, ["clip_id"])["clip_id"].to_pylist())
        }

    def _rows_of(self, shard: int) -> pa.Table:
        """The rows of `clips` of a shard, without media, as today's schema has them."""
        version = self.manifest.schema_version
        columns = [column.name for column in columns_of("clips", version) if not column.media]
        return upgraded(self._read_clips(shard, columns), "clips", version)

    def _read_clips(self, shard: int, columns: list[str]) -> pa.Table:
        path = self.root / self.manifest.tables.clips[shard].path
        try:
            return pq.read_table(path, columns=columns)
        except (OSError, pa.ArrowException) as error:
            raise DataError("cannot be read", where=path, got=str(error), remedy=_remedy(self.root)) from error


def _remedy(root: Path) -> str:
    return f"see drivegen verify store={root}"
