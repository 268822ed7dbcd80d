"""Settings of the world: wrong ones are refused by name, before anything is made."""

from __future__ import annotations

import math
from typing import Any

import pytest

from drivegen.core import ConfigError, decode
from drivegen.world import WorldConfig


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scenes", 0),
        ("scenes", -1),
        ("duration_s", 301.0),
        ("duration_s", -1.0),
        ("duration_s", math.nan),
        ("hz", 0.0),
        ("hz", math.nan),
        ("hz", math.inf),
        ("hz", 1e9),
        ("size", [8, 8]),
        ("size", [100_000, 100_000]),
        ("size", [128]),
        ("cameras", ["CAM_TOP"]),
        ("cameras", ["CAM_FRONT", "CAM_FRONT"]),
        ("cameras", []),
        ("weather", []),
        ("weather", ["hail"]),
        ("weather", "rain"),
        ("time_of_day", ["noon"]),
        ("crowdedness", []),
        ("crowdedness", ["full"]),
        ("profiles", ["moon"]),
        ("scenes_per_root", 0),
        ("keyframe_hz", 0.0),
        ("keyframe_hz", math.nan),
        ("keyframe_hz", 24.0),
        ("supersample", 0),
        ("supersample", 1000),
        ("image_format", "gif"),
        ("jpeg_quality", 0),
        ("depth", "yes"),
        ("workers", -1),
    ],
)
def test_a_wrong_value_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{key}") as error:
        decode(WorldConfig, {key: value})
    assert error.value.expected is not None


@pytest.mark.parametrize(
    ("key", "ego"),
    [
        ("kind", {"kind": "fly"}),
        ("action", {"kind": "action"}),
        ("action", {"action": "left"}),
        ("action", {"kind": "action", "action": "fly"}),
        ("speed_mps", {"speed_mps": -1.0}),
        ("speed_mps", {"speed_mps": math.nan}),
        ("speed_mps", {"speed_mps": 1000.0}),
        ("trajectory", {"kind": "trajectory"}),
        ("trajectory", {"trajectory": [[1, 1, 0, 0]]}),
        ("trajectory[0]", {"kind": "trajectory", "trajectory": [[1, math.nan, 0, 0]]}),
        ("trajectory[0]", {"kind": "trajectory", "trajectory": [[1, 1, 0]]}),
        ("trajectory", {"kind": "trajectory", "trajectory": [[2, 1, 0, 0], [1, 2, 0, 0]]}),
        ("trajectory", {"kind": "trajectory", "trajectory": [[-1, 1, 0, 0]]}),
        ("trajectory[1]", {"kind": "trajectory", "trajectory": [[0, 0, 0, 0], [1, 5000, 0, 0]]}),
    ],
)
def test_a_wrong_plan_is_refused_by_name(key: str, ego: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as error:
        decode(WorldConfig, {"ego": ego})
    assert error.value.where == f"ego.{key}"
    assert error.value.expected is not None


def test_one_value_for_a_list_is_told_the_brackets() -> None:
    with pytest.raises(ConfigError, match=r"crowdedness=\[crowded\] is a list of one"):
        decode(WorldConfig, {"crowdedness": "crowded"})
