"""Temporal layers: what turns an image model into a video model (Video LDM, section 3.1 and appendix D)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers.models.embeddings import get_timestep_embedding
from einops import rearrange
from torch import Tensor, nn

from drivegen.conditions import Conditions
from drivegen.core.errors import ConfigError, DataError
from drivegen.models.attention import SelfAttentionBlock
from drivegen.models.context import Context
from drivegen.models.unet_walk import Site

EGO_VALUES = 4
# Metres forward, metres left, radians of yaw, metres per second: each brought to about one.
EGO_SCALE = (0.2, 1.0, 10.0, 0.1)
MAX_GROUPS = 32


@dataclass(frozen=True)
class TemporalConfig:
    """Shape of the temporal layers."""

    max_frames: int = 16
    """Most frames of a clip: alpha has a value for each frame position."""
    context_channels: int = 64
    """Channels of the context at every resolution (the paper: 128)."""
    embedding_dim: int = 256
    """Width of the embedding of timestep, frame interval and ego motion."""
    kernel: int = 3
    """Frames that a temporal convolution sees at once; odd."""
    head_dim: int = 32
    """Channels of each head of the temporal attention."""
    bottleneck: int = 1
    """Temporal layers work at 1/bottleneck of the channels around them; 1 as in the paper."""
    initial_spatial_weight: float = 0.7
    """alpha of a fresh layer: how much of its output is the image model's. At 1 nothing would ever be learned."""
    convolution: bool = True
    """False puts temporal attention in the place of the 3D convolutions (paper, table 1: attention only)."""

    def __post_init__(self) -> None:
        if not 0 < self.initial_spatial_weight < 1:
            raise ConfigError(
                "out of range",
                where="initial_spatial_weight",
                expected="between 0 and 1, exclusive",
                got=self.initial_spatial_weight,
            )
        if self.kernel % 2 == 0 or min(self.kernel, self.max_frames, self.bottleneck, self.context_channels) < 1:
            raise ConfigError(
                "out of range",
                where="kernel, max_frames, bottleneck, context_channels",
                expected="positive, kernel odd",
                got=(self.kernel, self.max_frames, self.bottleneck, self.context_channels),
            )


class Blend(nn.Module):
    """alpha * spatial + (1 - alpha) * temporal, with one learned alpha per frame position (Video LDM, equation 4)."""

    def __init__(self, config: TemporalConfig) -> None:
        super().__init__()
        logit = torch.tensor(config.initial_spatial_weight).logit()
        self.alpha_logit = nn.Parameter(logit.repeat(config.max_frames))

    def forward(self, spatial: Tensor, temporal: Tensor) -> Tensor:
        """Both (B, C, T, h, w)."""
        alpha = self.alpha_logit[: spatial.shape[2]].float().sigmoid()[:, None, None].to(spatial.dtype)
        return alpha * spatial + (1.0 - alpha) * temporal


class TemporalResBlock(nn.Module):
    """Two 3D convolutions over neighbouring frames around a shortcut; the identity when fresh.

    The context's features at this resolution are concatenated to the input of the first convolution.
    """

    def __init__(self, channels: int, config: TemporalConfig) -> None:
        super().__init__()
        inner = channels // config.bottleneck
        kernel, padding = (config.kernel, 1, 1), (config.kernel // 2, 0, 0)
        self.norm1 = nn.GroupNorm(_groups(channels), channels)
        self.conv1 = nn.Conv3d(channels + config.context_channels, inner, kernel, padding=padding)
        self.embedding = nn.Linear(config.embedding_dim, inner)
        self.norm2 = nn.GroupNorm(_groups(inner), inner)
        self.conv2 = nn.Conv3d(inner, channels, kernel, padding=padding)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: Tensor, embedding: Tensor, context: Tensor) -> Tensor:
        """Features (B, C, T, h, w), embedding (B, T, E), context (B, K, T, h, w) => (B, C, T, h, w)."""
        h = torch.cat([F.silu(self.norm1(x)), context.to(x.dtype)], dim=1)
        h = self.conv1(h) + rearrange(self.embedding(F.silu(embedding)), "b t c -> b c t 1 1")
        return x + self.conv2(F.silu(self.norm2(h)))


