"""The sensor: order of brightness, noise, bloom, motion blur; particles in the air."""

from __future__ import annotations

import itertools

import numpy as np

from drivegen.core import Ambience, TimeOfDay, Weather, stream
from drivegen.world.raster import rasterise, static_batch
from drivegen.world.shading import develop, make_lights, make_look
from drivegen.world.shading.blur import motion_blurred
from drivegen.world.shading.particles import add_particles, falls

from .conftest import CORNER, EGO, GROUND, StreetMaker, road

LOOK = make_look(Ambience(Weather.CLEAR, TimeOfDay.DAY), stream(1, "look"))
NIGHT = make_look(Ambience(Weather.CLEAR, TimeOfDay.NIGHT), stream(1, "look"))


def flat(value: float) -> np.ndarray:
    return np.full((32, 64, 3), value, np.float32)


def test_more_light_is_brighter_and_nothing_overflows() -> None:
    shown = [develop(flat(v), LOOK, 3).mean() for v in (0.0, 0.02, 0.1, 0.4, 1.0, 3.0, 50.0)]
    assert all(b >= a for a, b in itertools.pairwise(shown))
    assert shown[0] < 8
    assert shown[-1] > 240


def test_noise_follows_the_seed_and_is_strongest_at_night() -> None:
    value = 0.18
    day, night = develop(flat(value / LOOK.exposure), LOOK, 3), develop(flat(value / NIGHT.exposure), NIGHT, 3)
    np.testing.assert_array_equal(day, develop(flat(value / LOOK.exposure), LOOK, 3))
    assert (day != develop(flat(value / LOOK.exposure), LOOK, 4)).mean() > 0.2
    assert night[8:24, 16:48].std() > 2 * day[8:24, 16:48].std()


def test_bright_lights_bleed_into_their_surroundings() -> None:
    dark = flat(0.01)
    lamp = dark.copy()
    lamp[14:18, 30:34] = 20.0
    gain = develop(lamp, NIGHT, 3).astype(int) - develop(dark, NIGHT, 3)
    assert gain[16, 36].mean() > gain[16, 40].mean() > 2


def test_motion_blur_smears_along_the_motion_and_leaves_stills_alone() -> None:
    picture = flat(0.0)
    picture[:, 32] = 1.0
    motion = np.zeros((32, 64, 2), np.float32)
    np.testing.assert_array_equal(motion_blurred(picture, motion), picture)
    motion[..., 0] = 6.0
    smeared = motion_blurred(picture, motion)
    assert 4 <= (smeared[16, :, 0] > 0.02).sum() <= 9
    assert smeared[16, 32, 0] < 0.5
    motion[..., 0], motion[..., 1] = 0.0, 6.0
    np.testing.assert_allclose(motion_blurred(picture, motion), picture, atol=1e-6)


def test_drops_are_the_same_again_move_on_and_stay_behind_what_is_near(street: StreetMaker) -> None:
    made = street(Weather.SNOW, TimeOfDay.DAY)
    assert falls(made.look)
    assert not falls(LOOK)
    view, batch = made.view(), static_batch(road().build())
    lights = make_lights(
        view, batch, made.look, street_lamps=np.zeros((0, 3)), ground=GROUND, ground_corner=CORNER, ego=EGO
    )
    gbuffer = rasterise(view, batch)

    def drawn(seconds: float) -> np.ndarray:
        picture = np.zeros((48, 96, 3), np.float32)
        add_particles(
            picture, view, gbuffer, made.look, lights, made.sky.harmonics, seed=5, seconds=seconds,
            velocity=np.array([10.0, 0.0, 0.0]), exposure_s=0.01,
        )  # fmt: skip
        return picture

    one = drawn(1.0)
    np.testing.assert_array_equal(one, drawn(1.0))
    assert (one != drawn(1.1)).any()
    assert 0.002 < (one > 0.05).any(axis=2).mean() < 0.4
    gbuffer.depth[:] = 0.1
    assert not drawn(1.0).any()
