"""Training of the upsampler on patches of frames or of clips."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from drivegen.diffusion import Schedule, diffusion_loss
from drivegen.models import Context, LatentCodec, SmallFrames, Upsampler
from drivegen.training.diffusion_modules import draw_known_frames
from drivegen.training.latent_cache import frames_to_video
from drivegen.training.stage_module import StageModule
from drivegen.training.upsampler_config import UpsamplerStage


class UpsamplerModule(StageModule):
    """Predicts what small frames lack, told the small frames with noise on them.

    Args:
        net: the upsampler; phase=video trains its temporal layers alone.
        codec: the autoencoder that some of the small patches go through; stays as it is.
        schedule: noise schedule.
        config: patches and optimiser.
        seed: seed of the run.
    """

    net: Upsampler

    def __init__(
        self, net: Upsampler, codec: LatentCodec, schedule: Schedule, config: UpsamplerStage, seed: int
    ) -> None:
        net.requires_grad_(config.phase == "image")
        if net.temporal is not None:
            net.temporal.requires_grad_(config.phase == "video")
        super().__init__(net, config.optim, seed)
        self.codec = codec.requires_grad_(False)
        self.schedule, self.config = schedule, config

    def losses(self, batch: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of large frames (B, T, H, W, 3) uint8, of each a patch at a random place."""
        net, config = self.net, self.config
        large = frames_to_video(draw_patches(batch, config.patch, net.config.factor, generator))
        if self.training and config.flip:
            large = torch.where(_chance(large, 0.5, generator), large.flip(-1), large)
        small = shrink(large, net.config.factor)
        if config.decoded > 0:
            small = torch.where(_chance(small, config.decoded, generator), self._decoded(small), small)
        level = net.config.max_augmentation * torch.rand(len(small), generator=generator, device=small.device)
        noise = torch.randn(small.shape, generator=generator, device=small.device)
        residual = net.residual(large, small)
        known = self._known_frames(residual, generator)
        shown = net.enlarge(small + level[:, None, None, None, None] * noise)
        loss = diffusion_loss(
            net,
            self.schedule,
            net.config.prediction_type,
            residual,
            None,
            SmallFrames(shown, level, Context.masked(residual, known)),
            generator=generator,
            weight_mask=(~known).to(residual.dtype),
        )
        return {"loss": loss.mean()}

    def _known_frames(self, video: Tensor, generator: torch.Generator) -> Tensor:
        """Which frames of clips (B, T, ...) are known, (B, T) bool: none of single ones."""
        if self.config.phase == "image":
            return torch.zeros(video.shape[:2], dtype=torch.bool, device=video.device)
        return draw_known_frames(video, self.config.context_probabilities, generator)

    def _decoded(self, small: Tensor) -> Tensor:
        """The same patches (B, T, 3, h, w) as the autoencoder gives them back."""
        return self.codec.decode(self.codec.encode(small))


def draw_patches(frames: Tensor, size: tuple[int, int], factor: int, generator: torch.Generator) -> Tensor:
    """A patch of each clip (B, T, H, W, 3), the same one in all of its frames: (B, T, h, w, 3).

    Patches start at multiples of `factor`, so that each pixel of the small frame is whole.
    """
    height, width = (min(asked, there) for asked, there in zip(size, frames.shape[2:4], strict=True))
    patches = []
    for clip in frames:
        top, left = (
            factor * int(torch.randint((there - kept) // factor + 1, (), generator=generator, device=generator.device))
            for there, kept in zip(clip.shape[1:3], (height, width), strict=True)
        )
        patches.append(clip[:, top : top + height, left : left + width])
    return torch.stack(patches)


def shrink(large: Tensor, factor: int) -> Tensor:
    """Large frames (B, T, 3, H, W) averaged over squares of pixels: (B, T, 3, H / factor, W / factor)."""
    small = F.avg_pool2d(rearrange(large, "b t c h w -> (b t) c h w"), factor)
    return rearrange(small, "(b t) c h w -> b t c h w", b=large.shape[0])


def _chance(video: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """(B, 1, 1, 1, 1) bool, True with a probability."""
    drawn = torch.rand(len(video), generator=generator, device=video.device) < probability
    return drawn[:, None, None, None, None]
