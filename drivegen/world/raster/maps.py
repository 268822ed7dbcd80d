"""Truth by pixel: which object, and how far away."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Integers
from drivegen.world.compiled import compiled
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster.batch import NO_INSTANCE, Batch, Integers32
from drivegen.world.raster.gbuffer import GBuffer
from drivegen.world.raster.view import View


def instance_map(gbuffer: GBuffer, batch: Batch, view: View) -> Integers32:
    """Index (h, w) into `batch.instances` of what most samples of a pixel show, NO_INSTANCE for scenery and sky."""
    return _maps(gbuffer, batch, view)[0]


def depth_map(gbuffer: GBuffer, batch: Batch, view: View) -> Floats32:
    """Metres along the optical axis (h, w) of the nearest sample that shows what most samples of the pixel show.

    inf for the sky.
    """
    return _maps(gbuffer, batch, view)[1]


def _maps(gbuffer: GBuffer, batch: Batch, view: View) -> tuple[Integers32, Floats32]:
    instance = np.empty(view.size, np.int32)
    depth = np.empty(view.size, np.float32)
    _majority(gbuffer.face, gbuffer.depth, batch.instance, view.samples, instance, depth)
    return instance, depth


@compiled
def _majority(
    face: Integers32, depth: Floats32, owner: Integers32, samples: int, instance: Integers32, nearest: Floats32
) -> None:
    """Vote per pixel; the sky votes apart from the scenery, and the first sample's candidate wins a tie."""
    votes = np.empty(samples * samples, np.int64)
    for j in range(len(instance)):
        for i in range(instance.shape[1]):
            count, equal = 0, True
            best = np.float32(np.inf)
            for a in range(j * samples, (j + 1) * samples):
                for b in range(i * samples, (i + 1) * samples):
                    f = face[a, b]
                    votes[count] = owner[f] if f >= 0 else NO_INSTANCE - 1
                    equal = equal and votes[count] == votes[0]
                    best = min(best, depth[a, b])
                    count += 1
            winner = votes[0]
            if not equal:
                winner = _winner(votes)
                best = np.float32(np.inf)
                for s in range(count):
                    if votes[s] == winner:
                        best = min(best, depth[j * samples + s // samples, i * samples + s % samples])
            instance[j, i] = max(winner, NO_INSTANCE)
            nearest[j, i] = best


@compiled
def _winner(votes: Integers) -> int:
    """The candidate with most votes, the first of them in a tie."""
    winner, most = votes[0], 0
    for s in range(len(votes)):
        count = 0
        for other in range(len(votes)):
            count += votes[other] == votes[s]
        if count > most:
            winner, most = votes[s], count
    return int(winner)
