"""A scenario as the rows of nuScenes tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from drivegen.core import Scenario
from drivegen.nuscenes_format.names import (
    ATTRIBUTES,
    GENERAL_CATEGORY,
    VISIBILITY_LEVELS,
    make_token,
)

Row = dict[str, Any]
# A table's name and one of its rows.
NamedRow = tuple[str, Row]

LOG_TOKEN = make_token("log")
MAP_TOKEN = make_token("map")
BLANK_MAP = "maps/blank.png"


@dataclass(frozen=True)
class SampleGrid:
    """Which frames of a scene are samples.

    Attributes:
        frame_indices: the frame index of each sample, rising, starting with 0.
        timestamps_us: when each sample was taken.
        tokens: their tokens.
    """

    frame_indices: tuple[int, ...]
    timestamps_us: tuple[int, ...]
    tokens: tuple[str, ...]

    def sample_of(self, frame_index: int) -> int:
        """The sample that a frame belongs to: itself, or the one that follows it (the last, at the end)."""
        return min(int(np.searchsorted(self.frame_indices, frame_index)), len(self.frame_indices) - 1)

    def is_sample(self, frame_index: int) -> bool:
        """Whether a frame is a sample's own (a key frame)."""
        return self.frame_indices[self.sample_of(frame_index)] == frame_index


def reference_camera(scenario: Scenario) -> str:
    """The camera whose frame times are the samples' times: CAM_FRONT, or the first."""
    return "CAM_FRONT" if "CAM_FRONT" in scenario.cameras else next(iter(scenario.cameras))


def sample_grid(scenario: Scenario, keyframe_hz: float | None) -> SampleGrid:
    """Every frame, or those that first reach each tick of `keyframe_hz`."""
    times = scenario.frame_times_us[reference_camera(scenario)]
    indices = np.arange(len(times))
    if keyframe_hz is not None:
        # A thousandth of an interval of slack, because frame times are rounded to microseconds.
        ticks = np.floor((times - times[0]) * 1e-6 * keyframe_hz + 1e-3).astype(np.int64)
        indices = np.flatnonzero(np.diff(ticks, prepend=-1) > 0)
    name = scenario.scenario_id
    return SampleGrid(
        tuple(int(i) for i in indices),
        tuple(int(times[i]) for i in indices),
        tuple(make_token(name, "sample", int(i)) for i in indices),
    )


def fixed_rows(extra_attributes: set[str]) -> Iterator[NamedRow]:
    """Rows that every root of ours has: categories, attributes, visibility levels, the log and the blank map."""
    for index, category in enumerate(GENERAL_CATEGORY.values()):
        row = {"token": make_token("category", category), "name": category, "description": "", "index": index + 1}
        yield "category", row
    for name in (*ATTRIBUTES, *sorted(extra_attributes - set(ATTRIBUTES))):
        yield "attribute", {"token": make_token("attribute", name), "name": name, "description": ""}
    for token, level, _ in VISIBILITY_LEVELS:
        yield "visibility", {"token": token, "level": level, "description": ""}
    # Nothing was captured on a day or at a place; the schema wants a date.
    log = {"token": LOG_TOKEN, "logfile": "drivegen", "vehicle": "drivegen", "date_captured": "1970-01-01"}
    yield "log", {**log, "location": "drivegen"}
    row = {"token": MAP_TOKEN, "log_tokens": [LOG_TOKEN], "category": "semantic_prior", "filename": BLANK_MAP}
    yield "map", row


def scene_rows(scenario: Scenario, grid: SampleGrid, image_name: Callable[[str, int], str]) -> Iterator[NamedRow]:
    """The scene's own row, its samples, its sensors' calibration, and its images with their ego poses.

    Args:
        image_name: from a camera and a frame index to the image's file name, relative to the root.
    """
    name = scenario.scenario_id
    scene_token = make_token(name, "scene")
    yield (
        "scene",
        {
            "token": scene_token,
            "log_token": LOG_TOKEN,
            "nbr_samples": len(grid.tokens),
            "first_sample_token": grid.tokens[0],
            "last_sample_token": grid.tokens[-1],
            "name": name,
            "description": _description(scenario),
        },
    )
    for index, token in enumerate(grid.tokens):
        row = {"token": token, "timestamp": grid.timestamps_us[index]}
        yield "sample", {**row, **links(grid.tokens, index), "scene_token": scene_token}
    for camera in scenario.cameras.values():
        pose = camera.ego_from_camera
        yield (
            "calibrated_sensor",
            {
                "token": make_token(name, "calibrated_sensor", camera.name),
                "sensor_token": sensor_token(camera.name),
                "translation": pose.translation.tolist(),
                "rotation": pose.rotation.tolist(),
                "camera_intrinsic": camera.intrinsics.tolist(),
            },
        )
        yield from _image_rows(scenario, camera.name, grid, image_name)


def sensor_token(camera: str) -> str:
    """Token of a camera's row in `sensor`; the scenes of a root share it."""
    return make_token("sensor", camera)


def instance_token(scene: str, track_id: str) -> str:
    """Token of a track's row in `instance`."""
    return make_token(scene, "instance", track_id)


def _image_rows(
    scenario: Scenario, camera: str, grid: SampleGrid, image_name: Callable[[str, int], str]
) -> Iterator[NamedRow]:
    name, times = scenario.scenario_id, scenario.frame_times_us[camera]
    height, width = scenario.cameras[camera].size
    tokens = [make_token(name, "sample_data", camera, index) for index in range(len(times))]
    for index, token in enumerate(tokens):
        time = int(times[index])
        pose = scenario.ego.pose_at(time)
        row = {"token": token, "timestamp": time, "rotation": pose.rotation.tolist()}
        yield "ego_pose", {**row, "translation": pose.translation.tolist()}
        filename = image_name(camera, index)
        yield (
            "sample_data",
            {
                "token": token,
                "sample_token": grid.tokens[grid.sample_of(index)],
                "ego_pose_token": token,
                "calibrated_sensor_token": make_token(name, "calibrated_sensor", camera),
                "timestamp": time,
                "fileformat": filename.rsplit(".", 1)[-1],
                "is_key_frame": grid.is_sample(index),
                "height": height,
                "width": width,
                "filename": filename,
                **links(tokens, index),
            },
        )


def _description(scenario: Scenario) -> str:
    weather, time_of_day = scenario.ambience.weather, scenario.ambience.time_of_day
    words = [word.value for word in (weather, time_of_day) if word is not None]
    return ", ".join([*words, f"{len(scenario.tracks)} tracks"])


def links(tokens: tuple[str, ...] | list[str], index: int) -> dict[str, str]:
    """`prev` and `next` of a row in a chain; empty at its ends."""
    before = tokens[index - 1] if index > 0 else ""
    after = tokens[index + 1] if index + 1 < len(tokens) else ""
    return {"prev": before, "next": after}
