"""No compression at all: pixels folded into channels, so that what runs on latents runs on pixels too."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers.models.autoencoders.vae import DecoderOutput, DiagonalGaussianDistribution
from diffusers.models.modeling_outputs import AutoencoderKLOutput
from torch import Tensor, nn

from drivegen.core.errors import DataError

# Log variance of a value that is known; `DiagonalGaussianDistribution` clamps there.
_CERTAIN = -30.0


class PixelAutoencoder(nn.Module):
    """Pixel-unshuffle and pixel-shuffle with the interface of `diffusers.AutoencoderKL`; nothing in it is learned.

    A diffusion model on its "latents" is a diffusion model of pixels, for comparison with latent ones (Blattmann et
    al. 2023, arXiv 2304.08818, table 1: pixel space).

    Args:
        downsampling: f, pixels per cell along each side. A cell has 3 f^2 channels; f = 1 leaves images as they are.
            A network whose narrowest layer has fewer channels than that cannot predict noise or velocity.
    """

    def __init__(self, downsampling: int) -> None:
        super().__init__()
        self.downsampling = downsampling

    def encode(self, x: Tensor) -> AutoencoderKLOutput:
        """Images (N, 3, H, W) to a Gaussian without spread over cells (N, 3 f^2, H/f, W/f), float32.

        Raises:
            DataError: H or W is not a multiple of f.
        """
        if any(side % self.downsampling for side in x.shape[-2:]):
            raise DataError(
                "image size does not fit the autoencoder",
                where="encode",
                expected=f"height and width that are multiples of {self.downsampling}",
                got=tuple(x.shape[-2:]),
            )
        cells = F.pixel_unshuffle(x.float(), self.downsampling)
        spread = torch.full_like(cells, _CERTAIN)
        moments = torch.cat([cells, spread], dim=1)
        return AutoencoderKLOutput(latent_dist=DiagonalGaussianDistribution(moments, deterministic=True))

    def decode(self, z: Tensor) -> DecoderOutput:
        """Cells (N, 3 f^2, h, w) to images (N, 3, h f, w f), exactly those that were encoded."""
        return DecoderOutput(sample=F.pixel_shuffle(z, self.downsampling))
