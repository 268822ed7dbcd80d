"""The manifest of a store: what was asked, which model, and rows, bytes and sha256 of every file.

It is written last, holds no time and no path of this machine, and its keys are sorted: equal stores have equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivegen.core import ConfigError, DataError, decode, encode
from drivegen.store.schema import TABLES, TableName
from drivegen.store.versions import READABLE

MANIFEST = "manifest.json"
_SHARD = re.compile(r"[a-z][a-z0-9_]*-\d{5}-of-\d{5}\.parquet")


@dataclass(frozen=True)
class FileEntry:
    """One file of a table."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Tables:
    """The files of each table; file i of each holds the same clips."""

    clips: tuple[FileEntry, ...]
    frames: tuple[FileEntry, ...]
    objects: tuple[FileEntry, ...]

    def of(self, table: TableName) -> tuple[FileEntry, ...]:
        """The files of one table."""
        files: tuple[FileEntry, ...] = getattr(self, table)
        return files


@dataclass(frozen=True)
class Manifest:
    """What a store holds and how it was asked for.

    Attributes:
        schema_version: version of the columns.
        drivegen_version: version of the package that wrote it.
        complete: False when the run was stopped before its last clip; running the command again goes on.
        config: the resolved settings of the command, but for where it wrote to.
        config_hash: `config_hash` of them.
        store: the StoreConfig.
        model: id and sha256 of the model; empty for reference frames.
        totals: number of clips, frames and objects.
        tables: the files.
        dropped: clips that were made, found unfit and left out, with the reasons; nobody need make them again.
    """

    schema_version: int
    drivegen_version: str
    complete: bool
    config: dict[str, Any]
    config_hash: str
    store: dict[str, Any]
    model: dict[str, Any]
    totals: dict[str, int]
    tables: Tables
    dropped: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(canonical_json(self, indent=2) + "\n", encoding="utf-8")


def shard_name(split: str, index: int, count: int) -> str:
    """`train-00000-of-00002.parquet`."""
    return f"{split}-{index:05d}-of-{count:05d}.parquet"


def canonical_json(value: Any, indent: int | None = None) -> str:
    """JSON with sorted keys and no NaN: equal values give equal text."""
    return json.dumps(encode(value), sort_keys=True, indent=indent, ensure_ascii=False, allow_nan=False)


def config_hash(config: Mapping[str, Any]) -> str:
    """sha256 of the canonical JSON of settings, hexadecimal."""
    return hashlib.sha256(canonical_json(config).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(root: Path) -> Manifest:
    """Read and check a store's manifest.

    Raises:
        DataError: no store, an unfinished one, a manifest that is not one, a schema version that cannot be read, or a
            file name that could lead out of the store.
    """
    path = Path(root) / MANIFEST
    if not path.is_file():
        raise _no_manifest(Path(root))
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError("not a manifest", where=path, got=str(error)) from error
    version = values.get("schema_version") if isinstance(values, dict) else None
    if version not in READABLE:
        remedy = "read it with the drivegen version that the manifest names"
        expected = " or ".join(map(str, READABLE))
        raise DataError("another schema version", where=path, expected=expected, got=version, remedy=remedy)
    try:
        manifest = decode(Manifest, values)
    except ConfigError as error:
        raise DataError(error.what, where=f"{path}: {error.where}", expected=error.expected, got=error.got) from error
    _check_paths(manifest, path)
    return manifest


def _no_manifest(root: Path) -> DataError:
    if (root / ".partial").is_dir():
        remedy = "run the command that was writing it again: it goes on where it stopped"
        return DataError("the store is unfinished", where=root, remedy=remedy)
    return DataError("not a store", where=root, expected=f"a folder with {MANIFEST}", remedy="check the path")


def _check_paths(manifest: Manifest, path: Path) -> None:
    """A name that does not look exactly like ours may lead anywhere: refused before anything is opened."""
    counts = {table: len(manifest.tables.of(table)) for table in TABLES}
    if len(set(counts.values())) != 1:
        raise DataError("tables have different numbers of files", where=path, got=counts)
    for table in TABLES:
        for entry in manifest.tables.of(table):
            folder, _, name = entry.path.partition("/")
            if folder != table or not _SHARD.fullmatch(name):
                expected = f"{table}/SPLIT-00000-of-00001.parquet"
                raise DataError("file name refused", where=path, expected=expected, got=repr(entry.path))
