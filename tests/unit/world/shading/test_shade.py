"""Light on a street: fog, lamps, shadows, snow, water, times of day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drivegen.core import TimeOfDay, Weather
from drivegen.world.geometry import Lamp, Material
from drivegen.world.raster import rasterise, static_batch

from .conftest import StreetMaker, pixels_of, road

ALL = [(w, t) for w in Weather for t in TimeOfDay]


def scene_mesh() -> object:
    builder = road()
    builder.box((18, -1.5, 0), (22, 1.5, 2.0), (0.8, 0.1, 0.1), Material.PAINT)
    builder.quads([[(40, 8, 0), (20, 8, 0), (20, 8, 9), (40, 8, 9)]], (0.6, 0.5, 0.4), Material.FACADE,
                  param=(3.0, 2.5, 0.4, 0.5), two_sided=True)  # fmt: skip
    builder.quads([[(40, -8, 0), (20, -8, 0), (20, -8, 4), (40, -8, 4)]], (0.6, 0.5, 0.4), Material.SHOP,
                  param=(4.0, 4.0, 0.4, 0.0), two_sided=True)  # fmt: skip
    builder.box((17.9, -1.0, 0.8), (18.0, -0.6, 1.0), (0.6, 0.1, 0.1), Material.LIGHT, lamp=Lamp.BRAKE)
    return builder.build()


@pytest.mark.parametrize(("weather", "time"), ALL)
def test_every_look_gives_sound_light_and_the_same_again(
    street: StreetMaker, weather: Weather, time: TimeOfDay
) -> None:
    made, mesh = street(weather, time), scene_mesh()
    lamps = np.array([[15.0, 5.0, 7.0]])
    one = made.radiance(mesh, samples=2, lamps=lamps, head=1.0, mirrored=made.look.wet > 0.3)
    two = made.radiance(mesh, samples=2, lamps=lamps, head=1.0, mirrored=made.look.wet > 0.3)
    assert np.isfinite(one).all()
    assert (one >= 0.0).all()
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("weather", list(Weather))
def test_night_is_darker_than_dusk_and_dusk_than_day(street: StreetMaker, weather: Weather) -> None:
    mesh = road().build()
    shown = [
        float((street(weather, t).radiance(mesh) * street(weather, t).look.exposure).mean())
        for t in (TimeOfDay.DAY, TimeOfDay.DUSK, TimeOfDay.NIGHT)
    ]
    assert shown[0] > 1.25 * shown[1] > 1.25 * 1.25 * shown[2]


@pytest.mark.parametrize("samples", [2, 4])
def test_samples_agree_in_the_mean(street: StreetMaker, samples: int) -> None:
    made, mesh = street(Weather.CLOUDY, TimeOfDay.DAY), scene_mesh()
    one, more = made.radiance(mesh), made.radiance(mesh, samples=samples)
    np.testing.assert_allclose(more.mean(axis=(0, 1)), one.mean(axis=(0, 1)), rtol=0.02)


def test_fog_thickens_with_distance_by_beers_law(street: StreetMaker) -> None:
    made = street(Weather.FOG, TimeOfDay.DAY)
    clear = replace(made, look=replace(made.look, haze_per_m=1e-12))
    mesh = road(material=Material.MATT).build()
    foggy, plain = made.radiance(mesh), clear.radiance(mesh)
    view, batch = made.view(), static_batch(mesh)
    depth = rasterise(view, batch).depth
    rows, columns = np.nonzero((depth > 6) & (depth < 120))
    x, y = (columns + 0.5 - view.cx) / view.fx, (rows + 0.5 - view.cy) / view.fy
    distance = depth[rows, columns] * np.sqrt(1 + x * x + y * y)
    share = np.exp(-made.look.haze_per_m * distance)
    expected = plain[rows, columns, 1] * share + made.look.haze[1] * (1 - share)
    np.testing.assert_allclose(foggy[rows, columns, 1], expected, rtol=2e-3)


def test_a_lamp_brightens_what_lies_below_it(street: StreetMaker) -> None:
    made, mesh = street(Weather.CLEAR, TimeOfDay.NIGHT), road(material=Material.MATT).build()
    dark, lit = made.radiance(mesh), made.radiance(mesh, lamps=np.array([[14.0, 0.0, 7.0]]))
    gain = (lit - dark).mean(axis=2)
    view = made.view()
    row = int(view.cy + view.fy * np.tan(np.arctan2(1.5, 14.0) - 0.05))
    assert gain[row, 48] > 3 * dark[row, 48].mean()
    assert gain[row, 48] > 1.5 * gain[row, 2]
    assert gain.min() >= -1e-6


def test_head_lights_stay_below_their_cut_off(street: StreetMaker) -> None:
    made = street(Weather.CLEAR, TimeOfDay.NIGHT)
    builder = road(material=Material.MATT)
    builder.quads([[(25, 12, 0), (25, -12, 0), (25, -12, 8), (25, 12, 8)]], (0.5, 0.5, 0.5), two_sided=True)
    gain = (made.radiance(builder.build(), head=1.0) - made.radiance(builder.build())).mean(axis=2)
    view = made.view()
    row = [int(view.cy + view.fy * np.tan(np.arctan2(1.5 - z, 25.0) - 0.05)) for z in (0.25, 4.0)]
    assert gain[row[0], 48] > 8 * gain[row[1], 48] > 0


def test_shadows_fall_where_geometry_says(street: StreetMaker) -> None:
    made = street(Weather.CLEAR, TimeOfDay.DAY)
    made = replace(made, look=replace(made.look, sun_direction=np.array([0.0, 0.6, 0.8])))
    builder = road(material=Material.MATT)
    bare = made.radiance(builder.build())
    builder.box((12, 3, 0), (16, 4, 4), (0.5, 0.5, 0.5))
    share = made.radiance(builder.build()).mean(axis=2) / bare.mean(axis=2)
    view = made.view()

    def pixel(x: float, y: float) -> tuple[int, int]:
        p = view.rotation @ (np.array([x, y, 0.0]) - view.position)
        return int(view.fy * p[1] / p[2] + view.cy), int(view.fx * p[0] / p[2] + view.cx)

    # The block is 4 m high and the sun's slope 4 / 3: the shadow reaches 3 m to the right of it.
    assert share[pixel(14.0, 1.5)] < 0.5
    assert share[pixel(14.0, -1.0)] > 0.95
    assert share[pixel(9.0, 1.5)] > 0.95


def test_snow_whitens_level_ground_and_spares_walls(street: StreetMaker) -> None:
    made = street(Weather.SNOW, TimeOfDay.DAY)
    bare = replace(made, look=replace(made.look, snow=0.0))
    builder = road((0.3, 0.4, 0.2), Material.GRASS)
    builder.quads([[(25, 6, 0), (25, -6, 0), (25, -6, 5), (25, 6, 5)]], (0.3, 0.2, 0.2), Material.PLASTER,
                  two_sided=True)  # fmt: skip
    mesh = builder.build()
    before, after = bare.radiance(mesh), made.radiance(mesh)
    level = pixels_of(made.view(), mesh, Material.GRASS)
    wall = pixels_of(made.view(), mesh, Material.PLASTER)
    assert after[level].mean() > 2 * before[level].mean()
    assert np.ptp(after[level].mean(axis=0)) < 0.2 * after[level].mean()
    np.testing.assert_allclose(after[wall], before[wall], rtol=1e-4)


def test_wet_roads_mirror_what_stands_on_them(street: StreetMaker) -> None:
    made = street(Weather.RAIN, TimeOfDay.NIGHT)
    builder = road()
    bare = made.radiance(builder.build(), mirrored=True)
    builder.quads([[(20, 1, 1), (20, -1, 1), (20, -1, 3), (20, 1, 3)]], (1.0, 1.0, 1.0), Material.LIGHT,
                  lamp=Lamp.HEAD, two_sided=True)  # fmt: skip
    gain = (made.radiance(builder.build(), mirrored=True) - bare).mean(axis=2)
    view = made.view()
    # The mirror image of its middle, 2 m below the road.
    row = int(view.cy + view.fy * np.tan(np.arctan2(1.5 + 2.0, 20.0) - 0.05))
    assert gain[row - 1 : row + 2, 46:50].mean() > 0.3
    assert gain[row, :20].max() < 0.2 * gain[row, 46:50].mean()


def test_pixels_without_faces_show_the_sky(street: StreetMaker) -> None:
    made = street(Weather.CLEAR, TimeOfDay.DAY)
    top = made.radiance(road().build())[0]
    assert (top[:, 2] > top[:, 0]).mean() > 0.5
