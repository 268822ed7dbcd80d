"""Whole frames of a scene: determinism, truth beside the picture, weather and time of day as a camera sees them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from drivegen.core import Ambience, Camera, TimeOfDay, Weather
from drivegen.core.arrays import Bytes
from drivegen.world import WorldConfig, WorldScene, frame_times, make_scene, render, render_frame

CONFIG = WorldConfig(duration_s=1.0, hz=6.0, size=(48, 96))


@lru_cache(maxsize=1)
def scene() -> WorldScene:
    return make_scene(CONFIG, 1, ambience=Ambience(Weather.CLEAR, TimeOfDay.DAY))


def under(weather: Weather, time: TimeOfDay) -> WorldScene:
    return replace(scene(), scenario=replace(scene().scenario, ambience=Ambience(weather, time)))


def camera() -> Camera:
    return scene().scenario.cameras["CAM_FRONT"]


def frame(weather: Weather, time: TimeOfDay, *, supersample: int = 1) -> Bytes:
    return render_frame(under(weather, time), camera(), int(frame_times(CONFIG, 1)[3]), supersample=supersample)


def test_equal_inputs_give_equal_bytes() -> None:
    for weather in (Weather.CLEAR, Weather.RAIN):
        one, two = frame(weather, TimeOfDay.NIGHT), frame(weather, TimeOfDay.NIGHT)
        assert one.shape == (48, 96, 3)
        np.testing.assert_array_equal(one, two)


def test_order_of_frames_does_not_matter() -> None:
    times = [int(t) for t in frame_times(CONFIG, 1)[:3]]
    forwards = {t: render_frame(under(Weather.SNOW, TimeOfDay.DAY), camera(), t, supersample=1) for t in times}
    again = under(Weather.SNOW, TimeOfDay.DAY)
    for t in reversed(times):
        np.testing.assert_array_equal(render_frame(again, camera(), t, supersample=1), forwards[t])
    assert (forwards[times[0]] != forwards[times[1]]).any()


def test_samples_agree_in_the_mean() -> None:
    means = [frame(Weather.CLOUDY, TimeOfDay.DAY, supersample=s).mean() for s in (1, 2, 4)]
    # Finer samples see more gaps in foliage, so the means are not quite equal.
    assert np.ptp(means) < 0.045 * means[0]


def test_truth_comes_on_request_and_fits_the_picture() -> None:
    times = frame_times(CONFIG, 1)
    plain = render(scene(), camera(), int(times[2]))
    full = render(scene(), camera(), int(times[2]), instances=True, depth=True)
    assert plain.instance is None
    assert plain.depth is None
    np.testing.assert_array_equal(plain.rgb, full.rgb)
    assert full.instance is not None
    assert full.depth is not None
    assert full.instance.shape == full.depth.shape == (48, 96)
    assert full.instance.max() < len(full.tracks)
    assert np.isfinite(full.depth[-1]).mean() > 0.9


def test_nights_are_dark_and_never_black() -> None:
    for weather in Weather:
        day, dusk, night = (frame(weather, t).mean() for t in (TimeOfDay.DAY, TimeOfDay.DUSK, TimeOfDay.NIGHT))
        assert day > 1.15 * dusk
        assert dusk > night
        assert 14 < night < 115


def test_fog_hides_what_is_far_and_snow_whitens_the_ground() -> None:
    pictures = {w: frame(w, TimeOfDay.DAY).astype(float) for w in Weather}
    contrast = {w: p[:24].std() for w, p in pictures.items()}
    assert contrast[Weather.FOG] < 0.6 * contrast[Weather.CLEAR]
    ground = {w: p[30:].mean() for w, p in pictures.items()}
    assert ground[Weather.SNOW] > 1.2 * ground[Weather.CLOUDY]
