"""The video model and its temporal layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core import ConfigError, DataError
from drivegen.models import Context, ImageLDM, ImageLDMConfig, TemporalConfig, VideoLDM, count_parameters
from drivegen.models.temporal import TemporalAttention

MakeConditions = Callable[..., Conditions]
MakeSample = Callable[..., tuple[Tensor, Tensor]]


@torch.no_grad()
def run(model: torch.nn.Module, sample: Tensor, timestep: Tensor, conditions: Conditions, **kw: object) -> Tensor:
    return model(sample, timestep, conditions, **kw)


@pytest.mark.parametrize("frames", [1, 2, 3, 6])
def test_closed_alpha_is_the_image_model(
    frames: int, video: VideoLDM, make_conditions: MakeConditions, make_sample: MakeSample
) -> None:
    conditions, (sample, timestep) = make_conditions(2, frames), make_sample(2, frames)
    context = Context.known(sample, [0])
    expected = run(video.image, sample, timestep, conditions)
    opened = run(video, sample, timestep, conditions, context=context)
    assert torch.equal(opened, expected) == (frames == 1), "one frame is always the image model's"
    video.force_image = True
    assert torch.equal(run(video, sample, timestep, conditions, context=context), expected)
    video.force_image = False
    video.close_alpha()
    assert torch.equal(video.alphas(), torch.ones_like(video.alphas()))
    assert torch.equal(run(video, sample, timestep, conditions, context=context), expected)


def test_fresh_layers_are_the_identity_and_can_learn(
    image: ImageLDM, make_conditions: MakeConditions, make_sample: MakeSample
) -> None:
    conditions, (sample, timestep) = make_conditions(), make_sample()
    fresh = VideoLDM(image, TemporalConfig(max_frames=4, context_channels=4, embedding_dim=16, head_dim=8))
    before = run(image, sample, timestep, conditions)
    torch.testing.assert_close(run(fresh, sample, timestep, conditions), before, atol=1e-5, rtol=1e-4)
    fresh.train()
    optimizer = torch.optim.SGD(fresh.temporal.parameters(), lr=0.1)
    for _ in range(3):  # a zero-initialised layer passes gradients on only once it has moved
        optimizer.zero_grad()
        context = Context.masked(sample, torch.tensor([[True, False, False], [False, False, False]]))
        conditions = replace(conditions, ego_known=torch.tensor([True, False]))
        fresh(sample, timestep, conditions, context).square().mean().backward()
        optimizer.step()
    still = [n for n, p in fresh.temporal.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []
    assert all(p.grad is None for p in image.parameters())


def test_frames_see_one_another(video: VideoLDM, make_conditions: MakeConditions, make_sample: MakeSample) -> None:
    conditions, (sample, timestep) = make_conditions(1, 4), make_sample(1, 4)
    before = run(video, sample, timestep, conditions)
    changed = sample.clone()
    changed[:, 3] += 1.0
    after = run(video, changed, timestep, conditions)
    assert not torch.allclose(before[:, 0], after[:, 0], atol=1e-6)


def test_clips_do_not_see_one_another(
    video: VideoLDM, make_conditions: MakeConditions, make_sample: MakeSample
) -> None:
    conditions, (sample, timestep) = make_conditions(), make_sample()
    together = run(video, sample, timestep, conditions)
    alone = run(video, sample[1:], timestep[1:], conditions.select(slice(1, None)))
    torch.testing.assert_close(together[1:], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("what", ["ego_motion", "frame_interval_s", "context", "timestep"])
def test_what_exists_only_in_video_matters(
    what: str, video: VideoLDM, make_conditions: MakeConditions, make_sample: MakeSample
) -> None:
    conditions, (sample, timestep) = make_conditions(), make_sample()
    # The image model depends on the timestep as well; here only the temporal layers' use of it is at stake.
    before = video.temporal.motion(timestep, conditions), video.temporal.context(Context.none_like(sample))[0]
    changed = {"ego_motion": conditions.ego_motion + 1, "frame_interval_s": conditions.frame_interval_s * 2}
    context = Context.known(sample, [0]) if what == "context" else Context.none_like(sample)
    other = replace(conditions, **{what: changed[what]}) if what in changed else conditions
    after = video.temporal.motion(timestep + (what == "timestep"), other), video.temporal.context(context)[0]
    assert [torch.equal(a, b) for a, b in zip(before, after, strict=True)].count(False) == 1
    if what != "timestep":
        outputs = [run(video, sample, timestep, c, context=x) for c, x in ((conditions, None), (other, context))]
        assert not torch.allclose(*outputs, atol=1e-6)


def test_unknown_ego_motion_is_its_own_value(video: VideoLDM, make_conditions: MakeConditions) -> None:
    timestep = torch.tensor([3.0, 4.0])
    standing = replace(make_conditions(), ego_motion=torch.zeros(2, 3, 4))
    unknown = make_conditions().without("ego_motion")
    motion = video.temporal.motion
    assert not torch.allclose(motion(timestep, standing), motion(timestep, unknown))


def test_attention_knows_the_order_of_frames() -> None:
    torch.manual_seed(0)
    layer = TemporalAttention(16, TemporalConfig(embedding_dim=8, head_dim=8))
    torch.nn.init.normal_(layer.project_out.weight)
    x, embedding = torch.randn(1, 16, 4, 2, 2), torch.zeros(1, 4, 8)
    flipped = layer(x.flip(2), embedding).flip(2)
    assert not torch.allclose(layer(x, embedding), flipped, atol=1e-4)


def test_the_image_model_stays_frozen(video: VideoLDM) -> None:
    video.train()
    assert video.temporal.training
    assert not any(m.training for m in video.image.modules())
    assert count_parameters(video, trainable_only=True) == count_parameters(video.temporal)


def test_temporal_layers_move_to_another_image_model(
    video: VideoLDM, image_config: ImageLDMConfig, make_conditions: MakeConditions, make_sample: MakeSample
) -> None:
    torch.manual_seed(9)
    other = VideoLDM(ImageLDM(image_config), video.config)
    other.load_temporal(video.temporal_state_dict())
    conditions, (sample, timestep) = make_conditions(), make_sample()
    assert not torch.allclose(run(other, sample, timestep, conditions), run(video, sample, timestep, conditions))
    other.image.load_state_dict(video.image.state_dict())
    assert torch.equal(run(other, sample, timestep, conditions), run(video, sample, timestep, conditions))


def test_temporal_layers_of_another_shape_are_refused(video: VideoLDM, image_config: ImageLDMConfig) -> None:
    wider = VideoLDM(ImageLDM(replace(image_config, block_out_channels=(16, 48))), video.config)
    with pytest.raises(DataError, match=r"mine: layers\.\d+\S+: tensor has another shape; expected \(.*\); got \("):
        wider.load_temporal(video.temporal_state_dict(), where="mine")


def test_limits(video: VideoLDM, make_conditions: MakeConditions, make_sample: MakeSample) -> None:
    sample, timestep = make_sample(1, 7)
    with pytest.raises(DataError, match="too long for the video model; expected at most 6; got 7"):
        video(sample, timestep, make_conditions(1, 7))
    sample, timestep = make_sample(1, 3)
    with pytest.raises(DataError, match="context does not fit the sample"):
        video(sample, timestep, make_conditions(1, 3), Context.none_like(sample[:, :2]))


@pytest.mark.parametrize("changes", [{"initial_spatial_weight": 1.0}, {"kernel": 2}, {"max_frames": 0}])
def test_configuration_is_checked(changes: dict) -> None:
    with pytest.raises(ConfigError, match="out of range"):
        TemporalConfig(**changes)


def test_runs_in_bfloat16(video: VideoLDM, make_conditions: MakeConditions, make_sample: MakeSample) -> None:
    conditions, (sample, timestep) = make_conditions(), make_sample()
    exact = run(video, sample, timestep, conditions, context=Context.known(sample, [0]))
    with torch.autocast("cpu", torch.bfloat16):
        rough = run(video, sample, timestep, conditions, context=Context.known(sample, [0]))
    assert (rough.float() - exact).abs().max() < 0.2 * exact.abs().max()


def test_shipped_size() -> None:
    assert count_parameters(VideoLDM(ImageLDM(ImageLDMConfig()), TemporalConfig()).temporal) < 8e6