class TemporalAttention(nn.Module):
    """Attention over the frames at each spatial position; the identity when fresh.

    Frames are told apart by sinusoidal positions through an MLP.

    Args:
        channels: C of the features.
        config: widths.
        with_context: adds the context's features at this resolution to what the frames attend with. Only where there
            are no convolutions, which the context enters otherwise.
    """

    def __init__(self, channels: int, config: TemporalConfig, with_context: bool = False) -> None:
        super().__init__()
        inner = _multiple(channels // config.bottleneck, config.head_dim)
        self.norm = nn.GroupNorm(_groups(channels), channels)
        self.project_in = nn.Linear(channels, inner)
        self.position = nn.Sequential(nn.Linear(inner, inner), nn.SiLU(), nn.Linear(inner, inner))
        self.embedding = nn.Linear(config.embedding_dim, inner)
        self.block = SelfAttentionBlock(inner, config.head_dim)
        self.project_out = nn.Linear(inner, channels)
        nn.init.zeros_(self.project_out.weight)
        nn.init.zeros_(self.project_out.bias)
        self.context = nn.Linear(config.context_channels, inner) if with_context else None

    def forward(self, x: Tensor, embedding: Tensor, context: Tensor | None = None) -> Tensor:
        """Features (B, C, T, h, w), embedding (B, T, E), context (B, K, T, h, w) if it has any => (B, C, T, h, w)."""
        batch, _, frames, height, width = x.shape
        h = self.project_in(rearrange(self.norm(x), "b c t h w -> b h w t c"))
        if self.context is not None and context is not None:
            h = h + self.context(rearrange(context.to(h.dtype), "b k t h w -> b h w t k"))
        positions = get_timestep_embedding(torch.arange(frames, device=x.device), h.shape[-1]).to(h.dtype)
        told = self.position(positions) + self.embedding(F.silu(embedding))
        h = self.block(rearrange(h + told[:, None, None], "b h w t c -> (b h w) t c"))
        out = rearrange(self.project_out(h), "(b h w) t c -> b c t h w", b=batch, h=height, w=width)
        return x + out


class ContextEncoder(nn.Module):
    """The learned downsampling of (masked latents, mask) to every resolution of the UNet (Video LDM, section 3.2)."""

    def __init__(self, latent_channels: int, levels: int, config: TemporalConfig) -> None:
        super().__init__()
        width = config.context_channels
        convs = [nn.Conv2d(latent_channels + 1, width, 3, padding=1)]
        convs += [nn.Conv2d(width, width, 3, stride=2, padding=1) for _ in range(levels - 1)]
        self.convs = nn.ModuleList(convs)

    def forward(self, context: Context) -> list[Tensor]:
        """(B, K, T, h / 2^level, w / 2^level) per level."""
        latents, mask = context.latents, context.mask.to(context.latents.dtype)
        batch = latents.shape[0]
        plane = mask[:, :, None, None, None].expand(*latents.shape[:2], 1, *latents.shape[3:])
        h = rearrange(torch.cat([latents, plane], dim=2), "b t c h w -> (b t) c h w")
        features = []
        for conv in self.convs:
            h = F.silu(conv(h))
            features.append(rearrange(h, "(b t) c h w -> b c t h w", b=batch))
        return features


class MotionEmbedding(nn.Module):
    """Timestep, frame interval and ego motion -> one embedding per frame."""

    def __init__(self, config: TemporalConfig) -> None:
        super().__init__()
        dim = config.embedding_dim
        self.dim = dim
        self.timestep = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.interval = nn.Sequential(nn.Linear(2, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.ego = nn.Sequential(nn.Linear(EGO_VALUES, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.unknown_ego = nn.Parameter(torch.zeros(dim))

    def forward(self, timestep: Tensor, conditions: Conditions) -> Tensor:
        """Timestep (B,) and the conditions of B clips => (B, T, E)."""
        dtype = self.unknown_ego.dtype
        noise = self.timestep(get_timestep_embedding(timestep, self.dim).to(dtype))
        seconds = conditions.frame_interval_s.to(dtype)
        interval = self.interval(torch.stack([seconds, seconds.clamp_min(1e-3).log()], dim=-1))
        motion = conditions.ego_motion.to(dtype)
        ego = self.ego(motion * motion.new_tensor(EGO_SCALE))
        ego = torch.where(conditions.ego_known[:, None, None], ego, self.unknown_ego.to(ego.dtype))
        return (noise + interval)[:, None] + ego


class TemporalLayers(nn.Module):
    """All temporal layers of a video model, one per site of its UNet.

    Args:
        sites: where they stand (`unet_walk.sites`).
        latent_channels: C of the latents.
        config: their shape.
        motion: makes the embedding that they are told; None: of timestep, frame interval and ego motion.
    """

    def __init__(
        self, sites: list[Site], latent_channels: int, config: TemporalConfig, motion: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.config = config
        self.sites = sites
        self.motion = MotionEmbedding(config) if motion is None else motion
        self.context = ContextEncoder(latent_channels, 1 + max(site.level for site in sites), config)
        self.layers = nn.ModuleList(_layer(site, config) for site in sites)
        self.blends = nn.ModuleList(Blend(config) for _ in sites)

    def apply_at(self, index: int, hidden: Tensor, embedding: Tensor, context: list[Tensor]) -> Tensor:
        """Features (B*T, C, h, w) after a site => the same, blended with what its temporal layer makes of them."""
        spatial = rearrange(hidden, "(b t) c h w -> b c t h w", b=embedding.shape[0])
        site, layer = self.sites[index], self.layers[index]
        if site.kind == "resnet":
            temporal = layer(spatial, embedding, context[site.level])
        else:
            temporal = layer(spatial, embedding)
        return rearrange(self.blends[index](spatial, temporal), "b c t h w -> (b t) c h w")

    def check_frames(self, frames: int) -> None:
        """Refuse clips that are longer than the layers know.

        Raises:
            DataError: more frames than `max_frames`.
        """
        if frames > self.config.max_frames:
            raise DataError(
                "clip is too long for the video model",
                where="frames",
                expected=f"at most {self.config.max_frames}",
                got=frames,
                remedy="generate it in parts",
            )


def _layer(site: Site, config: TemporalConfig) -> nn.Module:
    """What stands at a site: a convolution after residual blocks, attention after attention blocks."""
    if site.kind == "attention":
        return TemporalAttention(site.channels, config)
    if config.convolution:
        return TemporalResBlock(site.channels, config)
    return TemporalAttention(site.channels, config, with_context=True)


def _groups(channels: int) -> int:
    """The most groups, at most MAX_GROUPS, of at least two channels each, that divide the channels."""
    return next(g for g in range(min(MAX_GROUPS, max(channels // 2, 1)), 0, -1) if channels % g == 0)


def _multiple(width: int, divisor: int) -> int:
    """`width` rounded up to a multiple of `divisor`."""
    return -(-width // divisor) * divisor
