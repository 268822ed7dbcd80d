"""Pictures: determinism, weather and time of day in the stated direction, objects where their boxes are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drivegen.core import (
    Ambience,
    Crowdedness,
    LabelPolicy,
    TimeOfDay,
    Track,
    Weather,
    label_frame,
    project_boxes,
    recamera,
)
from drivegen.core.arrays import Bytes
from drivegen.world import Profile, WorldConfig, WorldScene, make_scene, render_frame
from drivegen.world.bodies import BODIES, GAIT_PHASES, unit_mesh

CONFIG = WorldConfig(duration_s=0.5, size=(64, 128), profiles=(Profile.SUBURBAN,))


def scene_of(
    weather: Weather = Weather.CLOUDY,
    time: TimeOfDay = TimeOfDay.DAY,
    *,
    index: int = 0,
    crowd: Crowdedness = Crowdedness.MODERATE,
) -> WorldScene:
    return make_scene(CONFIG, index, ambience=Ambience(weather, time), crowdedness=crowd)


def shot(scene: WorldScene, frame: int = 2, **options: int) -> Bytes:
    scenario = scene.scenario
    time = int(scenario.frame_times_us["CAM_FRONT"][frame])
    return render_frame(scene, scenario.cameras["CAM_FRONT"], time, **options)


def test_same_scene_same_bytes_in_any_order() -> None:
    first = shot(scene_of(Weather.RAIN))
    other = scene_of(Weather.RAIN)
    for frame in (5, 0):
        shot(other, frame)
    shot(scene_of(Weather.SNOW, index=2))
    assert np.array_equal(first, shot(other))
    assert first.shape == (64, 128, 3)
    assert first.dtype == np.uint8


def test_size_follows_the_camera() -> None:
    scene = scene_of()
    camera = scene.scenario.cameras["CAM_FRONT"]
    time = int(scene.scenario.frame_times_us["CAM_FRONT"][0])
    assert render_frame(scene, camera.resize((48, 96)), time).shape == (48, 96, 3)
    small = render_frame(scene, camera, time, supersample=1).astype(float)
    large = render_frame(scene, camera, time, supersample=3).astype(float)
    assert np.abs(small - large).mean() < 12


@pytest.mark.parametrize("weather", list(Weather))
def test_night_is_darker_than_dusk_than_day(weather: Weather) -> None:
    day, dusk, night = (shot(scene_of(weather, time)).mean() for time in TimeOfDay)
    assert day > 1.1 * dusk
    assert dusk > 1.1 * night
    assert night > 5


def test_snow_whitens_the_verges() -> None:
    # The lower corners show sidewalk, verge and grass.
    corner = (slice(44, 64), slice(0, 20))
    snow, cloudy = (shot(scene_of(w, crowd=Crowdedness.EMPTY))[corner].mean() for w in (Weather.SNOW, Weather.CLOUDY))
    assert snow > 1.15 * cloudy


def test_fog_lowers_contrast_far_away() -> None:
    far = (slice(22, 32), slice(0, 128))
    fog, cloudy = (shot(scene_of(w, index=3))[far].astype(float).std() for w in (Weather.FOG, Weather.CLOUDY))
    assert fog < 0.6 * cloudy


def test_rain_darkens_the_road() -> None:
    road = (slice(50, 62), slice(50, 78))
    rain, cloudy = (shot(scene_of(w, crowd=Crowdedness.EMPTY))[road].mean() for w in (Weather.RAIN, Weather.CLOUDY))
    assert rain < 0.9 * cloudy


def test_clear_sky_is_blue_and_cloudy_is_grey() -> None:
    sky = (slice(0, 10), slice(30, 98))
    clear, cloudy = (shot(scene_of(w)).astype(float)[sky].mean(axis=(0, 1)) for w in (Weather.CLEAR, Weather.CLOUDY))
    assert clear[2] - clear[0] > 25
    assert abs(cloudy[2] - cloudy[0]) < 25


def without(scene: WorldScene, track: Track) -> WorldScene:
    tracks = tuple(t for t in scene.scenario.tracks if t.track_id != track.track_id)
    return replace(scene, scenario=replace(scene.scenario, tracks=tracks))


def test_objects_are_drawn_inside_their_boxes() -> None:
    checked = 0
    for index in range(3):
        scene = make_scene(
            replace(CONFIG, size=(128, 256), profiles=(Profile.URBAN,)),
            index,
            ambience=Ambience(Weather.CLOUDY, TimeOfDay.DAY),
            crowdedness=Crowdedness.CROWDED,
        )
        scenario = scene.scenario
        camera = scenario.cameras["CAM_FRONT"]
        time = int(scenario.frame_times_us["CAM_FRONT"][1])
        labels = label_frame(scenario, camera, time, LabelPolicy())
        full = render_frame(scene, camera, time).astype(int)
        for i in np.flatnonzero((labels.visible_fraction > 0.95) & (labels.height_px > 14))[:4]:
            track = next(t for t in scenario.tracks if t.track_id == labels.track_ids[i])
            changed = np.abs(full - render_frame(without(scene, track), camera, time)).max(axis=-1) > 12
            # Its soft shadow lies on the ground around it: only what is above the box's lowest fifth must be inside.
            low_x, low_y, high_x, high_y = labels.amodal_px[i]
            rows, columns = np.nonzero(changed)
            body = rows < high_y - 0.2 * (high_y - low_y)
            assert body.any(), f"{track.body} is not drawn"
            inside = (columns + 0.5 > low_x - 2) & (columns + 0.5 < high_x + 2) & (rows + 0.5 > low_y - 2)
            assert inside[body].mean() > 0.97, f"{track.body} leaves its box"
            rows, columns = rows[body], columns[body]
            assert np.ptp(rows) > 0.5 * (high_y - low_y), f"{track.body} does not fill its box"
            checked += 1
    assert checked >= 6


def test_recamera_keeps_objects_in_their_boxes() -> None:
    scene = scene_of(index=1)
    scenario = scene.scenario
    camera = scenario.cameras["CAM_FRONT"]
    time = int(scenario.frame_times_us["CAM_FRONT"][0])
    labels = recamera(label_frame(scenario, camera, time, LabelPolicy()), camera.resize((128, 256)), LabelPolicy())
    assert len(labels) == len(label_frame(scenario, camera.resize((128, 256)), time, LabelPolicy()))
    boxes = labels.boxes_ego.transformed(camera.ego_from_camera.inverse())
    assert np.allclose(project_boxes(boxes, labels.camera).amodal_px, labels.amodal_px, equal_nan=True)


@pytest.mark.parametrize("body", list(BODIES))
def test_bodies_fill_their_unit_box(body: str) -> None:
    for phase in (0, 3, GAIT_PHASES - 1) if BODIES[body].moves else (0,):
        mesh = unit_mesh(body, phase)
        low, high = mesh.quads.reshape(-1, 3).min(axis=0), mesh.quads.reshape(-1, 3).max(axis=0)
        assert np.all(low >= [-0.501, -0.501, -0.001])
        assert np.all(high <= [0.501, 0.501, 1.001])
        assert np.all(high - low > [0.3, 0.6, 0.9])
        assert (mesh.quads[..., 2].max(axis=1) + mesh.radius <= 1.001).all()


def test_appearance_shows() -> None:
    scene = scene_of(index=1, crowd=Crowdedness.CROWDED)
    scenario = scene.scenario
    red, blue = (
        replace(scene, scenario=replace(scenario, tracks=tuple(replace(t, appearance=rgb) for t in scenario.tracks)))
        for rgb in ((0.9, 0.1, 0.1), (0.1, 0.1, 0.9))
    )
    difference = shot(red).astype(int) - shot(blue).astype(int)
    assert difference[..., 0].max() > 40
    assert difference[..., 2].min() < -40


def test_rigs_see_to_their_sides() -> None:
    config = replace(CONFIG, cameras=("CAM_FRONT", "CAM_FRONT_LEFT", "CAM_FRONT_RIGHT", "CAM_BACK"))
    scene = make_scene(config, 0)
    time = int(scene.scenario.frame_times_us["CAM_BACK"][0])
    pictures = [render_frame(scene, camera, time) for camera in scene.scenario.cameras.values()]
    for picture in pictures:
        assert picture.std() > 5
    assert not np.array_equal(pictures[0], pictures[3])
