"""Training of the decoder's temporal layers on video."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor

from drivegen.models import PatchDiscriminator, TemporalDecoder
from drivegen.training.adversarial_module import AdversarialModule, Reconstruction
from drivegen.training.autoencoder_module import freeze_encoder
from drivegen.training.decoder_config import DecoderStage
from drivegen.training.latent_cache import frames_to_video
from drivegen.training.losses import edge_loss, psnr_db
from drivegen.training.random_features import RandomFeatures


class DecoderModule(AdversarialModule):
    """L1, edges in space and in time, and the verdict of discriminators over patches of video.

    The latents are those that diffusion models see: the frozen encoder's, without noise.

    Args:
        net: the decoder with its autoencoder.
        config: weights of the losses and the optimiser.
        seed: seed of the run.
    """

    net: TemporalDecoder

    def __init__(self, net: TemporalDecoder, config: DecoderStage, seed: int) -> None:
        net.temporal.requires_grad_(True)
        net.autoencoder.requires_grad_(config.train == "all")
        freeze_encoder(net.autoencoder)
        super().__init__(net, config.optim, seed, config.adversarial, _discriminators(config))
        self.config = config
        self.features = RandomFeatures() if config.perceptual_weight else None

    def reconstruct(self, batch: Tensor, generator: torch.Generator) -> Reconstruction:
        """Decode clips (B, T, H, W, 3) uint8 from their latents; in training half of them are mirrored."""
        config, video = self.config, frames_to_video(batch)
        if self.training and config.flip:
            mirrored = torch.rand(len(video), generator=generator, device=video.device) < 0.5
            video = torch.where(mirrored[:, None, None, None, None], video.flip(-1), video)
        output = self.net.decode(self._latents(video)).float()
        made, real = (rearrange(v, "b t c h w -> (b t) c h w") for v in (output, video))
        losses = {
            "l1": (output - video).abs().mean(),
            "edges": edge_loss(made, real, config.edge_scales),
            "flicker": (output - video).diff(dim=1).abs().mean(),
        }
        loss = losses["l1"] + config.edge_weight * losses["edges"] + config.flicker_weight * losses["flicker"]
        if self.features is not None:
            losses["perceptual"] = self.features(made, real)
            loss = loss + config.perceptual_weight * losses["perceptual"]
        return Reconstruction(video, output, {"loss": loss, **losses, "psnr_db": psnr_db(made, real).mean()})

    @torch.no_grad()
    def _latents(self, video: Tensor) -> Tensor:
        """Unscaled latents (B, T, C, h, w) of the posterior's mode."""
        flat = rearrange(video, "b t c h w -> (b t) c h w")
        latents = self.net.autoencoder.encode(flat).latent_dist.mode()
        return rearrange(latents, "(b t) c h w -> b t c h w", b=len(video))


def _discriminators(config: DecoderStage) -> list[PatchDiscriminator]:
    if config.adversarial.weight == 0:
        return []
    nets = [PatchDiscriminator(config.adversarial.net, over_time=True)]
    return [*nets, PatchDiscriminator(config.adversarial.net, over_time=False)] if config.image_discriminator else nets
