"""Bodies fill their labelled boxes, look outwards, carry their lamps, and move their limbs inside the box."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.core import CATEGORIES, DataError
from drivegen.core.arrays import Floats
from drivegen.world.bodies import (
    BODIES,
    CLOTHES,
    DRIVEN,
    GAIT_PHASES,
    PAINTS,
    PARKED,
    body_mesh,
    palette_of,
)
from drivegen.world.geometry import Lamp, Material, Mesh

WHITE = (1.0, 1.0, 1.0)
PEOPLE = [name for name, body in BODIES.items() if body.category == "pedestrian"]
MOTOR = [name for name, body in BODIES.items() if body.category in {"car", "truck", "bus", "motorcycle"}]


def size_of(name: str, seed: int = 0) -> Floats:
    return BODIES[name].size(np.random.default_rng(seed))


def bounds(mesh: Mesh) -> tuple[Floats, Floats]:
    points = mesh.corners.reshape(-1, 3).astype(np.float64)
    return points.min(axis=0), points.max(axis=0)


def lamp_points(mesh: Mesh, lamp: Lamp) -> Floats:
    return mesh.corners[mesh.lamp == lamp].reshape(-1, 3).astype(np.float64)


def test_all_ten_classes_have_a_body_and_shares_add_up() -> None:
    assert {body.category for body in BODIES.values()} == set(CATEGORIES)
    for shares in (DRIVEN, PARKED):
        assert set(shares) <= set(BODIES)
        assert sum(shares.values()) == pytest.approx(1.0)
    for palette in (PAINTS, CLOTHES, *(palette_of(name) for name in BODIES)):
        assert sum(share for _, share in palette) == pytest.approx(1.0)


def test_size_is_drawn_within_its_limits() -> None:
    rng = np.random.default_rng(1)
    for body in BODIES.values():
        sizes = np.array([body.size(rng) for _ in range(20)])
        assert (sizes >= np.array(body.low) - 1e-3).all()
        assert (sizes <= np.array(body.high) + 1e-3).all()


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("name", [name for name in BODIES if name not in PEOPLE])
def test_extents_equal_the_size(name: str, coarse: bool) -> None:
    for seed, gait, steer in ((0, 0.0, 0.0), (1, 0.3, 0.4)):
        size = size_of(name, seed)
        low, high = bounds(body_mesh(name, size, WHITE, gait=gait, steer_rad=steer, coarse=coarse, variant=seed))
        np.testing.assert_allclose(high - low, size, atol=0.005)
        np.testing.assert_allclose(0.5 * (low + high)[:2], 0.0, atol=0.005)
        assert abs(low[2]) < 0.005


@pytest.mark.parametrize("name", PEOPLE)
def test_people_fill_their_box_at_every_gait(name: str) -> None:
    size = size_of(name)
    lengths = []
    for phase in range(GAIT_PHASES):
        low, high = bounds(body_mesh(name, size, WHITE, gait=phase / GAIT_PHASES, variant=3))
        np.testing.assert_allclose((high - low)[1:], size[1:], atol=0.005)
        np.testing.assert_allclose(0.5 * (low + high)[:2], 0.0, atol=0.005)
        lengths.append(float(high[0] - low[0]))
    assert max(lengths) == pytest.approx(float(size[0]), abs=0.005)
    # Legs that pass each other are shorter than a stride.
    assert min(lengths) > 0.79 * size[0]
    assert np.mean(lengths) > 0.94 * size[0]


def test_limbs_move_with_the_gait_and_repeat() -> None:
    size = size_of("pedestrian")
    start, later = (body_mesh("pedestrian", size, WHITE, gait=gait) for gait in (0.0, 0.25))
    assert len(start) == len(later)
    moved = np.linalg.norm(start.corners - later.corners, axis=-1)
    assert moved.max() > 0.15
    assert body_mesh("pedestrian", size, WHITE, gait=3.0) is start
    standing = body_mesh("pedestrian", size, WHITE, standing=True)
    assert np.ptp(standing.corners[..., 0]) < np.ptp(start.corners[..., 0]) + 1e-6
    pedals = [body_mesh("bicycle", size_of("bicycle"), WHITE, gait=gait).corners for gait in (0.0, 0.5)]
    assert np.abs(pedals[0] - pedals[1]).max() > 0.15


@pytest.mark.parametrize("name", list(BODIES))
def test_normals_are_unit_and_agree_with_the_faces(name: str) -> None:
    mesh = body_mesh(name, size_of(name), WHITE, variant=2)
    corners = mesh.corners.astype(np.float64)
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    face /= np.linalg.norm(face, axis=1, keepdims=True)
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=-1), 1.0, atol=1e-4)
    agreement = np.einsum("fi,fki->fk", face, mesh.normals)[~mesh.two_sided]
    assert (agreement > 0.0).mean() > 0.97
    assert np.isfinite(mesh.uv).all()


@pytest.mark.parametrize("name", MOTOR)
@pytest.mark.parametrize("coarse", [False, True])
def test_lamps_are_where_they_belong(name: str, coarse: bool) -> None:
    mesh = body_mesh(name, size_of(name), WHITE, coarse=coarse)
    assert lamp_points(mesh, Lamp.HEAD)[:, 0].min() > 0.0
    for lamp in (Lamp.TAIL, Lamp.BRAKE):
        assert lamp_points(mesh, lamp)[:, 0].max() < 0.0
    left, right = lamp_points(mesh, Lamp.LEFT), lamp_points(mesh, Lamp.RIGHT)
    assert left[:, 1].min() > 0.0 > right[:, 1].max()
    for side in (left, right):
        assert side[:, 0].max() > 0.0 > side[:, 0].min()


@pytest.mark.parametrize("name", ["trailer", "semi_trailer", "loader", "excavator", "roller"])
def test_slow_machines_have_rear_lamps(name: str) -> None:
    mesh = body_mesh(name, size_of(name), WHITE)
    for lamp in (Lamp.TAIL, Lamp.BRAKE):
        assert lamp_points(mesh, lamp)[:, 0].max() < 0.0


@pytest.mark.parametrize("name", list(BODIES))
def test_tint_changes_paint_and_white_cloth_alone(name: str) -> None:
    size = size_of(name)
    white, red = (body_mesh(name, size, rgb) for rgb in (WHITE, (0.6, 0.1, 0.1)))
    changed = np.abs(white.rgb - red.rgb).max(axis=1) > 1e-6
    cloth = (white.material == Material.CLOTH) & (white.rgb > 0.99).all(axis=1)
    np.testing.assert_array_equal(changed, (white.material == Material.PAINT) | cloth)
    assert changed.any()
    np.testing.assert_array_equal(white.corners, red.corners)


@pytest.mark.parametrize("name", ["sedan", "suv", "van", "box_truck", "bus", "semi_trailer"])
def test_no_daylight_shows_through_a_body(name: str) -> None:
    """Rays from the side at body height that enter meet a face that looks towards them before one that looks away."""
    size = size_of(name)
    mesh = body_mesh(name, size, WHITE)
    rng = np.random.default_rng(5)
    count = 60
    origin = np.stack([rng.uniform(-0.3, 0.2, count) * size[0], np.full(count, 6.0),
                       rng.uniform(0.40, 0.65, count) * size[2]], axis=-1)  # fmt: skip
    direction = np.array([0.15, -1.0, -0.02])
    facing, hidden = (hits(mesh, origin, direction, towards=towards) for towards in (True, False))
    entered = np.isfinite(hidden)
    assert entered.mean() > 0.9
    assert (facing[entered] < hidden[entered] + 0.02).all()


def hits(mesh: Mesh, origin: Floats, direction: Floats, *, towards: bool) -> Floats:
    """Distance (R,) to the first face that looks towards (or away from) rays; inf without one (Moeller-Trumbore)."""
    a, b, c = np.moveaxis(mesh.corners.astype(np.float64), 1, 0)
    cross = np.cross(direction, c - a)
    determinant = np.einsum("fi,fi->f", b - a, cross)
    wanted = (determinant > 1e-9) if towards else (determinant < -1e-9)
    a, b, c, cross, determinant = a[wanted], b[wanted], c[wanted], cross[wanted], determinant[wanted]
    start = origin[:, None] - a
    u = np.einsum("rfi,fi->rf", start, cross) / determinant
    q = np.cross(start, b - a)
    v = q @ direction / determinant
    distance = np.einsum("rfi,fi->rf", q, c - a) / determinant
    inside = (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1 + 1e-6)
    return np.where(inside, distance, np.inf).min(axis=1)


def test_vehicles_show_glass_rubber_and_plates() -> None:
    for name in MOTOR:
        shown = set(body_mesh(name, size_of(name), WHITE).material.tolist())
        assert {Material.RUBBER, Material.LIGHT, Material.PAINT, Material.SIGN} <= shown
        if BODIES[name].category != "motorcycle":
            assert Material.GLASS in shown


def test_coarse_bodies_have_fewer_triangles() -> None:
    for name in ("sedan", "bus", "pedestrian", "bicycle", "cone"):
        fine, coarse = (len(body_mesh(name, size_of(name), WHITE, coarse=flag)) for flag in (False, True))
        assert coarse < 0.8 * fine


def test_variants_differ_and_the_same_one_is_the_same() -> None:
    size = size_of("pedestrian")
    looks = [body_mesh("pedestrian", size, WHITE, variant=variant) for variant in range(6)]
    assert len({look.rgb.tobytes() for look in looks}) == 6
    assert body_mesh("pedestrian", size, WHITE, variant=2) is looks[2]


def test_unknown_body_is_refused() -> None:
    with pytest.raises(DataError, match="unknown body"):
        body_mesh("tank", np.ones(3), WHITE)
