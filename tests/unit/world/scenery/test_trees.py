"""Trees: sound meshes that stay within their size, cheap from afar, and tufts that lie inside of their cards."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.world.geometry import Material, Mesh
from drivegen.world.raster.leaves import CARD_M, tuft_solid
from drivegen.world.scenery.trees import VARIANTS, Season, Species, far_blob, prototype

PLAIN_FACES = 30
SPECIES = [pytest.param(s, v, id=f"{s.value}-{v}") for s in Species for v in range(VARIANTS)]


@pytest.mark.parametrize(("species", "variant"), SPECIES)
def test_a_tree_stands_on_its_foot_and_is_about_1_m_high(species: Species, variant: int) -> None:
    growth = prototype(species, variant)
    points = Mesh.join([growth.body, growth.crown, growth.outline, growth.fine]).corners.reshape(-1, 3)
    assert np.isfinite(points).all()
    assert points[:, 2].min() > -0.5 and 0.85 < points[:, 2].max() < 1.3
    assert np.abs(points[:, :2]).max() < 1.1


@pytest.mark.parametrize(("species", "variant"), SPECIES)
def test_what_is_drawn_from_everywhere_is_cheap(species: Species, variant: int) -> None:
    assert len(prototype(species, variant).body) <= PLAIN_FACES
    assert len(prototype(species, variant, True).fine) == 0
    if species is not Species.BUSH:
        assert all(0 < len(far_blob(species, variant, season)) <= 30 for season in Season if species in FAR)


FAR = (Species.ROUND, Species.CONIFER)


def test_leaves_look_away_from_the_crown_s_middle() -> None:
    body = prototype(Species.ROUND, 0).body
    leaves = body.take(np.flatnonzero((body.material == Material.LEAVES) & ~body.two_sided))
    middle = leaves.corners.mean(axis=1) - leaves.corners.reshape(-1, 3).mean(axis=0)
    assert ((middle * leaves.normals.mean(axis=1)).sum(axis=1) > 0.0).mean() > 0.9


def test_a_tuft_is_solid_inside_and_open_at_its_rim() -> None:
    middle = 5.5 * CARD_M
    turn = np.linspace(0.0, 2.0 * np.pi, 40)

    def cover(radius: float, footprint_m: float) -> float:
        ring = [(middle + radius * np.cos(a), middle + radius * np.sin(a)) for a in turn]
        return float(np.mean([tuft_solid(u, v, footprint_m, 0.3, 0.55) for u, v in ring]))

    assert cover(0.05, 0.01) == 1.0 and cover(0.51, 0.01) == 0.0
    assert 0.2 < np.mean([cover(r, 0.01) for r in (0.34, 0.38, 0.42)]) < 0.9
    assert cover(0.3, 9.0) == 1.0 and cover(0.45, 9.0) == 0.0
