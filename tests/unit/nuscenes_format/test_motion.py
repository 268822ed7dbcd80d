"""How far tracks reach beyond their annotations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from drivegen.nuscenes_format.motion import HOLD_US, SceneTimes, make_track

SAMPLES = np.array([1_000_000, 1_500_000, 2_000_000, 2_500_000])


def scene(first_image: int = 950_000, last_image: int = 2_850_000) -> SceneTimes:
    key_images = np.stack([SAMPLES - 50_000, SAMPLES], axis=1)
    return SceneTimes(SAMPLES, key_images, first_image, last_image)


def row(x: float, **changes: Any) -> dict[str, Any]:
    values = {"translation": [x, 0.0, 0.5], "size": [2.0, 4.0, 1.5], "rotation": [1.0, 0.0, 0.0, 0.0]}
    return {**values, "attribute_names": [], "category_name": "vehicle.car", **changes}


def positions(indices: list[int], xs: list[float], times: SceneTimes | None = None) -> dict[int, float]:
    track = make_track("t", [row(x) for x in xs], [int(SAMPLES[i]) for i in indices], times or scene())
    keys = track.trajectory.timestamps_us.tolist()
    return dict(zip(keys, track.trajectory.positions[:, 0].tolist(), strict=True))


def test_a_track_of_the_whole_scene_goes_on_at_its_velocity() -> None:
    found = positions([0, 1, 2, 3], [0.0, 5.0, 10.0, 16.0])
    assert found[950_000] == pytest.approx(-0.5)
    assert found[2_850_000] == pytest.approx(16.0 + 6.0 * 0.7)


def test_it_goes_on_by_one_interval_at_most() -> None:
    found = positions([0, 1, 2, 3], [0.0, 5.0, 10.0, 15.0], scene(last_image=9_000_000))
    assert max(found) == 3_000_000


def test_a_track_that_ends_in_between_covers_its_samples_images_only() -> None:
    found = positions([1, 2], [0.0, 5.0])
    assert (min(found), max(found)) == (1_450_000, 2_000_000)
    assert found[1_450_000] == pytest.approx(-0.5)


def test_without_a_velocity_it_is_held_still_for_a_moment() -> None:
    found = positions([3], [7.0])
    assert found == {2_450_000: 7.0, 2_500_000: 7.0, 2_500_000 + HOLD_US: 7.0}


def test_images_at_the_samples_add_nothing() -> None:
    own = SceneTimes(SAMPLES, np.stack([SAMPLES, SAMPLES], axis=1), 1_000_000, 2_500_000)
    assert sorted(positions([0, 1, 2, 3], [0.0, 1.0, 2.0, 3.0], own)) == SAMPLES.tolist()


def test_sizes_become_length_width_height_and_the_usual_attribute_wins() -> None:
    rows = [row(0.0, attribute_names=["vehicle.parked"]), row(1.0, attribute_names=["vehicle.moving"])]
    rows.append(row(2.0, attribute_names=["vehicle.moving"]))
    track = make_track("t", rows, SAMPLES[:3].tolist(), scene())
    assert track.sizes[0].tolist() == [4.0, 2.0, 1.5]
    assert track.attribute == "vehicle.moving"
    assert track.category == "car"
