from __future__ import annotations

import numpy as np

from drivegen.world.geometry import Lamp, Material
from drivegen.world.raster import View, assemble, make_view, rasterise
from drivegen.world.raster.protocol import DrawnScene


def view_at(scene: DrawnScene, timestamp_us: int, samples: int = 1) -> View:
    camera = scene.scenario.cameras["CAM_FRONT"]
    return make_view(camera, scene.scenario.ego.pose_at(timestamp_us), samples)


def test_holds_what_may_be_in_sight(small_scene: DrawnScene) -> None:
    batch = assemble(small_scene, view_at(small_scene, 0), 0)
    assert batch.instances == ("front", "hidden", "walker")
    assert batch.mesh.corners[: batch.static_count, :, 0].min() > -30  # the house behind is left out
    assert (batch.instance[: batch.static_count] == -1).all()
    assert set(batch.instance[batch.static_count :]) == {0, 1, 2}


def test_bodies_stand_where_their_tracks_are(small_scene: DrawnScene) -> None:
    time = 150_000
    batch = assemble(small_scene, view_at(small_scene, time), time)
    tracks = {track.track_id: track for track in small_scene.scenario.tracks}
    for n, name in enumerate(batch.instances):
        centre = tracks[name].trajectory.pose_at(time).translation
        corners = batch.mesh.corners[batch.instance == n].reshape(-1, 3)
        middle = 0.5 * (corners.min(axis=0) + corners.max(axis=0))
        # What looks away is left out: of the car ahead that is its front.
        np.testing.assert_allclose(middle[1:], centre[1:], atol=0.06)
        assert abs(middle[0] - centre[0]) < 0.4
        np.testing.assert_allclose(batch.centres[n], centre, atol=1e-9)
        np.testing.assert_allclose(batch.velocities[n], tracks[name].trajectory.velocity_at(time), atol=1e-9)
    np.testing.assert_allclose(batch.yaw_rates, 0.0, atol=1e-9)


def test_small_things_appear_when_near(small_scene: DrawnScene) -> None:
    far, near = (assemble(small_scene, view_at(small_scene, 0), 0, detail=detail) for detail in (1.0, 10.0))
    assert near.static_count == far.static_count + 6  # two sides and the top look at the camera or its mirror image


def test_lamps_follow_the_scene(small_scene: DrawnScene) -> None:
    for time, lit in ((0, Lamp.RED), (300_000, Lamp.GREEN)):
        batch = assemble(small_scene, view_at(small_scene, time), time)
        lamps = batch.mesh.lamp[: batch.static_count]
        emission = batch.emission[: batch.static_count]
        assert set(lamps[emission > 0]) == {int(lit)}
    brakes = (batch.mesh.lamp == Lamp.BRAKE) & (batch.instance == 0)
    assert (batch.emission[brakes] == 1.0).all()
    assert (batch.emission[batch.mesh.lamp == Lamp.NONE] == 0.0).all()
    assert batch.lamps[:, Lamp.BRAKE].tolist() == [1.0, 0.0, 0.0]


def test_serves_the_mirrored_view_as_well(small_scene: DrawnScene) -> None:
    view = view_at(small_scene, 0, 2)
    batch = assemble(small_scene, view, 0)
    mirrored = rasterise(view.mirrored_in(np.zeros(3), np.array([0.0, 0.0, 1.0])), batch)
    shown = mirrored.face[mirrored.face >= 0]
    assert len(shown) > 200
    assert (batch.mesh.material[shown] != Material.ASPHALT).all()


def test_the_same_bytes_whatever_was_drawn_before(small_scene: DrawnScene) -> None:
    first = rasterise(view_at(small_scene, 100_000), assemble(small_scene, view_at(small_scene, 100_000), 100_000))
    for time in (0, 400_000, 200_000):
        assemble(small_scene, view_at(small_scene, time), time)
    again = rasterise(view_at(small_scene, 100_000), assemble(small_scene, view_at(small_scene, 100_000), 100_000))
    assert first.face.tobytes() == again.face.tobytes()
    assert first.depth.tobytes() == again.depth.tobytes()
