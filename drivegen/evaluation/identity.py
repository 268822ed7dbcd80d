"""Whether an object still looks like itself later in the clip: feature distance along its track.

The distance between two boxes is 1 - cosine of their identity embeddings, in [0, 2]. A reference clip shows how much
distance light, angle and size make by themselves; different objects of one class show how far it can go.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from drivegen.core import Clip, ClipObservation
from drivegen.core.arrays import Floats
from drivegen.evaluation.lags import Mean, lag_name, lags_of

SAME: Final = "identity"
OTHERS: Final = "identity_of_others"


def identity_distances(clip: Clip, observation: ClipObservation) -> dict[str, Mean]:
    """Mean distances of pairs of boxes, and the numbers of pairs; only scored objects are looked at.

    Returns:
        "identity@LAG": pairs of boxes of one track that lie a lag apart.
        "identity_of_others": pairs of different tracks of one class in one frame.
    """
    if not clip.labelled:
        return {}
    # Track ids -> embeddings of the scored boxes, per frame.
    views: list[dict[str, Floats]] = []
    others: list[Floats] = []
    for labels, vectors in zip(clip.labels, observation.identities, strict=True):
        known = np.flatnonzero(labels.scored & np.isfinite(vectors).all(axis=1))
        embedded = np.asarray(vectors[known], dtype=np.float64)
        views.append({labels.track_ids[i]: vector for i, vector in zip(known, embedded, strict=True)})
        others.append(_between([labels.categories[i] for i in known], embedded))
    found = {OTHERS: np.concatenate(others)}
    for lag in lags_of(len(clip.frames), clip.fps):
        found[lag_name(SAME, lag, clip.fps)] = _along(views, lag)
    return {name: Mean(float(values.mean()), len(values)) for name, values in found.items() if len(values)}


def _along(views: list[dict[str, Floats]], lag: int) -> Floats:
    """Distances of all pairs of one track a lag apart."""
    pairs = zip(views, views[lag:], strict=False)
    return np.array([1.0 - a[track] @ b[track] for a, b in pairs for track in a.keys() & b.keys()], dtype=np.float64)


def _between(categories: list[str], vectors: Floats) -> Floats:
    """Distances of all pairs of different objects of one class in one frame."""
    names = np.array(categories)
    return (1.0 - vectors @ vectors.T)[np.triu(names[:, None] == names[None, :], k=1)]
