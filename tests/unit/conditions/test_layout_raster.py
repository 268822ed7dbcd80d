"""The layout shows each thing where a pinhole camera sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import Point, Polygon, box

from drivegen.conditions import MAP_CHANNELS, OBJECT_CHANNELS, RASTER_CHANNELS, draw_layout
from drivegen.core import Camera, FrameLabels, RoadMap, Structure, Track

SIZE = (64, 128)
MakeLabels = Callable[..., FrameLabels]
MakeTrack = Callable[..., Track]


def channel(raster: np.ndarray, name: str) -> np.ndarray:
    return raster[RASTER_CHANNELS.index(name)]


def ground_seen(camera: Camera, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Where the ray of each pixel's centre meets the ground: (h, w, 2) ego, and its depth (h, w), inf in the sky."""
    camera = camera.resize(size)
    v, u = np.mgrid[: size[0], : size[1]] + 0.5
    rays = np.stack([u, v, np.ones_like(u)], axis=-1) @ np.linalg.inv(camera.intrinsics).T
    directions, origin = camera.ego_from_camera.rotate(rays), camera.ego_from_camera.translation
    depth = np.where(directions[..., 2] < -1e-6, -origin[2] / np.minimum(directions[..., 2], -1e-6), np.inf)
    return origin[:2] + np.where(np.isfinite(depth), depth, 0.0)[..., None] * directions[..., :2], depth


def test_the_raster_has_the_named_channels(make_labels: MakeLabels, street: RoadMap) -> None:
    raster = draw_layout(make_labels([]), street, SIZE)
    assert raster.shape == (21, *SIZE)
    assert raster.dtype == np.float32
    assert (len(OBJECT_CHANNELS), len(MAP_CHANNELS)) == (12, 9)


def test_a_car_fills_its_silhouette(make_labels: MakeLabels, track: MakeTrack) -> None:
    labels = make_labels([track("a", (12.0, 1.0, 0.8))])
    rows, columns = np.nonzero(channel(draw_layout(labels, None, SIZE), "vehicle") > 0.25)
    drawn = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(drawn, labels.amodal_px[0], atol=1.0)


def test_a_car_that_drives_ahead_shows_its_rear(make_labels: MakeLabels, track: MakeTrack) -> None:
    labels = make_labels([track("a", (12.0, 0.0, 0.8))])
    raster = draw_layout(labels, None, SIZE)
    u, v = labels.amodal_px[0, [0, 2]].mean(), labels.amodal_px[0, [1, 3]].mean()
    at = (slice(None), int(v), int(u))
    seen = dict(zip(RASTER_CHANNELS, raster[at], strict=True))
    assert seen["rear"] == 1.0
    assert seen["front"] == 0.0
    assert seen["heading_sin"] == pytest.approx(0.0, abs=1e-6)
    assert seen["heading_cos"] == pytest.approx(1.0)
    assert seen["inverse_depth"] == pytest.approx(4.0 / 10.0, abs=1e-3)
    assert [seen["red"], seen["green"], seen["blue"]] == pytest.approx([0.85, 0.425, 0.0])


def test_an_oncoming_car_shows_its_front_and_heads_towards_the_camera(
    make_labels: MakeLabels, track: MakeTrack
) -> None:
    raster = draw_layout(make_labels([track("a", (12.0, 0.0, 0.8), yaw_rad=np.pi)]), None, SIZE)
    assert channel(raster, "front").max() == 1.0
    assert channel(raster, "rear").max() == 0.0
    assert channel(raster, "heading_cos").min() == pytest.approx(-1.0)


def test_a_car_that_drives_to_the_right_has_sine_one(make_labels: MakeLabels, track: MakeTrack) -> None:
    raster = draw_layout(make_labels([track("a", (12.0, 0.0, 0.8), yaw_rad=-np.pi / 2)]), None, SIZE)
    assert channel(raster, "heading_sin").max() == pytest.approx(1.0)


