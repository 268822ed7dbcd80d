from collections.abc import Callable

import numpy as np
import pytest

from drivegen.core import LabelPolicy, Scenario, Track, label_frame, recamera

POLICY = LabelPolicy()
Make = Callable[..., Track]
MakeScenario = Callable[..., Scenario]


def test_written_objects_are_nearest_first_and_within_reach(standing: Make, make_scenario: MakeScenario) -> None:
    scenario = make_scenario(
        standing("far", "car", 60.0, 5.0),
        standing("near", "car", 10.0),
        standing("beyond", "car", 90.0),
        standing("behind", "car", -10.0),
    )
    labels = label_frame(scenario, scenario.cameras["CAM_FRONT"], 0, POLICY)
    assert labels.track_ids == ("near", "far")
    assert labels.categories == ("car", "car")
    np.testing.assert_allclose(labels.depth_m, [10.0, 60.0])


def test_flags_follow_height_and_visibility(standing: Make, make_scenario: MakeScenario) -> None:
    # Focal length 187 px: a 1.5 m tall car is 8 px tall at about 35 m, 4 px at about 70 m.
    scenario = make_scenario(
        standing("tall", "car", 20.0, 6.0), standing("small", "car", 50.0, -15.0), standing("tiny", "car", 78.0, 2.0)
    )
    labels = label_frame(scenario, scenario.cameras["CAM_FRONT"], 0, POLICY)
    flags = {i: (c, s) for i, c, s in zip(labels.track_ids, labels.conditioned, labels.scored, strict=True)}
    assert flags == {"tall": (True, True), "small": (True, False), "tiny": (False, False)}
    assert labels.road_users() == 2


def test_a_hidden_object_is_written_but_not_conditioned(standing: Make, make_scenario: MakeScenario) -> None:
    scenario = make_scenario(standing("front", "truck", 10.0, size=(8, 2.5, 3)), standing("hidden", "car", 25.0))
    labels = label_frame(scenario, scenario.cameras["CAM_FRONT"], 0, POLICY)
    assert labels.track_ids == ("front", "hidden")
    assert labels.visible_fraction[1] == 0
    assert not labels.conditioned[1]
    assert np.isnan(labels.visible_px[1]).all()
    assert labels.road_users() == 1


def test_cones_are_not_road_users(standing: Make, make_scenario: MakeScenario) -> None:
    scenario = make_scenario(standing("cone", "traffic_cone", 8.0, size=(0.5, 0.5, 0.9)))
    labels = label_frame(scenario, scenario.cameras["CAM_FRONT"], 0, POLICY)
    assert labels.conditioned.tolist() == [True]
    assert labels.road_users() == 0


def test_a_time_without_annotation_has_no_labels(standing: Make, make_scenario: MakeScenario) -> None:
    scenario = make_scenario(standing("car", "car", 10.0))
    labels = label_frame(scenario, scenario.cameras["CAM_FRONT"], 2_000_000, POLICY)
    assert len(labels) == 0
    assert labels.appearance.shape == (0, 3)
    assert labels.road_users() == 0


def test_unknown_appearance_is_nan(standing: Make, make_scenario: MakeScenario) -> None:
    scenario = make_scenario(
        standing("red", "car", 10.0, appearance=(1.0, 0.0, 0.0)), standing("any", "car", 20.0, 6.0)
    )
    labels = label_frame(scenario, scenario.cameras["CAM_FRONT"], 0, POLICY)
    np.testing.assert_array_equal(labels.appearance[0], [1, 0, 0])
    assert np.isnan(labels.appearance[1]).all()


def test_recamera_equals_labelling_with_that_camera(standing: Make, make_scenario: MakeScenario) -> None:
    scenario = make_scenario(standing("a", "car", 15.0, 3.0), standing("b", "car", 30.0, -4.0))
    camera = scenario.cameras["CAM_FRONT"]
    smaller = camera.crop(10, 0, (100, 200)).resize((50, 100))
    moved = recamera(label_frame(scenario, camera, 0, POLICY), smaller, POLICY)
    direct = label_frame(scenario, smaller, 0, POLICY)
    assert moved.track_ids == direct.track_ids
    for name in ("amodal_px", "visible_px", "visible_fraction", "height_px", "conditioned", "scored", "depth_m"):
        np.testing.assert_allclose(getattr(moved, name), getattr(direct, name), atol=1e-9)
    assert moved.camera is smaller


def test_a_plain_resize_changes_no_flag(standing: Make, make_scenario: MakeScenario) -> None:
    tracks = [standing(f"t{i}", "car", 12.0 + 6 * i, (-1) ** i * 2.0) for i in range(10)]
    scenario = make_scenario(*tracks)
    camera = scenario.cameras["CAM_FRONT"]
    full = label_frame(scenario, camera, 0, POLICY)
    small = recamera(full, camera.resize((64, 128)), POLICY)
    np.testing.assert_allclose(small.height_px, full.height_px)
    np.testing.assert_array_equal(small.conditioned, full.conditioned)
    np.testing.assert_array_equal(small.scored, full.scored)


def test_recamera_drops_what_leaves_the_image(standing: Make, make_scenario: MakeScenario) -> None:
    scenario = make_scenario(standing("left", "car", 15.0, 5.0), standing("right", "car", 15.0, -5.0))
    labels = label_frame(scenario, scenario.cameras["CAM_FRONT"], 0, POLICY)
    right_half = labels.camera.crop(0, 128, (128, 128))
    assert recamera(labels, right_half, POLICY).track_ids == ("right",)


def test_objects_at_key_times_in_between_are_interpolated(standing: Make, make_scenario: MakeScenario) -> None:
    scenario = make_scenario(standing("car", "car", 10.0))
    labels = label_frame(scenario, scenario.cameras["CAM_FRONT"], 123_456, POLICY)
    assert labels.timestamp_us == 123_456
    np.testing.assert_allclose(labels.boxes_ego.centers, [[10.0, 0.0, 0.75]])
    assert labels.height_px[0] == pytest.approx(labels.amodal_px[0, 3] - labels.amodal_px[0, 1])
