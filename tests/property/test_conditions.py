"""What must hold for any object anywhere around the camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from drivegen.conditions import (
    PARTS,
    ConditionConfig,
    DropoutConfig,
    collate,
    conditions_of,
    draw_layout,
    drop_conditions,
    from_arrays,
    to_arrays,
)
from drivegen.conditions.painting import clip_polygon
from drivegen.core import (
    CATEGORIES,
    Ambience,
    FrameLabels,
    LabelPolicy,
    RoadMap,
    Scenario,
    Structure,
    Track,
    Trajectory,
    Weather,
    forward_camera,
    label_frame,
)
from drivegen.core.poses import quaternion_from_yaw

CONFIG = ConditionConfig(image_size=(32, 64), max_boxes=3)
CAMERA = forward_camera("CAM_FRONT", CONFIG.image_size, np.deg2rad(80.0), 1.6)
TIMES = np.array([0, 500_000])
STREET = RoadMap(
    road=(box(-20, -6, 80, 6),), structures=(Structure(box(10, 8, 30, 20), 10.0, "building", (0.5, 0.4, 0.3)),)
)

OBJECTS = st.tuples(
    st.floats(-10.0, 90.0),
    st.floats(-20.0, 20.0),
    st.floats(-np.pi, np.pi),
    st.sampled_from(CATEGORIES),
    st.floats(0.3, 12.0),
    st.booleans(),
)


def labels_of(objects: list[tuple[float, float, float, str, float, bool]]) -> FrameLabels:
    """Labels in which every written object conditions, however odd its place."""
    tracks = []
    for i, (x, y, yaw, category, length, coloured) in enumerate(objects):
        rotation = np.tile(quaternion_from_yaw(np.array(yaw)), (2, 1))
        trajectory = Trajectory(TIMES, np.tile([x, y, 0.8], (2, 1)), rotation)
        appearance = (0.2, 0.4, 0.9) if coloured else None
        sizes = np.tile([length, 0.4 * length, 1.5], (2, 1))
        tracks.append(Track(f"t{i}", category, trajectory, sizes, appearance=appearance))
    ego = Trajectory(TIMES, np.zeros((2, 3)), quaternion_from_yaw(np.zeros(2)))
    scenario = Scenario("s", ego, {"CAM_FRONT": CAMERA}, {"CAM_FRONT": TIMES}, tuple(tracks))
    labels = label_frame(scenario, CAMERA, 0, LabelPolicy())
    return replace(labels, conditioned=np.ones(len(labels), dtype=bool))


@given(objects=st.lists(OBJECTS, max_size=6))
@settings(max_examples=60, deadline=None)
def test_rasters_are_bounded_and_tokens_finite(objects: list[tuple[float, float, float, str, float, bool]]) -> None:
    labels = labels_of(objects)
    c = conditions_of([labels], Ambience(Weather.FOG), STREET, 10.0, CONFIG)
    assert torch.isfinite(c.boxes).all()
    assert c.boxes[..., :2].min() >= -1.0
    assert c.boxes[..., :2].max() <= 2.0
    headings = c.raster[:, :, 7:9]
    assert headings.abs().max() <= 1.0 + 1e-6
    others = torch.cat([c.raster[:, :, :7], c.raster[:, :, 9:]], dim=2)
    assert others.min() >= 0.0
    assert others.max() <= 1.0 + 1e-6
    # A pixel shows one object at most.
    assert c.raster[:, :, :4].sum(dim=2).max() <= 1.0 + 1e-6
    assert int(c.box_mask.sum()) <= min(3, len(labels))


@given(objects=st.lists(OBJECTS, min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_caching_keeps_everything_but_rounding(objects: list[tuple[float, float, float, str, float, bool]]) -> None:
    c = conditions_of([labels_of(objects)], Ambience(), STREET, 10.0, CONFIG)
    back = from_arrays(to_arrays(c))
    assert float((back.raster - c.raster).abs().max()) <= 1 / 254 + 1e-6
    for name in ("boxes", "box_mask", "box_category", "camera", "ego_motion", "weather", "map_known"):
        assert torch.equal(getattr(back, name), getattr(c, name))


@given(
    parts=st.lists(st.sampled_from(PARTS), unique=True),
    order=st.randoms(use_true_random=False),
    objects=st.lists(OBJECTS, max_size=3),
)
@settings(max_examples=30, deadline=None)
def test_leaving_out_is_idempotent_and_has_no_order(
    parts: list[str], order: object, objects: list[tuple[float, float, float, str, float, bool]]
) -> None:
    c = conditions_of([labels_of(objects)], Ambience(Weather.RAIN), STREET, 10.0, CONFIG)
    shuffled = list(parts)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    once, again = to_arrays(c.without(*parts)), to_arrays(c.without(*shuffled).without(*parts))
    for name, values in once.items():
        np.testing.assert_array_equal(values, again[name])


@given(probability=st.floats(0.0, 1.0), seed=st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_every_clip_is_either_kept_or_dropped_whole(probability: float, seed: int) -> None:
    c = conditions_of([labels_of([(12.0, 0.0, 0.0, "car", 4.0, True)])], Ambience(Weather.RAIN), STREET, 10.0, CONFIG)
    many = collate([c] * 6)
    config = DropoutConfig(*[probability] * 9)
    dropped = drop_conditions(many, config, torch.Generator().manual_seed(seed))
    for clip in range(6):
        one = dropped.select(slice(clip, clip + 1))
        assert bool(one.objects_known) == bool(one.box_mask.any()) == bool(one.raster[:, :, :4].any())
        assert bool(one.map_known) == bool(one.raster[:, :, 12:].any())
        assert bool(one.box_mask.any()) or not bool(one.box_appearance_known.any())


@given(seed=st.integers(0, 10_000), level=st.floats(-3.0, 3.0))
@settings(max_examples=60, deadline=None)
def test_clipping_keeps_exactly_the_inside(seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    outline = np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(0.5, 3.0, (9, 1))
    whole = Polygon(outline)
    if not whole.is_valid:
        return
    clipped = clip_polygon(np.column_stack([outline, np.zeros(9)]), np.array([[1.0, 0.0, 0.0, -level]]))
    expected = whole.intersection(box(level, -10, 10, 10)).area
    area = Polygon(clipped[:, :2]).area if len(clipped) >= 3 else 0.0
    np.testing.assert_allclose(area, expected, atol=1e-9)


@given(x=st.floats(3.0, 60.0), y=st.floats(-10.0, 10.0), radius=st.floats(1.0, 8.0))
@settings(max_examples=40, deadline=None)
def test_a_patch_of_road_is_drawn_where_it_projects(x: float, y: float, radius: float) -> None:
    patch = Point(x, y).buffer(radius)
    raster = draw_layout(labels_of([]), RoadMap(road=(patch,)), CONFIG.image_size, supersample=4)
    shown = CAMERA.ego_from_camera.inverse().apply(np.array([x, y, 0.0]))
    u, v = CAMERA.project(shown)
    if 1 <= u < 63 and 1 <= v < 31 and x > radius + 1.0:
        assert raster[12, int(v), int(u)] > 0
    rows = np.nonzero(raster[12].sum(axis=1))[0]
    # The ground lies below the horizon, which is at half the height.
    assert not len(rows) or rows.min() >= 15
