"""A small scene of two cameras and the root that it becomes, and a way to damage its tables."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely.geometry import LineString, box

from drivegen.core import (
    Ambience,
    LaneLine,
    RoadMap,
    Scenario,
    Structure,
    TimeOfDay,
    Track,
    Trajectory,
    Weather,
    forward_camera,
)
from drivegen.nuscenes_format import NuScenesWriter

FRAMES = 13
SIZE = (24, 48)
VERSION = "v1.0-drivegen"
FRONT = "CAM_FRONT"
ALL_HIDDEN: dict[tuple[int, str], float] = {}

Edit = Callable[[list[dict[str, Any]]], Any]


def straight(times: np.ndarray, start: tuple[float, float, float], speed_mps: float) -> Trajectory:
    """Along x at a constant speed, heading along x."""
    seconds = (times - times[0]) * 1e-6
    positions = np.array(start) + seconds[:, None] * np.array([speed_mps, 0.0, 0.0])
    return Trajectory(times, positions, np.tile([1.0, 0.0, 0.0, 0.0], (len(times), 1)))


def track(track_id: str, category: str, trajectory: Trajectory, size: tuple[float, float, float], **more: Any) -> Track:
    return Track(track_id, category, trajectory, np.tile(size, (len(trajectory.timestamps_us), 1)), **more)


def make_scenario(scenario_id: str = "scene-a", **changes: Any) -> Scenario:
    """Twelve intervals at 12 Hz: a car ahead, a pedestrian who comes later, a barrier beyond all cameras."""
    times = 1_000_000 + np.round(np.arange(FRAMES) * 1e6 / 12).astype(np.int64)
    values: dict[str, Any] = {
        "scenario_id": scenario_id,
        "ego": straight(times, (0.0, 0.0, 0.0), 8.0),
        "cameras": {
            FRONT: forward_camera(FRONT, SIZE, 1.2, 1.6),
            "CAM_LEFT": forward_camera("CAM_LEFT", SIZE, 1.4, 1.5, pitch_rad=0.1),
        },
        "frame_times_us": {FRONT: times, "CAM_LEFT": times + 2_000},
        "tracks": (
            track(
                "car-1",
                "car",
                straight(times, (12.0, 1.0, 0.8), 9.0),
                (4.5, 1.9, 1.6),
                attribute="vehicle.moving",
                appearance=(0.8, 0.1, 0.05),
                body="sedan",
            ),
            track("walker", "pedestrian", straight(times[5:], (15.0, -3.0, 0.9), 1.0), (0.6, 0.7, 1.8)),
            track("far", "barrier", straight(times, (400.0, 0.0, 0.5), 0.0), (0.5, 2.0, 1.0)),
        ),
        "ambience": Ambience(Weather.SNOW, TimeOfDay.DUSK),
        "road_map": RoadMap(
            road=(box(-10, -5, 200, 5),),
            lane_lines=(LaneLine(LineString([(0, 0), (200, 0)]), "dashed", 0.15, (1.0, 1.0, 1.0)),),
            structures=(Structure(box(5, 10, 20, 30), 12.0, "building", (0.5, 0.4, 0.3)),),
        ),
        "source": "world",
        "license": "Apache-2.0 (embedded world)",
    }
    return Scenario(**{**values, **changes})


def make_frames(scenario: Scenario) -> dict[str, list[np.ndarray]]:
    """A flat picture per frame whose grey tells the frame's index."""
    return {
        name: [np.full((*camera.size, 3), 10 * index, dtype=np.uint8) for index in range(FRAMES)]
        for name, camera in scenario.cameras.items()
    }


def write_root(
    root: Path, *scenarios: Scenario, visible: dict[tuple[int, str], float] | None = ALL_HIDDEN, **settings: Any
) -> Path:
    """Write scenarios; `visible=None` has the writer work out visible fractions, which takes most of the time."""
    with NuScenesWriter(root, **settings) as writer:
        for scenario in scenarios or (make_scenario(),):
            writer.add_scene(scenario, make_frames(scenario), visibility=visible)
    return root


def edit_table(root: Path, table: str, edit: Edit) -> None:
    """Change the rows of a table in place; a list that `edit` returns replaces them."""
    path = root / VERSION / f"{table}.json"
    rows = json.loads(path.read_text())
    changed = edit(rows)
    path.write_text(json.dumps(changed if isinstance(changed, list) else rows))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished root of one scene, written once; tests that damage it take a copy."""
    return write_root(tmp_path_factory.mktemp("template") / "root", visible=None)


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    """A finished root of one scene."""
    return Path(shutil.copytree(template, tmp_path / "root"))


class Roots:
    """The helpers above as one value that tests receive."""

    frames, size, version, front = FRAMES, SIZE, VERSION, FRONT
    scenario = staticmethod(make_scenario)
    pictures = staticmethod(make_frames)
    write = staticmethod(write_root)
    edit = staticmethod(edit_table)
    track = staticmethod(track)
    straight = staticmethod(straight)


@pytest.fixture
def roots() -> type[Roots]:
    return Roots
