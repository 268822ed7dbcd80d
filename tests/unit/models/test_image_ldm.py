"""The image model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core import ConfigError, DataError
from drivegen.models import ImageLDM, ImageLDMConfig, count_parameters

MakeConditions = Callable[..., Conditions]
MakeSample = Callable[..., tuple[Tensor, Tensor]]


def public_unet(**changes: object) -> UNet2DConditionModel:
    arguments = {
        "in_channels": 4,
        "out_channels": 4,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "block_out_channels": (16, 32),
        "layers_per_block": 1,
        "cross_attention_dim": 24,
        "attention_head_dim": 2,
        "norm_num_groups": 4,
    }
    torch.manual_seed(3)
    return UNet2DConditionModel(**{**arguments, **changes}).eval()


def test_frames_are_independent(image: ImageLDM, make_conditions: MakeConditions, make_sample: MakeSample) -> None:
    conditions, (sample, timestep) = make_conditions(), make_sample()
    whole = image(sample, timestep, conditions)
    assert whole.shape == sample.shape
    for t in range(3):
        alone = image(sample[:, t : t + 1], timestep, conditions.frame(t))
        torch.testing.assert_close(alone, whole[:, t : t + 1], atol=1e-5, rtol=1e-4)


def test_conditions_matter(image: ImageLDM, make_conditions: MakeConditions, make_sample: MakeSample) -> None:
    sample, timestep = make_sample()
    full = image(sample, timestep, make_conditions())
    for part in ("weather", "boxes", "raster_objects", "raster_map"):
        assert not torch.allclose(full, image(sample, timestep, make_conditions().without(part)), atol=1e-5), part


def test_trains(image: ImageLDM, make_conditions: MakeConditions, make_sample: MakeSample) -> None:
    image.train()
    sample, timestep = make_sample(4, 1)
    conditions, target = make_conditions(4, 1), torch.randn_like(sample)
    optimizer = torch.optim.Adam(image.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        loss = (image(sample, timestep, conditions) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_mismatches_are_told(image: ImageLDM, make_conditions: MakeConditions, make_sample: MakeSample) -> None:
    sample, timestep = make_sample(2, 3)
    with pytest.raises(DataError, match=r"clips, frames: .*expected \(2, 3\); got \(2, 2\)"):
        image(sample, timestep, make_conditions(2, 2))
    with pytest.raises(DataError, match=r"raster folded to the latents: .*expected \(4, 4\); got \(4, 8\)"):
        image(sample[..., :4], timestep, make_conditions(2, 3))


def test_starts_as_the_public_unet(
    image_config: ImageLDMConfig, make_conditions: MakeConditions, make_sample: MakeSample
) -> None:
    public = public_unet()
    model = ImageLDM.from_unet(public_unet(), image_config).eval()
    conditions, (sample, timestep) = make_conditions(), make_sample()
    tokens, mask, raster = model.encode_conditions(sample, conditions)
    assert raster.any()
    assert tokens.shape[-1] == 24
    expected = public(
        sample.flatten(0, 1),
        timestep.repeat_interleave(3),
        encoder_hidden_states=tokens,
        encoder_attention_mask=mask,
    ).sample
    torch.testing.assert_close(model(sample, timestep, conditions).flatten(0, 1), expected, atol=1e-5, rtol=1e-4)
    model(sample, timestep, conditions).square().sum().backward()
    assert model.unet.conv_in.weight.grad[:, 4:].any(), "the raster's columns must be able to learn"


def test_public_unet_can_be_built_again(image_config: ImageLDMConfig) -> None:
    model = ImageLDM.from_unet(public_unet(), image_config)
    again = ImageLDM(model.config)
    again.load_state_dict(model.state_dict())
    assert again.unet.config.in_channels == 4 + 21 * 16


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"in_channels": 9}, r"UNet does not fit the latents; expected \(4, 4\); got \(9, 4\)"),
        ({"class_embed_type": "timestep"}, "unet.class_embed_type: not supported"),
        ({"up_block_types": ("UpBlock2D", "AttnUpBlock2D")}, "unet.up_block_types: unknown block type.*AttnUpBlock2D"),
        ({"cross_attention_dim": (24, 24)}, "unet.cross_attention_dim: not supported"),
    ],
)
def test_unknown_public_unets_are_refused(changes: dict, match: str, image_config: ImageLDMConfig) -> None:
    with pytest.raises(DataError, match=match):
        ImageLDM.from_unet(public_unet(**changes), image_config)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"attention_levels": (True,)}, "attention_levels: one flag per level"),
        ({"attention_head_dim": 7}, "attention_head_dim: must divide every level"),
        ({"norm_num_groups": 5}, "norm_num_groups: must divide every level"),
    ],
)
def test_configuration_is_checked(changes: dict, match: str, image_config: ImageLDMConfig) -> None:
    with pytest.raises(ConfigError, match=match):
        replace(image_config, **changes)


def test_unet_arguments_in_data_name_no_code(image_config: ImageLDMConfig) -> None:
    config = replace(image_config, unet={"_target_": "os.system", "block_out_channels": [16], "hook": "os.system"})
    with pytest.raises(DataError, match=r"unet\.hook: unknown key"):
        ImageLDM(config)


def test_shipped_size() -> None:
    assert count_parameters(ImageLDM(ImageLDMConfig())) < 12e6
