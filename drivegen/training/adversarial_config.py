"""What a discriminator adds to a stage that decodes images."""

from __future__ import annotations

from dataclasses import dataclass, field

from drivegen.core import ConfigError
from drivegen.models import DiscriminatorConfig


@dataclass(frozen=True)
class AdversarialConfig:
    """A patch discriminator that is trained beside the decoder (hinge loss), and its share of the decoder's loss."""

    weight: float = 0.0
    """Weight of its verdict, in units of the other losses' gradient at the output (adaptive, as in VQGAN); 0: none."""
    from_step: int = 500
    """Steps before it joins: until then there is nothing but blur to find."""
    lr: float = 2e-4
    """Its largest learning rate; over the run it follows that of the stage."""
    net: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)

    def __post_init__(self) -> None:
        if self.weight < 0 or self.from_step < 0 or self.lr <= 0:
            raise ConfigError(
                "out of range",
                where="weight, from_step, lr",
                expected="not negative, and a positive rate",
                got=(self.weight, self.from_step, self.lr),
            )
