"""How the tables are written: one place for every Parquet setting, and why.

Compression and dictionaries are keyed by *leaf* path (`objects.list.element.depth_m`): pyarrow silently leaves
nested columns uncompressed when it is given their top-level name. Media leaves stay uncompressed and plain (PNG and
JPEG do not compress), floats are plain + zstd, and only strings of few values get a dictionary.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from drivegen.store.schema import COLUMNS, CONVENTIONS, OBJECT, SCHEMA_VERSION, Column, TableName
from drivegen.store.versions import columns_of, upgraded

ZSTD_LEVEL = 3
# DuckDB's row group size, which it reads in parallel; posters keep the groups of `clips` smaller.
OBJECT_ROWS_PER_GROUP = 122_880
CLIP_ROWS_PER_GROUP = 256
_SORTED_BY: dict[TableName, tuple[str, ...]] = {
    "clips": ("clip_id",),
    "frames": ("clip_id", "frame_index"),
    "objects": ("clip_id", "frame_index"),
}


def arrow_schema(table: TableName, version: int = SCHEMA_VERSION, lacking: Collection[str] = ()) -> pa.Schema:
    """The Arrow schema of a table, with conventions, schema version and Hugging Face features as metadata.

    Args:
        version: as that schema version wrote it.
        lacking: optional columns that this file does without.
    """
    columns = tuple(c for c in columns_of(table, version) if c.name not in lacking)
    metadata = {
        "drivegen.conventions": CONVENTIONS,
        "drivegen.schema_version": str(version),
        "huggingface": json.dumps({"info": {"features": _features(columns)}}),
    }
    return pa.schema([pa.field(c.name, c.type) for c in columns], metadata=metadata)


def leaf_paths(data_type: pa.DataType, path: str) -> list[str]:
    """The Parquet leaf paths under a column or field, such as `image.bytes` or `objects.list.element.depth_m`."""
    if pa.types.is_struct(data_type):
        return [leaf for field in data_type for leaf in leaf_paths(field.type, f"{path}.{field.name}")]
    if pa.types.is_list(data_type):
        return leaf_paths(data_type.value_type, f"{path}.list.element")
    return [path]


def open_writer(path: Path, table: TableName) -> pq.ParquetWriter:
    """A ParquetWriter with this project's settings."""
    columns = COLUMNS[table]
    names = [c.name for c in columns]
    leaves = [leaf for c in columns for leaf in leaf_paths(c.type, c.name)]
    small = [leaf for leaf in leaves if not leaf.endswith(".bytes")]
    keys = [c.name for c in columns if c.key]
    if table == "frames":
        keys += [f"objects.list.element.{c.name}" for c in OBJECT if c.key]
    return pq.ParquetWriter(
        path,
        arrow_schema(table),
        version="2.6",
        data_page_version="1.0",
        compression={leaf: "zstd" if leaf in small else "none" for leaf in leaves},
        compression_level=dict.fromkeys(small, ZSTD_LEVEL),
        use_dictionary=keys,
        write_statistics=small,
        write_page_index=True,
        sorting_columns=[pq.SortingColumn(names.index(name)) for name in _SORTED_BY[table]],
    )


def write_clips(path: Path, table: TableName, parts: Iterable[pa.Table], frames_per_row_group: int) -> int:
    """Write the rows of clips, in the order of clip_id, to one file.

    What is written depends on the rows alone, not on how they were chunked or where they come from.

    Args:
        parts: one table per clip; of `frames` also whole row groups of a clip one after another.

    Returns:
        The number of rows.
    """
    rows = 0
    with open_writer(path, table) as writer:
        if table == "frames":
            for part in parts:
                writer.write_table(part.combine_chunks(), row_group_size=frames_per_row_group)
                rows += len(part)
        else:
            size = OBJECT_ROWS_PER_GROUP if table == "objects" else CLIP_ROWS_PER_GROUP
            for group in _groups(parts, size):
                writer.write_table(group, size)
                rows += len(group)
    return rows


def _groups(parts: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """Tables of `size` rows, the last one fewer, from tables of any number of rows; one empty table of no rows."""
    waiting: list[pa.Table] = []
    given = 0
    for part in parts:
        waiting.append(part)
        while sum(map(len, waiting)) >= size:
            merged = pa.concat_tables(waiting)
            yield merged.slice(0, size).combine_chunks()
            waiting, given = [merged.slice(size)], given + size
    if waiting and (any(map(len, waiting)) or not given):
        yield pa.concat_tables(waiting).combine_chunks()


def read_rows(
    path: Path,
    table: TableName,
    clip_id: str | None = None,
    version: int = SCHEMA_VERSION,
    frame_indices: Collection[int] | None = None,
) -> pa.Table:
    """All rows of a file, or those of one clip, in file order (row groups of other clips are not read).

    Args:
        version: schema version of the store; whatever it is, the rows have today's columns.
        frame_indices: of `frames` of one clip: these alone, and only their row groups are read.
    """
    if clip_id is None:
        with pq.ParquetFile(path) as file:
            return upgraded(file.read(), table, version)
    filters: list[tuple[str, str, Any]] = [("clip_id", "==", clip_id)]
    if frame_indices is not None:
        filters.append(("frame_index", "in", list(frame_indices)))
    rows = pq.read_table(path, schema=arrow_schema(table, version), filters=filters)
    return upgraded(rows, table, version)


def read_segments(path: Path, clip_id: str | None = None) -> Iterator[pa.Table]:
    """The row groups of a file of `frames` of today's schema, or those of one clip, one after another."""
    with pq.ParquetFile(path) as file:
        column = file.schema_arrow.get_field_index("clip_id")
        for group in range(file.num_row_groups):
            # A row group is of one clip. Leaves are counted before it, but clip_id is the first column.
            found = file.metadata.row_group(group).column(column).statistics
            if clip_id in (None, found.min):
                yield file.read_row_group(group)


def _features(columns: Iterable[Column]) -> dict[str, Any]:
    return {c.name: {"_type": c.media} if c.media else _feature(c.type) for c in columns}


def _feature(data_type: pa.DataType) -> Any:
    """The Hugging Face feature of an Arrow type, in the JSON form that `datasets.Features.from_dict` reads."""
    if pa.types.is_list(data_type):
        return {"feature": _feature(data_type.value_type), "_type": "List"}
    if pa.types.is_struct(data_type):
        return {field.name: _feature(field.type) for field in data_type}
    names = {"double": "float64"}
    return {"dtype": names.get(str(data_type), str(data_type)), "_type": "Value"}
