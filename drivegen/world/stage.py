"""The static polygons of a scene, owned by structures, ready for culling and sorting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Booleans, Floats, Integers
from drivegen.world.mesh import Material, Mesh
from drivegen.world.scenery import Scenery
from drivegen.world.street import street_light
from drivegen.world.structures import building_mesh, pole_mesh, tree_mesh


@dataclass(frozen=True, eq=False)
class StaticMeshes:
    """Polygons of M structures.

    Attributes:
        mesh: all polygons, global frame.
        counts: (M,) how many polygons each structure has; they lie one after another.
        centre: (M, 2) and radius (M,): a circle that holds each structure.
        backdrop: (M,) whether it stands behind everything that moves (buildings).
        lit: (Q,) how brightly a window is lit at night.
        street: (Q,) light of the street lamps that reaches each polygon.
        lamps: (L, 3) street lamps.
    """

    mesh: Mesh
    counts: Integers
    centre: Floats
    radius: Floats
    backdrop: Booleans
    lit: Floats
    street: Floats
    lamps: Floats


def static_meshes(scenery: Scenery, seed: int) -> StaticMeshes:
    """Build the meshes of everything that stands still."""
    rng = np.random.default_rng(seed)
    meshes = [building_mesh(b) for b in scenery.buildings]
    meshes += [tree_mesh(t) for t in scenery.trees]
    meshes += [pole_mesh(p) for p in scenery.poles]
    mesh = Mesh.join(meshes)
    centre = [b.corners.mean(axis=0) for b in scenery.buildings]
    centre += [t.xy for t in scenery.trees] + [p.xy for p in scenery.poles]
    radius = [float(np.linalg.norm(b.corners[0] - b.corners[2])) / 2 for b in scenery.buildings]
    radius += [t.crown_m / 2 for t in scenery.trees] + [2.2 for _ in scenery.poles]
    on = (mesh.material == Material.WINDOW) & (rng.random(len(mesh)) < rng.uniform(0.2, 0.5))
    lit = np.where(on, rng.uniform(0.45, 1.0, len(mesh)), 0.0)
    lamps = [(*(p.xy + p.arm), p.height_m) for p in scenery.poles if p.kind == "lamp"]
    places = np.array(lamps, dtype=np.float64).reshape(-1, 3)
    return StaticMeshes(
        mesh=mesh,
        counts=np.array([len(m) for m in meshes], dtype=np.int64),
        centre=np.array(centre, dtype=np.float64).reshape(-1, 2),
        radius=np.array(radius, dtype=np.float64),
        backdrop=np.arange(len(meshes)) < len(scenery.buildings),
        lit=lit,
        street=_street(mesh, places),
        lamps=places,
    )


def _street(mesh: Mesh, lamps: Floats) -> Floats:
    """Lamp light on walls fades with height."""
    centre = mesh.quads.mean(axis=1)
    return street_light(lamps, centre[:, :2]) * np.clip(1.2 - centre[:, 2] / 9.0, 0.15, 1.0)
