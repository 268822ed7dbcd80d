"""What recorded tracks look like: an estimate of each one's paint colour from its own pixels.

Recorded sets do not say what colour a car has, yet the models are conditioned on it. The estimate is the median colour
of the central part of the track's visible box in the frame where most of it is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from drivegen.core import Camera, DataError, FrameLabels, LabelPolicy, Scenario, label_frame
from drivegen.core.arrays import Bytes

# The middle half of the visible box: its edges show road, sky and neighbours.
_CENTRAL_PART = 0.5
_MIN_SIDE_PX = 2.0

Colour = tuple[float, float, float]


def with_appearance(
    scenario: Scenario,
    read_frame: Callable[[str, int], Bytes | None],
    times_us: dict[str, list[int]],
    policy: LabelPolicy,
) -> Scenario:
    """Give every track without an appearance the one that its pixels suggest.

    Args:
        read_frame: (camera name, timestamp) -> (H, W, 3) uint8 at the camera's size, or None when it cannot be read.
        times_us: for each camera name, the frames to look at.

    Returns:
        The scenario; tracks that are never seen well enough keep None.
    """
    if all(track.appearance is not None for track in scenario.tracks):
        return scenario
    best = _best_views(scenario, times_us, policy)
    colours: dict[str, Colour] = {}
    wanted = {(camera, time) for _, camera, time, _ in best.values()}
    for camera, time in sorted(wanted):
        frame = read_frame(camera, time)
        if frame is not None:
            for track_id, (_, seen_by, seen_at, box) in best.items():
                if (seen_by, seen_at) == (camera, time):
                    colours[track_id] = central_colour(frame, box)
    tracks = tuple(
        track if track.appearance is not None else replace(track, appearance=colours.get(track.track_id))
        for track in scenario.tracks
    )
    return replace(scenario, tracks=tracks)


def central_colour(frame: Bytes, box_px: np.ndarray) -> Colour:
    """Median R, G, B in [0, 1] of the central part of a box (x_min y_min x_max y_max, pixels) of a frame.

    Raises:
        DataError: the box lies outside the frame.
    """
    x_min, y_min, x_max, y_max = (float(v) for v in box_px)
    margin = (1 - _CENTRAL_PART) / 2
    left, right = x_min + margin * (x_max - x_min), x_max - margin * (x_max - x_min)
    top, bottom = y_min + margin * (y_max - y_min), y_max - margin * (y_max - y_min)
    patch = frame[
        int(top) : max(int(np.ceil(bottom)), int(top) + 1), int(left) : max(int(np.ceil(right)), int(left) + 1)
    ]
    if patch.size == 0:
        raise DataError("box lies outside the frame", expected=frame.shape[:2], got=[x_min, y_min, x_max, y_max])
    red, green, blue = np.median(patch.reshape(-1, 3), axis=0) / 255.0
    return float(red), float(green), float(blue)


def _best_views(
    scenario: Scenario, times_us: dict[str, list[int]], policy: LabelPolicy
) -> dict[str, tuple[float, str, int, np.ndarray]]:
    """For each track: visible area (px), camera, time and visible box where that area is largest."""
    best: dict[str, tuple[float, str, int, np.ndarray]] = {}
    for name, times in times_us.items():
        camera: Camera = scenario.cameras[name]
        for time in times:
            labels = label_frame(scenario, camera, time, policy)
            for row, area in _visible_areas(labels):
                track_id = labels.track_ids[row]
                if area > best.get(track_id, (0.0,))[0]:
                    best[track_id] = (area, name, time, labels.visible_px[row])
    return best


def _visible_areas(labels: FrameLabels) -> list[tuple[int, float]]:
    sides = labels.visible_px[:, 2:] - labels.visible_px[:, :2]
    return [
        (row, float(sides[row].prod() * labels.visible_fraction[row]))
        for row in np.flatnonzero(labels.conditioned)
        if np.isfinite(sides[row]).all() and sides[row].min() >= _MIN_SIDE_PX
    ]
