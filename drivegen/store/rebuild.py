"""Rows of the tables as a clip again: the inverse of `rows`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from drivegen.core import (
    Ambience,
    Boxes3D,
    Camera,
    Clip,
    DrivegenError,
    FrameKind,
    FrameLabels,
    Pose,
    Provenance,
    Requested,
    TimeOfDay,
    Weather,
)
from drivegen.core.arrays import Floats
from drivegen.core.errors import DataError
from drivegen.store.images import decode_image
from drivegen.store.rows import COLOURS, RECTANGLE
from drivegen.store.verdict_rows import verdict_from_rows


def clip_from_rows(clip_row: dict[str, Any], frames: pa.Table) -> Clip:
    """A clip from its row of `clips` and its rows of `frames`, in the order of frame_index.

    Raises:
        DataError: a value that the tables should not hold, such as an unknown weather; an image that does not decode.
    """
    clip_id = clip_row["clip_id"]
    try:
        rows = frames.drop_columns(["image"]).to_pylist()
        labels = tuple(frame_labels(clip_row["camera"], row) for row in rows)
        images = frames["image"].to_pylist()
        pixels = [decode_image(image and image["bytes"], f"{clip_id} frame {i}") for i, image in enumerate(images)]
        return Clip(
            clip_id=clip_id,
            scenario_id=clip_row["scenario_id"],
            camera=clip_row["camera"],
            frames=np.stack(pixels),
            labels=labels,
            ambience=_ambience(clip_row),
            fps=clip_row["fps"],
            provenance=_provenance(clip_row),
            requested=Requested(
                weather=clip_row["weather_requested"],
                time_of_day=clip_row["time_of_day_requested"],
                crowdedness=clip_row["crowdedness_requested"],
            ),
            verdict=verdict_from_rows(clip_row, [row["objects"] or [] for row in rows]),
            labelled=clip_row["labelled"],
        )
    except DrivegenError:
        raise
    except (KeyError, ValueError, TypeError) as error:
        raise DataError("row cannot be read", where=clip_id, got=f"{type(error).__name__}: {error}") from error


def frame_labels(camera_name: str, row: dict[str, Any]) -> FrameLabels:
    """The labels of one row of `frames`."""
    intrinsics = np.array([[row["fx_px"], 0.0, row["cx_px"]], [0.0, row["fy_px"], row["cy_px"]], [0.0, 0.0, 1.0]])
    camera = Camera(camera_name, intrinsics, _pose(row, "ego_from_camera"), (row["height_px"], row["width_px"]))
    objects: list[dict[str, Any]] = row["objects"] or []

    def numbers(*names: str) -> Floats:
        """Columns as floats (N, len(names)); null becomes NaN."""
        values = [[o[name] for name in names] for o in objects]
        return np.array(values, dtype=np.float64).reshape(len(objects), len(names))

    def column(name: str) -> tuple[Any, ...]:
        return tuple(o[name] for o in objects)

    return FrameLabels(
        timestamp_us=row["timestamp_us"],
        camera=camera,
        global_from_ego=_pose(row, "global_from_ego"),
        track_ids=column("track_id"),
        categories=column("category"),
        attributes=column("attribute"),
        bodies=column("body"),
        boxes_ego=Boxes3D(
            numbers(*(f"center_{axis}_m" for axis in "xyz")),
            numbers("length_m", "width_m", "height_m"),
            numbers(*(f"q{axis}" for axis in "wxyz")),
            numbers(*(f"velocity_{axis}_mps" for axis in "xyz")),
        ),
        amodal_px=numbers(*(f"amodal_{edge}" for edge in RECTANGLE)),
        visible_px=numbers(*(f"visible_{edge}" for edge in RECTANGLE)),
        visible_fraction=numbers("visible_fraction")[:, 0],
        depth_m=numbers("depth_m")[:, 0],
        height_px=numbers("height_base_px")[:, 0],
        conditioned=np.array(column("conditioned"), dtype=bool),
        scored=np.array(column("scored"), dtype=bool),
        appearance=numbers(*(f"appearance_{colour}" for colour in COLOURS)),
        # Stores that were written before there was such a column have only boxes to tell from.
        visibility_measured=bool(row.get("visibility_measured")),
    )


def _pose(row: dict[str, Any], name: str) -> Pose:
    rotation = np.array([row[f"{name}_q{axis}"] for axis in "wxyz"], dtype=np.float64)
    return Pose(rotation, np.array([row[f"{name}_{axis}_m"] for axis in "xyz"], dtype=np.float64))


def _ambience(row: dict[str, Any]) -> Ambience:
    weather, time = row["weather"], row["time_of_day"]
    return Ambience(Weather(weather) if weather else None, TimeOfDay(time) if time else None)


def _provenance(row: dict[str, Any]) -> Provenance:
    return Provenance(
        kind=FrameKind(row["frame_kind"]),
        generator=row["generator"],
        seed=row["seed"],
        model_id=row["model_id"] or "",
        model_sha256=row["model_sha256"] or "",
        config_hash=row["config_hash"] or "",
        layout_source=row["layout_source"] or "",
        license=row["license"] or "",
    )
