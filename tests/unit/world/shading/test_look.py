"""Looks: what weather and time of day decide."""

from __future__ import annotations

import numpy as np

from drivegen.core import Ambience, TimeOfDay, Weather, stream
from drivegen.world.shading import Look, make_look


def made(weather: Weather | None, time: TimeOfDay | None, seed: int = 1) -> Look:
    return make_look(Ambience(weather, time), stream(seed, "look"))


def test_the_same_stream_gives_the_same_look_and_others_differ() -> None:
    one, two, three = (made(Weather.RAIN, TimeOfDay.DUSK, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.sun_direction, two.sun_direction)
    assert one.exposure == two.exposure != three.exposure


def test_unknown_ambience_is_a_clear_day() -> None:
    look = made(None, None)
    assert (look.weather, look.time_of_day) == (Weather.CLEAR, TimeOfDay.DAY)


def test_each_weather_has_its_mark() -> None:
    for time in TimeOfDay:
        looks = {w: made(w, time) for w in Weather}
        assert {w for w, look in looks.items() if look.wet > 0.5} == {Weather.RAIN}
        assert {w for w, look in looks.items() if look.snow > 0} == {Weather.SNOW}
        assert max(looks, key=lambda w: looks[w].haze_per_m) is Weather.FOG
        # Contrast falls to 5 % within 40 to 95 metres.
        assert 40 < 3.0 / looks[Weather.FOG].haze_per_m < 95


def test_only_a_clear_sky_throws_hard_shadows_by_day() -> None:
    casting = {w for w in Weather if made(w, TimeOfDay.DAY).casts_shadows}
    assert casting == {Weather.CLEAR}
    assert all(made(w, TimeOfDay.NIGHT).lamps == 1.0 for w in Weather)
