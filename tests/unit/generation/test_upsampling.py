"""Enlarging clips: no seams between windows or tiles, the same clip however it is drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from drivegen.core import ConfigError, DataError, decode, encode
from drivegen.diffusion import Schedule
from drivegen.generation.tiles import denoise_tiles, tiles_of
from drivegen.generation.upsampling import upsample_frames, upsample_segment
from drivegen.generation.upsampling_config import UpsamplingConfig
from drivegen.models import Models, SmallFrames, TemporalConfig, Upsampler, UpsamplerConfig

NET = UpsamplerConfig(
    fold=2,
    block_out_channels=(8, 16),
    attention_head_dim=8,
    norm_num_groups=4,
    level_dim=16,
    temporal=TemporalConfig(max_frames=4, context_channels=4, embedding_dim=16, head_dim=8),
)
CONFIG = UpsamplingConfig(num_inference_steps=3, window_frames=4, overlap_frames=2)


class Undecided(Upsampler):
    """Exact for clips whose detail is one pattern in all of their frames, or its negative: both equally likely.

    Which of the two a window draws is decided by its noise, unless it is told a frame.
    """

    def forward(self, sample: Tensor, timestep: Tensor, conditions: object, context: SmallFrames) -> Tensor:
        """The mean of x0 over what it may be."""
        schedule = decode(Schedule, encode(self.config.schedule))
        sigma = schedule.sigma_from_timestep(timestep)[:, None, None, None, None]
        pattern = torch.ones_like(sample[:1, :1])
        pattern[..., ::2] = -1
        x = sample * torch.sqrt(1 + sigma**2)
        odds = (x * pattern).sum((1, 2, 3, 4), keepdim=True) / sigma**2
        if context.known is not None:
            odds = odds + 1e4 * (context.known.latents * pattern).sum((1, 2, 3, 4), keepdim=True)
        return (pattern * torch.tanh(odds)).expand_as(sample)


def with_upsampler(models: Models, net: Upsampler) -> Models:
    return replace(models, upsampler=net.eval())


@pytest.fixture
def upsampling(tiny_models: Models) -> Models:
    """Models with an upsampler of random weights, whose temporal layers do something."""
    torch.manual_seed(0)
    net = Upsampler(NET)
    net.residual_std.fill_(0.2)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith(("unet.conv_out.weight", "conv2.weight", "project_out.weight")):
                parameter.normal_(std=0.2)
    return with_upsampler(tiny_models, net)


def clips(count: int, frames: int, size: tuple[int, int] = (8, 12)) -> Tensor:
    """Smooth frames (B, T, h, w, 3) that move slowly."""
    rows, columns = torch.arange(size[0])[:, None], torch.arange(size[1])
    time = torch.arange(frames)[None, :, None, None] + 7 * torch.arange(count)[:, None, None, None]
    wave = 128 + 80 * torch.sin(rows / 4 + columns / 5 + time / 10)
    return wave.round().to(torch.uint8)[..., None].repeat(1, 1, 1, 1, 3)


def signs(models: Models, config: UpsamplingConfig) -> Tensor:
    """(B, T) which pattern was drawn, about -1 or 1, of clips that are grey."""
    grey = torch.full((6, 17, 4, 4, 3), 128, dtype=torch.uint8)
    large = upsample_frames(models, grey, range(6), config).float()
    assert large.shape == (6, 17, 8, 8, 3)
    return (large[..., 1::2, :].mean((2, 3, 4)) - 128) / (127.5 * 0.2)


def test_windows_that_are_told_the_one_before_leave_no_seam(tiny_models: Models) -> None:
    net = Undecided(replace(NET, prediction_type="sample"))
    net.residual_std.fill_(0.2)
    exact = with_upsampler(tiny_models, net)
    apart = signs(exact, replace(CONFIG, overlap_frames=0))
    # Windows on their own decide anew: the measure does see seams.
    assert apart.diff(dim=1).abs().max() > 1.5
    assert apart.diff(dim=1)[:, [0, 1, 2]].abs().max() < 0.1
    told = signs(exact, CONFIG)
    assert told.abs().min() > 0.9
    assert told.diff(dim=1).abs().max() < 0.1
    assert set(told[:, 0].sign().tolist()) == {-1.0, 1.0}, "clips differ, frames do not"


def test_borders_of_windows_are_no_sharper_than_frames_within(upsampling: Models) -> None:
    small = clips(2, 14)
    large = upsample_frames(upsampling, small, [5, 6], CONFIG).float()
    change = large.diff(dim=1).abs().mean((0, 2, 3, 4))
    borders = torch.arange(len(change)) % CONFIG.segment_frames == CONFIG.segment_frames - 1
    assert change[borders].mean() < 1.1 * change[~borders].mean()


def test_piece_by_piece_is_at_once(upsampling: Models) -> None:
    small = clips(2, 7)
    whole = upsample_frames(upsampling, small, [5, 6], CONFIG)
    parts, state = [], None
    for start in range(0, 7, CONFIG.segment_frames):
        piece = small[:, start : start + CONFIG.segment_frames]
        large, state = upsample_segment(upsampling, piece, [5, 6], CONFIG, state)
        parts.append(large)
    assert torch.equal(torch.cat(parts, dim=1), whole)
    assert state is not None
    assert state.count == 7
    assert state.large.shape[1] == CONFIG.overlap_frames


def test_a_clip_does_not_depend_on_its_batch(upsampling: Models) -> None:
    small = clips(3, 5)
    for config in (CONFIG, replace(CONFIG, name="ddim", eta=1.0)):
        first = upsample_frames(upsampling, small, [5, 6, 7], config)
        other = upsample_frames(upsampling, torch.stack([small[2], small[0], small[0]]), [7, 1, 2], config)
        assert torch.equal(first[2], other[0])
        assert not torch.equal(other[1], other[2]), "another seed is another clip"


def test_a_single_frame(upsampling: Models) -> None:
    assert upsample_frames(upsampling, clips(1, 1), [3], CONFIG).shape == (1, 1, 16, 24, 3)


def test_frames_alone_when_there_are_no_temporal_layers(upsampling: Models) -> None:
    assert upsampling.upsampler is not None
    upsampling.upsampler.drop_temporal()
    small = clips(1, 6)
    whole = upsample_frames(upsampling, small, [3], CONFIG)
    small[:, 0] = 0
    assert torch.equal(upsample_frames(upsampling, small, [3], CONFIG)[:, 1:], whole[:, 1:])


def test_tiles_leave_no_seam(upsampling: Models) -> None:
    small = clips(1, 2, (16, 40))
    config = replace(CONFIG, tile=(32, 32), tile_overlap=8)
    tiled = upsample_frames(upsampling, small, [3], config).float()
    change = tiled.diff(dim=3).abs().mean((0, 1, 2, 4))
    tiles = tiles_of((32, 80), config.tile, config.tile_overlap, NET.unit)
    borders = sorted({tile.columns.start - 1 for tile in tiles} | {tile.columns.stop - 1 for tile in tiles})[1:-1]
    assert len(borders) == 4
    assert change[borders].mean() < 1.1 * change.mean()
    # What is far inside a tile hardly knows that there are others.
    whole = upsample_frames(upsampling, small, [3], CONFIG).float()
    assert (tiled - whole).abs().mean() < 0.25 * (whole - whole.mean()).abs().mean()


def test_tiles_cover_everything_once() -> None:
    x, sigma = torch.randn(1, 2, 3, 20, 44), torch.ones(1)
    tiles = tiles_of((20, 44), (16, 16), 6, 4)
    asked = []
    blended = denoise_tiles(lambda part, _, tile: (asked.append(tile), part)[1], tiles, 6)(x, sigma)
    torch.testing.assert_close(blended, x)
    assert asked == tiles
    assert all((t.rows.stop - t.rows.start, t.columns.stop - t.columns.start) == (16, 16) for t in tiles)
    assert tiles_of((16, 12), (16, 16), 6, 4) == [(slice(0, 16), slice(0, 12))]


def test_what_cannot_be_done_is_refused(tiny_models: Models, upsampling: Models) -> None:
    with pytest.raises(DataError, match=r"no upsampler.*train stage=upsampler"):
        upsample_frames(tiny_models, clips(1, 2), [3], CONFIG)
    with pytest.raises(DataError, match="window_frames"):
        upsample_frames(upsampling, clips(1, 2), [3], replace(CONFIG, window_frames=8))
    with pytest.raises(DataError, match="augmentation"):
        upsample_frames(upsampling, clips(1, 2), [3], replace(CONFIG, augmentation=0.7))
    with pytest.raises(DataError, match="multiples of 4"):
        upsample_frames(upsampling, clips(1, 2), [3], replace(CONFIG, tile=(30, 32), tile_overlap=8))
    with pytest.raises(DataError, match="one per seed"):
        upsample_frames(upsampling, clips(2, 2), [3], CONFIG)
    with pytest.raises(ConfigError, match="overlap_frames"):
        UpsamplingConfig(overlap_frames=8)
