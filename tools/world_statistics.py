"""What a world holds: objects, distances, speeds, classes, visibility, beside what is published of nuScenes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from figures import Figure, Figures
from world_pool import over, percentiles

from drivegen.core import LabelPolicy, label_frame
from drivegen.core.categories import CATEGORIES, CYCLES, PEDESTRIANS, VEHICLES
from drivegen.core.crowdedness import CrowdednessLevels, mean_road_users
from drivegen.nuscenes_format.names import VISIBILITY_LEVELS, visibility_token
from drivegen.world import WorldConfig, WorldScene, make_scene

CAMERA = "CAM_FRONT"
KEYFRAME_HZ = 2.0
MOVING_MPS = 0.5
# Objects of nuScenes are annotated as far as lidar or radar points reach them.
AROUND_M = 60.0
LEVEL_NAMES = {token: name for token, name, _ in VISIBILITY_LEVELS}


@dataclass
class SceneCounts:
    """Counts over the key frames (2 Hz) of one scene: of what the front camera's labels hold, and all around."""

    frames: int = 0
    crowdedness: str = ""
    asked: str = ""
    weather: str = ""
    time_of_day: str = ""
    categories: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    attributes: Counter[str] = field(default_factory=Counter)
    labels_per_frame: list[int] = field(default_factory=list)
    road_users_per_frame: list[int] = field(default_factory=list)
    distance_m: list[float] = field(default_factory=list)
    speed_mps: dict[str, list[float]] = field(default_factory=dict)
    vehicles_around: list[int] = field(default_factory=list)
    pedestrians_around: list[int] = field(default_factory=list)
    ego_speed_mps: list[float] = field(default_factory=list)
    hidden: int = 0


def counts_of_scene(task: tuple[WorldConfig, int]) -> SceneCounts:
    """Make a scene and count."""
    config, index = task
    scene = make_scene(config, index)
    scenario = scene.scenario
    times = scenario.frame_times_us[CAMERA]
    step = max(1, round(config.hz / KEYFRAME_HZ))
    found = SceneCounts(asked=scene.crowdedness.value)
    found.weather, found.time_of_day = str(scenario.ambience.weather), str(scenario.ambience.time_of_day)
    frames = [label_frame(scenario, scenario.cameras[CAMERA], int(t), LabelPolicy()) for t in times[::step]]
    found.crowdedness = CrowdednessLevels().level(mean_road_users(frames)).value
    for labels in frames:
        found.frames += 1
        found.categories.update(labels.categories)
        found.levels.update(LEVEL_NAMES[visibility_token(f)] for f in labels.visible_fraction if f > 0)
        found.hidden += int((labels.visible_fraction == 0).sum())
        found.attributes.update(a for a in labels.attributes if a is not None)
        found.labels_per_frame.append(len(labels))
        found.road_users_per_frame.append(labels.road_users())
        found.distance_m += np.linalg.norm(labels.boxes_ego.centers[:, :2], axis=1).tolist()
        for category, velocity in zip(labels.categories, labels.boxes_ego.velocities, strict=True):
            found.speed_mps.setdefault(category, []).append(float(np.linalg.norm(velocity[:2])))
        found.ego_speed_mps.append(float(np.linalg.norm(scenario.ego.velocity_at(labels.timestamp_us)[:2])))
        _count_around(scene, labels.timestamp_us, found)
    return found


def _count_around(scene: WorldScene, time_us: int, found: SceneCounts) -> None:
    """Who is within reach in any direction, seen or not."""
    centre = scene.scenario.ego.pose_at(time_us).translation
    near: Counter[str] = Counter()
    for track in scene.scenario.tracks:
        if track.trajectory.covers(time_us):
            distance = np.linalg.norm((track.trajectory.pose_at(time_us).translation - centre)[:2])
            near[track.category] += int(distance <= AROUND_M)
    found.vehicles_around.append(sum(near[c] for c in VEHICLES | CYCLES))
    found.pedestrians_around.append(sum(near[c] for c in PEDESTRIANS))


def statistics_figures(config: WorldConfig, workers: int = 0) -> Figures:
    """Figures over the scenes of a world."""
    scenes = over(counts_of_scene, [(config, i) for i in range(config.scenes)], "statistics", workers)
    seed, frames = config.seed, sum(s.frames for s in scenes)
    boxes = sum((s.categories for s in scenes), Counter[str]())
    total = sum(boxes.values())
    figures: Figures = {
        "statistics_scenes": Figure(len(scenes), "scenes", seed=seed),
        "statistics_keyframes": Figure(frames, "frames at 2 Hz", seed=seed),
        "statistics_boxes": Figure(total, "boxes written of them", seed=seed),
        "crowdedness_reached": Figure(
            sum(s.asked == s.crowdedness for s in scenes), "scenes whose labels have the level that was asked for",
            len(scenes), seed,
        ),
    }  # fmt: skip
    for name in ("labels_per_frame", "road_users_per_frame", "vehicles_around", "pedestrians_around"):
        figures |= _spread(name, (v for s in scenes for v in getattr(s, name)), "objects in a frame", frames, seed)
    figures |= _spread("distance_m", (v for s in scenes for v in s.distance_m), "m", total, seed)
    figures |= _spread("ego_speed_mps", (v for s in scenes for v in s.ego_speed_mps), "m/s", frames, seed)
    for category in CATEGORIES:
        share = round(boxes[category] / max(1, total), 5)
        figures[f"class_share_{category}"] = Figure(share, "share of boxes", boxes[category], seed)
        speeds = [v for s in scenes for v in s.speed_mps.get(category, []) if v > MOVING_MPS]
        if speeds:
            mean = round(float(np.mean(speeds)), 2)
            figures[f"moving_speed_{category}"] = Figure(mean, "m/s, mean of those above 0.5", len(speeds), seed)
    hidden = sum(s.hidden for s in scenes)
    figures["hidden_share"] = Figure(
        round(hidden / max(1, total), 4), "share of boxes of which nothing is seen", hidden, seed
    )
    figures |= _shares("weather", Counter(s.weather for s in scenes), seed)
    figures |= _shares("time", Counter(s.time_of_day for s in scenes), seed)
    figures |= _shares("visibility", sum((s.levels for s in scenes), Counter[str]()), seed)
    return figures | _shares("attribute", sum((s.attributes for s in scenes), Counter[str]()), seed)


def _spread(name: str, values: Iterable[float], unit: str, count: int, seed: int) -> Figures:
    values = list(values)
    low, middle, high = percentiles(values)
    mean = round(float(np.mean(values)), 2) if values else float("nan")
    return {
        f"{name}_mean": Figure(mean, f"{unit}, mean", count, seed),
        f"{name}_median": Figure(middle, f"{unit}, median", count, seed),
        f"{name}_p10": Figure(low, f"{unit}, 10th percentile", count, seed),
        f"{name}_p90": Figure(high, f"{unit}, 90th percentile", count, seed),
    }


def _shares(name: str, counts: Counter[str], seed: int) -> Figures:
    total = max(1, sum(counts.values()))
    return {
        f"{name}_{key}": Figure(round(counts[key] / total, 4), "share", counts[key], seed) for key in sorted(counts)
    }
