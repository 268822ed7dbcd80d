"""What a bound on a score costs in clean clips, also where it is less than some hundred clips can show by counting.

Beyond the worst tenth of the clean clips, scores are taken to fall off exponentially (peaks over threshold; Pickands
1975, Annals of Statistics 3).
"""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats

_TAIL = 0.1


def price_of(clean: Floats, bound: float) -> float:
    """Share of clean clips (n,) expected to violate a bound; those without the score cannot."""
    share, begins, mean = _tail(clean)
    beyond = share * float(np.exp(-(bound - begins) / mean)) if bound > begins and mean > 0 else 0.0
    return max(beyond, float((clean > bound).mean()))


def bound_at(clean: Floats, price: float) -> float:
    """The bound beyond the worst tenth that has this price."""
    share, begins, mean = _tail(clean)
    return begins + mean * float(np.log(max(1.0, share / price))) if share > 0 else begins


def _tail(clean: Floats) -> tuple[float, float, float]:
    """The worst tenth: its share of all clips, where it begins, and its mean beyond that."""
    scores = clean[np.isfinite(clean)]
    begins = float(np.quantile(scores, 1.0 - _TAIL)) if len(scores) else float("inf")
    beyond = scores[scores > begins] - begins
    return len(beyond) / len(clean), begins, float(beyond.mean()) if len(beyond) else 0.0
