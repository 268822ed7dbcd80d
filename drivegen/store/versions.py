"""Stores of earlier schema versions: which columns they have, and how their rows become those of today.

A store is read whatever its version; it is only ever written, and gone on with, in the newest.

    1    what the audit found was called audit_* and knew no reasons; there was no sight of what was achieved. Stores of
         the first months lack `visibility_measured`.
    2    qc_*, *_achieved, nearest_training_clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from drivegen.store.schema import COLUMNS, OBJECT, SCHEMA_VERSION, Column, TableName

Columns = tuple[Column, ...]


@dataclass(frozen=True)
class Earlier:
    """How an earlier version differs from today's.

    Attributes:
        names: today's name of a column -> its name then.
        absent: columns that there were not -> the value that says "nobody knows"; of all tables, and of nested objects.
        optional: columns that only some stores of that version have.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, Any] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()


EARLIER: dict[int, Earlier] = {
    1: Earlier(
        names={
            "qc_pass": "audit_passed",
            "qc_scores": "audit_scores",
            "qc_iou": "audit_iou",
            "qc_detected": "audit_detected",
        },
        absent={
            "weather_achieved": None,
            "time_of_day_achieved": None,
            "crowdedness_achieved": None,
            "qc_reasons": [],
            "qc_attempts": 1,
            "nearest_training_clip": None,
            "qc_class_agrees": None,
        },
        optional=frozenset({"visibility_measured"}),
    ),
}
READABLE = (*sorted(EARLIER), SCHEMA_VERSION)


def columns_of(table: TableName, version: int = SCHEMA_VERSION) -> Columns:
    """The columns of a table as that version wrote them, in their order."""
    columns = _then(COLUMNS[table], version)
    if table != "frames" or version not in EARLIER:
        return columns
    nested = objects_type(version)
    return tuple(replace(c, type=nested) if c.name == "objects" else c for c in columns)


def objects_type(version: int = SCHEMA_VERSION) -> pa.DataType:
    """The type of the nested `objects` of `frames`."""
    fields = [pa.field(c.name, c.type) for c in _then(OBJECT, version)]
    return pa.list_(pa.field("element", pa.struct(fields)))


def optional_columns(version: int) -> frozenset[str]:
    """The columns that a store of that version may lack."""
    return EARLIER[version].optional if version in EARLIER else frozenset()


def upgraded(rows: pa.Table, table: TableName, version: int) -> pa.Table:
    """Rows as some version wrote them, all columns or some, as rows of today: columns renamed, missing ones filled in.

    What a version did not know becomes null, no reasons, and one attempt.
    """
    if version not in EARLIER:
        return rows
    columns = {name: rows[name] for name in rows.column_names}
    if "objects" in columns and table == "frames":
        columns["objects"] = _upgraded_objects(rows["objects"], EARLIER[version])
    return pa.table(_upgraded(columns, COLUMNS[table], EARLIER[version], len(rows)))


def _then(columns: Columns, version: int) -> Columns:
    earlier = EARLIER.get(version, Earlier())
    return tuple(replace(c, name=earlier.names.get(c.name, c.name)) for c in columns if c.name not in earlier.absent)


def _upgraded(columns: Mapping[str, Any], today: Columns, earlier: Earlier, rows: int) -> dict[str, Any]:
    unknown = {**dict.fromkeys(earlier.optional), **earlier.absent}
    new: dict[str, Any] = {}
    for column in today:
        name = earlier.names.get(column.name, column.name)
        if name in columns:
            new[column.name] = columns[name]
        elif column.name in unknown:
            new[column.name] = pa.array([unknown[column.name]] * rows, column.type)
    return new


def _upgraded_objects(nested: pa.ChunkedArray, earlier: Earlier) -> pa.Array:
    lists = pa.concat_arrays(nested.chunks) if nested.num_chunks else pa.array([], nested.type)
    structs = lists.values
    columns = {f.name: structs.field(i) for i, f in enumerate(structs.type)}
    new = _upgraded(columns, OBJECT, earlier, len(structs))
    fields = [pa.field(c.name, c.type) for c in OBJECT]
    items = pa.StructArray.from_arrays([new[f.name] for f in fields], fields=fields)
    return pa.ListArray.from_arrays(lists.offsets, items, type=objects_type())
