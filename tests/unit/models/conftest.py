"""Tiny real networks and random conditions that the tests of models share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from drivegen.conditions import RASTER_CHANNELS, ConditionConfig, Conditions
from drivegen.core import CATEGORIES, TimeOfDay, Weather
from drivegen.models import (
    AutoencoderConfig,
    EncoderConfig,
    ImageLDM,
    ImageLDMConfig,
    ModelInfo,
    Models,
    TemporalConfig,
    VideoLDM,
    build_models,
)

SIZE = (32, 64)
LATENT = (4, 4, 8)  # C, h, w
IMAGE = ImageLDMConfig(
    conditions=ConditionConfig(image_size=SIZE, max_boxes=3),
    latent_channels=LATENT[0],
    block_out_channels=(16, 32),
    attention_levels=(False, True),
    attention_head_dim=8,
    norm_num_groups=4,
    token_dim=16,
    encoder=EncoderConfig(layers=1, head_dim=8, frequencies=2),
)
TEMPORAL = TemporalConfig(max_frames=6, context_channels=4, embedding_dim=16, head_dim=8)
AUTOENCODER = AutoencoderConfig(
    latent_channels=LATENT[0], width=16, coarse_width=16, encoder_blocks=(1, 1), decoder_blocks=(1, 1)
)

MakeConditions = Callable[..., Conditions]
MakeSample = Callable[..., tuple[torch.Tensor, torch.Tensor]]


@pytest.fixture
def make_conditions() -> MakeConditions:
    """Makes random conditions of B clips of T frames in which everything is known."""

    def make(clips: int = 2, frames: int = 3, boxes: int = 3, seed: int = 0) -> Conditions:
        g = torch.Generator().manual_seed(seed)
        per_box = (clips, frames, boxes)

        def uniform(*shape: int) -> torch.Tensor:
            return torch.rand(*shape, generator=g)

        yes = torch.ones(clips, dtype=torch.bool)
        return Conditions(
            weather=torch.randint(len(Weather), (clips,), generator=g),
            time_of_day=torch.randint(len(TimeOfDay), (clips,), generator=g),
            crowdedness=10 * uniform(clips),
            crowdedness_known=yes,
            camera=uniform(clips, 6),
            camera_known=yes,
            boxes=uniform(*per_box, 8, 3),
            box_category=torch.randint(len(CATEGORIES), per_box, generator=g),
            box_heading=uniform(*per_box, 2),
            box_appearance=uniform(*per_box, 3),
            box_appearance_known=torch.ones(per_box, dtype=torch.bool),
            box_mask=torch.ones(per_box, dtype=torch.bool),
            raster=uniform(clips, frames, len(RASTER_CHANNELS), SIZE[0] // 2, SIZE[1] // 2),
            objects_known=yes,
            map_known=yes,
            ego_motion=uniform(clips, frames, 4),
            ego_known=yes,
            frame_interval_s=torch.full((clips,), 1 / 3),
        )

    return make


@pytest.fixture
def make_sample() -> MakeSample:
    """Makes noised latents (B, T, C, h, w) and timesteps (B,)."""

    def make(clips: int = 2, frames: int = 3, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
        g = torch.Generator().manual_seed(seed)
        return torch.randn(clips, frames, *LATENT, generator=g), 999 * torch.rand(clips, generator=g)

    return make


@pytest.fixture
def image_config() -> ImageLDMConfig:
    return IMAGE


@pytest.fixture
def autoencoder_config() -> AutoencoderConfig:
    return AUTOENCODER


@pytest.fixture
def image() -> ImageLDM:
    """An image model with random weights."""
    torch.manual_seed(0)
    return ImageLDM(IMAGE).eval()


@pytest.fixture
def video(image: ImageLDM) -> VideoLDM:
    """A video model whose temporal layers do something: fresh ones are the identity."""
    model = VideoLDM(image, TEMPORAL)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.temporal.named_parameters():
            if name.endswith(("conv2.weight", "project_out.weight")):
                parameter.normal_(std=0.1)
    return model.eval()


@pytest.fixture
def info() -> ModelInfo:
    return ModelInfo(
        "test", SIZE, 4, 3.0, autoencoder=AUTOENCODER, image=IMAGE, temporal=TEMPORAL, trained={"steps": 7}
    )


@pytest.fixture
def models(info: ModelInfo) -> Models:
    """All parts with random weights."""
    torch.manual_seed(2)
    built = build_models(info)
    built.codec.set_statistics(torch.linspace(-1, 1, LATENT[0]), torch.linspace(0.5, 2, LATENT[0]))
    return replace(built, info=info)
