"""Windows of a clip's conditions: as a training clip of the same frames would have them."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from drivegen.conditions import Conditions, conditions_of
from drivegen.core import Ambience, FrameLabels, LabelPolicy, TimeOfDay, Weather, label_frame
from drivegen.generation.clip_conditions import ClipScript, ScriptWindows, WholeConditions
from drivegen.models import ModelInfo

from .conftest import HZ, MakeConditions, drive

RAIN = Ambience(Weather.RAIN, TimeOfDay.DAY)


def labels_of(users: int, frames: int) -> tuple[FrameLabels, ...]:
    scenario = drive("s", users, RAIN)
    camera, times = scenario.cameras["CAM_FRONT"], scenario.frame_times_us["CAM_FRONT"][:frames]
    return tuple(label_frame(scenario, camera, int(time), LabelPolicy()) for time in times)


def assert_equal(one: Conditions, other: Conditions) -> None:
    for field in dataclasses.fields(Conditions):
        assert torch.equal(getattr(one, field.name), getattr(other, field.name)), field.name


@pytest.mark.parametrize(("start", "count", "stride"), [(0, 3, 1), (2, 4, 1), (4, 2, 4)])
def test_a_window_is_a_training_clip_of_its_frames(tiny_info: ModelInfo, start: int, count: int, stride: int) -> None:
    assert tiny_info.image is not None
    config, labels = tiny_info.image.conditions, labels_of(3, 9)
    windows = ScriptWindows([ClipScript(labels, RAIN, None, HZ)], config, "cpu")
    chosen = labels[start : start + (count - 1) * stride + 1 : stride]
    assert windows.num_frames == 9
    assert_equal(windows.window(start, count, stride), conditions_of(chosen, RAIN, None, HZ / stride, config))


def test_what_nobody_knows_stays_unknown(tiny_info: ModelInfo) -> None:
    assert tiny_info.image is not None
    script = ClipScript(
        labels_of(3, 4), RAIN, None, HZ, labelled=False, unknown=("camera", "raster_map", "crowdedness")
    )
    window = ScriptWindows([script, script], tiny_info.image.conditions, "cpu").window(0, 4)
    assert window.batch_size == 2
    for name in ("camera_known", "map_known", "crowdedness_known", "objects_known", "box_mask"):
        assert not getattr(window, name).any(), name
    assert window.ego_known.all()


@pytest.mark.parametrize("stride", [1, 2])
def test_beyond_the_end_the_last_frame_is_held(
    tiny_info: ModelInfo, make_conditions: MakeConditions, stride: int
) -> None:
    assert tiny_info.image is not None
    script = ClipScript(labels_of(2, 4), RAIN, None, HZ)
    for windows in (ScriptWindows([script], tiny_info.image.conditions, "cpu"), WholeConditions(make_conditions(4))):
        window = windows.window(2, 5, stride)
        there = len(range(2, 4, stride))
        assert window.num_frames == 5
        for frame in range(there, 5):
            assert torch.equal(window.raster[:, frame], window.raster[:, there - 1])
        assert not window.ego_motion[:, there:].any()
        assert window.frame_interval_s == pytest.approx(stride / HZ)
