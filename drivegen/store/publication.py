"""From finished clips to the files of a store: sorted, sharded, described, hashed.

What is written depends on the set of clips alone: not on the order in which they came, nor on how often the run was
interrupted, nor on whether a clip comes from an earlier publication.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from drivegen.core import DataError, encode
from drivegen.store.card import write_card
from drivegen.store.config import StoreConfig
from drivegen.store.croissant import write_croissant
from drivegen.store.manifest import MANIFEST, FileEntry, Manifest, Tables, config_hash, file_sha256, shard_name
from drivegen.store.parquet import read_rows, read_segments, write_clips
from drivegen.store.partial import CARD, CROISSANT, Partial, fsync
from drivegen.store.schema import SCHEMA_VERSION, TABLES, TableName


@dataclass(frozen=True)
class Published:
    """An earlier publication.

    Attributes:
        manifest: its manifest, which also names the clips that were left out.
        shards: the clip ids of each shard.
        shard_of: the shard of each clip id.
    """

    manifest: Manifest
    shards: tuple[tuple[str, ...], ...]
    shard_of: dict[str, int]


def read_published(root: Path, manifest: Manifest) -> Published:
    """Find out which clips a store holds.

    Raises:
        DataError: a file of the store is missing or cannot be read.
    """
    shards = []
    for entry in manifest.tables.clips:
        try:
            shards.append(tuple(pq.read_table(root / entry.path, columns=["clip_id"])["clip_id"].to_pylist()))
        except (OSError, pa.ArrowException) as error:
            remedy = "remove the folder and run the command again"
            raise DataError("cannot be read", where=root / entry.path, got=str(error), remedy=remedy) from error
    return Published(manifest, tuple(shards), {clip_id: i for i, ids in enumerate(shards) for clip_id in ids})


def build_publication(
    partial: Partial,
    pending: Mapping[str, Path],
    published: Published | None,
    config: StoreConfig,
    asked: Mapping[str, Any],
    *,
    complete: bool,
    dropped: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write every file of the next publication and mark it ready.

    Args:
        pending: clips not yet published: clip_id -> folder.
        published: what an earlier run published; its shards are linked, not copied, where they stay as they are.
        asked: `config` and `model` for the manifest.
        dropped: clips left out since: clip_id -> reasons.
    """
    shutil.rmtree(partial.building, ignore_errors=True)
    clip_ids = sorted({*pending, *(published.shard_of if published else ())})
    shards = [tuple(clip_ids[i : i + config.clips_per_shard]) for i in range(0, len(clip_ids), config.clips_per_shard)]
    entries: dict[TableName, list[FileEntry]] = {table: [] for table in TABLES}
    for table in TABLES:
        (partial.building / table).mkdir(parents=True)
        for index, ids in enumerate(shards):
            name = f"{table}/{shard_name(config.split, index, len(shards))}"
            entry = _link(partial, table, ids, name, published)
            entries[table].append(entry or _write(partial, table, ids, name, (pending, published, config)))
        fsync(partial.building / table)
    rows = {table: sum(entry.rows for entry in files) for table, files in entries.items()}
    manifest = Manifest(
        schema_version=SCHEMA_VERSION,
        drivegen_version=importlib.metadata.version("drivegen"),
        complete=complete,
        config=encode(asked["config"]),
        config_hash=config_hash(asked["config"]),
        store=encode(config),
        model=encode(asked["model"]),
        totals={str(table): count for table, count in rows.items()},
        tables=Tables(**{table: tuple(files) for table, files in entries.items()}),
        dropped={**(published.manifest.dropped if published else {}), **_reasons(dropped or {})},
    )
    _describe(partial.building, manifest)
    partial.building.rename(partial.ready)
    fsync(partial.folder)


def _reasons(dropped: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {clip_id: tuple(reasons) for clip_id, reasons in dropped.items()}


def _describe(folder: Path, manifest: Manifest) -> None:
    clips = pa.concat_tables([read_rows(folder / entry.path, "clips") for entry in manifest.tables.clips])
    clips = clips.drop_columns(["poster", "video"])
    write_card(folder / CARD, manifest, clips)
    write_croissant(folder / CROISSANT, manifest, clips)
    manifest.write(folder / MANIFEST)
    for name in (CARD, CROISSANT, MANIFEST):
        fsync(folder / name)
    fsync(folder)


def _link(
    partial: Partial, table: TableName, ids: Sequence[str], name: str, published: Published | None
) -> FileEntry | None:
    """Take over an earlier file that holds exactly these clips."""
    if published is None or tuple(ids) not in published.shards:
        return None
    old = published.manifest.tables.of(table)[published.shards.index(tuple(ids))]
    source, target = partial.root / old.path, partial.building / name
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)
        fsync(target)
    return FileEntry(name, old.rows, old.bytes, old.sha256)


def _write(
    partial: Partial,
    table: TableName,
    ids: Sequence[str],
    name: str,
    sources: tuple[Mapping[str, Path], Published | None, StoreConfig],
) -> FileEntry:
    pending, published, config = sources

    def parts_of(clip_id: str) -> Iterable[pa.Table]:
        if clip_id in pending:
            source, wanted = pending[clip_id] / f"{table}.parquet", None
        elif published is not None:
            entry = published.manifest.tables.of(table)[published.shard_of[clip_id]]
            source, wanted = partial.root / entry.path, clip_id
        else:
            raise KeyError(clip_id)
        return read_segments(source, wanted) if table == "frames" else [read_rows(source, table, wanted)]

    path = partial.building / name
    parts = (part for clip_id in ids for part in parts_of(clip_id))
    rows = write_clips(path, table, parts, config.frames_per_row_group)
    fsync(path)
    return FileEntry(name, rows, path.stat().st_size, file_sha256(path))