def test_the_nearer_object_is_seen_whatever_the_order(make_labels: MakeLabels, track: MakeTrack) -> None:
    near = track("near", (10.0, 0.0, 0.8), appearance=(1.0, 0.0, 0.0))
    far = track("far", (16.0, 1.5, 0.8), appearance=(0.0, 1.0, 0.0))
    first, second = (draw_layout(make_labels(order), None, SIZE) for order in ([near, far], [far, near]))
    np.testing.assert_array_equal(first, second)
    hidden = channel(first, "green")[channel(first, "red") > 0.9]
    assert (hidden == 0).all()
    assert channel(first, "green").max() > 0.5


@pytest.mark.parametrize(
    ("category", "name"),
    [("bus", "vehicle"), ("bicycle", "cycle"), ("pedestrian", "pedestrian"), ("barrier", "static")],
)
def test_classes_have_masks(make_labels: MakeLabels, track: MakeTrack, category: str, name: str) -> None:
    raster = draw_layout(make_labels([track("a", (8.0, 0.0, 0.8), category=category)]), None, SIZE)
    for other in OBJECT_CHANNELS[:4]:
        assert (channel(raster, other).max() == 1.0) == (other == name)


def test_unknown_appearance_is_plain_grey(make_labels: MakeLabels, track: MakeTrack) -> None:
    raster = draw_layout(make_labels([track("a", (8.0, 2.0, 0.8), appearance=None)]), None, SIZE)
    for name in ("red", "green", "blue"):
        np.testing.assert_allclose(channel(raster, name), 0.5 * channel(raster, "vehicle"), atol=1e-6)


def test_objects_that_do_not_condition_are_not_drawn(make_labels: MakeLabels, track: MakeTrack) -> None:
    labels = make_labels([track("a", (12.0, 0.0, 0.8))])
    assert not draw_layout(replace(labels, conditioned=np.array([False])), None, SIZE).any()
    assert not draw_layout(labels, None, SIZE, max_distance_m=5.0).any()


def test_a_car_beside_the_camera_is_cut_at_the_near_plane(make_labels: MakeLabels, track: MakeTrack) -> None:
    labels = make_labels([track("a", (1.5, 1.6, 0.8), size=(6.0, 2.0, 1.5))])
    raster = draw_layout(replace(labels, conditioned=np.array([True])), None, SIZE)
    assert np.isfinite(raster).all()
    mask = channel(raster, "vehicle")
    # It reaches the left edge of the picture and stays on the left.
    assert mask[:, 0].max() == 1.0
    assert mask[:, 80:].max() == 0.0
    assert raster.min() >= -1.0
    assert raster.max() <= 1.0


def test_the_ground_is_where_the_rays_meet_it(make_labels: MakeLabels, street: RoadMap, camera: Camera) -> None:
    labels = make_labels([])
    raster = draw_layout(labels, replace(street, structures=()), SIZE)
    points, depth = ground_seen(camera, SIZE)
    layers = {
        "road": street.road[0],
        "sidewalk": street.sidewalks[0].union(street.sidewalks[1]),
        "crossing": street.crossings[0],
    }
    # Pixels are compared where the polygon's edge is farther away than two pixels are wide on the ground.
    footprint = depth**2 / camera.intrinsics[1, 1] / 1.6
    for name, polygon in layers.items():
        drawn, compared = channel(raster, name), 0
        for row, column in np.argwhere((depth > 1.0) & (depth < 40.0)):
            point = Point(points[row, column])
            if polygon.boundary.distance(point) > 2.0 * footprint[row, column] + 0.1:
                assert drawn[row, column] == float(polygon.contains(point)), (name, row, column)
                compared += 1
        assert compared > 500
        assert not drawn[depth == np.inf].any()


def test_a_hole_in_the_road_stays_open(make_labels: MakeLabels, street: RoadMap, camera: Camera) -> None:
    raster = draw_layout(make_labels([]), replace(street, structures=()), (256, 512))
    middle = camera.resize((256, 512)).project(camera.ego_from_camera.inverse().apply(np.array([22.0, 0.0, 0.0])))
    assert channel(raster, "road")[int(middle[1]), int(middle[0])] == 0.0


