from collections.abc import Callable

import pytest

from drivegen.core import (
    ConfigError,
    Crowdedness,
    CrowdednessLevels,
    LabelPolicy,
    Scenario,
    Track,
    label_frame,
    mean_road_users,
)


def test_levels_meet_without_gap_or_overlap() -> None:
    levels = CrowdednessLevels()
    for level in Crowdedness:
        low, high = levels.bounds(level)
        assert levels.level(low) == level
        assert levels.level(min(high, 1e9) - 1e-9) == level
    assert levels.level(0.0) == Crowdedness.EMPTY
    assert levels.level(1e6) == Crowdedness.CROWDED


@pytest.mark.parametrize("values", [(0.0, 1.0, 2.0), (1.0, 1.0, 2.0), (3.0, 2.0, 4.0)])
def test_levels_must_rise(values: tuple[float, float, float]) -> None:
    with pytest.raises(ConfigError, match="levels must rise"):
        CrowdednessLevels(*values)


def test_mean_over_frames(standing: Callable[..., Track], make_scenario: Callable[..., Scenario]) -> None:
    scenario = make_scenario(standing("a", "car", 10.0), standing("p", "pedestrian", 9.0, 3.0, size=(0.6, 0.6, 1.8)))
    camera = scenario.cameras["CAM_FRONT"]
    seen = label_frame(scenario, camera, 0, LabelPolicy())
    nothing = label_frame(scenario, camera, 5_000_000, LabelPolicy())
    assert mean_road_users([seen, nothing]) == 1.0
    assert mean_road_users([]) == 0.0
