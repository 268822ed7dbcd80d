"""Labels take visibility from a renderer's masks where a scenario has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from drivegen.core import (
    GeometryError,
    LabelPolicy,
    Scenario,
    Sightings,
    Track,
    label_frame,
    project_amodal,
    project_boxes,
    recamera,
)
from drivegen.core.sightings import refit

POLICY = LabelPolicy()
NOTHING = (np.nan, np.nan, np.nan, np.nan)
Make = Callable[..., Track]
MakeScenario = Callable[..., Scenario]


@pytest.fixture
def seen(standing: Make, make_scenario: MakeScenario) -> Scenario:
    """Two cars in the open: the masks say that a hedge hides most of one and that nothing is seen of the other."""
    scenario = make_scenario(standing("a", "car", 12.0, 3.0), standing("b", "car", 12.0, -3.0))
    times = scenario.frame_times_us["CAM_FRONT"][:2]
    fraction = np.array([[0.3, 0.0], [1.0, 1.0]])
    visible = np.array([[(60.0, 60.0, 80.0, 70.0), NOTHING], [(50, 60, 90, 80), (150, 60, 200, 80)]])
    return replace(scenario, sightings={"CAM_FRONT": Sightings(times, ("a", "b"), fraction, visible)})


def test_labels_have_the_measured_visibility(seen: Scenario) -> None:
    camera = seen.cameras["CAM_FRONT"]
    labels = label_frame(seen, camera, 0, POLICY)
    index = {track_id: i for i, track_id in enumerate(labels.track_ids)}
    assert labels.visibility_measured
    assert labels.visible_fraction[index["a"]] == 0.3
    np.testing.assert_allclose(labels.visible_px[index["a"]], (60, 60, 80, 70))
    # An object of which no sample is seen stays written, and is not conditioned.
    assert labels.visible_fraction[index["b"]] == 0
    assert np.isnan(labels.visible_px[index["b"]]).all()
    assert labels.conditioned[index["a"]]
    assert not labels.conditioned[index["b"]]
    boxes = label_frame(replace(seen, sightings=None), camera, 0, POLICY)
    assert boxes.track_ids == labels.track_ids
    np.testing.assert_allclose(boxes.amodal_px, labels.amodal_px)


def test_a_time_that_was_not_measured_falls_back_to_the_boxes(seen: Scenario) -> None:
    labels = label_frame(seen, seen.cameras["CAM_FRONT"], 1, POLICY)
    assert not labels.visibility_measured
    np.testing.assert_allclose(labels.visible_fraction, 1.0)


def test_measured_boxes_follow_resizes_and_crops(seen: Scenario) -> None:
    camera = seen.cameras["CAM_FRONT"]
    half = label_frame(seen, camera.resize((64, 128)), 0, POLICY)
    i = half.track_ids.index("a")
    np.testing.assert_allclose(half.visible_px[i], (30, 30, 40, 35))
    assert half.visible_fraction[i] == pytest.approx(0.3)
    # The crop's left edge runs through the middle of what is seen of it.
    cropped = label_frame(seen, camera.crop(20, 70, (88, 176)), 0, POLICY)
    i = cropped.track_ids.index("a")
    np.testing.assert_allclose(cropped.visible_px[i], (0, 40, 10, 50))
    assert cropped.visible_fraction[i] == pytest.approx(0.15)
    again = recamera(label_frame(seen, camera, 0, POLICY), camera.resize((64, 128)), POLICY)
    assert again.visibility_measured
    np.testing.assert_allclose(again.visible_px, half.visible_px)


def test_tracks_without_a_column_are_not_seen(seen: Scenario) -> None:
    assert seen.sightings is not None
    fraction, visible = seen.sightings["CAM_FRONT"].at(1, ["b", "other", "a"])
    assert fraction.tolist() == [1.0, 0.0, 1.0]
    assert np.isnan(visible[1]).all()


def test_a_box_that_leaves_the_image_is_not_seen(seen: Scenario) -> None:
    camera = seen.cameras["CAM_FRONT"]
    fraction, visible = refit(np.array([0.8]), np.array([[0.0, 0.0, 10.0, 10.0]]), camera, camera.crop(0, 20, (64, 64)))
    assert fraction.tolist() == [0.0]
    assert np.isnan(visible).all()


@pytest.mark.parametrize(
    ("times", "fraction"), [([0, 0], np.zeros((2, 1))), ([0, 1], np.zeros((2, 2))), ([0, 1], np.full((2, 1), 1.5))]
)
def test_what_are_no_sightings_is_refused(times: list[int], fraction: np.ndarray) -> None:
    with pytest.raises(GeometryError, match="Sightings"):
        Sightings(np.array(times), ("a",), fraction, np.full((2, 1, 4), np.nan))


def test_amodal_projection_is_that_of_project_boxes(standing: Make, make_scenario: MakeScenario) -> None:
    rng = np.random.default_rng(3)
    tracks = [standing(str(i), "car", rng.uniform(-5, 40), rng.uniform(-25, 25)) for i in range(60)]
    scenario = make_scenario(*tracks)
    camera = scenario.cameras["CAM_FRONT"]
    labels = label_frame(scenario, camera, 0, replace(POLICY, max_distance_m=1e3))
    assert len(labels) > 20
    boxes = labels.boxes_ego.transformed(camera.ego_from_camera.inverse())
    whole, quick = project_boxes(boxes, camera), project_amodal(boxes, camera)
    np.testing.assert_allclose(quick.amodal_px, whole.amodal_px)
    np.testing.assert_array_equal(quick.in_image, whole.in_image)
