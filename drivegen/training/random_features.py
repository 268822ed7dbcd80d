"""A perceptual distance that needs no downloaded weights: features of fixed random convolutions at several scales.

R. Zhang et al. 2018 (arXiv 1801.03924) found that the features of a network with random weights agree with people's
judgement of small patches better than pixels do, and those of trained networks better still. Their distance is used:
features are brought to unit length over channels, and their squared difference is averaged.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_SEED = 0
_WIDTHS = (24, 48)
_SCALES = (1, 2, 4)
_EPSILON = 1e-4


class RandomFeatures(nn.Module):
    """Distance of images (N, 3, H, W) in [-1, 1]. The same weights in every run; nothing is learned or saved."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(_SEED)
        before = 3
        for layer, width in enumerate(_WIDTHS):
            kernel = torch.randn(width, before, 3, 3, generator=generator) * (2.0 / (9 * before)) ** 0.5
            # Without the mean, which the L1 of pixels looks after: these look for structure.
            kernel = kernel - kernel.mean(dim=(2, 3), keepdim=True)
            self.register_buffer(f"kernel_{layer}", kernel, persistent=False)
            before = width

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The mean over layers and scales; the target gets no gradient."""
        total = output.new_zeros(())
        for scale in _SCALES:
            made, real = ((F.avg_pool2d(x, scale) if scale > 1 else x) for x in (output, target))
            for layer in range(len(_WIDTHS)):
                kernel = self.get_buffer(f"kernel_{layer}")
                made, real = (F.relu(F.conv2d(x, kernel, stride=1 + layer, padding=1)) for x in (made, real))
                total = total + (_unit(made) - _unit(real).detach()).square().sum(dim=1).mean()
        return total / (len(_SCALES) * len(_WIDTHS))


def _unit(features: Tensor) -> Tensor:
    """Of length one over channels; where there is next to nothing, shorter."""
    return features / (features.float().square().sum(dim=1, keepdim=True) + _EPSILON).sqrt()
