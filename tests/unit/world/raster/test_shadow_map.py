from __future__ import annotations

import numpy as np
import shapely

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Material, Mesh, MeshBuilder
from drivegen.world.raster import ShadowMap, make_view, scene_shadows, shadow_at, shadow_map
from drivegen.world.raster.protocol import DrawnScene

TO_SUN = np.array([0.5, -0.4, 0.8]) / np.linalg.norm([0.5, -0.4, 0.8])


def lit(shadows: ShadowMap, points: Floats, normal: tuple[float, float, float] = (0.0, 0.0, 1.0)) -> Floats:
    arrays = shadows.heights, shadows.axes, shadows.corners, shadows.texels_m
    return np.array([shadow_at(*arrays, *(float(v) for v in point), *normal) for point in points])


def block() -> Mesh:
    builder = MeshBuilder()
    builder.quads([[(-20, -20, 0), (20, -20, 0), (20, 20, 0), (-20, 20, 0)]], (0.5, 0.5, 0.5), Material.ASPHALT)
    builder.box((-2, -1, 0), (2, 1, 3), (0.5, 0.5, 0.5), floor=True)
    return builder.build()


def test_a_block_shadows_what_it_hides_from_the_sun() -> None:
    shadows = shadow_map(block(), TO_SUN, np.zeros(3), 12.0, 512)
    xs, ys = np.meshgrid(np.arange(-9, 9, 0.37), np.arange(-9, 9, 0.37))
    points = np.stack([xs.ravel(), ys.ravel(), 0 * xs.ravel()], axis=1)
    top = np.array([[x, y, 3.0] for x in (-2, 2) for y in (-1, 1)])
    foot = top[:, :2] - TO_SUN[:2] * (3.0 / TO_SUN[2])
    shadow = shapely.MultiPoint(np.concatenate([foot, top[:, :2]])).convex_hull
    edge = shapely.distance(shadow.exterior, shapely.points(points[:, :2])) < 0.15
    expected = ~shapely.contains_xy(shadow, points[:, 0], points[:, 1])
    np.testing.assert_allclose(lit(shadows, points)[~edge], expected[~edge].astype(float), atol=1e-9)
    assert 0.05 < (~expected).mean() < 0.3


def test_a_lit_face_does_not_shade_itself() -> None:
    shadows = shadow_map(block(), TO_SUN, np.zeros(3), 12.0, 512)
    along = np.linspace(-1.8, 1.8, 40)
    top = np.stack([along, 0.4 * along, np.full(40, 3.0)], axis=1)
    side = np.stack([np.full(40, 2.0), 0.4 * along, 1.5 + 0.6 * along], axis=1)
    np.testing.assert_allclose(lit(shadows, top), 1.0, atol=1e-9)
    np.testing.assert_allclose(lit(shadows, side, (1.0, 0.0, 0.0)), 1.0, atol=1e-9)
    assert (lit(shadows, side - [4.0, 0.0, 0.0], (-1.0, 0.0, 0.0)) == 0.0).all()


def test_beyond_the_map_all_is_lit() -> None:
    shadows = shadow_map(block(), TO_SUN, np.zeros(3), 12.0, 128)
    assert lit(shadows, np.array([[60.0, 0.0, 0.0]]))[0] == 1.0


def test_shadows_of_a_scene_move_with_its_tracks_and_do_not_crawl(small_scene: DrawnScene) -> None:
    camera = small_scene.scenario.cameras["CAM_FRONT"]

    def at(time: int) -> ShadowMap:
        view = make_view(camera, small_scene.scenario.ego.pose_at(time), 1)
        return scene_shadows(small_scene, view, time, TO_SUN, resolution=256)

    first, second, again = at(0), at(400_000), at(0)
    assert first.heights.tobytes() == again.heights.tobytes()
    # Under the car ahead, which drives 3.2 m in that time; beside the wall, which stands.
    under = [20.0, 0.0, 0.0]
    wall = np.array([[12.0, 7.0, 0.0]])
    assert lit(first, np.array([under]))[0] == 0.0
    assert lit(first, np.array([[18.2, 0.0, 0.0]]))[0] < 0.5
    assert lit(second, np.array([[18.2, 0.0, 0.0]]))[0] > 0.5
    assert lit(first, wall)[0] == lit(second, wall)[0]
    # The ego vehicle throws a shadow, too.
    assert lit(first, np.zeros((1, 3)))[0] == 0.0
    # Squares move by whole texels only.
    for shadows in (first, second):
        steps = shadows.corners / shadows.texels_m[:, None]
        np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6)
