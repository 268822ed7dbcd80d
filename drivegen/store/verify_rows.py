"""Checks the rows of one shard: keys, counts, nested against flat, images, labels."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from drivegen.core import Crowdedness, DrivegenError, FrameKind, FrameLabels, TimeOfDay, Weather, mean_road_users
from drivegen.store.images import decode_image
from drivegen.store.manifest import Manifest
from drivegen.store.parquet import read_rows
from drivegen.store.problems import Problem
from drivegen.store.rebuild import frame_labels
from drivegen.store.schema import COLUMNS, OBJECT, TableName
from drivegen.store.verify_labels import check_labels
from drivegen.store.verify_verdicts import check_clip_verdict, check_object_verdicts

_WORDS = {
    "weather": {*Weather},
    "time_of_day": {*TimeOfDay},
    "weather_achieved": {*Weather},
    "time_of_day_achieved": {*TimeOfDay},
    "crowdedness_level": {*Crowdedness},
    "frame_kind": {*FrameKind},
}
# Tables without pictures, which are read at once.
_WHOLE: tuple[TableName, ...] = ("clips", "objects")
# What a row of `frames` repeats from its clip.
_REPEATED = ("scenario_id", "camera", "weather", "time_of_day", "labelled", "width_px", "height_px")


def check_shard(paths: dict[TableName, Path], manifest: Manifest, clip_ids: list[str]) -> list[Problem]:
    """Check one file of each table against the others; appends the clip ids that it holds to `clip_ids`."""
    names = {table: f"{table}/{path.name}" for table, path in paths.items()}
    version = manifest.schema_version
    clips, objects = (read_rows(paths[table], table, version=version) for table in _WHOLE)
    problems = _check_values(names["clips"], "clips", clips) + _check_values(names["objects"], "objects", objects)
    ids = clips["clip_id"].to_pylist()
    clip_ids += ids
    problems += _strangers(names["objects"], objects, ids)
    seen = pa.table({"clip_id": _read_column(paths["frames"], "clip_id")})
    problems += _strangers(names["frames"], seen, ids)
    group = int(manifest.store.get("frames_per_row_group", 0)) or 1
    for row in clips.drop_columns(["poster", "video"]).to_pylist():
        frames = read_rows(paths["frames"], "frames", row["clip_id"], version)
        own = objects.filter(pc.equal(objects["clip_id"], row["clip_id"]))
        problems += _check_clip(names, row, frames, own, group)
    for row in clips.select(["clip_id", "poster"]).to_pylist():
        problems += _check_image(names["clips"], row["clip_id"], "poster", row["poster"], None)
    return problems


def _read_column(path: Path, column: str) -> pa.ChunkedArray:
    """One column of a file."""
    with pq.ParquetFile(path) as file:
        return file.read(columns=[column])[column]


def _check_values(file: str, table: TableName, rows: pa.Table) -> list[Problem]:
    """No null where a value must be, no number that is not finite."""
    problems = []
    for column in COLUMNS[table]:
        values = rows[column.name]
        if not column.nullable and values.null_count:
            problems.append(Problem(file, f"{values.null_count} rows", column.name, "value is missing"))
        if pa.types.is_floating(column.type):
            bad = pc.sum(pc.invert(pc.is_finite(values))).as_py() or 0
            if bad:
                problems.append(Problem(file, f"{bad} rows", column.name, "value is not finite"))
    return problems


def _strangers(file: str, rows: pa.Table, ids: list[str]) -> list[Problem]:
    unknown = sorted(set(rows["clip_id"].unique().to_pylist()) - set(ids), key=str)
    return [Problem(file, str(clip_id), "clip_id", "not in the clips table of this shard") for clip_id in unknown]


def _check_clip(
    names: dict[TableName, str], row: dict[str, Any], frames: pa.Table, objects: pa.Table, group: int
) -> list[Problem]:
    clip_id = row["clip_id"]
    problems = [
        Problem(names["clips"], clip_id, field, f"unknown value {row[field]!r}")
        for field, words in _WORDS.items()
        if row[field] is not None and row[field] not in words
    ]
    problems += check_clip_verdict(names["clips"], row)
    problems += _check_values(names["frames"], "frames", frames)
    problems += _check_keys(names["frames"], row, frames, group)
    flat = _flattened(frames)
    if not flat.equals(objects.select(flat.column_names).combine_chunks()):
        problems.append(Problem(names["objects"], clip_id, "objects", "flat rows differ from those nested in frames"))
    labels: list[FrameLabels] = []
    for index, values in enumerate(frames.drop_columns(["image"]).to_pylist()):
        where = f"{clip_id} frame {index}"
        size = (row["height_px"], row["width_px"])
        problems += _check_image(names["frames"], where, "image", frames["image"][index].as_py(), size)
        try:
            labels.append(frame_labels(row["camera"], values))
        except (DrivegenError, TypeError, ValueError, OverflowError) as error:
            problems.append(Problem(names["frames"], where, "objects", f"labels cannot be read: {error}"))
            continue
        problems += check_labels(names["frames"], where, labels[-1], values["objects"])
        problems += check_object_verdicts(names["frames"], where, labels[-1], values["objects"])
    if len(labels) == len(frames):
        problems += _check_sums(names["clips"], row, labels)
    return problems


def _check_keys(file: str, row: dict[str, Any], frames: pa.Table, group: int) -> list[Problem]:
    clip_id, count = row["clip_id"], len(frames)
    found = []
    if count != row["num_frames"]:
        found.append(("num_frames", f"expected {row['num_frames']}; got {count}"))
    if frames["frame_index"].to_pylist() != list(range(count)):
        found.append(("frame_index", "does not count up from 0"))
    if frames["segment_index"].to_pylist() != [i // group for i in range(count)]:
        found.append(("segment_index", f"expected one segment per {group} frames"))
    times = frames["timestamp_us"].to_pylist()
    if any(a is None or b is None or a >= b for a, b in itertools.pairwise(times)):
        found.append(("timestamp_us", "does not rise"))
    differ = [field for field in _REPEATED if set(frames[field].to_pylist()) - {row[field]}]
    found += [(field, f"differs from the clip's, {row[field]!r}") for field in differ]
    if frames["num_objects"].to_pylist() != [len(o or []) for o in frames["objects"].to_pylist()]:
        found.append(("num_objects", "differs from the length of objects"))
    return [Problem(file, clip_id, field, message) for field, message in found]


def _flattened(frames: pa.Table) -> pa.Table:
    """The nested objects of a clip's frames as rows of the objects table."""
    nested = frames["objects"].combine_chunks()
    nested = pa.concat_arrays(nested.chunks) if isinstance(nested, pa.ChunkedArray) else nested
    parents, structs = pc.list_parent_indices(nested), pc.list_flatten(nested)
    keys = [c.name for c in COLUMNS["objects"] if c not in OBJECT]
    columns = {name: frames[name].combine_chunks().take(parents) for name in keys}
    columns |= {c.name: pc.struct_field(structs, c.name) for c in OBJECT}
    return pa.table(columns).combine_chunks()


