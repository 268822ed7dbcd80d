"""The video-aware upsampler: a diffusion model of what a small frame lacks (Video LDM, section 3.4 and table 6).

It works on pixels. What it draws is not the large frame but its difference to the small one enlarged, in units of that
difference's standard deviation: unlike the paper's, a fresh upsampler is then bicubic enlargement, and what little it
has learned after minutes goes into edges and texture. The noise on the small frame (noise augmentation, Ho et al. 2021,
arXiv 2106.15282) hides its finest details from the network, which so learns not to take the decoder's errors for truth;
the enlarged frame underneath stays as it is, so that objects stay where their labels are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from diffusers import Transformer2DModel, UNet2DConditionModel
from diffusers.models.embeddings import get_timestep_embedding
from einops import rearrange, repeat
from torch import Tensor, nn

from drivegen.core.errors import DataError
from drivegen.models.context import Context
from drivegen.models.temporal import TemporalConfig, TemporalLayers
from drivegen.models.unet_walk import AfterSite, sites, walk
from drivegen.models.upsampler_config import UpsamplerConfig

MINIMUM_STD = 1e-3
# Levels of noise augmentation lie in [0, 1]; sinusoids tell numbers of the size of timesteps apart.
LEVEL_SCALE = 1000.0


@dataclass(eq=False)
class SmallFrames:
    """What the network is told of B clips: the small frames, and which large ones are known.

    Attributes:
        shown: (B, T, 3, H, W) the small frames, noise and all, enlarged to the size of the result.
        level: (B,) standard deviation of that noise.
        known: residuals of large frames that are known already, read by the temporal layers alone; None: no frame is.
    """

    shown: Tensor
    level: Tensor
    known: Context | None = None


class NoiseEmbedding(nn.Module):
    """Timestep and noise of the small frames -> the embedding that the temporal layers are told."""

    def __init__(self, config: TemporalConfig) -> None:
        super().__init__()
        dim = config.embedding_dim
        self.dim = dim
        self.timestep = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.level = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim))

    def forward(self, timestep: Tensor, level: Tensor) -> Tensor:
        """Both (B,) => (B, E)."""
        dtype = self.timestep[0].weight.dtype
        noise = self.timestep(get_timestep_embedding(timestep, self.dim).to(dtype))
        return noise + self.level(get_timestep_embedding(level.float() * LEVEL_SCALE, self.dim).to(dtype))


class Upsampler(nn.Module):
    """Predicts the velocity (or noise, or clean value) of the residuals of large frames.

    Args:
        config: its shape.

    Attributes:
        residual_std: () standard deviation of large frames less the small ones enlarged; measured on training frames.
        temporal: temporal layers, or None while frames are enlarged one by one.
        force_image: while True the temporal layers are left out, as they always are for a single frame.
    """

    residual_std: Tensor

    def __init__(self, config: UpsamplerConfig) -> None:
        super().__init__()
        self.config = config
        self.unet = UNet2DConditionModel(**config.unet_arguments())
        self.unet.mid_block.attentions[0] = _token_attention(config)
        # A fresh model predicts zero: its best guess is then the small frame enlarged.
        nn.init.zeros_(self.unet.conv_out.weight)
        nn.init.zeros_(self.unet.conv_out.bias)
        dim = config.level_dim
        self.level = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.register_buffer("residual_std", torch.ones(()))
        self.temporal = None if config.temporal is None else self._temporal_layers(config.temporal)
        self.force_image = False

    def forward(self, sample: Tensor, timestep: Tensor, conditions: object, context: SmallFrames) -> Tensor:
        """Predict.

        Args:
            sample: (B, T, 3, H, W) noised residuals (as `diffusion.network_input` scales them).
            timestep: (B,) in [0, 1000), may be fractional.
            conditions: ignored: all that the upsampler is told is the small frames.
            context: of the same clips and frames.

        Returns:
            The prediction, shaped like `sample`.

        Raises:
            DataError: a size that cannot be folded, or more frames than the temporal layers know.
        """
        self._check(sample, context)
        frames, shown = sample.shape[1], self._fold(context.shown)
        told = get_timestep_embedding(context.level.float() * LEVEL_SCALE, self.config.level_dim)
        token = repeat(self.level(told.to(sample.dtype)), "b d -> (b t) 1 d", t=frames)
        prediction = walk(
            self.unet,
            rearrange(torch.cat([self._fold(sample), shown], dim=2), "b t c h w -> (b t) c h w"),
            repeat(timestep, "b -> (b t)", t=frames),
            tokens=token,
            token_mask=token.new_ones(token.shape[:2], dtype=torch.bool),
            after_site=self._after_site(shown, timestep, context),
        )
        return rearrange(
            prediction,
            "(b t) (c fh fw) h w -> b t c (h fh) (w fw)",
            t=frames,
            fh=self.config.fold,
            fw=self.config.fold,
        )

    def add_temporal(self, config: TemporalConfig) -> None:
        """Put fresh temporal layers in."""
        self.config = replace(self.config, temporal=config)
        self.temporal = self._temporal_layers(config)

    def drop_temporal(self) -> None:
        """Take the temporal layers out: they were trained around other weights than those that are to come."""
        self.config = replace(self.config, temporal=None)
        self.temporal = None

    def residual(self, large: Tensor, small: Tensor) -> Tensor:
        """What the small frames (B, T, 3, h, w) lack of the large ones (B, T, 3, H, W), about unit variance."""
        return (large - self.enlarge(small)) / self.residual_std

    def compose(self, residual: Tensor, small: Tensor) -> Tensor:
        """Large frames (B, T, 3, H, W) in [-1, 1] from residuals and small frames."""
        return (self.enlarge(small) + self.residual_std * residual).clamp(-1.0, 1.0)

    def enlarge(self, small: Tensor) -> Tensor:
        """Small frames (B, T, 3, h, w) enlarged (B, T, 3, H, W) by cubic interpolation."""
        flat = rearrange(small, "b t c h w -> (b t) c h w")
        large = F.interpolate(flat, scale_factor=self.config.factor, mode="bicubic", align_corners=False)
        return rearrange(large, "(b t) c h w -> b t c h w", b=small.shape[0])

    @torch.no_grad()
    def measure_residual(self, large: Tensor, small: Tensor) -> None:
        """Set `residual_std` to that of such frames."""
        self.residual_std.copy_((large - self.enlarge(small)).std().clamp_min(MINIMUM_STD))

    def _temporal_layers(self, config: TemporalConfig) -> TemporalLayers:
        return TemporalLayers(sites(self.unet), 2 * self.config.folded_channels, config, NoiseEmbedding(config))

    def _fold(self, video: Tensor) -> Tensor:
        """(B, T, 3, H, W) => (B, T, 3 fold^2, H / fold, W / fold)."""
        fold = self.config.fold
        return rearrange(video, "b t c (h fh) (w fw) -> b t (c fh fw) h w", fh=fold, fw=fold)

    def _after_site(self, shown: Tensor, timestep: Tensor, context: SmallFrames) -> AfterSite:
        """The temporal layers for small frames that are `shown` folded, (B, T, C, h, w); nothing for single frames."""
        temporal, frames = self.temporal, shown.shape[1]
        if temporal is None or self.force_image or frames == 1:
            return lambda index, hidden: hidden
        temporal.check_frames(frames)
        embedding = repeat(temporal.motion(timestep, context.level), "b e -> b t e", t=frames)
        known = Context.none_like(context.shown) if context.known is None else context.known
        features = temporal.context(Context(torch.cat([shown, self._fold(known.latents)], dim=2), known.mask))
        return lambda index, hidden: temporal.apply_at(index, hidden, embedding, features)

    def _check(self, sample: Tensor, context: SmallFrames) -> None:
        fold = self.config.fold
        if sample.shape != context.shown.shape or sample.shape[-2] % fold or sample.shape[-1] % fold:
            raise DataError(
                "frames do not fit the upsampler",
                where="Upsampler",
                expected=f"sample and enlarged frames of one shape, height and width multiples of {fold}",
                got=f"{tuple(sample.shape)} and {tuple(context.shown.shape)}",
            )


def _token_attention(config: UpsamplerConfig) -> Transformer2DModel:
    """Attention to the token alone, in the place of attention to other places and to the token.

    What is trained on patches is then applied to whole frames as it is. The UNet's own `only_cross_attention` does not
    reach its middle block.
    """
    return Transformer2DModel(
        config.heads,
        config.attention_head_dim,
        in_channels=config.block_out_channels[-1],
        cross_attention_dim=config.level_dim,
        norm_num_groups=config.norm_num_groups,
        use_linear_projection=True,
        only_cross_attention=True,
    )
