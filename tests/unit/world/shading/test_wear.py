"""Wear: tyre tracks lie where wheels run, the same from wherever one looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core import Pose, forward_camera
from drivegen.core.arrays import Floats
from drivegen.world.raster import View, make_view
from drivegen.world.shading.wear import no_wear, wear_around, wear_at


@dataclass(frozen=True, eq=False)
class StraightLane:
    points: Floats
    s: Floats
    yaw: Floats
    width_m: float = 3.5
    road: int = 0
    index: int = 0

    def at(self, s: Floats) -> tuple[Floats, Floats]:
        return np.stack([s - 50.0, 0.0 * s], axis=-1), 0.0 * s


@dataclass(frozen=True, eq=False)
class OneRoad:
    lanes: tuple[StraightLane, ...]


def network() -> OneRoad:
    s = np.arange(0.0, 300.0)
    return OneRoad((StraightLane(np.stack([s - 50.0, 0.0 * s], axis=-1), s, 0.0 * s),))


def view(x: float) -> View:
    camera = forward_camera("CAM_FRONT", (48, 96), np.radians(64), 1.5, 0.05)
    return make_view(camera, Pose(np.array([1.0, 0.0, 0.0, 0.0]), np.array([x, 0.0, 0.0])))


def test_tyre_tracks_lie_left_and_right_of_the_lanes_middle() -> None:
    wear = wear_around(network(), view(0.0))
    for foot in (0.05, 1.0):
        tyre = {y: wear_at(wear.fine, wear.coarse, wear.corners, 20.0, y, foot)[0] for y in (-0.78, 0.0, 0.78, 3.0)}
        assert min(tyre[-0.78], tyre[0.78]) > 2 * tyre[0.0] + 0.1
        assert tyre[3.0] < 0.02


def test_the_map_is_the_same_from_another_place() -> None:
    roads = network()
    near, far = wear_around(roads, view(0.0)), wear_around(roads, view(33.0))
    for x in np.linspace(40.0, 60.0, 60):
        one = wear_at(near.fine, near.coarse, near.corners, x, 0.9, 0.05)
        two = wear_at(far.fine, far.coarse, far.corners, x, 0.9, 0.05)
        np.testing.assert_allclose(one, two, atol=0.02)


def test_no_wear_is_a_plain_road() -> None:
    wear = no_wear()
    tyre, patch, seam = wear_at(wear.fine, wear.coarse, wear.corners, 5.0, 5.0, 0.1)
    assert (tyre, seam) == (0.0, 0.0)
    assert abs(patch - 0.5) < 0.01
