"""A scenario as the rows of nuScenes tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from drivegen.core import LabelPolicy, Scenario, Track, label_frame
from drivegen.core.arrays import Booleans, Floats, Integers
from drivegen.core.poses import slerp
from drivegen.core.tracks import MAX_GAP_US
from drivegen.nuscenes_format.names import (
    ATTRIBUTES,
    GENERAL_CATEGORY,
    VISIBILITY_LEVELS,
    make_token,
    visibility_token,
)

Row = dict[str, Any]
# A table's name and one of its rows.
NamedRow = tuple[str, Row]

# Tracks are annotated up to this distance from the ego vehicle, whether a camera sees them or not.
ANNOTATION_DISTANCE_M = 100.0

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
        links = _links(grid.tokens, index)
        row = {"token": token, "timestamp": grid.timestamps_us[index], **links, "scene_token": scene_token}
        yield "sample", row
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


def annotation_rows(
    scenario: Scenario, grid: SampleGrid, visibility: Mapping[tuple[int, str], float] | None
) -> Iterator[NamedRow]:
    """Instances and annotations of the tracks near the ego vehicle at each sample.

    Args:
        visibility: visible fraction by (frame index, track id), 0 where missing; None takes the largest over the
            cameras, from the scenario's sightings where it has them, else with core's `label_frame`.
    """
    egos = np.stack([scenario.ego.pose_at(t).translation for t in grid.timestamps_us])
    if visibility is None:
        visibility = visible_fractions(scenario, grid)
    for track in scenario.tracks:
        yield from _track_rows(scenario.scenario_id, track, grid, egos, visibility)


def visible_fractions(scenario: Scenario, grid: SampleGrid) -> dict[tuple[int, str], float]:
    """Visible fraction by (frame index, track id) in the camera that sees most of it."""
    policy = LabelPolicy(max_distance_m=ANNOTATION_DISTANCE_M)
    result: dict[tuple[int, str], float] = {}
    for index, timestamp_us in zip(grid.frame_indices, grid.timestamps_us, strict=True):
        for camera in scenario.cameras.values():
            sightings = (scenario.sightings or {}).get(camera.name)
            # A camera that takes its pictures a little off the sample's time was measured at its own.
            own = int(scenario.frame_times_us[camera.name][index])
            frame = None if sightings is None else sightings.frame_of(own)
            if sightings is not None and frame is not None:
                for track_id, fraction in zip(sightings.track_ids, sightings.fraction[frame].tolist(), strict=True):
                    result[index, track_id] = max(result.get((index, track_id), 0.0), fraction)
                continue
            labels = label_frame(scenario, camera, timestamp_us, policy)
            for track_id, fraction in zip(labels.track_ids, labels.visible_fraction, strict=True):
                key = (index, track_id)
                result[key] = max(result.get(key, 0.0), float(fraction))
    return result


def _track_rows(
    scene: str, track: Track, grid: SampleGrid, egos: Floats, visibility: Mapping[tuple[int, str], float]
) -> Iterator[NamedRow]:
    times = np.array(grid.timestamps_us, dtype=np.int64)
    covered, positions, rotations, sizes = _at_times(track, times)
    where = np.flatnonzero(covered & (np.linalg.norm(positions - egos, axis=1) <= ANNOTATION_DISTANCE_M)).tolist()
    if not where:
        return
    tokens = [make_token(scene, "sample_annotation", track.track_id, sample) for sample in where]
    yield (
        "instance",
        {
            "token": instance_token(scene, track.track_id),
            "category_token": make_token("category", GENERAL_CATEGORY[track.category]),
            "nbr_annotations": len(tokens),
            "first_annotation_token": tokens[0],
            "last_annotation_token": tokens[-1],
        },
    )
    for index, sample in enumerate(where):
        length, width, height = sizes[sample].tolist()
        attribute = track.attribute_at(grid.timestamps_us[sample])
        seen = visibility.get((grid.frame_indices[sample], track.track_id), 0.0)
        row = {
            "token": tokens[index],
            "sample_token": grid.tokens[sample],
            "instance_token": instance_token(scene, track.track_id),
            "visibility_token": visibility_token(seen),
            "attribute_tokens": [make_token("attribute", attribute)] if attribute else [],
            # A tenth of a micrometre: the tables stay half as large.
            "translation": [round(v, 7) for v in positions[sample].tolist()],
            "size": [round(v, 7) for v in (width, length, height)],
            "rotation": [round(v, 10) for v in rotations[sample].tolist()],
            **_links(tokens, index),
            # There is no lidar; the devkit's evaluation drops boxes that have no points at all.
            "num_lidar_pts": 1,
            "num_radar_pts": 0,
        }
        yield "sample_annotation", row


def _at_times(track: Track, times: Integers) -> tuple[Booleans, Floats, Floats, Floats]:
    """A track at many times at once, as core has it at one.

    Returns:
        Whether the track covers each time (N,), positions (N, 3), rotations (N, 4) and sizes (N, 3).
    """
    path = track.trajectory
    keys = path.timestamps_us
    high = np.clip(np.searchsorted(keys, times), 0, len(keys) - 1)
    low = np.where((keys[high] <= times) | (high == 0), high, high - 1)
    gap = keys[high] - keys[low]
    covered = (keys[0] <= times) & (times <= keys[-1]) & (gap <= MAX_GAP_US)
    fraction = np.where(gap > 0, (times - keys[low]) / np.maximum(gap, 1), 0.0)
    along = fraction[:, None]
    positions = (1 - along) * path.positions[low] + along * path.positions[high]
    sizes = (1 - along) * track.sizes[low] + along * track.sizes[high]
    return covered, positions, slerp(path.rotations[low], path.rotations[high], fraction), sizes


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
                **_links(tokens, index),
            },
        )


def _description(scenario: Scenario) -> str:
    weather, time_of_day = scenario.ambience.weather, scenario.ambience.time_of_day
    words = [word.value for word in (weather, time_of_day) if word is not None]
    return ", ".join([*words, f"{len(scenario.tracks)} tracks"])


def _links(tokens: tuple[str, ...] | list[str], index: int) -> dict[str, str]:
    """`prev` and `next` of a row in a chain; empty at its ends."""
    before = tokens[index - 1] if index > 0 else ""
    after = tokens[index + 1] if index + 1 < len(tokens) else ""
    return {"prev": before, "next": after}
