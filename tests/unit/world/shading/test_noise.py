"""Noise: hashes, means, box filters."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from drivegen.world.shading import textures_ground as ground
from drivegen.world.shading import textures_walls as walls
from drivegen.world.shading import textures_windows as windows
from drivegen.world.shading.noise import CHANNELS, band, cell_hash, comb, noise_atlas, texture

ATLAS = noise_atlas()
GREY = (0.3, 0.3, 0.3)


def test_hashes_are_even_and_depend_on_cell_and_seed() -> None:
    values = np.array([[cell_hash(i, j, 3) for i in range(-40, 40)] for j in range(-40, 40)])
    assert (np.histogram(values, 8, (0.0, 1.0))[0] > 0.8 * values.size / 8).all()
    assert abs(np.corrcoef(values[:, :-1].ravel(), values[:, 1:].ravel())[0, 1]) < 0.05
    assert cell_hash(5, 6, 3) != cell_hash(5, 6, 4)


@pytest.mark.parametrize("channel", range(CHANNELS))
def test_noise_fades_to_its_mean_without_a_jump(channel: int) -> None:
    places = np.random.default_rng(0).uniform(0, 500, (400, 2))
    spread = [
        np.std([texture(ATLAS, channel, x, y, 0.1, foot) for x, y in places]) for foot in (0.01, 0.4, 1.5, 6.0, 40.0)
    ]
    assert all(b <= 1.05 * a for a, b in itertools.pairwise(spread))
    assert spread[0] > 0.05
    assert spread[-1] == 0.0
    assert abs(np.mean([texture(ATLAS, channel, x, y, 0.1, 0.01) for x, y in places])) < 0.15


def test_combs_and_bands_are_exact_box_filters() -> None:
    x = np.linspace(-3, 3, 60001)
    inside = (x % 0.7 >= 0.1) & (x % 0.7 < 0.35)
    for middle, width in ((0.2, 0.05), (0.4, 0.3), (-1.1, 2.0)):
        near = np.abs(x - middle) <= width / 2
        assert comb(middle, 0.7, 0.1, 0.35, width) == pytest.approx(inside[near].mean(), abs=2e-3)
    assert band(0.0, -1.0, 0.25, 1.0) == pytest.approx(0.75)
    assert comb(123.4, 0.7, 0.1, 0.35, 1e4) == pytest.approx(0.25 / 0.7, rel=1e-3)


def _grounds(function: object, foot: float) -> np.ndarray:
    places = np.random.default_rng(1).uniform(0, 300, (3000, 2))
    return np.mean([function(ATLAS, GREY, x, y, foot, foot) for x, y in places], axis=0)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["asphalt", "paving", "kerb", "grass", "soil", "gravel", "marking"])
def test_grounds_keep_their_mean_when_pixels_grow(name: str) -> None:
    function = getattr(ground, name)
    near, far = _grounds(function, 0.004), _grounds(function, 60.0)
    np.testing.assert_allclose(far, near, rtol=0.05)


@pytest.mark.parametrize("name", ["bricks", "plaster", "panels", "tiles", "planks"])
def test_walls_keep_their_mean_when_pixels_grow(name: str) -> None:
    function = getattr(walls, name)
    np.testing.assert_allclose(_grounds(function, 30.0), _grounds(function, 0.004), rtol=0.06)


@pytest.mark.parametrize("lit", [0.0, 0.4])
def test_facades_keep_their_mean_when_pixels_grow(lit: float) -> None:
    places = np.random.default_rng(2).uniform(0, 400, (6000, 2))

    def mean(foot: float) -> np.ndarray:
        values = [windows.facade(ATLAS, GREY, x, y, foot, foot, 3.0, 2.8, 0.3, 0.5, lit)[:7] for x, y in places]
        return np.mean(values, axis=0)

    near, far = mean(0.004), mean(60.0)
    np.testing.assert_allclose(far[:4], near[:4], rtol=0.08)
    np.testing.assert_allclose(far[4:], near[4:], rtol=0.25, atol=1e-6)
