"""Pictures of the world: a sheet of every weather, light and crowd level, and filmstrips with boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from world_pool import over

from drivegen.core import Ambience, Crowdedness, FrameLabels, LabelPolicy, TimeOfDay, Weather, label_frame
from drivegen.core.arrays import Bytes
from drivegen.drawing import contact_sheet, draw_boxes
from drivegen.world import WorldConfig, WorldScene, make_scene, render_frame

CAMERA = "CAM_FRONT"
STRIP_FRAMES = 16
STRIP_HZ = 3.0
CROWDS = (Crowdedness.SPARSE, Crowdedness.MODERATE, Crowdedness.CROWDED)
# Something passes behind something else when it is seen better than the one and worse than the other of these, both
# while it is wholly inside the image and at least so tall (at the label policy's base resolution).
SEEN, HIDDEN, TALL_PX = 0.7, 0.3, 8.0


@dataclass(frozen=True)
class Asked:
    """A scene of the sheet."""

    config: WorldConfig
    index: int
    ambience: Ambience
    crowdedness: Crowdedness


@dataclass(frozen=True)
class Window:
    """Sixteen frames of a scene: degrees turned, tracks that pass behind others, mean visible road users."""

    index: int
    frames: tuple[int, ...]
    ambience: Ambience
    turned_deg: float
    passing: int
    road_users: float


def sheet(config: WorldConfig, workers: int = 0) -> Bytes:
    """45 scenes, none chosen: rows are weathers, columns times of day and crowd levels."""
    cells = list(product(Weather, TimeOfDay, CROWDS))
    tasks = [Asked(config, i, Ambience(weather, time), crowd) for i, (weather, time, crowd) in enumerate(cells)]
    images = over(typical_frame, tasks, "sheet", workers)
    captions = [f"{weather}, {time}, {crowd}" for weather, time, crowd in cells]
    title = f"Weather, time of day and crowdedness: scenes 0 to 44 of seed {config.seed}, none left out"
    return contact_sheet(images, columns=9, captions=captions, title=title)


def typical_frame(asked: Asked) -> Bytes:
    """The frame whose road users are nearest to their mean over the scene."""
    scene = make_scene(asked.config, asked.index, ambience=asked.ambience, crowdedness=asked.crowdedness)
    times, camera = scene.scenario.frame_times_us[CAMERA], scene.scenario.cameras[CAMERA]
    users = np.array([label_frame(scene.scenario, camera, int(t), LabelPolicy()).road_users() for t in times])
    chosen = int(np.argmin(np.abs(users - users.mean())))
    return render_frame(scene, camera, int(times[chosen]), supersample=asked.config.supersample)


def windows_of_scene(task: tuple[WorldConfig, int, Ambience | None]) -> list[Window]:
    """All windows of a scene, one a second."""
    config, index, ambience = task
    scene = make_scene(config, index, ambience=ambience)
    step = max(1, round(config.hz / STRIP_HZ))
    frames = range(0, config.frames, step)
    seen = [_labels(scene, frame) for frame in frames]
    windows = []
    for start in range(0, len(frames) - STRIP_FRAMES + 1, round(STRIP_HZ)):
        chosen = slice(start, start + STRIP_FRAMES)
        yaw = np.unwrap([labels.global_from_ego.yaw_rad for labels in seen[chosen]])
        users = [labels.road_users() for labels in seen[chosen]]
        turned = float(np.degrees(np.abs(np.diff(yaw)).sum()))
        told = turned, _passing(seen[chosen]), float(np.mean(users))
        windows.append(Window(index, tuple(frames[chosen]), scene.scenario.ambience, *told))
    return windows


def choose_windows(config: WorldConfig, scenes: int, workers: int = 0) -> dict[str, tuple[WorldConfig, Window]]:
    """The three strips of the page, by rule and not by eye.

    Of the first `scenes` scenes: in clear or cloudy daylight the window in which the ego turns most while at least
    three road users are seen a frame; by day or dusk the one in which most tracks pass behind something; and of a third
    as many scenes in rain at night, of the next seed, the one with most road users.
    """
    nights = replace(config, seed=config.seed + 1)
    wet = Ambience(Weather.RAIN, TimeOfDay.NIGHT)
    drawn = _all_windows(config, scenes, None, workers)
    lit = [window for window in drawn if window.ambience.time_of_day is not TimeOfDay.NIGHT]
    bright = [
        window
        for window in lit
        if window.ambience.time_of_day is TimeOfDay.DAY
        and window.ambience.weather in (Weather.CLEAR, Weather.CLOUDY)
        and window.road_users >= 3
    ]
    rainy = _all_windows(nights, max(1, scenes // 3), wet, workers)
    return {
        "turning": (config, max(bright or lit, key=lambda window: window.turned_deg)),
        "occlusion": (config, max(lit, key=lambda window: window.passing)),
        "rain_night": (nights, max(rainy, key=lambda window: window.road_users)),
    }


def _all_windows(config: WorldConfig, scenes: int, ambience: Ambience | None, workers: int) -> list[Window]:
    tasks = [(config, index, ambience) for index in range(scenes)]
    return [window for found in over(windows_of_scene, tasks, "strips", workers) for window in found]


def strip(config: WorldConfig, window: Window) -> Bytes:
    """Sixteen frames with the cuboids of what conditions the models, in four rows."""
    scene = make_scene(config, window.index, ambience=window.ambience)
    images, captions = [], []
    for frame in window.frames:
        labels = _labels(scene, frame)
        picture = render_frame(scene, labels.camera, labels.timestamp_us, supersample=config.supersample)
        shown = replace(labels, scored=labels.conditioned)
        images.append(draw_boxes(picture, shown, scored_only=True))
        captions.append(f"{frame / config.hz:.1f} s, {int(labels.conditioned.sum())} boxes")
    ambience = f"{window.ambience.weather}, {window.ambience.time_of_day}"
    told = f"turns {window.turned_deg:.0f} deg, {window.passing} pass behind others, {window.road_users:.1f} road users"
    title = f"Scene {window.index} of seed {config.seed}: {ambience}; {told}"
    return contact_sheet(images, columns=4, captions=captions, title=title)


def _labels(scene: WorldScene, frame: int) -> FrameLabels:
    scenario = scene.scenario
    time_us = int(scenario.frame_times_us[CAMERA][frame])
    return label_frame(scenario, scenario.cameras[CAMERA], time_us, LabelPolicy())


def _passing(frames: Sequence[FrameLabels]) -> int:
    """How many tracks pass behind something, or come out from behind it, in these frames."""
    seen: dict[str, list[float]] = {}
    for labels in frames:
        height, width = labels.camera.size
        inside = (labels.amodal_px[:, :2] > 0).all(axis=1) & (labels.amodal_px[:, 2:] < (width, height)).all(axis=1)
        for i in np.flatnonzero(inside & (labels.height_px >= TALL_PX)):
            seen.setdefault(labels.track_ids[i], []).append(float(labels.visible_fraction[i]))
    return sum(max(shares) >= SEEN and min(shares) <= HIDDEN for shares in seen.values())
