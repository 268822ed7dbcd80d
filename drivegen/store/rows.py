"""A clip as rows of the three tables.

The flat columns of a clip's objects are built once; the nested lists of `frames` are cut from the same arrays, so that
nested and flat cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from drivegen.core import CATEGORY_ID, Clip, CrowdednessLevels, DataError, FrameKind, FrameLabels, Pose
from drivegen.core.arrays import Bytes, Floats
from drivegen.store.config import StoreConfig
from drivegen.store.images import encode_image
from drivegen.store.parquet import arrow_schema
from drivegen.store.schema import COLUMNS, OBJECT, TableName
from drivegen.store.verdict_rows import check_verdict, object_verdict_columns, verdict_row

_CLIP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=+-]{0,199}")
RECTANGLE = ("x_min_px", "y_min_px", "x_max_px", "y_max_px")
COLOURS = ("red", "green", "blue")


def clip_tables(clip: Clip, config: StoreConfig, levels: CrowdednessLevels) -> dict[TableName, Iterable[pa.Table]]:
    """The rows of a clip: one of `clips`, T of `frames`, one of `objects` per object and frame.

    Those of `frames` come one segment at a time and are made as they are asked for: the images of a long clip are many.

    Raises:
        DataError: an unsafe clip_id, timestamps that do not rise, a camera that is not this clip's or not a plain
            pinhole, no frames, a verdict that contradicts itself.
    """
    check_clip(clip)
    labels = clip.labels if clip.labelled else ()
    objects = {**_object_columns(labels), **object_verdict_columns(clip)}
    counts = np.array([len(frame) for frame in labels], dtype=np.int32) if labels else np.zeros(len(clip.frames), "i4")
    repeated: dict[str, Any] = {"clip_id": clip.clip_id, "scenario_id": clip.scenario_id, "camera": clip.camera}
    poster = _images(clip.frames[:1], config)
    row = {**repeated, **_clip_row(clip, counts, config, levels), "poster": poster, "video": [None]}
    frames = {**repeated, **_frame_columns(clip, counts, config), "objects": _nested(objects, counts)}
    indices = np.repeat(np.arange(len(counts)), counts)
    keys = {**repeated, "frame_index": indices, "timestamp_us": frames["timestamp_us"][indices]}
    return {
        "clips": [_table("clips", row, 1)],
        "frames": _segments(clip, frames, config),
        "objects": [_table("objects", {**keys, **objects}, int(counts.sum()))],
    }


def _segments(clip: Clip, columns: dict[str, Any], config: StoreConfig) -> Iterator[pa.Table]:
    """The rows of `frames`, one row group at a time, from all their columns but the image."""
    size, total = config.frames_per_row_group, len(clip.frames)
    arrays = {c.name: _array(columns[c.name], c.type, total) for c in COLUMNS["frames"] if c.name != "image"}
    for start in range(0, total, size):
        images = _images(clip.frames[start : start + size], config)
        part = {name: array.slice(start, size) for name, array in arrays.items()}
        yield _table("frames", {**part, "image": images}, len(images))


def _images(frames: Bytes, config: StoreConfig) -> list[dict[str, bytes | None]]:
    return [{"bytes": encode_image(frame, config), "path": None} for frame in frames]


def check_clip(clip: Clip) -> None:
    """Refuse what the store could not give back.

    Raises:
        DataError: see `clip_tables`.
    """
    if not _CLIP_ID.fullmatch(clip.clip_id):
        raise DataError("not safe as part of a file name", where="clip_id", got=repr(clip.clip_id))
    if not len(clip.frames):
        raise DataError("no frames", where=clip.clip_id)
    if not np.isfinite(clip.fps) or clip.fps <= 0:
        raise DataError("frame rate must be positive", where=clip.clip_id, got=clip.fps)
    times = [frame.timestamp_us for frame in clip.labels]
    if (np.diff(times) <= 0).any():
        raise DataError("timestamps must rise", where=clip.clip_id, got=times)
    for index, frame in enumerate(clip.labels):
        where = f"{clip.clip_id} frame {index}"
        if frame.camera.name != clip.camera:
            raise DataError("labels of another camera", where=where, expected=clip.camera, got=frame.camera.name)
        plain = frame.camera.intrinsics.copy()
        plain[[0, 1, 0, 1], [0, 1, 2, 2]] = 0.0
        if not np.allclose(plain, np.diag([0.0, 0.0, 1.0])):
            raise DataError("camera is not a plain pinhole", where=where, got=frame.camera.intrinsics.tolist())
        if len(set(frame.track_ids)) != len(frame):
            raise DataError("track ids repeat", where=where, got=sorted(frame.track_ids))
    check_verdict(clip)


def _clip_row(clip: Clip, counts: np.ndarray, config: StoreConfig, levels: CrowdednessLevels) -> dict[str, Any]:
    provenance = clip.provenance
    tracks = {track for frame in clip.labels for track in frame.track_ids} if clip.labelled else set()
    return {
        "split": config.split,
        **_ambience(clip),
        "crowdedness": clip.crowdedness,
        "crowdedness_level": levels.level(clip.crowdedness).value,
        "weather_requested": clip.requested.weather,
        "time_of_day_requested": clip.requested.time_of_day,
        "crowdedness_requested": clip.requested.crowdedness,
        "frame_kind": provenance.kind.value,
        "is_synthetic": provenance.kind is not FrameKind.RECORDED,
        "generator": provenance.generator,
        # Empty means "does not apply", which SQL spells NULL.
        "model_id": provenance.model_id or None,
        "model_sha256": provenance.model_sha256 or None,
        "config_hash": provenance.config_hash or None,
        "seed": provenance.seed,
        "layout_source": provenance.layout_source or None,
        "license": provenance.license or None,
        "num_frames": len(clip.frames),
        "fps": clip.fps,
        "duration_s": len(clip.frames) / clip.fps,
        "height_px": clip.frames.shape[1],
        "width_px": clip.frames.shape[2],
        "num_tracks": len(tracks),
        "num_objects_mean": float(counts.mean()),
        **verdict_row(clip.verdict),
    }


def _frame_columns(clip: Clip, counts: np.ndarray, config: StoreConfig) -> dict[str, Any]:
    indices = np.arange(len(clip.frames), dtype=np.int32)
    intrinsics = np.stack([frame.camera.intrinsics for frame in clip.labels])
    return {
        "frame_index": indices,
        "segment_index": indices // np.int32(config.frames_per_row_group),
        "timestamp_us": np.array([frame.timestamp_us for frame in clip.labels], dtype=np.int64),
        **_ambience(clip),
        "fx_px": intrinsics[:, 0, 0],
        "fy_px": intrinsics[:, 1, 1],
        "cx_px": intrinsics[:, 0, 2],
        "cy_px": intrinsics[:, 1, 2],
        "height_px": clip.frames.shape[1],
        "width_px": clip.frames.shape[2],
        **_pose_columns("ego_from_camera", [frame.camera.ego_from_camera for frame in clip.labels]),
        **_pose_columns("global_from_ego", [frame.global_from_ego for frame in clip.labels]),
        "num_objects": counts,
        "visibility_measured": [frame.visibility_measured for frame in clip.labels],
    }


def _ambience(clip: Clip) -> dict[str, Any]:
    weather, time = clip.ambience.weather, clip.ambience.time_of_day
    return {
        "weather": weather.value if weather else None,
        "time_of_day": time.value if time else None,
        "labelled": clip.labelled,
    }


def _pose_columns(name: str, poses: Sequence[Pose]) -> dict[str, Floats]:
    shifts = np.stack([pose.translation for pose in poses])
    turns = np.stack([pose.rotation for pose in poses])
    return {f"{name}_{axis}_m": shifts[:, i] for i, axis in enumerate("xyz")} | {
        f"{name}_q{axis}": turns[:, i] for i, axis in enumerate("wxyz")
    }


def _object_columns(labels: Sequence[FrameLabels]) -> dict[str, Any]:
    """The columns of OBJECT but for their verdicts, for all objects of all frames, one after another (M,)."""

    def join(arrays: list[np.ndarray], width: int) -> Floats:
        return np.concatenate(arrays).astype(np.float64) if arrays else np.zeros((0, width))

    def flat(values: Sequence[Iterable[Any]]) -> list[Any]:
        return [v for frame in values for v in frame]

    centers = join([f.boxes_ego.centers for f in labels], 3)
    sizes = join([f.boxes_ego.sizes for f in labels], 3)
    turns = join([f.boxes_ego.rotations for f in labels], 4)
    velocities = join([f.boxes_ego.velocities for f in labels], 3)
    amodal, visible = join([f.amodal_px for f in labels], 4), join([f.visible_px for f in labels], 4)
    appearance = join([f.appearance for f in labels], 3)
    categories = flat([f.categories for f in labels])
    return {
        "track_id": flat([f.track_ids for f in labels]),
        "category": categories,
        "category_id": [CATEGORY_ID[c] for c in categories],
        "attribute": flat([f.attributes for f in labels]),
        "body": flat([f.bodies for f in labels]),
        **{f"center_{axis}_m": centers[:, i] for i, axis in enumerate("xyz")},
        **{f"{side}_m": sizes[:, i] for i, side in enumerate(("length", "width", "height"))},
        **{f"q{axis}": turns[:, i] for i, axis in enumerate("wxyz")},
        **{f"velocity_{axis}_mps": velocities[:, i] for i, axis in enumerate("xyz")},
        **{f"amodal_{edge}": amodal[:, i] for i, edge in enumerate(RECTANGLE)},
        **{f"visible_{edge}": visible[:, i] for i, edge in enumerate(RECTANGLE)},
        "visible_fraction": flat([f.visible_fraction for f in labels]),
        "depth_m": flat([f.depth_m for f in labels]),
        "height_base_px": flat([f.height_px for f in labels]),
        "written": [True] * len(categories),
        "conditioned": flat([f.conditioned for f in labels]),
        "scored": flat([f.scored for f in labels]),
        **{f"appearance_{colour}": appearance[:, i] for i, colour in enumerate(COLOURS)},
    }


def _nested(objects: dict[str, Any], counts: np.ndarray) -> pa.ListArray:
    """The flat object columns as one list of structs per frame."""
    rows = int(counts.sum())
    arrays = [_array(objects[c.name], c.type, rows) for c in OBJECT]
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    structs = pa.StructArray.from_arrays(arrays, fields=[pa.field(c.name, c.type) for c in OBJECT])
    list_type = next(c.type for c in COLUMNS["frames"] if c.name == "objects")
    return pa.ListArray.from_arrays(pa.array(offsets), structs, type=list_type)


def _table(name: TableName, values: dict[str, Any], rows: int) -> pa.Table:
    arrays = [_array(values[c.name], c.type, rows) for c in COLUMNS[name]]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(name))


def _array(values: Any, data_type: pa.DataType, rows: int) -> pa.Array:
    """Values as an Arrow array: a scalar is repeated, NaN becomes null."""
    if isinstance(values, pa.Array):
        return values
    if isinstance(values, np.ndarray | list):
        return pa.array(values, data_type, from_pandas=True)
    return pa.array([values] * rows, data_type, from_pandas=True)
