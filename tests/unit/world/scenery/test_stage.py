"""The still world over profiles and seeds: sound meshes, free roads, visible signals, the same bytes again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPoint

from drivegen.core import stream
from drivegen.core.arrays import Floats
from drivegen.world.geometry import LAMP_COUNT, Lamp, Material, Mesh
from drivegen.world.profile import Profile
from drivegen.world.roads import KERB_M, RoadNetwork, make_network
from drivegen.world.scenery import Stage, make_stage
from drivegen.world.scenery.ground import raised_m

GROUND = (Material.ASPHALT, Material.PAVING, Material.GRASS, Material.SOIL, Material.GRAVEL, Material.KERB)
UPRIGHT = (
    Material.FACADE,
    Material.SHOP,
    Material.BRICK,
    Material.PLASTER,
    Material.ROOF,
    Material.BARK,
    Material.METAL,
)


@dataclass(frozen=True, eq=False)
class Place:
    """A network and what stands around it."""

    network: RoadNetwork
    stage: Stage


def make_place(profile: Profile, seed: int) -> Place:
    network = make_network(stream(seed, "test", "scenery"), profile, 200.0)
    return Place(network, make_stage(network, stream(seed, "test", "stage")))


@pytest.fixture(scope="module", params=[(p, s) for p in Profile for s in (0, 1)], ids=lambda c: f"{c[0].value}-{c[1]}")
def place(request: pytest.FixtureRequest) -> Place:
    return make_place(*request.param)


def _all(place: Place) -> Mesh:
    return Mesh.join([tile.mesh for tile in place.stage.tiles])


def _of(mesh: Mesh, *materials: Material) -> Mesh:
    return mesh.take(np.flatnonzero(np.isin(mesh.material, materials)))


def _low_points(mesh: Mesh, place: Place, below_m: float) -> Floats:
    """Corners (N, 2) that lie less than below_m above the terrain."""
    points = mesh.corners.reshape(-1, 3).astype(np.float64)
    height = points[:, 2] - place.network.terrain.height(points[:, :2])
    return points[height < below_m, :2]


def test_meshes_are_sound(place: Place) -> None:
    mesh = _all(place)
    assert len(mesh) > 5000
    for name in ("corners", "normals", "uv", "rgb", "param"):
        assert np.isfinite(getattr(mesh, name)).all(), name
    assert np.abs(np.linalg.norm(mesh.normals, axis=-1) - 1.0).max() < 1e-3
    assert mesh.rgb.min() >= 0.0 and mesh.rgb.max() <= 1.0
    assert mesh.lamp.max() < LAMP_COUNT
    assert set(np.unique(mesh.material).tolist()) <= {int(m) for m in Material}


def test_faces_have_area_and_look_where_their_normals_do(place: Place) -> None:
    mesh = _all(place)
    edges = mesh.corners[:, 1:].astype(np.float64) - mesh.corners[:, :1]
    cross = np.cross(edges[:, 0], edges[:, 1])
    area = 0.5 * np.linalg.norm(cross, axis=1)
    plain = (area > 1e-3) & ~mesh.two_sided
    facing = (cross[plain] / (2 * area[plain, None]) * mesh.normals[plain].mean(axis=1)).sum(axis=1)
    assert (facing > 0.0).mean() > 0.999


def test_tiles_hold_their_meshes(place: Place) -> None:
    for tile in place.stage.tiles:
        points = tile.mesh.corners.reshape(-1, 3)
        assert np.linalg.norm(points[:, :2] - tile.centre, axis=1).max() <= tile.radius_m + 1e-2
        assert tile.low_m - 1e-3 <= points[:, 2].min() and points[:, 2].max() <= tile.high_m + 1e-3
        assert tile.detail_m > 0.0


def test_roads_are_covered_by_asphalt_at_the_terrain_s_height(place: Place) -> None:
    mesh = _of(_all(place), Material.ASPHALT)
    corners = mesh.corners.astype(np.float64)
    edges = corners[:, 1:, :2] - corners[:, :1, :2]
    area = 0.5 * (edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
    assert (area > -1e-6).all()
    surfaces = place.network.surfaces
    on_road = shapely.intersects(
        shapely.buffer(shapely.union_all(surfaces.road), 0.05), shapely.points(corners[..., :2].mean(axis=1))
    )
    wanted = sum(p.area for p in surfaces.road + surfaces.parking)
    assert abs(area[on_road].sum() - wanted) < 0.004 * wanted
    height = corners[on_road][..., 2] - place.network.terrain.height(corners[on_road][..., :2])
    assert np.abs(height).max() < 0.04


def test_ground_reaches_beyond_the_roads(place: Place) -> None:
    mesh = _of(_all(place), *GROUND)
    low, high = (getattr(mesh.corners.reshape(-1, 3)[:, :2], f)(axis=0) for f in ("min", "max"))
    bounds = np.array(place.network.bounds)
    assert (low < bounds[:2] - 250.0).all() and (high > bounds[2:] + 250.0).all()


def test_raised_ground_lies_a_kerb_above_the_road(place: Place) -> None:
    if place.network.profile is Profile.RURAL:
        return
    mesh = _all(place)
    kerb = _of(mesh, Material.KERB).corners.reshape(-1, 3).astype(np.float64)
    height = kerb[:, 2] - place.network.terrain.height(kerb[:, :2])
    assert height.min() > -0.12 and abs(height.max() - KERB_M) < 0.05
    walk = shapely.union_all(place.network.surfaces.sidewalks).buffer(-0.3)
    shapely.prepare(walk)
    paving = _of(mesh, Material.PAVING).corners.reshape(-1, 3).astype(np.float64)
    inside = paving[shapely.intersects(walk, shapely.points(paving[:, :2]))]
    assert np.abs(inside[:, 2] - place.network.terrain.height(inside[:, :2]) - KERB_M).max() < 0.04


def test_paint_lies_on_the_road_and_just_above_it(place: Place) -> None:
    paint = _of(_all(place), Material.MARKING)
    assert len(paint) > 20
    road = shapely.union_all(place.network.surfaces.road).buffer(0.2)
    shapely.prepare(road)
    middle = paint.corners.astype(np.float64).mean(axis=1)
    assert shapely.intersects(road, shapely.points(middle[:, :2])).mean() > 0.995
    height = middle[:, 2] - place.network.terrain.height(middle[:, :2])
    assert height.min() > -0.03 and height.max() < 0.05


def test_nothing_stands_on_roads_crossings_or_walking_lines(place: Place) -> None:
    network = place.network
    low = _low_points(_of(_all(place), *UPRIGHT, Material.WOOD), place, 1.9)
    free = shapely.union_all([shapely.buffer(p, -0.1) for p in network.surfaces.road])
    walks = [shapely.linestrings(w.points) for w in network.walkways]
    kept = shapely.union_all([free, *shapely.buffer(walks, 0.3)]) if walks else free
    shapely.prepare(kept)
    hit = low[np.asarray(shapely.intersects(kept, shapely.points(low)))]
    # Where signals and signs stand beside the road is the network's choice.
    given = [p.xy for signal in network.signals for p in signal.poles] + [s.xy for s in network.signs]
    own = ~np.asarray(shapely.dwithin(MultiPoint(given), shapely.points(hit), 0.6), dtype=bool)
    if walks:
        own |= np.asarray(shapely.dwithin(shapely.MultiLineString(walks), shapely.points(hit), 0.3), dtype=bool)
    assert not own.any(), hit[own][:3]


def test_structures_stand_off_the_roads_and_off_each_other(place: Place) -> None:
    road = shapely.union_all(place.network.surfaces.road)
    houses = [s.footprint for s in place.stage.structures if s.kind == "building"]
    assert houses and all(s.height_m > 0.5 for s in place.stage.structures)
    assert not shapely.intersects(road, houses).any()
    rows, columns = shapely.STRtree(houses).query(houses, predicate="intersects")
    overlap = shapely.area(shapely.intersection(np.array(houses)[rows], np.array(houses)[columns]))
    assert overlap[rows != columns].max(initial=0.0) < 2.0
    trunks = shapely.centroid([s.footprint for s in place.stage.structures if s.kind == "tree"])
    assert not shapely.intersects(road, trunks).any()


def test_every_signal_is_seen_from_its_stop_line(place: Place) -> None:
    network, heads = place.network, place.stage.signal_heads
    crowns = shapely.STRtree([s.footprint for s in place.stage.structures if s.kind != "pole"])
    for signal in network.signals:
        own = [h for h in heads if h.signal == signal.index and not h.walk]
        assert own
        arm = network.junctions[signal.junction].arms[signal.arm]
        for lane in (network.lanes[i] for i in arm.incoming):
            eye, yaw = lane.at(lane.stop_m - 4.0)
            ahead = np.array([np.cos(yaw), np.sin(yaw)])
            views = [h for h in own if (h.centre[:2] - eye) @ ahead > 2.0 and (eye - h.centre[:2]) @ h.facing > 0.0]
            lines = [shapely.linestrings([eye, h.centre[:2]]) for h in views]
            assert any(not len(crowns.query(line, predicate="intersects")) for line in lines)


def test_heads_carry_their_lamps_and_crossings_have_theirs(place: Place) -> None:
    walks = {h.signal for h in place.stage.signal_heads if h.walk}
    assert walks == {c.signal for c in place.network.crossings if c.signal >= 0}
    for head in place.stage.signal_heads:
        lit = head.mesh.material == Material.LIGHT
        wanted = {Lamp.WALK, Lamp.STOP} if head.walk else {Lamp.RED, Lamp.AMBER, Lamp.GREEN}
        assert set(head.mesh.lamp[lit].tolist()) == {int(x) for x in wanted}
        normal = head.mesh.normals[lit].mean(axis=(0, 1))
        assert normal[:2] @ head.facing > 0.9
        assert 1.8 < head.centre[2] - float(place.network.terrain.height(head.centre[:2])) < 8.0


def test_street_lamps_hang_over_the_ground_they_light(place: Place) -> None:
    lamps = place.stage.lamps
    assert (len(lamps) > 10) == (place.network.profile is not Profile.RURAL)
    height = lamps[:, 2] - place.network.terrain.height(lamps[:, :2])
    assert ((height > 3.5) & (height < 10.0)).all()
    assert shapely.dwithin(place.network.ground, shapely.points(lamps[:, :2]), 0.5).all()


def test_things_stand_on_the_slope(place: Place) -> None:
    """The lowest point of every structure kind follows the terrain."""
    mesh = _of(_all(place), Material.BARK)
    points = mesh.corners.reshape(-1, 3).astype(np.float64)
    height = points[:, 2] - place.network.terrain.height(points[:, :2])
    assert height.min() > -2.5 and np.percentile(height, 10) < raised_m(place.network.profile) + 0.3


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second, other = (make_place(Profile.SUBURBAN, seed) for seed in (5, 5, 6))
    for a, b in zip(first.stage.tiles, second.stage.tiles, strict=True):
        assert a.mesh.corners.tobytes() == b.mesh.corners.tobytes()
        assert a.mesh.rgb.tobytes() == b.mesh.rgb.tobytes() and a.mesh.param.tobytes() == b.mesh.param.tobytes()
    assert [s.footprint.wkb for s in first.stage.structures] == [s.footprint.wkb for s in second.stage.structures]
    assert len(other.stage.tiles) != len(first.stage.tiles)
