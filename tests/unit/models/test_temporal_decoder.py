"""Temporal layers of the decoder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from drivegen.core import ConfigError
from drivegen.models import (
    AutoencoderConfig,
    ModelInfo,
    TemporalDecoder,
    TemporalDecoderConfig,
    available_parts,
    build_autoencoder,
    build_models,
    load_model,
    read_info,
    save_model,
)

KL = {
    "block_out_channels": [8, 16],
    "down_block_types": ["DownEncoderBlock2D"] * 2,
    "up_block_types": ["UpDecoderBlock2D"] * 2,
    "norm_num_groups": 4,
}
SMALL = {"width": 16, "coarse_width": 16, "encoder_blocks": (1, 1), "decoder_blocks": (1, 1)}
LIGHT = AutoencoderConfig(latent_channels=4, **SMALL)
CONFIGS = {
    "light-8": LIGHT,
    "light-4": AutoencoderConfig(latent_channels=4, downsampling=4, **SMALL),
    "kl": AutoencoderConfig(kind="kl", downsampling=2, latent_channels=4, kl=KL),
    "kl-bare": AutoencoderConfig(
        kind="kl",
        downsampling=2,
        latent_channels=4,
        kl={**KL, "use_quant_conv": False, "use_post_quant_conv": False, "mid_block_add_attention": False},
    ),
    "light-vq": AutoencoderConfig(latent_channels=4, regulariser="vq", codebook_size=6, **SMALL),
}


def autoencoder(config: AutoencoderConfig) -> torch.nn.Module:
    """One with random weights: in fresh ones many are zero."""
    torch.manual_seed(0)
    net = build_autoencoder(config)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
        for buffer in net.buffers():
            buffer.normal_()
    return net.eval()


def stirred(net: torch.nn.Module, config: TemporalDecoderConfig | None = None) -> TemporalDecoder:
    """A decoder whose temporal layers do something: fresh ones are the identity."""
    decoder = TemporalDecoder(net, config or TemporalDecoderConfig()).eval()
    torch.manual_seed(1)
    with torch.no_grad():
        for block in decoder.temporal:
            block.conv2.weight.normal_(std=0.1)
    return decoder


def latents(frames: int = 3, clips: int = 2) -> torch.Tensor:
    return torch.randn(clips, frames, 4, 2, 4, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@torch.no_grad()
def test_a_fresh_one_is_the_frame_decoder(config: AutoencoderConfig) -> None:
    net = autoencoder(config)
    decoder = TemporalDecoder(net, TemporalDecoderConfig())
    frame_by_frame = net.decode(latents().flatten(0, 1)).sample
    assert torch.equal(decoder.decode(latents()).flatten(0, 1), frame_by_frame)
    assert not torch.equal(stirred(net).decode(latents()).flatten(0, 1), frame_by_frame)


@torch.no_grad()
def test_a_single_frame_is_decoded_alone() -> None:
    net = autoencoder(LIGHT)
    z = latents(frames=1)
    assert torch.equal(stirred(net).decode(z)[:, 0], net.decode(z[:, 0]).sample)


@torch.no_grad()
def test_closed_alpha_is_the_frame_decoder() -> None:
    net = autoencoder(LIGHT)
    decoder = stirred(net)
    for block in decoder.temporal:
        block.alpha_logit.fill_(100.0)
    assert torch.equal(decoder.decode(latents()).flatten(0, 1), net.decode(latents().flatten(0, 1)).sample)


@torch.no_grad()
def test_a_frame_depends_on_radius_neighbours_and_no_more() -> None:
    decoder = stirred(autoencoder(LIGHT))
    assert decoder.radius == 4
    z = latents(frames=12, clips=1)
    other = z.clone()
    other[:, -1] += 1.0
    changed = (decoder.decode(z) - decoder.decode(other)).abs().amax(dim=(0, 2, 3, 4)) > 0
    assert changed.tolist() == [False] * 7 + [True] * 5


@torch.no_grad()
def test_clips_do_not_see_each_other() -> None:
    decoder, z = stirred(autoencoder(LIGHT)), latents()
    torch.testing.assert_close(decoder.decode(z)[:1], decoder.decode(z[:1]))


def test_pixels_have_no_blocks() -> None:
    config = AutoencoderConfig(kind="pixel", downsampling=2, latent_channels=12)
    with pytest.raises(ConfigError, match="takes no temporal layers"):
        TemporalDecoder(build_autoencoder(config), TemporalDecoderConfig())


@pytest.mark.parametrize("changes", [{"kernel": 2}, {"bottleneck": 0}, {"initial_spatial_weight": 1.0}])
def test_configuration_is_checked(changes: dict) -> None:
    with pytest.raises(ConfigError, match="out of range"):
        TemporalDecoderConfig(**changes)


def test_a_model_folder_keeps_it_in_its_own_file(tmp_path: Path) -> None:
    info = ModelInfo("test", (16, 32), autoencoder=LIGHT, decoder=TemporalDecoderConfig(bottleneck=4))
    models = build_models(info)
    assert models.decoder is not None
    assert models.decoder.autoencoder is models.codec.autoencoder
    stirred_blocks = stirred(models.codec.autoencoder, info.decoder).temporal.state_dict()
    models.decoder.temporal.load_state_dict(stirred_blocks)
    save_model(tmp_path / "model", models, dtype="float32")
    assert available_parts(tmp_path / "model") == ("autoencoder", "decoder")
    loaded = load_model(tmp_path / "model", ("decoder",))
    assert loaded.info.decoder == read_info(tmp_path / "model").decoder == info.decoder
    assert loaded.decoder is not None
    assert not loaded.decoder.training
    assert torch.equal(loaded.decoder.decode(latents()), models.decoder.decode(latents()))
    assert load_model(tmp_path / "model", ("autoencoder",)).decoder is None
    save_model(tmp_path / "model", replace(models, decoder=None))
    assert read_info(tmp_path / "model").decoder is None
