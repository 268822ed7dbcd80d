"""Skies: sound everywhere, seamless, and lighting what faces them."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.core import TimeOfDay, Weather
from drivegen.world.shading.sky import look_up, sky_light

from .conftest import StreetMaker

ALL = [(w, t) for w in Weather for t in TimeOfDay]


@pytest.mark.parametrize(("weather", "time"), ALL)
def test_skies_are_sound_and_seamless(street: StreetMaker, weather: Weather, time: TimeOfDay) -> None:
    sky = street(weather, time).sky
    assert np.isfinite(sky.panorama).all()
    assert (sky.panorama >= 0).all()
    seam = np.abs(sky.panorama[:, 0] - sky.panorama[:, -1]).mean()
    assert seam < 3 * np.abs(np.diff(sky.panorama, axis=1)).mean() + 1e-3


def test_up_gets_more_light_than_down(street: StreetMaker) -> None:
    harmonics = street(Weather.CLOUDY, TimeOfDay.DAY).sky.harmonics
    assert sky_light(harmonics, 0.0, 0.0, 1.0)[1] > 2 * sky_light(harmonics, 0.0, 0.0, -1.0)[1]


def test_an_even_sky_gives_its_own_radiance_as_light(street: StreetMaker) -> None:
    harmonics = street(Weather.FOG, TimeOfDay.DAY).sky.harmonics
    look = street(Weather.FOG, TimeOfDay.DAY).look
    assert sky_light(harmonics, 0.0, 0.0, 1.0)[1] == pytest.approx(look.haze[1], rel=0.12)


def test_look_ups_meet_the_panorama(street: StreetMaker) -> None:
    panorama = street(Weather.CLEAR, TimeOfDay.DAY).sky.panorama
    rows, columns = panorama.shape[:2]
    for row, column in ((150, 10), (100, 700), (40, 1000)):
        s = (row + 0.5) / rows * 2 - 1
        up, azimuth = np.sign(s) * s * s, (column + 0.5) / columns * 2 * np.pi - np.pi
        level = np.sqrt(1 - up * up)
        found = look_up(panorama, level * np.cos(azimuth), level * np.sin(azimuth), up)
        np.testing.assert_allclose(found, panorama[row, column], rtol=0.05, atol=0.01)
