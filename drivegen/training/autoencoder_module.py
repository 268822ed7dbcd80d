"""Training of the autoencoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from drivegen.models import PatchDiscriminator, QuantisedAutoencoder
from drivegen.training.adversarial_module import AdversarialModule, Reconstruction
from drivegen.training.config import AutoencoderStage
from drivegen.training.latent_cache import frames_to_video
from drivegen.training.losses import edge_loss, psnr_db
from drivegen.training.random_features import RandomFeatures


class AutoencoderModule(AdversarialModule):
    """L1 + edges at several scales + a light pull on the latents; on request features and a patch discriminator.

    Args:
        net: what `models.build_autoencoder` builds.
        config: weights of the losses.
        seed: seed of the run.
    """

    def __init__(self, net: nn.Module, config: AutoencoderStage, seed: int) -> None:
        if config.freeze_encoder:
            freeze_encoder(net)
        discriminators = []
        if config.adversarial.weight:
            discriminators.append(PatchDiscriminator(config.adversarial.net, over_time=False))
        super().__init__(net, config.optim, seed, config.adversarial, discriminators)
        self.config = config
        self.features = RandomFeatures() if config.perceptual_weight else None

    def reconstruct(self, batch: Tensor, generator: torch.Generator) -> Reconstruction:
        """Frames (B, H, W, 3) uint8 through the autoencoder; in training half of them are mirrored."""
        images = frames_to_video(batch)
        if self.training and self.config.flip:
            mirrored = torch.rand(len(images), generator=generator, device=images.device) < 0.5
            images = torch.where(mirrored[:, None, None, None], images.flip(-1), images)
        posterior = self.net.encode(images).latent_dist
        z = posterior.sample(generator)
        if isinstance(self.net, QuantisedAutoencoder):
            output, pull, regulariser = self._through_codes(self.net, z, generator)
        else:
            output = self.net.decode(z).sample.float()
            kl = posterior.kl().mean() / z[0].numel()
            pull, regulariser = self.config.kl_weight * kl, {"kl": kl}
        # A view that the losses are made of: the opponent asks for their gradient at what it sees.
        video = output[:, None]
        output = video[:, 0]
        l1 = (output - images).abs().mean()
        edges = edge_loss(output, images, self.config.edge_scales)
        loss = l1 + self.config.edge_weight * edges + pull
        losses = {"l1": l1, "edges": edges, **regulariser}
        if self.features is not None:
            losses["perceptual"] = self.features(output, images)
            loss = loss + self.config.perceptual_weight * losses["perceptual"]
        losses = {"loss": loss, **losses, "psnr_db": psnr_db(output, images).mean()}
        return Reconstruction(images[:, None], video, losses)

    def _through_codes(
        self, net: QuantisedAutoencoder, z: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Images from the codes of latents, what pulls the latents to them, and its figures.

        Behind a frozen encoder the codes stay as they are.
        """
        if self.training and not self.config.freeze_encoder:
            net.codebook.update(z, generator)
        quantised = net.codebook(z)
        used = torch.unique(quantised.indices).numel() / len(net.codebook.codes)
        figures = {"commitment": quantised.commitment, "codes_used": z.new_tensor(used)}
        output = net.decode_codes(quantised.latents).sample.float()
        return output, self.config.commitment_weight * quantised.commitment, figures


def freeze_encoder(net: nn.Module) -> None:
    """Keep an autoencoder's latents as they are: only what lies behind them still learns."""
    for name in ("encoder", "quant_conv"):
        part = getattr(net, name, None)
        if isinstance(part, nn.Module):
            part.requires_grad_(False)
