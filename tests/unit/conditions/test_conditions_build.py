"""A clip's labels become the tensors that the models read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from drivegen.conditions import TIME_NULL, WEATHER_NULL, ConditionConfig, conditions_of
from drivegen.conditions.tokens import ego_motion
from drivegen.core import (
    CATEGORY_ID,
    Ambience,
    ConfigError,
    DataError,
    FrameLabels,
    RoadMap,
    TimeOfDay,
    Track,
    Weather,
    forward_camera,
    mean_road_users,
)

CONFIG = ConditionConfig(max_boxes=4)
RAIN = Ambience(Weather.RAIN, TimeOfDay.NIGHT)
MakeLabels = Callable[..., FrameLabels]
MakeTrack = Callable[..., Track]


@pytest.fixture
def clip(make_labels: MakeLabels, track: MakeTrack) -> list[FrameLabels]:
    tracks = [
        track("far", (30.0, -1.0, 0.8), category="truck"),
        track("near", (10.0, 2.0, 0.8), appearance=None),
        track("walker", (15.0, -4.0, 0.9), category="pedestrian", size=(0.6, 0.6, 1.8)),
    ]
    return [make_labels(tracks, t * 0.1, moving=True) for t in range(3)]


def test_shapes_and_types(clip: list[FrameLabels], street: RoadMap) -> None:
    c = conditions_of(clip, RAIN, street, 10.0, CONFIG)
    assert (c.batch_size, c.num_frames) == (1, 3)
    assert c.boxes.shape == (1, 3, 4, 8, 3)
    assert c.box_category.shape == c.box_mask.shape == (1, 3, 4)
    assert c.raster.shape == (1, 3, 21, 32, 64)
    assert c.ego_motion.shape == (1, 3, 4)
    assert c.camera.shape == (1, 6)
    assert c.boxes.dtype == c.raster.dtype == c.ego_motion.dtype == torch.float32
    assert c.box_category.dtype == c.weather.dtype == torch.int64
    assert c.box_mask.dtype == c.map_known.dtype == torch.bool


def test_labels_are_indices_of_the_enumerations(clip: list[FrameLabels]) -> None:
    c = conditions_of(clip, RAIN, None, 10.0, CONFIG)
    assert int(c.weather) == list(Weather).index(Weather.RAIN)
    assert int(c.time_of_day) == list(TimeOfDay).index(TimeOfDay.NIGHT)
    unknown = conditions_of(clip, Ambience(), None, 10.0, CONFIG)
    assert (int(unknown.weather), int(unknown.time_of_day)) == (WEATHER_NULL, TIME_NULL)


def test_boxes_are_sorted_nearest_first(clip: list[FrameLabels]) -> None:
    c = conditions_of(clip, RAIN, None, 10.0, CONFIG)
    names = ["car", "pedestrian", "truck"]
    assert c.box_category[0, 0, :3].tolist() == [CATEGORY_ID[name] for name in names]
    assert c.box_mask[0, 0].tolist() == [True, True, True, False]
    assert c.box_appearance_known[0, 0].tolist() == [False, True, True, False]
    assert not c.boxes[0, 0, 3].any()


def test_the_nearest_boxes_are_kept_when_there_are_too_many(clip: list[FrameLabels]) -> None:
    c = conditions_of(clip, RAIN, None, 10.0, replace(CONFIG, max_boxes=1))
    assert c.box_category.shape == (1, 3, 1)
    assert c.box_category[0, 0, 0] == CATEGORY_ID["car"]


def test_box_corners_are_those_of_the_label(clip: list[FrameLabels]) -> None:
    c = conditions_of(clip, RAIN, None, 10.0, CONFIG)
    uv = c.boxes[0, 0, 0, :, :2].numpy() * [128, 64]
    index = clip[0].track_ids.index("near")
    expected = clip[0].amodal_px[index]
    np.testing.assert_allclose([*uv.min(axis=0), *uv.max(axis=0)], expected, atol=1e-3)
    depth = np.exp(c.boxes[0, 0, 0, :, 2].numpy())
    assert depth.min() == pytest.approx(8.0, abs=1e-4)
    assert depth.max() == pytest.approx(12.0, abs=1e-4)


def test_corners_behind_the_camera_stay_bounded(make_labels: MakeLabels, track: MakeTrack) -> None:
    labels = make_labels([track("a", (1.0, 1.5, 0.8), size=(8.0, 2.0, 1.6))])
    c = conditions_of([replace(labels, conditioned=np.array([True]))], RAIN, None, 10.0, CONFIG)
    assert c.boxes[..., :2].min() >= -1.0
    assert c.boxes[..., :2].max() <= 2.0
    assert c.boxes[0, 0, 0, :, 2].min() == pytest.approx(np.log(0.5))


def test_crowdedness_is_the_labels_own_count(clip: list[FrameLabels]) -> None:
    for labelled in (True, False):
        c = conditions_of(clip, RAIN, None, 10.0, CONFIG, labelled=labelled)
        assert float(c.crowdedness) == pytest.approx(mean_road_users(clip)) == pytest.approx(3.0)
        assert bool(c.crowdedness_known)


def test_unlabelled_clips_know_no_objects(clip: list[FrameLabels], street: RoadMap) -> None:
    c = conditions_of(clip, RAIN, street, 10.0, CONFIG, labelled=False)
    assert not c.box_mask.any()
    assert not c.objects_known.any()
    assert not c.raster[:, :, :12].any()
    assert c.raster[:, :, 12:].any()


def test_a_scene_without_map_says_so(clip: list[FrameLabels], street: RoadMap) -> None:
    assert not conditions_of(clip, RAIN, None, 10.0, CONFIG).map_known.any()
    assert conditions_of(clip, RAIN, street, 10.0, CONFIG).map_known.all()


def test_camera_token_is_in_units_of_the_image(make_labels: MakeLabels) -> None:
    camera = forward_camera("CAM_FRONT", (64, 128), np.deg2rad(90.0), 1.5, pitch_rad=0.1)
    labels = replace(make_labels([]), camera=camera)
    token = conditions_of([labels], RAIN, None, 10.0, CONFIG).camera[0].tolist()
    assert token == pytest.approx([0.5, 1.0, 0.5, 0.5, 1.5, 0.1], abs=1e-6)


def test_ego_motion_is_that_since_the_previous_frame(clip: list[FrameLabels]) -> None:
    motion = ego_motion(clip)
    # 5 m/s and 0.2 rad/s for 0.1 s; the first frame has the next interval's speed.
    np.testing.assert_allclose(motion[:, 3], 5.0, rtol=1e-5)
    np.testing.assert_allclose(motion[:, 2], [0.0, 0.02, 0.02], atol=1e-6)
    np.testing.assert_allclose(motion[1], [0.5, 0.0, 0.02, 5.0], atol=1e-6)
    # In the second interval the road runs to the right of the turned vehicle.
    np.testing.assert_allclose(motion[2, :2], [0.5 * np.cos(0.02), -0.5 * np.sin(0.02)], atol=1e-6)


def test_a_single_frame_stands_still(clip: list[FrameLabels]) -> None:
    assert not ego_motion(clip[:1]).any()


def test_bad_input_is_refused_by_name(clip: list[FrameLabels]) -> None:
    with pytest.raises(DataError, match="without frames"):
        conditions_of([], RAIN, None, 10.0, CONFIG)
    with pytest.raises(DataError, match=r"expected \(32, 64\); got \(64, 128\)"):
        conditions_of(clip, RAIN, None, 10.0, replace(CONFIG, image_size=(32, 64)))
    with pytest.raises(DataError, match="fps"):
        conditions_of(clip, RAIN, None, 0.0, CONFIG)


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="image_size"):
        ConditionConfig(image_size=(60, 128))
    with pytest.raises(ConfigError, match="raster_downsampling"):
        ConditionConfig(raster_downsampling=3)
    with pytest.raises(ConfigError, match="max_boxes"):
        ConditionConfig(max_boxes=0)
    assert ConditionConfig().unshuffle == 4
    assert ConditionConfig().latent_size == (8, 16)


def test_drawing_is_deterministic(clip: list[FrameLabels], street: RoadMap) -> None:
    one, two = (conditions_of(clip, RAIN, street, 10.0, CONFIG) for _ in range(2))
    assert torch.equal(one.raster, two.raster)
    assert torch.equal(one.boxes, two.boxes)


def test_appearance_that_is_dropped_looks_like_appearance_that_is_unknown(clip: list[FrameLabels]) -> None:
    known = conditions_of(clip, RAIN, None, 10.0, CONFIG)
    blank = [replace(frame, appearance=np.full_like(frame.appearance, np.nan)) for frame in clip]
    unknown = conditions_of(blank, RAIN, None, 10.0, CONFIG)
    dropped = known.appearance_nulled(torch.tensor([True]))
    torch.testing.assert_close(dropped.raster, unknown.raster)
    assert torch.equal(dropped.box_appearance, unknown.box_appearance)
    assert torch.equal(dropped.box_appearance_known, unknown.box_appearance_known)
