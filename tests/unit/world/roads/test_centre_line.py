"""Centre lines: arcs of the right radius, smooth curvature, offsets."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.core import stream
from drivegen.world.profile import Profile
from drivegen.world.roads.centre_line import STEP_M, draw_line
from drivegen.world.roads.courses import HEADING_LIMIT_RAD, MANNERS, draw_course


def test_constant_curvature_makes_a_circle() -> None:
    radius = 40.0
    line = draw_line(np.array([radius, 0.0]), np.pi / 2, [0.5 * np.pi * radius], [1 / radius, 1 / radius])
    assert np.allclose(np.linalg.norm(line.xy, axis=1), radius, atol=1e-6)
    assert np.allclose(line.xy[-1], [0.0, radius], atol=1e-6)
    assert line.yaw[-1] == pytest.approx(np.pi)
    assert np.allclose(np.linalg.norm(line.offset(3.0), axis=1), radius - 3.0, atol=1e-6)


def test_stations_are_lengths() -> None:
    line = draw_line(np.zeros(2), 0.3, [20.0, 15.0, 30.0, 15.0], [0.0, 0.0, 0.02, 0.02, 0.0])
    steps = np.linalg.norm(np.diff(line.xy, axis=0), axis=1)
    assert np.allclose(steps, np.diff(line.s), rtol=1e-4) and steps.max() <= STEP_M + 1e-9
    assert line.length_m == pytest.approx(80.0)


def test_road_coordinates_go_to_the_left() -> None:
    line = draw_line(np.zeros(2), 0.0, [50.0], [0.0, 0.0])
    assert np.allclose(line.points(10.0, 2.0), [10.0, 2.0])
    assert np.allclose(line.cut(10.0, 30.0).xy[[0, -1]], [[10.0, 0.0], [30.0, 0.0]])


def test_outlines_are_sparse_on_straights_and_share_their_stations() -> None:
    line = draw_line(np.zeros(2), 0.0, [60.0, 20.0, 20.0, 20.0, 60.0], [0.0, 0.0, 0.02, 0.02, 0.0, 0.0])
    whole, part = line.stations(0.0, line.length_m), line.stations(33.3, 140.0)
    assert set(part[1:-1]) <= set(whole)
    assert np.diff(whole).max() <= 6.1 and np.diff(whole[(whole > 62.0) & (whole < 118.0)]).max() <= 2.1


@pytest.mark.parametrize("profile", list(Profile))
def test_courses_keep_their_length_their_manner_and_their_direction(profile: Profile) -> None:
    manner = MANNERS[profile]
    for seed in range(20):
        line = draw_course(stream(seed, "course"), manner, np.zeros(2), 0.5, 240.0, 0.0)
        curvature = line.curvature()
        assert line.length_m == pytest.approx(240.0, abs=1e-6)
        assert np.abs(curvature).max() <= 1.01 / manner.radius_m[0]
        assert np.abs(np.diff(curvature) / np.diff(line.s)).max() < 1 / (12.0 * manner.radius_m[0]) * 1.1
        assert np.abs(line.yaw).max() <= HEADING_LIMIT_RAD + 1e-6
        near_ends = (line.s < manner.lead_m - 1.0) | (line.s > line.length_m - manner.lead_m + 1.0)
        assert np.abs(curvature[near_ends]).max() < 1e-6
