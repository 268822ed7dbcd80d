"""A street of one block, without the rest of the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from drivegen.core import Ambience, Pose, TimeOfDay, Weather, forward_camera, stream
from drivegen.core.arrays import Floats
from drivegen.world.geometry import Material, Mesh, MeshBuilder
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster import Batch, View, make_view, rasterise, shadow_map, static_batch
from drivegen.world.shading import Look, Sky, make_lights, make_look, make_sky, mirror_picture, shade

GROUND, CORNER = np.zeros((48, 48), np.float32), np.array([-192.0, -192.0])
EGO = np.eye(3)[[2, 0, 1]] * np.array([[0.0], [1.0], [1.0]])


@dataclass(frozen=True)
class Street:
    """Draws meshes on a road under a look."""

    look: Look
    sky: Sky

    def view(self, samples: int = 1) -> View:
        camera = forward_camera("CAM_FRONT", (48, 96), np.radians(64), 1.5, 0.05)
        return make_view(camera, Pose(np.array([1.0, 0.0, 0.0, 0.0]), np.zeros(3)), samples)

    def radiance(
        self, mesh: Mesh, *, samples: int = 1, lamps: Floats | None = None, head: float = 0.0, mirrored: bool = False
    ) -> Floats32:
        """Linear radiance (48, 96, 3)."""
        view, batch = self.view(samples), static_batch(mesh, emission=1.0)
        lights = make_lights(
            view, batch, self.look, street_lamps=np.zeros((0, 3)) if lamps is None else lamps,
            ground=GROUND, ground_corner=CORNER, ego=EGO, head=head,
        )  # fmt: skip
        shadows = None
        if self.look.casts_shadows:
            shadows = shadow_map(mesh, self.look.sun_direction, np.array([20.0, 0.0, 0.0]), 40.0, 400)
        mirror = None
        if mirrored:
            up = np.array([0.0, 0.0, 1.0])
            mirror = mirror_picture(view, batch, self.look, self.sky, lights, np.zeros(3), up)
        return shade(
            view, batch, rasterise(view, batch), self.look, self.sky, lights, shadows=shadows, mirror=mirror
        )  # fmt: skip


def road(rgb: tuple[float, float, float] = (0.4, 0.4, 0.4), material: Material = Material.ASPHALT) -> MeshBuilder:
    builder = MeshBuilder()
    builder.quads([[(-20, -80, 0), (300, -80, 0), (300, 80, 0), (-20, 80, 0)]], rgb, material)
    return builder


def pixels_of(view: View, mesh: Mesh, material: Material) -> np.ndarray:
    batch: Batch = static_batch(mesh)
    face = rasterise(replace(view, samples=1), batch).face
    return (face >= 0) & (batch.mesh.material[face] == material)


StreetMaker = Callable[[Weather, TimeOfDay], Street]


@pytest.fixture(scope="session")
def street() -> StreetMaker:
    made: dict[tuple[Weather, TimeOfDay], Street] = {}

    def make(weather: Weather, time: TimeOfDay) -> Street:
        if (weather, time) not in made:
            look = make_look(Ambience(weather, time), stream(1, "look", weather, time))
            made[weather, time] = Street(look, make_sky(look, stream(1, "sky", weather, time)))
        return made[weather, time]

    return make
