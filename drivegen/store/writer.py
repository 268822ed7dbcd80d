"""Writes a store that survives interruption: every finished clip is kept, and a rerun goes on where it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from drivegen.core import Clip, CrowdednessLevels, DataError, encode
from drivegen.store.config import StoreConfig
from drivegen.store.manifest import MANIFEST, Manifest, canonical_json, read_manifest
from drivegen.store.partial import CARD, CROISSANT, Partial
from drivegen.store.publication import Published, build_publication, read_published
from drivegen.store.rows import check_clip, clip_tables
from drivegen.store.schema import SCHEMA_VERSION, TABLES


class StoreWriter:
    """Writes clips to a store; a context manager.

    Each clip is on disk when `write` returns. `close`, and leaving the `with` block for whatever reason, publishes all
    clips written so far: sorted by clip_id, in shards, with card and manifest. A store that was published by a stopped
    run verifies, and the same command goes on with it.

    Args:
        root: folder of the store; made if missing.
        config: how clips are laid out.
        resolved_config: all settings that decide the clips' bytes. A top-level `out` is left out: a store does not say
            where it lies.
        model: `id` and `sha256` of the model; None for reference frames.
        levels: names the level of each clip's crowdedness.

    Raises:
        DataError: the root holds something else, or a store that was asked for with other settings; another process is
            writing there.
    """

    def __init__(
        self,
        root: Path,
        config: StoreConfig,
        resolved_config: Mapping[str, Any],
        model: Mapping[str, Any] | None = None,
        *,
        levels: CrowdednessLevels | None = None,
    ) -> None:
        self.root = Path(root)
        self._config = config
        self._levels = levels or CrowdednessLevels()
        asked = {key: value for key, value in resolved_config.items() if key != "out"}
        self._identity = {"config": encode(asked), "model": encode(model or {}), "store": encode(config)}
        self._identity["schema_version"] = SCHEMA_VERSION
        self._result: Manifest | None = None
        _check_root(self.root)
        self._partial = Partial(self.root)
        try:
            self._partial.publish()
            self._published = self._resume()
            self._pending = self._partial.clips()
            self._dropped = self._partial.dropped()
        except BaseException:
            self._partial.release()
            raise

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        try:
            self._finish(complete=False)
        except Exception as second:
            # The first error is the one to tell; every clip is still there.
            error.add_note(f"the store was not published: {second}")
            self._partial.release()

    def has(self, clip_id: str) -> bool:
        """Whether this clip is already there, from this run or an earlier one with the same settings."""
        return clip_id in self._pending or (self._published is not None and clip_id in self._published.shard_of)

    def left_out(self, clip_id: str) -> bool:
        """Whether this clip was made and left out (see `drop`), by this run or an earlier one of the same settings."""
        return clip_id in self._dropped or (self._published is not None and clip_id in self._published.manifest.dropped)

    def write(self, clip: Clip) -> None:
        """Keep a clip: when this returns, it survives the end of the process.

        Raises:
            DataError: the clip is there already, or cannot be stored (see `rows.clip_tables`), or the disk is full.
        """
        self._check_new(clip.clip_id)
        tables = clip_tables(clip, self._config, self._levels)
        try:
            folder = self._partial.add(clip.clip_id, tables, self._config.frames_per_row_group)
        except (OSError, pa.ArrowException) as error:
            raise _no_room(self.root, error) from error
        self._pending[clip.clip_id] = folder

    def drop(self, clip: Clip) -> None:
        """Leave a clip out for the reasons of its verdict, and remember that it was made.

        Raises:
            DataError: the clip is there already, or cannot be stored (see `rows.clip_tables`), or the disk is full.
        """
        self._check_new(clip.clip_id)
        check_clip(clip)
        try:
            self._partial.drop(clip.clip_id, clip.verdict.reasons)
        except OSError as error:
            raise _no_room(self.root, error) from error
        self._dropped[clip.clip_id] = clip.verdict.reasons

    def close(self) -> Manifest:
        """Publish: shards named -of-N, card and Croissant description, the manifest last.

        Raises:
            DataError: no clip was written.
        """
        manifest = self._finish(complete=True)
        if manifest is None:
            remedy = "ask for at least one clip"
            raise DataError("no clip was written", where=self.root, remedy=remedy)
        return manifest

    def _check_new(self, clip_id: str) -> None:
        if self._result is not None:
            raise DataError("the store is closed", where=self.root)
        if self.has(clip_id) or self.left_out(clip_id):
            remedy = "ask has() and left_out() before"
            raise DataError("the clip is in the store already", where=clip_id, remedy=remedy)

    def _resume(self) -> Published | None:
        """Check that what is there was asked for in the same words; begin or go on."""
        begun = self._partial.identity()
        if begun is not None:
            _check_version(self.root, begun.get("schema_version"))
            _check_same(self.root, begun, self._identity)
        published = None
        if (self.root / MANIFEST).is_file():
            manifest = read_manifest(self.root)
            _check_version(self.root, manifest.schema_version)
            there = {"config": manifest.config, "model": manifest.model, "store": manifest.store}
            _check_same(self.root, there | {"schema_version": manifest.schema_version}, self._identity)
            published = read_published(self.root, manifest)
        self._partial.begin(self._identity)
        return published

    def _finish(self, *, complete: bool) -> Manifest | None:
        """Publish what is there; None when there is nothing at all."""
        if self._result is not None:
            return self._result
        old = self._published.manifest if self._published else None
        # A store without a clip is none; what was left out is then kept for the next run only while it is unfinished.
        if old is None and not self._pending:
            if complete or not self._dropped:
                self._partial.remove()
            else:
                self._partial.release()
            return None
        if old is not None and not self._pending and not self._dropped and (old.complete or not complete):
            self._partial.remove()
            self._result = old
            return old
        try:
            build_publication(
                self._partial,
                self._pending,
                self._published,
                self._config,
                self._identity,
                complete=complete,
                dropped=self._dropped,
            )
            self._partial.publish()
        except (OSError, pa.ArrowException) as error:
            raise _no_room(self.root, error) from error
        self._partial.remove()
        self._result = read_manifest(self.root)
        return self._result


def _no_room(root: Path, error: Exception) -> DataError:
    remedy = "make room and run the command again: it goes on where it stopped"
    return DataError("cannot be written", where=root, got=error, remedy=remedy)


def _check_root(root: Path) -> None:
    """Refuse a root that holds something that we did not write and would overwrite."""
    if root.exists() and not root.is_dir():
        raise DataError("not a folder", where=root, remedy="choose another out")
    ours = (root / MANIFEST).is_file() or (root / ".partial").is_dir()
    foreign = [name for name in (*TABLES, CARD, CROISSANT) if (root / name).exists()]
    if foreign and not ours:
        raise DataError("the folder holds something else", where=root, got=foreign, remedy="choose another out")


def _check_version(root: Path, version: Any) -> None:
    if version != SCHEMA_VERSION:
        raise DataError(
            "the store has another schema version, and is read but not gone on with",
            where=root,
            expected=SCHEMA_VERSION,
            got=version,
            remedy="choose another out",
        )


def _check_same(root: Path, there: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    if canonical_json(there) == canonical_json(asked):
        return
    old, new = _flat(there), _flat(asked)
    differ = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    shown = [f"{key.removeprefix('config.')}={new.get(key)}, there {old.get(key)}" for key in differ[:3]]
    more = f" and {len(differ) - 3} more" if len(differ) > 3 else ""
    raise DataError(
        "the store was made with other settings",
        where=root,
        got="; ".join(shown) + more,
        remedy="choose another out, or remove the folder",
    )


def _flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, Mapping):
        parts = [_flat(v, f"{path}.{k}" if path else str(k)) for k, v in value.items()]
        return {key: text for part in parts for key, text in part.items()}
    return {path: canonical_json(value)}
