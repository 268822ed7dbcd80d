"""The loss of the autoencoder, and its peak signal-to-noise ratio."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def edge_loss(output: Tensor, target: Tensor, scales: Sequence[int]) -> Tensor:
    """Mean absolute error of horizontal and vertical differences of images (N, C, H, W), mean over scales.

    Coarser scales average squares of `scale` pixels first. It keeps thin things (lane lines, poles) from blurring.
    """
    total = output.new_zeros(())
    error = output - target
    for scale in scales:
        # Differences and averages are linear, so the error can be pooled and differenced instead of both images.
        pooled = F.avg_pool2d(error, scale) if scale > 1 else error
        total = total + pooled.diff(dim=-1).abs().mean() + pooled.diff(dim=-2).abs().mean()
    return total / max(len(scales), 1)


def psnr_db(output: Tensor, target: Tensor) -> Tensor:
    """Peak signal-to-noise ratio (N,) of images (N, C, H, W) in [-1, 1], decibel."""
    error = (output.clamp(-1, 1).float() - target.float()).square().mean(dim=(1, 2, 3))
    return 10.0 * torch.log10(4.0 / error.clamp_min(1e-10))
