"""From a public image LDM's folder through the stages, at Stable Diffusion's layout and tiny width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler, PNDMScheduler, UNet2DConditionModel

from drivegen.core import ConfigError
from drivegen.diffusion import TrainingNoise
from drivegen.models import ScheduleInfo, TextConfig, load_model, save_model
from drivegen.training import TrainConfig, train
from drivegen.training.starting_point import starting_models

MakeConfig = Callable[..., TrainConfig]


def stable_diffusion(folder: Path, version: str) -> Path:
    """What Stable Diffusion 1.x or 2.x saves, at tiny width: unet/, vae/, scheduler/."""
    torch.manual_seed(0)
    second: dict[str, Any] = {"attention_head_dim": (1, 2, 2, 2), "use_linear_projection": True}
    unet = UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(8, 16, 16, 16),
        layers_per_block=2,
        cross_attention_dim=12,
        norm_num_groups=4,
        **(second if version == "2" else {"attention_head_dim": 2}),
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
        scaling_factor=0.18215,
    )
    betas: dict[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    first = PNDMScheduler(**betas, skip_prk_steps=True, steps_offset=1)
    scheduler = DDIMScheduler(**betas, prediction_type="v_prediction") if version == "2" else first
    for name, part in (("unet", unet), ("vae", vae), ("scheduler", scheduler)):
        part.save_pretrained(folder / name)
    return folder


@pytest.mark.parametrize(("version", "prediction"), [("1", "epsilon"), ("2", "v_prediction")])
def test_it_trains_and_samples(make_config: MakeConfig, tmp_path: Path, version: str, prediction: str) -> None:
    public = stable_diffusion(tmp_path / "public", version)
    config = make_config("image", public_image_ldm=public)
    start = starting_models(config).image
    folder = train(config)
    models = load_model(folder, ("image",))
    assert start is not None
    assert models.image is not None
    assert models.info.prediction_type == prediction
    assert models.info.schedule == ScheduleInfo(beta_start=0.00085, beta_end=0.012)
    changed = models.image.state_dict()
    moved = {n.split(".")[0] for n, v in start.state_dict().items() if not torch.allclose(v, changed[n], atol=1e-4)}
    assert {"unet", "encoder", "token_projection"} <= moved
    # What the run draws at its end goes through the whole chain: noise, guidance, sampler, the public autoencoder.
    assert (folder.parent / "samples" / "step-000003.png").is_file()


def test_prompts_and_a_new_schedule_stay_with_the_model(
    make_config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = stable_diffusion(tmp_path / "public", "2")
    (public / "text_encoder").mkdir()
    answers = torch.randn(120, 5, 12, generator=torch.Generator().manual_seed(0)).half().float()
    monkeypatch.setattr("drivegen.models.public_image_ldm.encode_prompts", lambda folder, prompts: answers)
    config = make_config("image", public_image_ldm=public)
    noise = TrainingNoise("lognormal", mean=0.5, std=1.0)
    stage = replace(config.image, schedule=ScheduleInfo(zero_terminal_snr=True), noise=noise)
    folder = train(replace(config, image=stage))
    image = load_model(folder, ("image",)).image
    assert image is not None
    assert image.prompts is not None
    assert image.config.text == TextConfig(tokens=5)
    assert torch.equal(image.prompts.embeddings.flatten(0, 2), answers)
    # Temporal layers stand on all of it.
    video = load_model(train(make_config("video", model=folder)))
    assert video.video is not None
    assert video.info.schedule == ScheduleInfo(zero_terminal_snr=True)


def test_a_fresh_model_can_be_a_flow(make_config: MakeConfig, tmp_path: Path) -> None:
    save_model(tmp_path / "autoencoder", starting_models(make_config("autoencoder")))
    config = make_config("image", model=tmp_path / "autoencoder")
    net = replace(config.image.net, prediction_type="flow_prediction")
    stage = replace(config.image, net=net, schedule=ScheduleInfo("flow", shift=2.0))
    info = starting_models(replace(config, image=stage)).info
    assert (info.prediction_type, info.schedule) == ("flow_prediction", ScheduleInfo("flow", shift=2.0))


def test_noise_cannot_be_predicted_at_the_end_of_a_flow(make_config: MakeConfig, tmp_path: Path) -> None:
    config = make_config("image", public_image_ldm=stable_diffusion(tmp_path / "public", "1"))
    stage = replace(config.image, schedule=ScheduleInfo("flow"))
    with pytest.raises(ConfigError, match=r"prediction_type: cannot be learnt.*got epsilon"):
        starting_models(replace(config, image=stage))
