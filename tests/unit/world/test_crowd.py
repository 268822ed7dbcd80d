"""The search for a density: it ends, comes close to its aim, and stays inside of what densities allow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from drivegen.core import Crowdedness, forward_camera, stream
from drivegen.world import crowd
from drivegen.world.profile import Profile


def run(search: crowd.Search, answer: Callable[[float], float]) -> list[tuple[float, float]]:
    tried = []
    for strength in search.strengths():
        count = answer(strength)
        tried.append((strength, count))
        if search.takes(count):
            break
        search.saw(count)
    return tried


@pytest.mark.parametrize("level", [Crowdedness.SPARSE, Crowdedness.MODERATE, Crowdedness.CROWDED])
@pytest.mark.parametrize("per_strength", [3.0, 6.0, 20.0])
def test_a_count_that_grows_with_the_density_is_hit_in_a_few_steps(level: Crowdedness, per_strength: float) -> None:
    for number in range(20):
        aim = crowd.aim(stream(number), level)
        tried = run(crowd.Search(level, aim, Profile.URBAN), lambda s: per_strength * s**0.8)
        low, high = crowd.LEVELS.bounds(level)
        assert low <= tried[-1][1] < high, (aim, tried)
        assert len(tried) <= 5


def test_what_is_out_of_reach_is_given_up() -> None:
    tried = run(crowd.Search(Crowdedness.CROWDED, 12.0, Profile.RURAL), lambda s: 0.1 * s)
    assert len(tried) <= 3
    tried = run(crowd.Search(Crowdedness.SPARSE, 1.0, Profile.URBAN), lambda _: 9.0)
    assert len(tried) <= crowd.STEPS
    assert all(crowd.WEAKEST <= strength <= crowd.STRONGEST for strength, _ in tried)


def test_empty_is_tried_once_without_anybody() -> None:
    assert run(crowd.Search(Crowdedness.EMPTY, 0.0, Profile.URBAN), lambda _: 1.0) == [(0.0, 1.0)]
    mix = crowd.draw_mix(stream(3), Crowdedness.EMPTY)
    density = mix.density(0.0)
    assert (density.vehicles, density.parked, density.pedestrians, density.cyclists, density.static) == (0,) * 5


def test_mixes_differ_and_respect_what_densities_allow() -> None:
    mixes = [crowd.draw_mix(stream(i), Crowdedness.CROWDED) for i in range(50)]
    assert len({mix.vehicles for mix in mixes}) == 50
    for mix in mixes:
        density = mix.density(crowd.STRONGEST)
        assert density.vehicles <= 3.0
        assert density.parked <= 1.8


def test_probes_are_few_and_spread() -> None:
    times = np.arange(240) * 83_333
    probes = crowd.probe_times(times)
    assert (probes[0], probes[-1], len(probes)) == (times[0], times[-1], crowd.PROBES)
    assert crowd.probe_times(times[:1]).tolist() == [0]
    assert len(crowd.probe_times(times[:3])) == 3


def test_large_pictures_are_counted_in_small_ones() -> None:
    camera = forward_camera("CAM_FRONT", (512, 1024), 1.2, 1.5)
    assert crowd.probe_camera(camera).size == (128, 256)
    small = camera.resize((64, 128))
    assert crowd.probe_camera(small) is small
