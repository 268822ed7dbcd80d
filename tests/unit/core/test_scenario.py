from collections.abc import Callable
from dataclasses import replace

import pytest

from drivegen.core import DataError, Scenario, Track


def test_every_camera_has_frame_times(make_scenario: Callable[..., Scenario]) -> None:
    with pytest.raises(DataError, match="test: cameras and frame times differ"):
        replace(make_scenario(), frame_times_us={})


def test_track_ids_are_unique(standing: Callable[..., Track], make_scenario: Callable[..., Scenario]) -> None:
    with pytest.raises(DataError, match="track ids repeat"):
        make_scenario(standing("a", "car", 10.0), standing("a", "car", 20.0))
