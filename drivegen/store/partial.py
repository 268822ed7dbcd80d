"""What a run has finished but not yet published: `.partial/` under the root of a store.

    .partial/lock              held by the process that writes
    .partial/identity.json     what the run was asked for; another request is refused
    .partial/clips/CLIP_ID/    a finished clip, one Parquet file per table, or the reasons why it was left out
                               (dropped.json); appears by one rename
    .partial/trash/            clips that are published, being removed
    .partial/building/         the files of the next publication, being written
    .partial/ready/            the same, complete; appears by one rename and is then moved into place

A process may be killed anywhere: a clip is there or not, a publication is there or not, and one that is there is moved
into place by whoever opens the store next.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from drivegen.core import DataError
from drivegen.store.manifest import MANIFEST, canonical_json, read_manifest
from drivegen.store.parquet import write_clips
from drivegen.store.schema import TABLES, TableName

PARTIAL = ".partial"
CARD, CROISSANT = "README.md", "croissant.json"
_IDENTITY, _LOCK, _DROPPED = "identity.json", "lock", "dropped.json"


def fsync(path: Path) -> None:
    """Make a file or a folder's entries durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Partial:
    """The `.partial` folder of a store, locked by this process until `release` or `remove`.

    Raises:
        DataError: another process writes there, or the root cannot be written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / PARTIAL
        self.building = self.folder / "building"
        self.ready = self.folder / "ready"
        self._clips, self._trash = self.folder / "clips", self.folder / "trash"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock: IO[bytes] = (self.folder / _LOCK).open("ab")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (self.folder / _LOCK).stat()  # gone when another process finished between these lines
        except (BlockingIOError, FileNotFoundError) as error:
            remedy = "wait for it, or choose another out"
            raise DataError("another process is writing this store", where=root, remedy=remedy) from error
        except OSError as error:
            remedy = "choose another out"
            raise DataError("cannot be written", where=root, got=error.strerror, remedy=remedy) from error

    def identity(self) -> dict[str, Any] | None:
        """What the clips here were asked for; None when none was begun."""
        path = self.folder / _IDENTITY
        if not path.is_file():
            return None
        try:
            value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataError("cannot be read", where=path, got=str(error), remedy=f"remove {self.folder}") from error
        return value

    def begin(self, identity: Mapping[str, Any]) -> None:
        """Note what is asked for, before the first clip."""
        temporary = self.folder / f"{_IDENTITY}.tmp"
        temporary.write_text(canonical_json(identity), encoding="utf-8")
        fsync(temporary)
        temporary.replace(self.folder / _IDENTITY)
        self._clips.mkdir(exist_ok=True)
        shutil.rmtree(self.building, ignore_errors=True)

    def clips(self) -> dict[str, Path]:
        """The finished clips: clip_id -> folder."""
        return {path.name: path for path in self._finished() if not (path / _DROPPED).is_file()}

    def dropped(self) -> dict[str, tuple[str, ...]]:
        """The clips that were left out: clip_id -> reasons."""
        files = [path / _DROPPED for path in self._finished()]
        return {path.parent.name: tuple(json.loads(path.read_bytes())) for path in files if path.is_file()}

    def add(self, clip_id: str, tables: Mapping[TableName, Iterable[pa.Table]], frames_per_row_group: int) -> Path:
        """Keep a clip, whose tables may come in parts; returns its folder."""
        temporary = self._begin_clip(clip_id)
        for name, parts in tables.items():
            path = temporary / f"{name}.parquet"
            write_clips(path, name, parts, frames_per_row_group)
            fsync(path)
        return self._finish_clip(clip_id, temporary)

    def drop(self, clip_id: str, reasons: Sequence[str]) -> None:
        """Note that a clip was left out."""
        temporary = self._begin_clip(clip_id)
        (temporary / _DROPPED).write_text(canonical_json(list(reasons)), encoding="utf-8")
        fsync(temporary / _DROPPED)
        self._finish_clip(clip_id, temporary)

    def publish(self) -> None:
        """Move a complete publication into place, if there is one; may be repeated after a crash at any line."""
        if (self.ready / MANIFEST).is_file():
            manifest = read_manifest(self.ready)
            (self.root / MANIFEST).unlink(missing_ok=True)
            for table in TABLES:
                (self.root / table).mkdir(exist_ok=True)
                keep = {Path(entry.path).name for entry in manifest.tables.of(table)}
                for path in (self.root / table).glob("*-?????-of-?????.parquet"):
                    if path.name not in keep:
                        path.unlink()
                for path in sorted((self.ready / table).iterdir()):
                    path.replace(self.root / table / path.name)
                fsync(self.root / table)
            for name in (CARD, CROISSANT):
                if (self.ready / name).is_file():
                    (self.ready / name).replace(self.root / name)
            fsync(self.root)
            (self.ready / MANIFEST).replace(self.root / MANIFEST)
            fsync(self.root)
        if self.ready.exists():
            # All clips here are published now. One rename, because a half-removed clip would look like a whole one.
            if self._clips.is_dir():
                self._clips.rename(self._trash)
            shutil.rmtree(self.ready)
            (self.folder / _IDENTITY).unlink(missing_ok=True)
        shutil.rmtree(self._trash, ignore_errors=True)

    def remove(self) -> None:
        """Forget everything here and let go of the lock."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def release(self) -> None:
        """Let go of the lock and keep what is here, if anything."""
        if not self._finished() and not self.ready.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def _finished(self) -> list[Path]:
        found = self._clips.iterdir() if self._clips.is_dir() else ()
        return [path for path in sorted(found) if not path.name.startswith(".")]

    def _begin_clip(self, clip_id: str) -> Path:
        # clip ids never begin with a dot, so this cannot be one.
        temporary = self._clips / f".{clip_id}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        return temporary

    def _finish_clip(self, clip_id: str, temporary: Path) -> Path:
        fsync(temporary)
        final = temporary.rename(self._clips / clip_id)
        fsync(self._clips)
        return final
