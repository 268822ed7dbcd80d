"""Scenes: determinism, asked ambience, crowdedness and driving, truth on the ground, maps, lamps."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from shapely import STRtree

from drivegen.core import (
    CATEGORIES,
    Ambience,
    Crowdedness,
    CrowdednessLevels,
    LabelPolicy,
    LightState,
    Scenario,
    TimeOfDay,
    Weather,
    label_frame,
    mean_road_users,
)
from drivegen.core.poses import matrix_from_quaternion
from drivegen.world import EgoPlan, Profile, WorldConfig, WorldScene, make_scene
from drivegen.world.bodies import BODIES
from drivegen.world.cameras import HEIGHT_M
from drivegen.world.geometry import LAMP_COUNT, Lamp
from drivegen.world.head_count import count_users

CONFIG = WorldConfig(duration_s=1.0, hz=6.0, size=(64, 128))


@lru_cache(maxsize=32)
def made(index: int, level: Crowdedness | None = None) -> WorldScene:
    return make_scene(CONFIG, index, crowdedness=level)


def crowd_of(scenario: Scenario) -> float:
    camera = scenario.cameras["CAM_FRONT"]
    times = scenario.frame_times_us["CAM_FRONT"]
    return mean_road_users([label_frame(scenario, camera, int(t), LabelPolicy()) for t in times])


def same(a: Scenario, b: Scenario) -> bool:
    if a.road_map is None or b.road_map is None or a.sightings is None or b.sightings is None:
        return False
    return (
        (a.scenario_id, a.ambience) == (b.scenario_id, b.ambience)
        and np.array_equal(a.ego.positions, b.ego.positions)
        and [t.track_id for t in a.tracks] == [t.track_id for t in b.tracks]
        and all(
            np.array_equal(x.trajectory.positions, y.trajectory.positions)
            and (x.appearance, x.body, x.attributes) == (y.appearance, y.body, y.attributes)
            for x, y in zip(a.tracks, b.tracks, strict=True)
        )
        and a.road_map.to_dict() == b.road_map.to_dict()
        and np.array_equal(a.sightings["CAM_FRONT"].fraction, b.sightings["CAM_FRONT"].fraction)
    )


def test_a_scene_depends_on_seed_and_index_alone() -> None:
    alone = make_scene(CONFIG, 3).scenario
    make_scene(CONFIG, 0)
    assert same(alone, make_scene(replace(CONFIG, scenes=99, workers=7), 3).scenario)
    assert not same(alone, made(4).scenario)
    assert not same(alone, make_scene(replace(CONFIG, seed=1), 3).scenario)


def test_asked_ambience_changes_nothing_but_the_light() -> None:
    plain = made(2)
    asked = make_scene(CONFIG, 2, ambience=Ambience(Weather.SNOW, TimeOfDay.NIGHT))
    assert asked.scenario.ambience == Ambience(Weather.SNOW, TimeOfDay.NIGHT)
    assert asked.look.time_of_day is TimeOfDay.NIGHT
    assert same(replace(plain.scenario, ambience=asked.scenario.ambience), asked.scenario)
    half = make_scene(CONFIG, 2, ambience=Ambience(weather=Weather.FOG))
    assert half.scenario.ambience.weather is Weather.FOG
    assert half.scenario.ambience.time_of_day is plain.scenario.ambience.time_of_day


@pytest.mark.parametrize("level", list(Crowdedness))
def test_the_asked_crowdedness_is_reached(level: Crowdedness) -> None:
    for index in range(3):
        scene = made(index, level)
        assert scene.crowdedness is level
        count = crowd_of(scene.scenario)
        assert CrowdednessLevels().level(count) is level
        if level is Crowdedness.EMPTY:
            assert count == 0


def test_heads_are_counted_as_labels_count_them() -> None:
    for index, level in ((1, Crowdedness.MODERATE), (2, Crowdedness.CROWDED), (5, Crowdedness.SPARSE)):
        scenario = made(index, level).scenario
        assert scenario.sightings is not None
        counted = count_users(scenario, scenario.cameras["CAM_FRONT"], scenario.sightings["CAM_FRONT"], LabelPolicy())
        assert counted == pytest.approx(crowd_of(scenario), abs=1e-12)


def test_labels_are_measured_for_every_frame() -> None:
    scenario = made(1, Crowdedness.MODERATE).scenario
    for time in scenario.frame_times_us["CAM_FRONT"]:
        labels = label_frame(scenario, scenario.cameras["CAM_FRONT"], int(time), LabelPolicy())
        assert labels.visibility_measured


def test_boxes_stand_on_the_ground() -> None:
    for index in range(3):
        scene = made(index, Crowdedness.CROWDED)
        terrain = scene.network.terrain
        for track in scene.scenario.tracks:
            path = track.trajectory
            up = matrix_from_quaternion(path.rotations)[..., 2]
            feet = path.positions - 0.5 * track.sizes[:, 2:] * up
            lift = feet[:, 2] - terrain.height(feet[:, :2])
            assert lift.min() > -0.02, track.track_id
            assert lift.max() < 0.2, track.track_id
            assert up[:, 2].min() > 0.99
        ego = scene.scenario.ego
        np.testing.assert_allclose(ego.positions[:, 2], terrain.height(ego.positions[:, :2]), atol=1e-9)
        assert scene.scenario.road_map is not None
        assert scene.scenario.road_map.terrain is not None
        grid = scene.scenario.road_map.terrain.height(ego.positions[:, :2])
        np.testing.assert_allclose(grid, ego.positions[:, 2], atol=0.05)


def test_all_categories_appear() -> None:
    short = replace(CONFIG, duration_s=0.2, profiles=(Profile.URBAN,))
    seen: set[str] = set()
    for index in range(40):
        seen |= {track.category for track in make_scene(short, index, crowdedness=Crowdedness.CROWDED).scenario.tracks}
        if len(seen) == len(CATEGORIES):
            break
    assert seen == set(CATEGORIES)


def test_tracks_carry_appearance_body_and_attributes() -> None:
    for track in made(2, Crowdedness.CROWDED).scenario.tracks:
        assert track.body in BODIES
        assert BODIES[track.body].category == track.category
        assert track.appearance is not None
        assert all(0.0 <= v <= 1.0 for v in track.appearance)
        assert track.attribute is not None or track.category in ("traffic_cone", "barrier")


def test_the_road_map_has_its_layers() -> None:
    for index in range(4):
        road_map = made(index).scenario.road_map
        assert road_map is not None
        assert road_map.road
        assert road_map.lane_lines
        assert road_map.drivable
        assert road_map.lanes
        ids = {lane.lane_id for lane in road_map.lanes}
        assert all(set(lane.successors) <= ids for lane in road_map.lanes)
        for polygon in (*road_map.road, *road_map.sidewalks, *road_map.crossings, *road_map.drivable):
            assert polygon.is_valid
            assert polygon.area > 0
        for structure in road_map.structures:
            assert structure.footprint.is_valid
            assert structure.height_m > 0
            assert structure.kind in ("building", "tree", "pole")


def test_no_building_stands_on_the_road() -> None:
    for index in range(4):
        road_map = made(index).scenario.road_map
        assert road_map is not None
        buildings = [s.footprint for s in road_map.structures if s.kind == "building"]
        tree = STRtree(buildings)
        for road in road_map.road:
            for i in tree.query(road):
                assert buildings[i].intersection(road).area < 0.01


def test_lights_of_the_map_are_those_of_the_picture() -> None:
    config = replace(CONFIG, duration_s=40.0, hz=2.0)
    scene = next(
        s for s in (make_scene(config, i, crowdedness=Crowdedness.EMPTY) for i in range(20)) if s.network.signals
    )
    road_map = scene.scenario.road_map
    assert road_map is not None
    shown = {LightState.RED: Lamp.RED, LightState.AMBER: Lamp.AMBER, LightState.GREEN: Lamp.GREEN}
    assert any(len(light.changes) > 1 for light in road_map.traffic_lights)
    lanes = {lane.lane_id for lane in road_map.lanes}
    for time in scene.scenario.frame_times_us["CAM_FRONT"][::7]:
        lamps = scene.signal_lamps(int(time))
        assert lamps.shape == (len(scene.network.signals), LAMP_COUNT)
        for light in road_map.traffic_lights:
            state = light.state_at(int(time))
            assert state is not None
            assert lamps[light.light_id, shown[state]] == 1
            assert set(light.lanes) <= lanes


def test_lamps_follow_the_light_outside() -> None:
    day = make_scene(CONFIG, 1, ambience=Ambience(Weather.CLEAR, TimeOfDay.DAY), crowdedness=Crowdedness.CROWDED)
    night = make_scene(CONFIG, 1, ambience=Ambience(Weather.CLEAR, TimeOfDay.NIGHT), crowdedness=Crowdedness.CROWDED)
    time = day.start_us
    cars = [track for track in day.scenario.tracks if track.category == "car" and track.trajectory.covers(time)]
    moving = [track for track in cars if track.attribute_at(time) == "vehicle.moving"]
    assert moving
    for track in moving:
        assert day.lamps_at(track.track_id, time)[Lamp.TAIL] == 0
        assert night.lamps_at(track.track_id, time)[Lamp.TAIL] > 0
        assert day.lamps_at(track.track_id, time)[Lamp.HEAD] < night.lamps_at(track.track_id, time)[Lamp.HEAD]
    assert day.stage_lamps(time)[Lamp.STREET] < night.stage_lamps(time)[Lamp.STREET]
    assert night.ego_lamps_at(time).shape == (LAMP_COUNT,)


def test_rig_and_times() -> None:
    config = replace(CONFIG, duration_s=0.5, cameras=("CAM_BACK", "CAM_FRONT_LEFT"))
    scenario = make_scene(config, 4).scenario
    assert tuple(scenario.cameras) == config.cameras
    assert scenario.sightings is not None
    assert tuple(scenario.sightings) == config.cameras
    times = scenario.frame_times_us["CAM_BACK"]
    assert times[0] == 1_600_000_000_000_000 + 4 * 1_000_000_000
    assert np.all(np.diff(times) == round(1e6 / 6))
    back, left = (scenario.cameras[name].ego_from_camera for name in config.cameras)
    assert back.rotate(np.array([0.0, 0.0, 1.0]))[0] < -0.9
    assert left.rotate(np.array([0.0, 0.0, 1.0]))[1] > 0.5
    assert HEIGHT_M[0] <= back.translation[2] == left.translation[2] <= HEIGHT_M[1]


def test_cameras_differ_between_scenes() -> None:
    cameras = [made(index).scenario.cameras["CAM_FRONT"] for index in range(5)]
    assert len({camera.horizontal_fov_rad for camera in cameras}) == 5
    assert all(np.radians(49) < camera.horizontal_fov_rad < np.radians(83) for camera in cameras)


def test_profiles_are_obeyed() -> None:
    config = replace(CONFIG, profiles=(Profile.RURAL,))
    assert make_scene(config, 0, crowdedness=Crowdedness.SPARSE).network.profile is Profile.RURAL


def test_the_ego_goes_where_it_is_told() -> None:
    config = replace(CONFIG, duration_s=16.0, hz=4.0)
    for action, sign in (("left", 1), ("right", -1)):
        plan = EgoPlan(kind="action", action=action)  # type: ignore[arg-type]
        scene = make_scene(config, 0, crowdedness=Crowdedness.EMPTY, ego=plan)
        yaw = np.unwrap([scene.scenario.ego.pose_at(int(t)).yaw_rad for t in scene.scenario.ego.timestamps_us])
        assert sign * (yaw - yaw[0]).max() > 0.9 if sign > 0 else (yaw - yaw[0]).min() < -0.9, action
    points = ((0.5, 3.0, 0.0, 0.0), (1.0, 6.0, 0.5, 0.2))
    plan = EgoPlan(kind="trajectory", trajectory=points)
    ego = make_scene(replace(CONFIG, ego=plan), 1, crowdedness=Crowdedness.SPARSE).scenario.ego
    start, after = ego.pose_at(int(ego.timestamps_us[0])), ego.pose_at(int(ego.timestamps_us[3]))
    np.testing.assert_allclose(start.inverse().apply(after.translation)[:2], (3.0, 0.0), atol=0.05)
