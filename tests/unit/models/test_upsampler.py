"""The upsampler as a network: what a fresh one does, what its parts see, and its file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from drivegen.core import ConfigError, DataError
from drivegen.models import (
    Context,
    Models,
    ScheduleInfo,
    SmallFrames,
    TemporalConfig,
    Upsampler,
    UpsamplerConfig,
    available_parts,
    count_parameters,
    load_model,
    save_model,
)

CONFIG = UpsamplerConfig(fold=2, block_out_channels=(8, 16), attention_head_dim=8, norm_num_groups=4, level_dim=16)
TEMPORAL = TemporalConfig(max_frames=4, context_channels=4, embedding_dim=16, head_dim=8)
SMALL, LARGE = (8, 12), (16, 24)


def awake(net: Upsampler) -> Upsampler:
    """The same with random weights where fresh ones are zero."""
    generator = torch.Generator().manual_seed(1)
    zeros = ("unet.conv_out.weight", "conv2.weight", "project_out.weight")
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith(zeros):
                parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    return net.eval()


@pytest.fixture
def net() -> Upsampler:
    torch.manual_seed(0)
    return awake(Upsampler(replace(CONFIG, temporal=TEMPORAL)))


def inputs(clips: int = 2, frames: int = 3, seed: int = 3) -> tuple[Tensor, Tensor, None, SmallFrames]:
    generator = torch.Generator().manual_seed(seed)
    sample = torch.randn(clips, frames, 3, *LARGE, generator=generator)
    shown = torch.randn(clips, frames, 3, *LARGE, generator=generator)
    level = torch.rand(clips, generator=generator)
    return sample, 999 * torch.rand(clips, generator=generator), None, SmallFrames(shown, level)


@torch.no_grad()
def test_a_fresh_one_enlarges_by_cubic_interpolation() -> None:
    fresh, small = Upsampler(CONFIG), torch.rand(1, 2, 3, *SMALL) * 2 - 1
    prediction = fresh(*inputs(1, 2))
    assert prediction.shape == (1, 2, 3, *LARGE)
    assert prediction.abs().max() == 0
    flat = torch.nn.functional.interpolate(small[0], scale_factor=2, mode="bicubic", align_corners=False)
    torch.testing.assert_close(fresh.compose(prediction, small)[0], flat.clamp(-1, 1))


@torch.no_grad()
def test_residuals_have_unit_variance_and_give_the_frames_back() -> None:
    net, large = Upsampler(CONFIG), 0.5 * torch.rand(4, 1, 3, *LARGE)
    small = torch.nn.functional.avg_pool2d(large[:, 0], 2)[:, None]
    net.measure_residual(large, small)
    residual = net.residual(large, small)
    assert residual.std() == pytest.approx(1.0, abs=1e-3)
    torch.testing.assert_close(net.compose(residual, small), large, atol=1e-5, rtol=0)


@torch.no_grad()
def test_closed_temporal_layers_and_single_frames_are_the_image_upsampler(net: Upsampler) -> None:
    several, single = inputs(), inputs(2, 1)
    opened = net(*several)
    alone = net(*single)
    net.force_image = True
    assert not torch.allclose(net(*several), opened, atol=1e-3)
    assert torch.equal(net(*single), alone)
    forced = net(*several)
    net.force_image = False
    assert net.temporal is not None
    for blend in net.temporal.blends:
        blend.alpha_logit.fill_(100.0)
    assert torch.equal(net(*several), forced)


@torch.no_grad()
def test_frames_of_the_image_upsampler_do_not_see_one_another(net: Upsampler) -> None:
    net.force_image = True
    sample, timestep, _, told = inputs(1, 3)
    whole = net(sample, timestep, None, told)
    other = sample.clone()
    other[:, 1] = 0
    changed = net(other, timestep, None, told)
    assert torch.equal(changed[:, [0, 2]], whole[:, [0, 2]])
    net.force_image = False
    assert not torch.equal(net(other, timestep, None, told)[:, 0], net(sample, timestep, None, told)[:, 0])


@torch.no_grad()
def test_what_it_is_told_matters(net: Upsampler) -> None:
    sample, timestep, _, told = inputs()
    before = net(sample, timestep, None, told)
    others = {
        "level": replace(told, level=told.level + 0.3),
        "shown": replace(told, shown=told.shown.flip(-1)),
        "known": replace(told, known=Context.known(torch.ones_like(sample), [0])),
    }
    for name, other in others.items():
        assert not torch.allclose(net(sample, timestep, None, other), before, atol=1e-4), name


@torch.no_grad()
def test_places_see_their_surroundings_alone() -> None:
    """What was trained on patches does the same in whole frames: nothing attends to far places."""
    torch.manual_seed(0)
    net = awake(Upsampler(replace(CONFIG, block_out_channels=(8, 8))))
    for module in net.modules():
        # The statistics of a group norm do see the whole frame.
        if isinstance(module, torch.nn.GroupNorm):
            module.forward = lambda x: x  # type: ignore[method-assign]
    sample = torch.randn(1, 1, 3, 16, 256)
    told = SmallFrames(torch.zeros_like(sample), torch.zeros(1))
    other = sample.clone()
    other[..., :4] = 0
    changed = (net(sample, torch.ones(1), None, told) - net(other, torch.ones(1), None, told)).abs().amax((0, 1, 2, 3))
    assert changed[0] > 0
    assert changed[128:].max() == 0


def test_the_default_is_small() -> None:
    net = Upsampler(UpsamplerConfig())
    net.add_temporal(TemporalConfig(max_frames=8, context_channels=32, embedding_dim=128))
    assert count_parameters(net) < 6_000_000


def test_a_folder_holds_it(models: Models, net: Upsampler, tmp_path: Path) -> None:
    net.residual_std.fill_(0.2)
    save_model(tmp_path / "model", replace(models, upsampler=net), dtype="float32")
    assert "upsampler" in available_parts(tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert loaded.upsampler is not None
    assert loaded.info.upsampler == net.config
    assert not loaded.upsampler.training
    for name, value in net.state_dict().items():
        assert torch.equal(loaded.upsampler.state_dict()[name], value), name
    without = load_model(tmp_path / "model", ("autoencoder",))
    assert without.upsampler is None


def test_what_does_not_fit_is_refused(net: Upsampler) -> None:
    sample, timestep, _, told = inputs()
    with pytest.raises(DataError, match="multiples of 2"):
        net(sample[..., 1:], timestep, None, replace(told, shown=told.shown[..., 1:]))
    with pytest.raises(DataError, match="at most 4"):
        net(*inputs(1, 5))
    with pytest.raises(ConfigError, match="norm_num_groups"):
        UpsamplerConfig(block_out_channels=(30,))
    with pytest.raises(ConfigError, match="nothing but noise"):
        UpsamplerConfig(prediction_type="epsilon", schedule=ScheduleInfo(zero_terminal_snr=True))
    with pytest.raises(ConfigError, match="2 or 4"):
        UpsamplerConfig(factor=3)  # type: ignore[arg-type]
