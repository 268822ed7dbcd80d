"""A diffusers pipeline folder as the start."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from safetensors.torch import load_file, save_file

from drivegen.conditions import ConditionConfig, Conditions
from drivegen.core import DataError
from drivegen.models import load_model, load_public_image_ldm, save_model

CONDITIONS = ConditionConfig(image_size=(32, 64), latent_downsampling=8, max_boxes=3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny image LDM as diffusers saves one."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        block_out_channels=(16, 32),
        layers_per_block=1,
        cross_attention_dim=24,
        attention_head_dim=2,
        norm_num_groups=4,
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
        scaling_factor=0.5,
        shift_factor=0.25,
    )
    scheduler = DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction"
    )
    for name, part in (("unet", unet), ("vae", vae), ("scheduler", scheduler)):
        part.save_pretrained(tmp_path / "public" / name)
    return tmp_path / "public"


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_output_is_the_public_unets(
    folder: Path, make_conditions: Callable[..., Conditions], make_sample: Callable
) -> None:
    models = load_public_image_ldm(folder, CONDITIONS, token_dim=32)
    public = UNet2DConditionModel.from_pretrained(folder / "unet").eval()
    sample, timestep = make_sample()
    for conditions in (make_conditions(), make_conditions().unconditional()):
        with torch.no_grad():
            tokens, mask, _ = models.image.encode_conditions(sample, conditions)
            expected = public(
                sample.flatten(0, 1),
                timestep.repeat_interleave(3),
                encoder_hidden_states=tokens,
                encoder_attention_mask=mask,
            ).sample
            found = models.image(sample, timestep, conditions)
        assert tokens.shape[-1] == 24
        torch.testing.assert_close(found.flatten(0, 1), expected, atol=1e-5, rtol=1e-4)


def test_latents_are_scaled_as_diffusers_does(folder: Path) -> None:
    models = load_public_image_ldm(folder, CONDITIONS)
    vae = AutoencoderKL.from_pretrained(folder / "vae").eval()
    video = torch.rand(1, 2, 3, 32, 64) * 2 - 1
    with torch.no_grad():
        expected = (vae.encode(video[0]).latent_dist.mode() - 0.25) * 0.5
    torch.testing.assert_close(models.codec.encode(video)[0], expected)


def test_info_tells_schedule_and_prediction(folder: Path, tmp_path: Path) -> None:
    models = load_public_image_ldm(folder)
    assert models.info.prediction_type == models.image.config.prediction_type == "v_prediction"
    assert (models.info.schedule.kind, models.info.schedule.beta_end) == ("scaled_linear", 0.012)
    assert models.info.autoencoder.downsampling == 8
    save_model(tmp_path / "ours", models, dtype="float32")
    again = load_model(tmp_path / "ours", parts=("image",))
    assert all(torch.equal(a, b) for a, b in zip(again.image.parameters(), models.image.parameters(), strict=True))


def test_old_names_of_attention(folder: Path) -> None:
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    renamed = {}
    for name, value in load_file(path).items():
        for new, old in (
            (".to_q.", ".query."),
            (".to_k.", ".key."),
            (".to_v.", ".value."),
            (".to_out.0.", ".proj_attn."),
        ):
            name = name.replace(new, old)  # noqa: PLW2901
        renamed[name] = value
    assert any(".query." in name for name in renamed)
    expected = load_public_image_ldm(folder, CONDITIONS).codec.state_dict()
    save_file(renamed, path)
    found = load_public_image_ldm(folder, CONDITIONS).codec.state_dict()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_pickles_are_never_loaded(folder: Path) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").rename(folder / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(DataError, match=r"no safetensors weights.*got diffusion_pytorch_model\.bin.*never loaded"):
        load_public_image_ldm(folder, CONDITIONS)


@pytest.mark.parametrize(
    ("file", "changes", "match"),
    [
        ("scheduler/scheduler_config.json", {"prediction_type": "flow"}, "unknown prediction type.*got flow"),
        ("scheduler/scheduler_config.json", {"beta_schedule": "cosine"}, "kind: unknown value"),
        ("scheduler/scheduler_config.json", {"trained_betas": [0.1, 0.2]}, "trained_betas: not supported"),
        (
            "scheduler/scheduler_config.json",
            {"rescale_betas_zero_snr": True, "prediction_type": "epsilon"},
            "prediction_type: cannot be learnt where there is nothing but noise",
        ),
        ("unet/config.json", {"addition_embed_type": "text_time"}, "addition_embed_type: not supported"),
        ("unet/config.json", {"mid_block_type": "Exec"}, "mid_block_type: unknown block type.*got Exec"),
        ("unet/config.json", {"block_out_channels": [16, 64]}, r"has shape \(32, 16, 3, 3\) instead of \(64, 16"),
        ("vae/config.json", {"up_block_types": ["AttnUpDecoderBlock2D"] * 4}, "up_block_types: unknown block type"),
    ],
)
def test_unknown_kinds_are_refused(file: str, changes: dict, match: str, folder: Path) -> None:
    edit(folder / file, **changes)
    with pytest.raises(DataError, match=match):
        load_public_image_ldm(folder, CONDITIONS)


def test_missing_files_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        load_public_image_ldm(tmp_path / "absent")
    (folder / "scheduler" / "scheduler_config.json").unlink()
    with pytest.raises(DataError, match=r"scheduler_config\.json: no such file"):
        load_public_image_ldm(folder, CONDITIONS)


def test_zero_terminal_snr_is_read(folder: Path) -> None:
    edit(folder / "scheduler" / "scheduler_config.json", rescale_betas_zero_snr=True)
    assert load_public_image_ldm(folder, CONDITIONS).info.schedule.zero_terminal_snr


def test_every_kind_of_misfit_is_named(folder: Path) -> None:
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    tensors["extra.weight"] = tensors.pop("conv_in.bias")
    tensors["conv_out.bias"] = torch.zeros(7)
    save_file(tensors, path)
    named = (
        r"3 tensors do not fit.*conv_in\.bias is missing; extra\.weight is unknown; "
        r"conv_out\.bias has shape \(7,\) instead of \(4,\)"
    )
    with pytest.raises(DataError, match=named):
        load_public_image_ldm(folder, CONDITIONS)


def test_conditions_must_fit_the_autoencoder(folder: Path) -> None:
    with pytest.raises(DataError, match=r"conditions\.latent_downsampling: .*expected 8; got 4"):
        load_public_image_ldm(folder, ConditionConfig(latent_downsampling=4))
