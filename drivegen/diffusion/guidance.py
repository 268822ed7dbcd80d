"""Guidance by several subsets of the conditions, all evaluated in one batch.

Classifier-free guidance (Ho & Salimans 2022, arXiv 2207.12598) and the context guidance of Video LDM (Blattmann et al.
2023, section 3.2) are the same rule with another subset left out; with several subsets their corrections add up:

    x0 = full + sum_i (scale_i - 1) * (full - without_i)

The rule is applied to x0; since every prediction type is affine in x0, applying it to the prediction is the same.

A scale may rise over the frames of a clip: Stable Video Diffusion (Blattmann et al. 2023, arXiv 2311.15127, appendix D)
goes from 1.0 to 2.5, since frames near the known ones need little guidance and are spoilt by much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from drivegen.conditions import PARTS, Conditions
from drivegen.core import ConfigError
from drivegen.diffusion.denoise import Denoise, Network, make_denoise
from drivegen.diffusion.parameterisation import PredictionType
from drivegen.diffusion.schedules import Schedule

CONTEXT = "context"


@dataclass(frozen=True)
class GuidanceTerm:
    """One comparison: with everything, against without some parts.

    Attributes:
        without: names of `conditions.PARTS`, or "context".
        scale: 1 changes nothing, more pushes away from what the model does without these parts. A pair is that of the
            first and of the last frame, linear in between.
    """

    without: tuple[str, ...]
    scale: float | tuple[float, float]

    def __post_init__(self) -> None:
        unknown = [name for name in self.without if name not in (*PARTS, CONTEXT)]
        if unknown or not self.without:
            raise ConfigError(
                "unknown part", where="without", expected="some of " + ", ".join((*PARTS, CONTEXT)), got=self.without
            )
        if not min(self.ends) >= 0:
            raise ConfigError("must not be negative", where="scale", got=self.scale)

    @property
    def ends(self) -> tuple[float, float]:
        """The scales of the first and of the last frame."""
        return self.scale if isinstance(self.scale, tuple) else (self.scale, self.scale)

    def correction(self, full: Tensor, without: Tensor) -> Tensor:
        """What this term adds to x0 (B, T, C, h, w)."""
        first, last = self.ends
        if first == last:
            return (first - 1.0) * (full - without)
        scales = torch.linspace(first, last, full.shape[1], device=full.device, dtype=full.dtype)
        return (scales - 1.0).view(1, -1, 1, 1, 1) * (full - without)


def guided(
    net: Network,
    schedule: Schedule,
    prediction_type: PredictionType,
    conditions: Conditions,
    context: Any,
    terms: Sequence[GuidanceTerm],
) -> Denoise:
    """A denoiser guided by `terms`; one call of the network per evaluation, whatever their number.

    Terms that cannot change the result (scale 1, or only "context" where there is none) cost nothing.

    Args:
        context: None, or a value whose type has `cat(list)` and `none_like(context)` (`models.Context`).
    """
    active = [t for t in terms if t.ends != (1.0, 1.0) and not (context is None and set(t.without) == {CONTEXT})]
    variants = [(conditions, context), *(_leave_out(conditions, context, term) for term in active)]
    if not active:
        return make_denoise(net, schedule, prediction_type, conditions, context)
    count = len(variants)
    joined_context = None if context is None else type(context).cat([c for _, c in variants])
    denoise = make_denoise(net, schedule, prediction_type, Conditions.cat([c for c, _ in variants]), joined_context)

    def guided_denoise(x: Tensor, sigma: Tensor) -> Tensor:
        repeated = x.repeat(count, *[1] * (x.ndim - 1))
        full, *reduced = denoise(repeated, sigma.repeat(count)).chunk(count)
        result = full
        for term, without in zip(active, reduced, strict=True):
            result = result + term.correction(full, without)
        return result

    return guided_denoise


def _leave_out(conditions: Conditions, context: Any, term: GuidanceTerm) -> tuple[Conditions, Any]:
    kept = conditions.without(*(name for name in term.without if name != CONTEXT))
    if context is None or CONTEXT not in term.without:
        return kept, context
    return kept, type(context).none_like(context)
