"""The vector-quantised variant of an autoencoder: the decoder sees codes of a learned book only.

A. van den Oord et al. 2017 (arXiv 1711.00937), with the codebook of their appendix A.1, an exponential moving average
of the latents that fall to each code, and with codes that nothing falls to put where latents are (P. Dhariwal et al.
2020, arXiv 2005.00341, section 3.1). As in the first stage of Rombach et al. 2022 (arXiv 2112.10752, appendix G), the
quantisation belongs to the decoder: `encode` gives latents before it, which is what diffusion models see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from diffusers.models.autoencoders.vae import DecoderOutput
from diffusers.models.modeling_outputs import AutoencoderKLOutput
from einops import rearrange
from torch import Tensor, nn

# Latents that look for their code at once: memory is this many times the number of codes.
_CHUNK = 4096


class PointPosterior:
    """What a diagonal Gaussian is to the Kullback-Leibler variant: all of its weight lies on one latent."""

    def __init__(self, latents: Tensor) -> None:
        self.latents = latents

    def mode(self) -> Tensor:
        """(N, C, h, w)"""
        return self.latents

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """(N, C, h, w), whatever the generator."""
        return self.latents

    def kl(self) -> Tensor:
        """(N,) zeros: there is no divergence to pull at."""
        return self.latents.new_zeros(len(self.latents))


@dataclass(frozen=True, eq=False)
class Quantised:
    """Latents brought to their codes.

    Attributes:
        latents: (N, C, h, w) the codes; gradients pass to the latents as if nothing had happened.
        indices: (N, h, w) numbers of the codes.
        commitment: mean squared distance of the latents from their codes, pulling at the latents alone.
    """

    latents: Tensor
    indices: Tensor
    commitment: Tensor


class Codebook(nn.Module):
    """K codes of C numbers that follow the latents; learned by `update`, not by gradients.

    Args:
        size: K.
        channels: C.
        decay: share of its old value that a code keeps at each update.
        restart_below: a code that gets less than this share of its fair share (1/K) of the latents is put where a
            latent of the batch is; 0 never does.
    """

    codes: Tensor
    usage: Tensor

    def __init__(self, size: int, channels: int, decay: float = 0.99, restart_below: float = 0.02) -> None:
        super().__init__()
        self.decay, self.restart_below = decay, restart_below
        self.register_buffer("codes", torch.zeros(size, channels))
        # Moving average of the share of latents that fall to each code; all zero while nothing was learned.
        self.register_buffer("usage", torch.zeros(size))

    def forward(self, latents: Tensor) -> Quantised:
        """Each of the latents (N, C, h, w) to its nearest code."""
        flat = rearrange(latents.float(), "n c h w -> (n h w) c")
        with torch.no_grad():
            indices = torch.cat([torch.cdist(part, self.codes).argmin(dim=1) for part in flat.split(_CHUNK)])
        count, _, height, width = latents.shape
        codes = rearrange(self.codes[indices], "(n h w) c -> n c h w", n=count, h=height, w=width)
        commitment = F.mse_loss(latents.float(), codes)
        # Adds exactly zero: what is decoded is the code itself.
        passed = codes + (latents.float() - latents.detach().float())
        return Quantised(passed, rearrange(indices, "(n h w) -> n h w", n=count, h=height, w=width), commitment)

    @torch.no_grad()
    def update(self, latents: Tensor, generator: torch.Generator) -> None:
        """Move the codes towards the latents (N, C, h, w) of a training batch; first put those elsewhere that idle.

        Processes that train together see the latents of all.
        """
        flat = rearrange(latents.detach().float(), "n c h w -> (n h w) c")
        idle = self.usage < self.restart_below / len(self.codes)
        if not bool(self.usage.any()):
            idle = torch.ones_like(idle)
        if bool(idle.any()):
            drawn = torch.randint(len(flat), (int(idle.sum()),), generator=generator, device=flat.device)
            self.codes[idle] = flat[drawn]
            self.usage[idle] = 1.0 / len(self.codes)
        _from_first_process(self.codes, self.usage)
        nearest = torch.cat([torch.cdist(part, self.codes).argmin(dim=1) for part in flat.split(_CHUNK)])
        counts = torch.bincount(nearest, minlength=len(self.codes)).float()
        sums = torch.zeros_like(self.codes).index_add_(0, nearest, flat)
        _add_up_processes(counts, sums)
        shares = counts / counts.sum()
        kept, fresh = self.decay * self.usage, (1.0 - self.decay) * shares
        means = sums / counts.clamp_min(1.0)[:, None]
        weight = (fresh / (kept + fresh).clamp_min(1e-12))[:, None]
        self.codes.lerp_(means, weight)
        self.usage.copy_(kept + fresh)


class QuantisedAutoencoder(nn.Module):
    """An autoencoder of either kind whose decoder is given codes.

    Its base's posterior is not used but for its mode: the latents before quantisation.

    Args:
        base: a LightAutoencoder or a diffusers.AutoencoderKL.
        codebook: of as many channels as the base's latents.
    """

    def __init__(self, base: nn.Module, codebook: Codebook) -> None:
        super().__init__()
        self.base, self.codebook = base, codebook

    @property
    def config(self) -> Any:
        """The base's configuration."""
        return self.base.config

    @property
    def encoder(self) -> nn.Module:
        """The base's encoder."""
        return self.base.get_submodule("encoder")

    @property
    def quant_conv(self) -> nn.Module | None:
        """What a diffusers.AutoencoderKL has behind its encoder."""
        return getattr(self.base, "quant_conv", None)

    def encode(self, x: Tensor) -> AutoencoderKLOutput:
        """Images (N, 3, H, W) in [-1, 1] to latents (N, C, H/f, W/f) before quantisation, as a posterior."""
        posterior = self.base.encode(x).latent_dist
        return AutoencoderKLOutput(latent_dist=PointPosterior(posterior.mode()))

    def quantised(self, z: Tensor) -> Tensor:
        """Latents (N, C, h, w) to their codes; gradients pass straight through."""
        return torch.as_tensor(self.codebook(z).latents)

    def decode(self, z: Tensor) -> DecoderOutput:
        """Latents (N, C, h, w), quantised first, to images (N, 3, H, W), about [-1, 1] (not clamped)."""
        return self.decode_codes(self.quantised(z))

    def decode_codes(self, codes: Tensor) -> DecoderOutput:
        """Codes (N, C, h, w) to images (N, 3, H, W)."""
        output: DecoderOutput = self.base.decode(codes)
        return output


def _from_first_process(*tensors: Tensor) -> None:
    if dist.is_available() and dist.is_initialized():
        for tensor in tensors:
            dist.broadcast(tensor, src=0)


def _add_up_processes(*tensors: Tensor) -> None:
    if dist.is_available() and dist.is_initialized():
        for tensor in tensors:
            dist.all_reduce(tensor)
