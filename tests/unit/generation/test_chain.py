"""The whole chain at tiny size: any length, in pieces, in any company, from any beginning."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.generation import SamplerConfig
from drivegen.generation.clip_conditions import ConditionWindows, WholeConditions
from drivegen.generation.decoding import decode_video
from drivegen.generation.pipeline import (
    Chain,
    decoded,
    frames_at,
    generate_clip_frames,
    generate_clip_latents,
    interpolated,
)
from drivegen.generation.prediction import KeyState, begin, extend, key_frames
from drivegen.generation.streams import regrouped
from drivegen.generation.upsampling_config import UpsamplingConfig
from drivegen.models import (
    InterpolationConfig,
    ModelInfo,
    Models,
    TemporalConfig,
    TemporalDecoderConfig,
    UpsamplerConfig,
    build_models,
)

from .conftest import SIZE, MakeConditions

FAST = SamplerConfig(num_inference_steps=1, guidance=())
LATENT = (4, SIZE[0] // 8, SIZE[1] // 8)
WINDOWS = UpsamplingConfig(num_inference_steps=1, window_frames=4, overlap_frames=1)


@pytest.fixture(scope="module")
def models(tiny_info: ModelInfo) -> Models:
    """Every part there is, with random weights that depend on everything."""
    net = TemporalConfig(max_frames=5, context_channels=8, embedding_dim=16, head_dim=8)
    info = replace(
        tiny_info,
        decoder=TemporalDecoderConfig(),
        interpolation=InterpolationConfig(net),
        upsampler=UpsamplerConfig(
            block_out_channels=(16,), norm_num_groups=8, attention_head_dim=8, level_dim=8, temporal=net
        ),
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        built = build_models(info)
        nets = (built.codec, built.image, built.video, built.decoder, built.interpolation, built.upsampler)
        for part in nets:
            assert part is not None
            for parameter in part.eval().parameters():
                if not parameter.any():
                    torch.nn.init.normal_(parameter, std=0.02)
    return built


def latents_of(clips: int, frames: int) -> Tensor:
    return torch.randn(clips, frames, *LATENT, generator=torch.Generator().manual_seed(1))


def after_a_restart(state: KeyState) -> KeyState:
    """The state as it comes back from a file."""
    file = io.BytesIO()
    torch.save({"position": state.position, "newest": state.newest}, file)
    file.seek(0)
    return KeyState(**torch.load(file, weights_only=True))


def test_windows_made_by_resuming_are_those_made_in_one_run(models: Models, make_conditions: MakeConditions) -> None:
    windows, seeds = WholeConditions(make_conditions(10, (1, 3))), [5, 6]
    first = begin(models, windows, seeds, FAST)
    whole = torch.cat(list(key_frames(models, windows, first, seeds, FAST, count=10)), dim=1)
    state, pieces = after_a_restart(first), []
    while state.position < 10:
        state, drawn = extend(models, windows, state, seeds, FAST)
        state = after_a_restart(state)
        pieces.append(drawn)
    assert len(pieces) == 4
    assert torch.equal(torch.cat(pieces, dim=1)[:, :9], whole)
    assert torch.equal(generate_clip_latents(models, windows.conditions, seeds, FAST)[:, 1:], whole)


def test_a_call_needs_no_more_than_the_state(models: Models, make_conditions: MakeConditions) -> None:
    windows = Counting(make_conditions(40))
    state = begin(models, windows, [1], FAST)
    for _ in range(6):
        state, _ = extend(models, windows, state, [1], FAST)
        assert state.newest.shape[1] == 2
    assert windows.longest == models.info.frames


class Counting:
    """Conditions that remember the longest window they were asked for."""

    def __init__(self, conditions: Conditions) -> None:
        self._windows, self.longest = WholeConditions(conditions), 0

    @property
    def num_frames(self) -> int:
        return self._windows.num_frames

    def window(self, start: int, count: int, stride: int = 1) -> Conditions:
        self.longest = max(self.longest, count)
        return self._windows.window(start, count, stride)


@pytest.mark.parametrize(("levels", "frames"), [(1, 9), (1, 11), (2, 18)])
def test_interpolation_keeps_the_key_frames(
    models: Models, make_conditions: MakeConditions, levels: int, frames: int
) -> None:
    windows: ConditionWindows = WholeConditions(make_conditions(frames))
    keys = latents_of(1, frames_at(4**levels, frames))
    latents = keys
    stride = 4**levels
    for regime in range(levels):
        # In blocks of three, as calls of the video model bring them.
        raised = interpolated(models, windows, latents.split(3, dim=1), [7], FAST, regime=regime, stride=stride)
        latents, stride = torch.cat(list(raised), dim=1), stride // 4
        latents = latents[:, : frames_at(stride, frames)]
    assert latents.shape[1] == frames
    assert torch.equal(latents[:, :: 4**levels], keys[:, : len(range(0, frames, 4**levels))])
    assert len({float(frame.sum()) for frame in latents[0]}) == frames


def chain_frames(
    models: Models, conditions: Conditions, seeds: Sequence[int], chain: Chain, state: KeyState | None = None
) -> Tensor:
    return torch.cat(list(generate_clip_frames(models, WholeConditions(conditions), seeds, FAST, chain, state)), dim=1)


@pytest.mark.parametrize("chain", [Chain(), Chain(interpolate=1), Chain(2, WINDOWS)])
def test_batch_mates_do_not_matter(models: Models, make_conditions: MakeConditions, chain: Chain) -> None:
    frames = 6
    pair = chain_frames(models, make_conditions(frames, (1, 3)), [1, 2], chain)
    changed = chain_frames(models, make_conditions(frames, (5, 3)), [9, 2], chain)
    factor = 2 if chain.upsampling else 1
    assert pair.shape == (2, frames, factor * SIZE[0], factor * SIZE[1], 3)
    assert pair.dtype == torch.uint8
    assert torch.equal(pair[1], changed[1])
    assert not torch.equal(pair[0], changed[0])


def test_clips_go_on_from_a_given_first_frame(models: Models, make_conditions: MakeConditions) -> None:
    alone, conditions = replace(models, decoder=None), make_conditions(4, (2, 2))
    given = KeyState(1, latents_of(1, 1).repeat(2, 1, 1, 1, 1))
    frames = chain_frames(alone, conditions, [4, 5], Chain(), given)
    assert torch.equal(frames[:, :1], decode_video(alone, given.newest))
    assert not torch.equal(frames[0, 1], frames[1, 1])


def test_decoding_as_frames_come_is_decoding_at_once(models: Models) -> None:
    latents = latents_of(1, 20)
    blocks = list(decoded(models, latents.split(3, dim=1)))
    assert [block.shape[1] for block in blocks] == [16, 4]
    assert torch.equal(torch.cat(blocks, dim=1), decode_video(models, latents))


@pytest.mark.parametrize("neighbours", [0, 1, 3, 9])
@pytest.mark.parametrize("block", [1, 4, 30])
def test_regrouping_loses_and_doubles_nothing(neighbours: int, block: int) -> None:
    frames = torch.arange(11).view(1, 11, 1)
    windows = list(regrouped(frames.split(block, dim=1), 4, neighbours))
    assert torch.equal(torch.cat([w.frames[:, w.start : w.stop] for w in windows], dim=1), frames)
    for number, window in enumerate(windows):
        first, last = 4 * number, min(4 * number + 4, 11)
        around = slice(max(0, first - neighbours), last + neighbours)
        assert torch.equal(window.frames, frames[:, around])
