"""The Croissant description of a store (https://docs.mlcommons.org/croissant/docs/croissant-spec.html, version 1.0)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from drivegen.store.manifest import Manifest
from drivegen.store.schema import COLUMNS, CONVENTIONS, MEDIA, TABLES, Column, TableName

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_KEYS: dict[TableName, tuple[str, ...]] = {
    "clips": ("clip_id",),
    "frames": ("clip_id", "frame_index"),
    "objects": ("clip_id", "frame_index", "track_id"),
}


def write_croissant(path: Path, manifest: Manifest, clips: pa.Table) -> None:
    """Write croissant.json: every file with its sha256, and one record set per table.

    Args:
        clips: the rows of `clips`.
    """
    licenses = sorted({name or "unknown" for name in clips["license"].to_pylist()})
    totals = manifest.totals
    description = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "drivegen_clips",
        "description": f"{totals['clips']} annotated driving clips, {totals['frames']} frames, {totals['objects']} "
        f"boxes. {CONVENTIONS}",
        "license": licenses,
        "version": f"{manifest.schema_version}.0.0",
        "distribution": _files(manifest),
        "recordSet": [_record_set(table) for table in TABLES],
    }
    path.write_text(json.dumps(description, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _files(manifest: Manifest) -> list[dict[str, Any]]:
    parquet = "application/x-parquet"
    files: list[dict[str, Any]] = []
    for table in TABLES:
        entries = manifest.tables.of(table)
        files += [
            {
                "@type": "cr:FileObject",
                "@id": entry.path,
                "name": entry.path,
                "contentUrl": entry.path,
                "contentSize": f"{entry.bytes} B",
                "encodingFormat": parquet,
                "sha256": entry.sha256,
            }
            for entry in entries
        ]
        # Not "containedIn" the files above: that would mean archives to unpack.
        files.append(
            {
                "@type": "cr:FileSet",
                "@id": f"{table}-files",
                "name": f"{table}-files",
                "encodingFormat": parquet,
                "includes": f"{table}/*.parquet",
            }
        )
    return files


def _record_set(table: TableName) -> dict[str, Any]:
    # Lists of structs are left out: the objects record set holds the rows of the nested ones flat.
    columns = [c for c in COLUMNS[table] if not _is_nested(c.type) and c.media != "Video"]
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "key": [{"@id": f"{table}/{name}"} for name in _KEYS[table]],
        "field": [_field(table, column) for column in columns],
    }


def _is_nested(data_type: pa.DataType) -> bool:
    return pa.types.is_list(data_type) and pa.types.is_struct(data_type.value_type)


def _field(table: TableName, column: Column) -> dict[str, Any]:
    source: dict[str, Any] = {"fileSet": {"@id": f"{table}-files"}, "extract": {"column": column.name}}
    if column.media:
        source["transform"] = {"jsonPath": "bytes"}
    return {
        "@type": "cr:Field",
        "@id": f"{table}/{column.name}",
        "name": column.name,
        "description": column.meaning,
        "dataType": _data_type(column.type.value_type if pa.types.is_list(column.type) else column.type),
        **({"repeated": True} if pa.types.is_list(column.type) else {}),
        "source": source,
    }


def _data_type(data_type: pa.DataType) -> str:
    if data_type == MEDIA:
        return "sc:ImageObject"
    if pa.types.is_boolean(data_type):
        return "sc:Boolean"
    if pa.types.is_integer(data_type):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(data_type) else "sc:Text"
