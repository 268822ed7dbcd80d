"""The learning rate over a run that ends after so many steps or so many minutes, whichever comes first."""

from __future__ import annotations

import math

from drivegen.training.config import OptimConfig


def run_fraction(step: int, steps: int, elapsed_s: float, minutes: float | None) -> float:
    """How much of the run is over, in [0, 1]: by steps or by time, whichever is further."""
    by_time = elapsed_s / (60.0 * minutes) if minutes else 0.0
    return min(1.0, max(step / steps, by_time))


def lr_scale(step: int, fraction: float, config: OptimConfig) -> float:
    """Share of the learning rate: a linear rise, a plateau, and half a cosine down to `final_lr_scale`."""
    rise = min(1.0, (step + 1) / config.warmup) if config.warmup > 0 else 1.0
    if fraction <= config.decay_from or config.decay_from >= 1:
        return rise
    done = (fraction - config.decay_from) / (1.0 - config.decay_from)
    fall = config.final_lr_scale + (1.0 - config.final_lr_scale) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))
    return rise * fall
