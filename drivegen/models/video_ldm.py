"""The video latent diffusion model: the image model, frozen or not, with temporal layers in between."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from einops import rearrange, repeat
from torch import Tensor, nn

from drivegen.conditions import Conditions
from drivegen.core.errors import DataError
from drivegen.models.context import Context
from drivegen.models.image_ldm import ImageLDM, unet_input
from drivegen.models.parameters import load_tensors
from drivegen.models.temporal import TemporalConfig, TemporalLayers
from drivegen.models.unet_walk import sites, walk

# Its sigmoid is exactly 1 in single precision.
CLOSED_LOGIT = 100.0


class VideoLDM(nn.Module):
    """Predicts the noise (or velocity, or image) of clips whose frames belong together.

    Args:
        image: the image model; it is frozen and stays in evaluation mode, until `train_image` says otherwise.
        config: shape of the temporal layers.

    Attributes:
        force_image: while True the temporal layers are left out, as they always are for a single frame.
    """

    def __init__(self, image: ImageLDM, config: TemporalConfig) -> None:
        super().__init__()
        self.config = config
        self.image = image.requires_grad_(False).eval()
        self.temporal = TemporalLayers(sites(image.unet), image.config.latent_channels, config)
        self.force_image = False
        self._image_trains = False

    def train_image(self, trains: bool = True) -> VideoLDM:
        """Let the image model learn with the temporal layers, as Stable Video Diffusion does; or freeze it (again)."""
        self._image_trains = trains
        self.image.requires_grad_(trains)
        return self.train(self.training)

    def train(self, mode: bool = True) -> VideoLDM:
        """Training mode of what is trained: the image model stays as it is while it is frozen."""
        super().train(mode)
        self.image.train(mode and self._image_trains)
        return self

    def forward(
        self, sample: Tensor, timestep: Tensor, conditions: Conditions, context: Context | None = None
    ) -> Tensor:
        """Predict.

        Args:
            sample: (B, T, C, h, w) noised scaled latents (variance preserving), T at most `config.max_frames`.
            timestep: (B,) in [0, 1000), may be fractional.
            conditions: of the same B clips and T frames, per frame.
            context: known frames; None when no frame is known.

        Returns:
            The prediction, shaped like `sample`.

        Raises:
            DataError: too many frames, or conditions or context of another shape.
        """
        frames = sample.shape[1]
        if self.force_image or frames == 1:
            return self.image(sample, timestep, conditions)
        self.temporal.check_frames(frames)
        context = _fitting(context, sample)
        with torch.set_grad_enabled(torch.is_grad_enabled() and self._image_trains):
            tokens, mask, raster = self.image.encode_conditions(sample, conditions)
        embedding = self.temporal.motion(timestep, conditions)
        known = self.temporal.context(context)
        prediction = walk(
            self.image.unet,
            unet_input(sample, raster),
            repeat(timestep, "b -> (b t)", t=frames),
            tokens=tokens,
            token_mask=mask,
            after_site=lambda index, hidden: self.temporal.apply_at(index, hidden, embedding, known),
        )
        return rearrange(prediction, "(b t) c h w -> b t c h w", t=frames)

    @torch.no_grad()
    def close_alpha(self) -> None:
        """Set every alpha to 1 for good: from now on the model is its image model, frame by frame."""
        for blend in self.temporal.blends:
            blend.alpha_logit.fill_(CLOSED_LOGIT)

    def alphas(self) -> Tensor:
        """The spatial weights (sites, max_frames), each in [0, 1]."""
        return torch.stack([blend.alpha_logit.detach().sigmoid() for blend in self.temporal.blends])

    def temporal_state_dict(self) -> dict[str, Tensor]:
        """The temporal layers' tensors alone."""
        return dict(self.temporal.state_dict())

    def load_temporal(self, tensors: Mapping[str, Tensor], where: str = "temporal layers") -> None:
        """Load temporal layers that were trained here or on another image model of the same shape.

        Raises:
            DataError: a tensor is missing, unknown or of another shape.
        """
        load_tensors(self.temporal, tensors, where)


def _fitting(context: Context | None, sample: Tensor) -> Context:
    if context is None:
        return Context.none_like(sample)
    if context.latents.shape != sample.shape:
        raise DataError(
            "context does not fit the sample",
            where="Context.latents",
            expected=tuple(sample.shape),
            got=tuple(context.latents.shape),
        )
    return context
