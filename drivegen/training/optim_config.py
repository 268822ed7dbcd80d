"""The optimiser of a stage."""

from __future__ import annotations

from dataclasses import dataclass

from drivegen.core import ConfigError


@dataclass(frozen=True)
class OptimConfig:
    """AdamW, its learning rate over time, and the moving average of the weights."""

    batch: int = 32
    """Samples per step and per process."""
    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    warmup: int = 100
    """Steps over which the learning rate rises from 0."""
    decay_from: float = 0.5
    """Fraction of the run (of its steps or its minutes, whichever is further) from which the rate falls."""
    final_lr_scale: float = 0.01
    """What the rate has fallen to at the end, as a share of `lr`."""
    ema_decay: float = 0.999
    grad_clip: float = 1.0
    """Largest L2 norm of the gradient."""

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise ConfigError("must be at least 1", where="batch", got=self.batch)
        if self.lr <= 0:
            raise ConfigError("must be positive", where="lr", got=self.lr)
        if not 0 <= self.ema_decay < 1:
            raise ConfigError("out of range", where="ema_decay", expected="0 <= decay < 1", got=self.ema_decay)
        if not 0 <= self.decay_from <= 1:
            raise ConfigError("out of range", where="decay_from", expected="0 to 1", got=self.decay_from)
