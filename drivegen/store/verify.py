"""Checks a store from its bytes to its boxes, and reports everything that is wrong at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from drivegen.core import DataError
from drivegen.store.config import MAX_FRAMES_PER_ROW_GROUP
from drivegen.store.manifest import FileEntry, Manifest, file_sha256, read_manifest, shard_name
from drivegen.store.parquet import arrow_schema
from drivegen.store.partial import CARD, CROISSANT
from drivegen.store.problems import Problem
from drivegen.store.schema import TABLES, TableName
from drivegen.store.verify_rows import check_shard
from drivegen.store.versions import optional_columns


def verify_store(root: Path, progress: Callable[[int, int], None] | None = None) -> list[Problem]:
    """Check a store of any readable version: manifest, files and hashes, columns, keys, images, boxes, verdicts.

    Args:
        root: folder of the store.
        progress: called with the number of shards done and of all.

    Returns:
        Every problem found; empty when the store is sound.
    """
    root = Path(root)
    try:
        manifest = read_manifest(root)
    except DataError as error:
        return [Problem("manifest.json", "", "", str(error))]
    problems = _check_names(manifest) + _check_extra(root, manifest) + _check_descriptions(root, manifest)
    clip_ids: list[str] = []
    shards = list(zip(*(manifest.tables.of(table) for table in TABLES), strict=True))
    for index, entries in enumerate(shards):
        pairs = zip(TABLES, entries, strict=True)
        found = [p for table, entry in pairs for p in _check_file(root, table, entry, manifest.schema_version)]
        problems += found
        # Rows of a file that is damaged or lacks columns are beyond telling; its problem is in the list.
        if not any(p.field == _STRUCTURE for p in found):
            paths: dict[TableName, Path] = {t: root / e.path for t, e in zip(TABLES, entries, strict=True)}
            problems += _guarded(paths, manifest, clip_ids)
        if progress:
            progress(index + 1, len(shards))
    return problems + _check_totals(manifest, clip_ids, complete=not any(p.field == _STRUCTURE for p in problems))


_STRUCTURE = "structure"


def _guarded(paths: dict[TableName, Path], manifest: Manifest, clip_ids: list[str]) -> list[Problem]:
    try:
        return check_shard(paths, manifest, clip_ids)
    except (OSError, pa.ArrowException) as error:
        names = ", ".join(f"{path.parent.name}/{path.name}" for path in paths.values())
        return [Problem(names, "", "", f"rows cannot be read: {error}")]


def _check_names(manifest: Manifest) -> list[Problem]:
    """The files are numbered 0 to N-1 of N, in order."""
    problems = []
    for table in TABLES:
        entries = manifest.tables.of(table)
        for index, entry in enumerate(entries):
            expected = f"{table}/{shard_name(str(manifest.store.get('split')), index, len(entries))}"
            if entry.path != expected:
                problems.append(
                    Problem("manifest.json", "", f"tables.{table}", f"expected {expected}; got {entry.path}")
                )
    return problems


def _check_extra(root: Path, manifest: Manifest) -> list[Problem]:
    listed = {entry.path for table in TABLES for entry in manifest.tables.of(table)}
    found = sorted(path for table in TABLES for path in (root / table).rglob("*") if not path.is_dir())
    names = [path.relative_to(root).as_posix() for path in found]
    return [
        Problem(name, "", "", "not in the manifest: readers would take it in") for name in names if name not in listed
    ]


def _check_descriptions(root: Path, manifest: Manifest) -> list[Problem]:
    problems = [Problem(name, "", "", "missing") for name in (CARD, CROISSANT) if not (root / name).is_file()]
    if not problems:
        try:
            description = json.loads((root / CROISSANT).read_text(encoding="utf-8"))
            hashes = {item["@id"]: item.get("sha256") for item in description["distribution"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            return [Problem(CROISSANT, "", "", f"not a Croissant description: {error}")]
        entries = [entry for table in TABLES for entry in manifest.tables.of(table)]
        wrong = [entry.path for entry in entries if hashes.get(entry.path) != entry.sha256]
        problems = [Problem(CROISSANT, name, "sha256", "differs from the manifest") for name in wrong]
    return problems


def _check_file(root: Path, table: TableName, entry: FileEntry, version: int) -> list[Problem]:
    path = root / entry.path
    if not path.is_file():
        return [Problem(entry.path, "", _STRUCTURE, "missing")]
    size = path.stat().st_size
    if size != entry.bytes:
        return [Problem(entry.path, "", _STRUCTURE, f"expected {entry.bytes} bytes; got {size}: truncated or changed")]
    # Parsers may do anything with damaged bytes: a file with another hash is not looked into.
    if file_sha256(path) != entry.sha256:
        return [Problem(entry.path, "", _STRUCTURE, "sha256 differs from the manifest: changed or damaged")]
    problems: list[Problem] = []
    try:
        metadata = pq.read_metadata(path)
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        return [Problem(entry.path, "", _STRUCTURE, f"not a Parquet file: {error}")]
    problems += _check_schema(entry.path, table, schema, version)
    if metadata.num_rows != entry.rows:
        problems.append(Problem(entry.path, "", "rows", f"expected {entry.rows}; got {metadata.num_rows}"))
    sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    if table == "frames" and max(sizes, default=0) > MAX_FRAMES_PER_ROW_GROUP:
        problems.append(Problem(entry.path, "", "row groups", f"expected at most {MAX_FRAMES_PER_ROW_GROUP} frames"))
    return problems


def _check_schema(path: str, table: TableName, schema: pa.Schema, version: int) -> list[Problem]:
    expected = arrow_schema(table, version, lacking=optional_columns(version) - set(schema.names))
    problems = []
    for field in expected:
        index = schema.get_field_index(field.name)
        if index < 0:
            problems.append(Problem(path, field.name, _STRUCTURE, "column is missing"))
        elif schema.field(index).type != field.type:
            got = schema.field(index).type
            problems.append(Problem(path, field.name, _STRUCTURE, f"expected {field.type}; got {got}"))
    extra = sorted(set(schema.names) - set(expected.names))
    problems += [Problem(path, name, _STRUCTURE, "unknown column") for name in extra]
    if not problems and (schema.metadata or {}) != expected.metadata:
        problems.append(Problem(path, "", "schema metadata", f"differs from that of schema version {version}"))
    return problems


def _check_totals(manifest: Manifest, clip_ids: list[str], *, complete: bool) -> list[Problem]:
    problems = []
    for table in TABLES:
        rows = sum(entry.rows for entry in manifest.tables.of(table))
        if manifest.totals.get(table) != rows:
            message = f"expected {rows}, the sum over the files; got {manifest.totals.get(table)}"
            problems.append(Problem("manifest.json", "", f"totals.{table}", message))
    problems += [
        Problem("manifest.json", clip_id, "dropped", "said to be left out, but it is in the store")
        for clip_id in sorted(set(manifest.dropped) & set(clip_ids))
    ]
    if complete and clip_ids != sorted(set(clip_ids)):
        repeated = sorted({c for c in clip_ids if clip_ids.count(c) > 1})
        problems.append(
            Problem("clips", "", "clip_id", f"not unique and sorted: {', '.join(repeated) or 'out of order'}")
        )
    return problems
