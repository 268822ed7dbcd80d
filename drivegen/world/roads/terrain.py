"""The lie of the land: a few long waves, gentle enough to drive on and smooth enough to need no grading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core import TerrainGrid
from drivegen.core.arrays import Floats
from drivegen.core.poses import quaternion_from_yaw, quaternion_product
from drivegen.world.profile import Profile

SLOPE_LIMIT = {Profile.URBAN: 0.022, Profile.SUBURBAN: 0.032, Profile.RURAL: 0.04}
"""Steepest slope anywhere, rise over run."""
SHORTEST_WAVE_M = 220.0
LONGEST_WAVE_M = 1100.0


@dataclass(frozen=True, eq=False)
class Terrain:
    """Height above the global plane z = 0 as a sum of N plane waves.

    Attributes:
        waves: (N, 2) wave vectors, radians per metre.
        amplitude_m: (N,)
        phase_rad: (N,)
    """

    waves: Floats
    amplitude_m: Floats
    phase_rad: Floats

    @staticmethod
    def flat() -> Terrain:
        """z = 0 everywhere."""
        return Terrain(np.zeros((0, 2)), np.zeros(0), np.zeros(0))

    def height(self, xy: Floats) -> Floats:
        """Height (...) at places (..., 2), metres."""
        angle = np.asarray(xy) @ self.waves.T + self.phase_rad
        height: Floats = np.sin(angle) @ self.amplitude_m
        return height

    def gradient(self, xy: Floats) -> Floats:
        """Rise per metre (..., 2) along global x and y at places (..., 2)."""
        angle = np.asarray(xy) @ self.waves.T + self.phase_rad
        gradient: Floats = np.cos(angle) @ (self.amplitude_m[:, None] * self.waves)
        return gradient

    def pose(self, xy: Floats, yaw: Floats, lift_m: float | Floats = 0.0) -> tuple[Floats, Floats]:
        """What stands on the ground at xy (..., 2) with its x axis towards yaw (...): it pitches and rolls with it.

        Args:
            lift_m: height of its origin above the ground.

        Returns:
            Positions (..., 3) and unit quaternions w, x, y, z (..., 4), global_from_object.
        """
        xy, yaw = np.asarray(xy, dtype=np.float64), np.asarray(yaw, dtype=np.float64)
        z = self.height(xy) + lift_m
        slope = self.gradient(xy)
        ahead = slope[..., 0] * np.cos(yaw) + slope[..., 1] * np.sin(yaw)
        leftwards = slope[..., 1] * np.cos(yaw) - slope[..., 0] * np.sin(yaw)
        return np.concatenate([xy, z[..., None]], axis=-1), quaternion_product(
            quaternion_from_yaw(yaw), _tilt(ahead, leftwards)
        )

    def grid(self, bounds: tuple[float, float, float, float], cell_m: float = 10.0) -> TerrainGrid:
        """Heights on a square grid that covers bounds (x low, y low, x high, y high)."""
        low = np.floor(np.array(bounds[:2]) / cell_m) * cell_m
        columns, rows = (np.ceil((np.array(bounds[2:]) - low) / cell_m).astype(int) + 1).tolist()
        x = low[0] + cell_m * np.arange(columns)
        y = low[1] + cell_m * np.arange(rows)
        heights = self.height(np.stack(np.meshgrid(x, y), axis=-1))
        return TerrainGrid((float(low[0]), float(low[1])), cell_m, heights)


def make_terrain(rng: np.random.Generator, profile: Profile) -> Terrain:
    """Draw a terrain that respects the profile's slope limit everywhere; some are almost flat."""
    count = 4
    length = np.geomspace(SHORTEST_WAVE_M, LONGEST_WAVE_M, count) * rng.uniform(1.0, 1.25, count)
    heading = rng.uniform(0.0, 2.0 * np.pi, count)
    number = 2.0 * np.pi / length
    share = rng.dirichlet(np.array([0.8, 1.5, 2.0, 2.0]))
    slope = SLOPE_LIMIT[profile] * rng.uniform(0.15, 0.95)
    waves = number[:, None] * np.stack([np.cos(heading), np.sin(heading)], axis=-1)
    return Terrain(waves, slope * share / number, rng.uniform(0.0, 2.0 * np.pi, count))


def _tilt(ahead: Floats, leftwards: Floats) -> Floats:
    """Quaternions (..., 4) that tilt an upright object onto a plane with these slopes along its x and y, keeping its
    plan heading."""
    x = np.stack([np.ones_like(ahead), np.zeros_like(ahead), ahead], axis=-1)
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    z = np.stack([-ahead, -leftwards, np.ones_like(ahead)], axis=-1)
    z /= np.linalg.norm(z, axis=-1, keepdims=True)
    y = np.cross(z, x)
    w = np.sqrt(np.maximum(0.0, 1.0 + x[..., 0] + y[..., 1] + z[..., 2])) / 2.0
    vector = np.stack([y[..., 2] - z[..., 1], z[..., 0] - x[..., 2], x[..., 1] - y[..., 0]], axis=-1)
    return np.concatenate([w[..., None], vector / (4.0 * w[..., None])], axis=-1)