def test_the_map_moves_with_the_vehicle(make_labels: MakeLabels, street: RoadMap) -> None:
    before = channel(draw_layout(make_labels([], 0.0, moving=True), street, SIZE), "crossing")
    after = channel(draw_layout(make_labels([], 0.5, moving=True), street, SIZE), "crossing")
    # The crossing comes nearer: it lies lower in the picture.
    assert np.nonzero(after.sum(axis=1))[0].max() > np.nonzero(before.sum(axis=1))[0].max()


def test_structures_have_colour_and_depth_and_hide_the_ground(make_labels: MakeLabels) -> None:
    wall = Structure(box(20, -10, 22, 10), 5.0, "building", (0.8, 0.4, 0.2))
    raster = draw_layout(make_labels([]), RoadMap(road=(box(0, -5, 80, 5),), structures=(wall,)), SIZE)
    centre = raster[:, 34, 64]
    seen = dict(zip(RASTER_CHANNELS, centre, strict=True))
    assert seen["structure"] == 1.0
    assert seen["structure_inverse_depth"] == pytest.approx(4.0 / 20.0, rel=1e-3)
    assert seen["structure_green"] == pytest.approx(0.5 * seen["structure_red"], rel=1e-5)
    # Rows between the wall's foot and the horizon would show the road behind it.
    assert seen["road"] == 0.0
    assert channel(raster, "road")[-1, 64] == 1.0


def test_trees_leave_the_ground_behind_them_in_sight(make_labels: MakeLabels) -> None:
    road = box(0, -5, 80, 5)
    tree = Structure(Point(10, 0).buffer(1.0), 4.0, "tree", (0.1, 0.5, 0.1))
    bare = draw_layout(make_labels([]), RoadMap(road=(road,)), SIZE)
    raster = draw_layout(make_labels([]), RoadMap(road=(road,), structures=(tree,)), SIZE)
    np.testing.assert_array_equal(channel(raster, "road"), channel(bare, "road"))
    assert channel(raster, "structure")[30, 64] == 1.0


def test_the_nearer_wall_is_seen_whatever_the_order(make_labels: MakeLabels, street: RoadMap) -> None:
    pole = Structure(Point(25, 11).buffer(0.3), 8.0, "pole", (1.0, 1.0, 1.0))
    behind = Structure(Point(60, 40).buffer(0.3), 8.0, "pole", (0.0, 1.0, 0.0))
    structures = (*street.structures, pole, behind)
    one = draw_layout(make_labels([]), replace(street, structures=structures), SIZE)
    other = draw_layout(make_labels([]), replace(street, structures=structures[::-1]), SIZE)
    np.testing.assert_allclose(one, other, atol=1e-6)
    # The pole at the kerb stands before the facade; the one behind the building is hidden.
    assert channel(one, "structure_blue").max() > 0.9
    assert not ((channel(one, "structure_green") > 0.5) & (channel(one, "structure_red") < 0.1)).any()


def test_objects_and_map_are_drawn_independently(make_labels: MakeLabels, track: MakeTrack, street: RoadMap) -> None:
    labels, nothing = make_labels([track("a", (12.0, 0.0, 0.8))]), make_labels([])
    both = draw_layout(labels, street, SIZE)
    np.testing.assert_array_equal(both[:12], draw_layout(labels, None, SIZE)[:12])
    np.testing.assert_array_equal(both[12:], draw_layout(nothing, street, SIZE)[12:])


def test_an_empty_map_draws_nothing(make_labels: MakeLabels) -> None:
    assert not draw_layout(make_labels([]), RoadMap(), SIZE).any()


def test_thin_things_fade_with_supersampling(make_labels: MakeLabels) -> None:
    line = Polygon([(20, -0.05), (60, -0.05), (60, 0.05), (20, 0.05)])
    road_map = RoadMap(crossings=(line,))
    coarse, fine = (
        channel(draw_layout(make_labels([]), road_map, SIZE, supersample=s), "crossing").sum() for s in (1, 4)
    )
    assert 0 < fine < coarse