def _check_image(
    file: str, where: str, field: str, value: dict[str, Any] | None, size: tuple[int, int] | None
) -> list[Problem]:
    try:
        image = decode_image(value["bytes"] if value else None, where)
    except DrivegenError as error:
        return [Problem(file, where, field, error.what)]
    if size is not None and image.shape[:2] != size:
        return [Problem(file, where, field, f"expected {size[0]}x{size[1]} (h x w); got {image.shape[:2]}")]
    return []


def _check_sums(file: str, row: dict[str, Any], labels: list[FrameLabels]) -> list[Problem]:
    tracks = {track for frame in labels for track in frame.track_ids}
    expected: dict[str, float] = {
        "num_tracks": len(tracks),
        "num_objects_mean": float(np.mean([len(frame) for frame in labels])) if labels else 0.0,
        "duration_s": row["num_frames"] / row["fps"] if row["fps"] else 0.0,
    }
    if row["labelled"]:
        expected["crowdedness"] = mean_road_users(labels)
    elif tracks:
        return [Problem(file, row["clip_id"], "labelled", "is false, but there are objects")]
    return [
        Problem(file, row["clip_id"], field, f"expected {value:.6g}; got {row[field]}")
        for field, value in expected.items()
        if row[field] is None or abs(row[field] - value) > 1e-6
    ]
