"""Shapes of junctions."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import Polygon

from drivegen.core import stream
from drivegen.world.profile import Profile
from drivegen.world.roads.corners import Spoke, make_shape
from drivegen.world.roads.section import make_section


def _spokes(yaws_deg: list[float]) -> list[Spoke]:
    section = make_section(stream(1, "corner"), Profile.URBAN, main=False)
    return [Spoke(i, True, float(np.deg2rad(yaw)), section) for i, yaw in enumerate(yaws_deg)]


@pytest.mark.parametrize("yaws", [[0, 90, 180, 270], [10, 92, 190, 272], [0, 90, 180], [200, 281, 20]])
def test_outlines_are_simple_and_corners_few(yaws: list[float]) -> None:
    shape = make_shape(np.array([3.0, 4.0]), _spokes(yaws), 6.0)
    outline = Polygon(shape.outline)
    assert outline.is_valid and outline.exterior.is_ccw
    assert sum(corner.closed for corner in shape.corners) == 4 - len(yaws)
    assert [spoke.yaw % (2 * np.pi) for spoke in shape.spokes] == sorted(np.deg2rad(yaws) % (2 * np.pi))


def test_kerbs_are_round_with_the_radius_asked_for() -> None:
    shape = make_shape(np.zeros(2), _spokes([0, 90, 180, 270]), 6.0)
    arc = shape.corners[0].kerb[1:-1]
    chords = np.linalg.norm(np.diff(arc, axis=0), axis=1)
    assert chords.sum() == pytest.approx(6.0 * np.pi / 2, rel=0.01)
    section = shape.spokes[0].section
    middle = np.array([section.kerb_m(True), section.kerb_m(False)]) + 6.0
    assert np.allclose(np.linalg.norm(arc - middle[::-1], axis=1).mean(), 6.0, atol=0.35)


def test_the_way_round_a_corner_lies_between_kerb_and_land() -> None:
    for corner in make_shape(np.zeros(2), _spokes([5, 90, 185, 270]), 7.0).corners:
        ground = Polygon(np.concatenate([corner.outer, corner.kerb[::-1]]))
        assert ground.is_valid
        assert all(ground.buffer(0.05).contains(p) for p in _points(corner.walk))


def _points(xy: np.ndarray) -> list[object]:
    from shapely.geometry import Point

    return [Point(p) for p in xy]
