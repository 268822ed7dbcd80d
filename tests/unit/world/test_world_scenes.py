"""Scenes: determinism, asked ambience and crowdedness, lane following, the map that goes with them."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.core import (
    Ambience,
    ConfigError,
    Crowdedness,
    CrowdednessLevels,
    LabelPolicy,
    Scenario,
    TimeOfDay,
    Weather,
    label_frame,
    mean_road_users,
)
from drivegen.world import Profile, WorldConfig, make_scene
from drivegen.world.bodies import BODIES

CONFIG = WorldConfig(duration_s=1.0, size=(64, 128))


def crowd_of(scenario: Scenario) -> float:
    camera = scenario.cameras["CAM_FRONT"]
    times = scenario.frame_times_us["CAM_FRONT"]
    return mean_road_users([label_frame(scenario, camera, int(t), LabelPolicy()) for t in times])


def same(a: Scenario, b: Scenario) -> bool:
    return (
        a.scenario_id == b.scenario_id
        and a.ambience == b.ambience
        and np.array_equal(a.ego.positions, b.ego.positions)
        and [t.track_id for t in a.tracks] == [t.track_id for t in b.tracks]
        and all(
            np.array_equal(x.trajectory.positions, y.trajectory.positions) and x.appearance == y.appearance
            for x, y in zip(a.tracks, b.tracks, strict=True)
        )
        and a.road_map is not None
        and b.road_map is not None
        and a.road_map.to_dict() == b.road_map.to_dict()
    )


def test_a_scene_depends_on_seed_and_index_alone() -> None:
    alone = make_scene(CONFIG, 3).scenario
    for index in (0, 5):
        make_scene(CONFIG, index)
    assert same(alone, make_scene(CONFIG, 3).scenario)
    assert not same(alone, make_scene(CONFIG, 4).scenario)
    other = WorldConfig(duration_s=1.0, size=(64, 128), seed=1)
    assert not same(alone, make_scene(other, 3).scenario)


def test_asked_ambience_changes_nothing_but_the_light() -> None:
    plain = make_scene(CONFIG, 2)
    asked = make_scene(CONFIG, 2, ambience=Ambience(Weather.SNOW, TimeOfDay.NIGHT))
    assert asked.scenario.ambience == Ambience(Weather.SNOW, TimeOfDay.NIGHT)
    assert np.array_equal(plain.scenario.ego.positions, asked.scenario.ego.positions)
    assert len(plain.scenario.tracks) == len(asked.scenario.tracks)
    half = make_scene(CONFIG, 2, ambience=Ambience(weather=Weather.FOG))
    assert half.scenario.ambience.weather is Weather.FOG
    assert half.scenario.ambience.time_of_day is plain.scenario.ambience.time_of_day


@pytest.mark.parametrize("level", list(Crowdedness))
def test_the_asked_crowdedness_is_reached(level: Crowdedness) -> None:
    for index in range(3):
        scene = make_scene(CONFIG, index, crowdedness=level)
        assert scene.crowdedness is level
        assert CrowdednessLevels().level(crowd_of(scene.scenario)) is level


def test_drawn_levels_are_balanced() -> None:
    levels = [make_scene(CONFIG, index).crowdedness for index in range(24)]
    for level in Crowdedness:
        assert levels.count(level) >= 2, f"{level} is rare"


def test_everybody_follows_a_lane() -> None:
    for index in range(4):
        scene = make_scene(CONFIG, index, crowdedness=Crowdedness.MODERATE)
        line = scene.network.line
        for track in scene.scenario.tracks:
            path = track.trajectory
            first, last = path.positions[0, :2], path.positions[-1, :2]
            offsets = [_offset(line.s, line.xy, line.yaw, place) for place in (first, last)]
            assert abs(offsets[0] - offsets[1]) < 0.1, track.track_id
            if track.category not in ("pedestrian", "traffic_cone", "barrier"):
                edge = max(scene.network.section.edge(1), scene.network.section.edge(-1))
                assert abs(offsets[0]) < edge


def _offset(s: np.ndarray, xy: np.ndarray, yaw: np.ndarray, place: np.ndarray) -> float:
    """How far left of the centre line a place lies, metres."""
    i = int(np.argmin(np.sum((xy - place) ** 2, axis=1)))
    return float((place - xy[i]) @ np.array([-np.sin(yaw[i]), np.cos(yaw[i])]))


def test_traffic_keeps_to_the_right() -> None:
    scene = make_scene(CONFIG, 1, crowdedness=Crowdedness.CROWDED)
    line = scene.network.line
    for track in scene.scenario.tracks:
        if track.attribute == "vehicle.moving":
            place = track.trajectory.positions[0, :2]
            i = int(np.argmin(np.sum((line.xy - place) ** 2, axis=1)))
            heading = track.trajectory.pose_at(int(track.trajectory.timestamps_us[0])).yaw_rad
            along = np.cos(heading - line.yaw[i]) > 0
            assert (_offset(line.s, line.xy, line.yaw, place) < 0) == along


def test_all_categories_appear() -> None:
    short = WorldConfig(duration_s=0.2, size=(64, 128), profiles=(Profile.URBAN,))
    seen = set()
    for index in range(60):
        scene = make_scene(short, index, crowdedness=Crowdedness.CROWDED)
        seen |= {track.category for track in scene.scenario.tracks}
        if len(seen) == 10:
            break
    assert seen == {body.category for body in BODIES.values()}
    assert len(seen) == 10


def test_tracks_carry_appearance_and_body() -> None:
    for track in make_scene(CONFIG, 7, crowdedness=Crowdedness.CROWDED).scenario.tracks:
        assert track.body in BODIES
        assert track.appearance is not None
        assert all(0.0 <= v <= 1.0 for v in track.appearance)


def test_road_map_is_complete_and_valid() -> None:
    for index in range(6):
        road_map = make_scene(CONFIG, index).scenario.road_map
        assert road_map is not None
        assert road_map.road
        assert road_map.lane_lines
        for polygon in (*road_map.road, *road_map.sidewalks, *road_map.crossings):
            assert polygon.is_valid
            assert polygon.area > 0
        for structure in road_map.structures:
            assert structure.footprint.is_valid
            assert structure.height_m > 0
            assert structure.kind in ("building", "tree", "pole")


def test_no_building_stands_on_the_road() -> None:
    for index in range(6):
        road_map = make_scene(CONFIG, index).scenario.road_map
        assert road_map is not None
        for structure in road_map.structures:
            if structure.kind == "building":
                assert structure.footprint.intersection(road_map.road[0]).area < 0.01


def test_rig_and_times() -> None:
    config = WorldConfig(duration_s=0.5, size=(64, 128), cameras=("CAM_FRONT", "CAM_BACK", "CAM_FRONT_LEFT"))
    scenario = make_scene(config, 4).scenario
    assert tuple(scenario.cameras) == config.cameras
    times = scenario.frame_times_us["CAM_BACK"]
    assert times[0] == 1_600_000_000_000_000 + 4 * 1_000_000_000
    assert np.all(np.diff(times) == round(1e6 / 12))
    back = scenario.cameras["CAM_BACK"].ego_from_camera.rotate(np.array([0.0, 0.0, 1.0]))
    left = scenario.cameras["CAM_FRONT_LEFT"].ego_from_camera.rotate(np.array([0.0, 0.0, 1.0]))
    assert back[0] < -0.9
    assert left[1] > 0.5


def test_profiles_are_obeyed() -> None:
    config = WorldConfig(duration_s=0.5, size=(64, 128), profiles=(Profile.RURAL,))
    scene = make_scene(config, 0, crowdedness=Crowdedness.SPARSE)
    assert scene.network.section.profile is Profile.RURAL


@pytest.mark.parametrize(
    "wrong",
    [{"hz": 0.0}, {"scenes": 0}, {"size": (8, 8)}, {"cameras": ("CAM_TOP",)}, {"weather": ()}, {"jpeg_quality": 0}],
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        WorldConfig(**wrong)  # type: ignore[arg-type]
