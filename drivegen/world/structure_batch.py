"""The structures of a moment as polygons, and the order in which they and the road users are drawn."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Integers
from drivegen.world.mesh import Material
from drivegen.world.painter import Batch
from drivegen.world.scenes import WorldScene
from drivegen.world.stage import StaticMeshes
from drivegen.world.view import View

DRAWN_M = 190.0


def structure_batches(scene: WorldScene, view: View, actors: list[tuple[float, Batch]]) -> tuple[Batch, Batch]:
    """Two batches in drawing order: the houses, then trees, poles and road users from far to near.

    Houses stand behind everything that moves (the roads are laid out so), hence they come first.
    """
    meshes = scene.meshes
    offset = meshes.centre - view.position[:2]
    distance = np.linalg.norm(offset, axis=1)
    ahead = offset @ view.rotation[2, :2] + meshes.radius
    seen = (distance - meshes.radius < DRAWN_M) & (ahead > 0)
    houses = np.flatnonzero(seen & meshes.backdrop)
    others = np.flatnonzero(seen & ~meshes.backdrop)
    back = _static_batch(meshes, houses[np.argsort(-(distance - 0.5 * meshes.radius)[houses], kind="stable")])
    batches = [_static_batch(meshes, others), *(batch for _, batch in actors)]
    counts = meshes.counts[others]
    far = np.concatenate([np.repeat(distance[others], counts), *(np.full(len(b.rgb), d) for d, b in actors)])
    return back, take(join_batches(batches), np.argsort(-far, kind="stable"))


def _static_batch(meshes: StaticMeshes, owners: Integers) -> Batch:
    """The polygons of some structures, in the order in which they are named."""
    counts = meshes.counts[owners]
    first = np.concatenate([[0], np.cumsum(meshes.counts)[:-1]]).astype(np.int64)[owners] if len(owners) else counts
    index = np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
    mesh = meshes.mesh
    material = mesh.material[index]
    lit = np.where(material == Material.WINDOW, meshes.lit[index], 1.0)
    quads = mesh.quads[index]
    return Batch(
        quads,
        mesh.rgb[index],
        material,
        mesh.radius[index],
        mesh.two_sided[index],
        lit,
        np.ones(len(index)),
        meshes.street[index],
    )


def take(batch: Batch, index: Integers) -> Batch:
    """Some polygons of a batch, in the order named."""
    return Batch(*(getattr(batch, name)[index] for name in Batch.__dataclass_fields__))


def join_batches(batches: list[Batch]) -> Batch:
    """One batch of several, in their order."""
    if not batches:
        zero = np.zeros(0)
        return Batch(np.zeros((0, 4, 3)), np.zeros((0, 3)), np.zeros(0, np.uint8), zero, zero > 0, zero, zero, zero)
    columns = (np.concatenate([getattr(b, name) for b in batches]) for name in Batch.__dataclass_fields__)
    return Batch(*columns)
