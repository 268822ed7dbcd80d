"""Training of the autoencoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from drivegen.training.config import AutoencoderStage
from drivegen.training.latent_cache import frames_to_video
from drivegen.training.losses import edge_loss, psnr_db
from drivegen.training.stage_module import StageModule


class AutoencoderModule(StageModule):
    """L1 + edges at several scales + a light Kullback-Leibler term.

    Args:
        net: what `models.build_autoencoder` builds.
        config: weights of the losses.
        seed: seed of the run.
    """

    def __init__(self, net: nn.Module, config: AutoencoderStage, seed: int) -> None:
        if config.freeze_encoder:
            freeze_encoder(net)
        super().__init__(net, config.optim, seed)
        self.config = config

    def losses(self, batch: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of frames (B, H, W, 3) uint8; in training half of them are mirrored."""
        images = frames_to_video(batch)
        if self.training and self.config.flip:
            mirrored = torch.rand(len(images), generator=generator, device=images.device) < 0.5
            images = torch.where(mirrored[:, None, None, None], images.flip(-1), images)
        posterior = self.net.encode(images).latent_dist
        z = posterior.sample(generator)
        output = self.net.decode(z).sample.float()
        l1 = (output - images).abs().mean()
        edges = edge_loss(output, images, self.config.edge_scales)
        kl = posterior.kl().mean() / z[0].numel()
        loss = l1 + self.config.edge_weight * edges + self.config.kl_weight * kl
        return {"loss": loss, "l1": l1, "edges": edges, "kl": kl, "psnr_db": psnr_db(output, images).mean()}


def freeze_encoder(net: nn.Module) -> None:
    """Keep an autoencoder's latents as they are: only what lies behind them still learns."""
    for name in ("encoder", "quant_conv"):
        part = getattr(net, name, None)
        if isinstance(part, nn.Module):
            part.requires_grad_(False)
