"""Both kinds of perception net: shapes, sizes, and that nothing leaks between the frames or clips of a batch."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from drivegen.core.errors import ConfigError, DataError
from drivegen.models import count_parameters
from drivegen.models.perception import PerceptionConfig, PerceptionNet, build_perception, enlarging, with_regions


def _images(net: PerceptionNet, batch: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(batch, 3, *net.config.image_size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def _video(net: PerceptionNet, batch: int, frames: int, seed: int = 0) -> torch.Tensor:
    shape = (batch, frames, 3, *net.config.clip_size)
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_frame_answers_have_the_promised_shapes(net: PerceptionNet) -> None:
    outputs = net.forward_frames(_images(net, 2))
    assert {name: tuple(value.shape) for name, value in vars(outputs).items()} == {
        "class_logits": (2, 10, 16, 32),
        "box_ltrb": (2, 4, 16, 32),
        "log_depth": (2, 16, 32),
        "alpha": (2, 2, 16, 32),
        "identity": (2, 6, 16, 32),
        "weather_logits": (2, 5),
        "time_logits": (2, 3),
        "log_road_users": (2,),
        "feature": (2, 12),
    }
    assert all(value.dtype == torch.float32 and bool(value.isfinite().all()) for value in vars(outputs).values())
    assert bool((outputs.box_ltrb > 0).all()) and bool((outputs.log_road_users >= 0).all())


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_clip_answers_have_the_promised_shapes(net: PerceptionNet, frames: int) -> None:
    outputs = net.forward_clips(_video(net, 3, frames), torch.full((3,), 0.25))
    assert {name: tuple(value.shape) for name, value in vars(outputs).items()} == {
        "speed_mps": (3, frames - 1),
        "yaw_rate_radps": (3, frames - 1),
        "order_logit": (3,),
        "weather_logits": (3, 5),
        "time_logits": (3, 3),
        "log_road_users": (3,),
        "feature": (3, 10),
    }
    assert all(bool(value.isfinite().all()) for value in vars(outputs).values())


def test_a_frame_does_not_depend_on_its_batch(net: PerceptionNet) -> None:
    images = _images(net, 3)
    others = torch.cat([images[:1], _images(net, 2, seed=9)])
    with torch.no_grad():
        whole, mixed, alone = (vars(net.forward_frames(x)) for x in (images, others, images[:1]))
    for name, value in whole.items():
        assert torch.equal(value[0], mixed[name][0]), name
        torch.testing.assert_close(value[:1], alone[name], rtol=1e-4, atol=1e-5)
        assert not torch.equal(value[1], mixed[name][1]), name


def test_a_clip_does_not_depend_on_its_batch(net: PerceptionNet) -> None:
    video, interval = _video(net, 2, 4), torch.tensor([0.3, 0.1])
    others = torch.cat([video[:1], _video(net, 1, 4, seed=9)])
    with torch.no_grad():
        whole = vars(net.forward_clips(video, interval))
        mixed = vars(net.forward_clips(others, interval))
        alone = vars(net.forward_clips(video[:1], interval[:1]))
    for name, value in whole.items():
        assert torch.equal(value[0], mixed[name][0]), name
        torch.testing.assert_close(value[:1], alone[name], rtol=1e-4, atol=1e-5)


def test_order_and_interval_of_the_frames_matter(net: PerceptionNet) -> None:
    video, interval = _video(net, 1, 5), torch.tensor([0.3])
    with torch.no_grad():
        natural = net.forward_clips(video, interval)
        shuffled = net.forward_clips(video[:, [3, 0, 4, 1, 2]], interval)
        faster = net.forward_clips(video, interval / 4)
    assert not torch.allclose(natural.order_logit, shuffled.order_logit, atol=1e-5)
    assert not torch.allclose(natural.speed_mps, faster.speed_mps, atol=1e-3)


def test_enlarged_frames_have_finer_cells_and_the_same_counts(net: PerceptionNet) -> None:
    larger = enlarging(net, 1.5)
    images = torch.full((1, 3, *net.config.image_size), 0.2)
    with torch.no_grad():
        usual, finer = net.forward_frames(images), larger.forward_frames(images)
    assert usual.class_logits.shape[-2:] == (16, 32)
    assert finer.class_logits.shape[-2:] == larger.config.grid == (24, 48)
    # A frame without detail holds as much in finer cells as in coarse ones, but for its borders.
    assert float(finer.log_road_users.expm1()) == pytest.approx(float(usual.log_road_users.expm1()), rel=0.05)
    assert torch.equal(enlarging(larger, 1.0).forward_frames(images).class_logits, usual.class_logits)


def test_every_weight_is_trained_by_something(config: PerceptionConfig) -> None:
    net = build_perception(replace(config, region_width=8))
    frames = vars(net.forward_frames(_images(net, 2))).values()
    clips = vars(net.forward_clips(_video(net, 2, 3), torch.full((2,), 0.3))).values()
    regions = net.forward_regions(_images(net, 2), torch.tensor([0, 1]), torch.tensor([[2.0, 3, 20, 40]] * 2))
    torch.stack([value.square().sum() for value in (*frames, *clips, regions)]).sum().backward()
    assert [name for name, weight in net.named_parameters() if weight.grad is None] == []


def test_the_default_nets_fit_the_budget() -> None:
    nets = [build_perception(PerceptionConfig(kind=kind)) for kind in ("residual", "transformer")]
    assert all(count_parameters(net.frame_branch) <= 1_600_000 for net in nets)
    assert all(count_parameters(net.clip_branch) <= 400_000 for net in nets)
    assert sum(count_parameters(net) for net in nets) <= 4_000_000
    assert count_parameters(with_regions(nets[0], 32)) - count_parameters(nets[0]) <= 1_300_000
    assert set(nets[0].frame_branch.trunk.state_dict()) != set(nets[1].frame_branch.trunk.state_dict())


def test_a_fresh_net_starts_with_rare_objects_of_common_size(net: PerceptionNet) -> None:
    outputs = net.forward_frames(_images(net, 1))
    assert float(outputs.class_logits.sigmoid().mean()) == pytest.approx(0.02, rel=0.3)
    assert float(outputs.box_ltrb.mean()) == pytest.approx(8.0, rel=0.3)
    assert float(outputs.log_road_users.expm1()) == pytest.approx(5.0, rel=0.5)


def test_frames_of_another_size_are_refused(net: PerceptionNet) -> None:
    with pytest.raises(DataError, match=r"forward_frames.*do not fit"):
        net.forward_frames(torch.zeros(1, 3, 32, 64))
    with pytest.raises(DataError, match=r"forward_clips.*do not fit"):
        net.forward_clips(torch.zeros(1, 2, 3, 64, 128), torch.ones(1))
    with pytest.raises(DataError, match="do not fit"):
        net.forward_clips(torch.zeros(1, 0, 3, 32, 64), torch.ones(1))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_size", (120, 256)),
        ("enlarged", 0.5),
        ("enlarged", 1.1),
        ("clip_size", (60, 128)),
        ("width", 50),
        ("clip_width", 0),
        ("identity_dim", 0),
        ("region_width", -8),
        ("region_width", 20),
    ],
)
def test_impossible_shapes_are_refused(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=field):
        PerceptionConfig(**{field: value})  # type: ignore[arg-type]
