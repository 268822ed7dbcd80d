"""Speed and turning of the vehicle, from the labels of a clip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from drivegen.core import LabelPolicy, Pose, Scenario, ego_motion, label_boxes, label_frame
from drivegen.core.labels import FrameLabels


def _driven(scenario: Scenario, speed_mps: float, yaw_rate_radps: float, start_rad: float) -> list[FrameLabels]:
    """Five frames at 4 Hz of a vehicle that drives where it points, and turns in between."""
    place, heading, frames = np.zeros(3), start_rad, []
    for step in range(5):
        time = step * 250_000
        rotation = np.array([np.cos(heading / 2), 0, 0, np.sin(heading / 2)])
        label = label_frame(scenario, scenario.cameras["CAM_FRONT"], time, LabelPolicy())
        frames.append(replace(label, global_from_ego=Pose(rotation, place)))
        place = place + 0.25 * speed_mps * np.array([np.cos(heading), np.sin(heading), 0])
        heading += 0.25 * yaw_rate_radps
    return frames


@pytest.mark.parametrize("speed", [0.0, 8.0, -2.0])
@pytest.mark.parametrize("yaw_rate", [0.0, 0.4, -0.4])
@pytest.mark.parametrize("start", [0.0, 3.1])
def test_known_motion_comes_back(
    speed: float, yaw_rate: float, start: float, make_scenario: Callable[..., Scenario]
) -> None:
    found_speed, found_yaw_rate = ego_motion(_driven(make_scenario(), speed, yaw_rate, start))
    np.testing.assert_allclose(found_speed, np.full(4, speed), atol=1e-9)
    np.testing.assert_allclose(found_yaw_rate, np.full(4, yaw_rate), atol=1e-9)


def test_a_single_frame_has_no_motion(make_scenario: Callable[..., Scenario]) -> None:
    speed, yaw_rate = ego_motion(_driven(make_scenario(), 5.0, 0.0, 0.0)[:1])
    assert speed.shape == yaw_rate.shape == (0,)


def test_label_boxes_are_the_visible_ones(
    standing: Callable[..., object], make_scenario: Callable[..., Scenario]
) -> None:
    scenario = make_scenario(standing("a", "car", 12.0))
    labels = [label_frame(scenario, scenario.cameras["CAM_FRONT"], t, LabelPolicy()) for t in (0, 250_000)]
    boxes = label_boxes(labels)
    assert [box.shape for box in boxes] == [(1, 4), (1, 4)]
    assert (boxes[0] == labels[0].visible_px).all()
