"""The holes in foliage: leaf clusters cut out of faces by a value noise, and tufts of leaves cut out of cards."""

from __future__ import annotations

import numpy as np

from drivegen.world.compiled import compiled, inlined

# Size of a cluster of leaves and of the leaves that fray its edge, metres.
CLUSTER_M = 0.30
LEAF_M = 0.11
_LEAF_SHARE = 0.38
# Tufts are discs of this radius, one in the middle of every square of the lattice of cards, in units of uv.
TUFT_M = 0.5
CARD_M = 2.0
# Size of the twigs and of the leaves that a tuft's rim is frayed by.
_TWIG_M, _FINE_M = 0.17, 0.065


@inlined
def lattice(i: int, j: int, salt: int) -> float:
    """A number in [0, 1) that belongs to a lattice point."""
    h = (i * 0x27D4EB2D + j * 0x165667B1 + salt * 0x9E3779B1) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 0x2C1B3C6D) & 0xFFFFFFFF
    h = ((h ^ (h >> 12)) * 0x297A2D39) & 0xFFFFFFFF
    return float((h ^ (h >> 15)) & 0xFFFFFF) / 16777216.0


@compiled
def value_noise(u: float, v: float, salt: int) -> float:
    """Smooth noise in [0, 1) with one lattice cell per unit."""
    i, j = int(np.floor(u)), int(np.floor(v))
    a, b = u - i, v - j
    a = a * a * (3.0 - 2.0 * a)
    b = b * b * (3.0 - 2.0 * b)
    low = lattice(i, j, salt) * (1.0 - a) + lattice(i + 1, j, salt) * a
    high = lattice(i, j + 1, salt) * (1.0 - a) + lattice(i + 1, j + 1, salt) * a
    return low * (1.0 - b) + high * b


@inlined
def tuft_solid(u_m: float, v_m: float, footprint_m: float, seed: float, density: float) -> bool:
    """Whether a tuft of leaves, solid in its middle and frayed at its rim, covers a point of its card.

    The tuft is the disc of radius TUFT_M in the middle of the CARD_M square that the point lies in. Seen from afar it
    shrinks to the disc that it covers on average, so that nothing shimmers.
    """
    a = u_m - CARD_M * np.floor(u_m / CARD_M) - 0.5 * CARD_M
    b = v_m - CARD_M * np.floor(v_m / CARD_M) - 0.5 * CARD_M
    reach = (a * a + b * b) / (TUFT_M * TUFT_M)
    level = density + 0.45 - 0.85 * reach
    if reach >= 1.0 or level <= 0.0:
        return False
    if level >= 1.0:
        return True
    salt = int(seed * 65521.0)
    noise = 0.5
    twigs = min(max(1.8 - 1.8 * footprint_m / _TWIG_M, 0.0), 1.0)
    if twigs > 0.0:
        noise += 0.95 * twigs * (value_noise(u_m / _TWIG_M, v_m / _TWIG_M, salt) - 0.5)
    leaves = min(max(1.8 - 1.8 * footprint_m / _FINE_M, 0.0), 1.0)
    if leaves > 0.0:
        noise += 0.75 * leaves * (value_noise(u_m / _FINE_M, v_m / _FINE_M, salt + 7) - 0.5)
    return noise <= level


@inlined
def leaf_solid(u_m: float, v_m: float, footprint_m: float, seed: float, share: float) -> bool:
    """Whether foliage covers a point of its card.

    Args:
        u_m, v_m: place on the card.
        footprint_m: width of a sample there; holes close as it nears their size, so that far trees do not shimmer.
        seed: [0, 1), shifts the pattern.
        share: [0, 1], how much of the card is leaf; below 0 the card bears a tuft as dense as -share (`tuft_solid`).
    """
    if share >= 1.0:
        return True
    if share < 0.0:
        return tuft_solid(u_m, v_m, footprint_m, seed, -share)
    salt = int(seed * 65521.0)
    # The fine noise fades out first, then the coarse one.
    fine = min(max(1.6 - 1.6 * footprint_m / LEAF_M, 0.0), 1.0) * _LEAF_SHARE
    noise = value_noise(u_m / CLUSTER_M, v_m / CLUSTER_M, salt)
    if fine > 0.0:
        noise += fine * (value_noise(u_m / LEAF_M, v_m / LEAF_M, salt + 7) - 0.5)
    closing = min(max(footprint_m / CLUSTER_M * 2.0 - 0.6, 0.0), 1.0)
    return noise <= share_threshold(share) + closing


@inlined
def share_threshold(share: float) -> float:
    """The level that the noise stays below on `share` of the plane (a fit to its measured quantiles)."""
    centred = min(max(share, 0.0), 1.0) - 0.5
    return 0.5 + 0.62 * centred + 1.1 * centred * centred * centred
