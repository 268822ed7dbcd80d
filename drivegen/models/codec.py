"""The one place that scales latents: video <-> scaled latents."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn

from drivegen.core.errors import DataError

LATENT_AXES = "B T C h w"
MINIMUM_STD = 1e-4


class LatentCodec(nn.Module):
    """An autoencoder and the statistics of its latents: scaled = (z - mean) / std, per channel.

    Args:
        autoencoder: what `build_autoencoder` builds.
        latent_channels: C of its latents.
        chunk: frames that pass through the autoencoder at once, to bound memory.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, autoencoder: nn.Module, latent_channels: int, chunk: int = 32) -> None:
        super().__init__()
        self.autoencoder = autoencoder
        self.chunk = chunk
        self.register_buffer("mean", torch.zeros(latent_channels))
        self.register_buffer("std", torch.ones(latent_channels))

    def set_statistics(self, mean: Tensor, std: Tensor) -> None:
        """Set the statistics of unscaled latents, each (C,).

        Raises:
            DataError: another shape, not finite, or a channel that hardly varies.
        """
        for name, value in (("mean", mean), ("std", std)):
            if value.shape != self.mean.shape or not bool(value.isfinite().all()):
                raise DataError(
                    "wrong statistics", where=f"LatentCodec.{name}", expected=tuple(self.mean.shape), got=value.tolist()
                )
        if bool((std < MINIMUM_STD).any()):
            raise DataError(
                "a latent channel is constant", where="LatentCodec.std", got=std.tolist(), remedy="train longer"
            )
        self.mean.copy_(mean)
        self.std.copy_(std)

    def measure_statistics(self, video: Tensor) -> None:
        """Set the statistics to those of the latents of `video` (B, T, 3, H, W) in [-1, 1]."""
        latents = rearrange(self._encode_unscaled(video, None), "n c h w -> c (n h w)").double()
        self.set_statistics(latents.mean(dim=1).float(), latents.std(dim=1).float().clamp_min(MINIMUM_STD))

    @torch.no_grad()
    def encode(self, video: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Video (B, T, 3, H, W) in [-1, 1] to scaled latents (B, T, C, h, w), float32.

        Args:
            generator: draws from the posterior with it; None takes the posterior's mode.
        """
        latents = self._encode_unscaled(video, generator)
        scaled = (latents - self.mean[:, None, None]) / self.std[:, None, None]
        return rearrange(scaled, "(b t) c h w -> b t c h w", b=video.shape[0])

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Scaled latents (B, T, C, h, w) to video (B, T, 3, H, W) clamped to [-1, 1], float32."""
        flat = rearrange(self.unscaled(latents), "b t c h w -> (b t) c h w")
        images = torch.cat([self.autoencoder.decode(part).sample.float() for part in flat.split(self.chunk)])
        return rearrange(images, "(b t) c h w -> b t c h w", b=latents.shape[0]).clamp(-1.0, 1.0)

    def unscaled(self, latents: Tensor) -> Tensor:
        """Scaled latents (B, T, C, h, w) as the autoencoder knows them."""
        return latents * self.std[:, None, None] + self.mean[:, None, None]

    @torch.no_grad()
    def _encode_unscaled(self, video: Tensor, generator: torch.Generator | None) -> Tensor:
        flat = rearrange(video, "b t c h w -> (b t) c h w")
        parts = []
        for part in flat.split(self.chunk):
            posterior = self.autoencoder.encode(part).latent_dist
            parts.append((posterior.mode() if generator is None else posterior.sample(generator)).float())
        return torch.cat(parts)
