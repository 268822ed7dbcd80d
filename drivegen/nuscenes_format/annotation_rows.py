"""The tracks of a scenario as rows of `instance` and `sample_annotation`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from drivegen.core import LabelPolicy, Scenario, Track, label_frame
from drivegen.core.arrays import Booleans, Floats, Integers
from drivegen.core.poses import slerp
from drivegen.core.tracks import MAX_GAP_US
from drivegen.nuscenes_format.names import GENERAL_CATEGORY, make_token, visibility_token
from drivegen.nuscenes_format.rows import NamedRow, SampleGrid, instance_token, links

# Tracks are annotated up to this distance from the ego vehicle, whether a camera sees them or not.
ANNOTATION_DISTANCE_M = 100.0


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
            **links(tokens, index),
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
