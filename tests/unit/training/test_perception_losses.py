"""Losses of perception nets: small where the answer is right, finite where nothing is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields, replace

import torch
import torch.nn.functional as F

from drivegen.models.perception import ClipOutputs, FrameOutputs
from drivegen.training.perception_batches import ClipBatch, FrameBatch
from drivegen.training.perception_losses import clip_losses, frame_losses, identity_loss, sample_at_centres
from drivegen.training.perception_targets import dense_targets

SIZE = (32, 64)
H, W = SIZE[0] // 4, SIZE[1] // 4
MakeBoxes = Callable[..., FrameBatch]
OBJECTS = (((8.0, 12.0, 24.0, 20.0), 3, 2, 10.0), ((40.0, 4.0, 50.0, 24.0), 5, 1, 20.0))


def blank(count: int = 1) -> FrameOutputs:
    return FrameOutputs(
        class_logits=torch.full((count, 10, H, W), -12.0),
        box_ltrb=torch.ones(count, 4, H, W),
        log_depth=torch.zeros(count, H, W),
        alpha=torch.ones(count, 2, H, W),
        identity=torch.zeros(count, 4, H, W),
        weather_logits=torch.zeros(count, 5),
        time_logits=torch.zeros(count, 3),
        log_road_users=torch.zeros(count),
        feature=torch.zeros(count, 8),
    )


def ideal(batch: FrameBatch) -> FrameOutputs:
    targets = dense_targets(batch.boxes_px, batch.category, batch.role, batch.depth_m, (H, W), 4)
    depth = batch.depth_m.gather(1, targets.owner.flatten(1)).unflatten(1, (H, W))
    direction = torch.tensor([math.sin(0.3), math.cos(0.3)])
    return replace(
        blank(),
        class_logits=torch.where(targets.positive, 12.0, -12.0),
        box_ltrb=targets.box_ltrb,
        log_depth=depth.nan_to_num(1.0).log(),
        alpha=5.0 * direction[None, :, None, None].expand(1, 2, H, W),
        weather_logits=30.0 * F.one_hot(torch.tensor([2]), 5).float(),
        log_road_users=torch.log1p(torch.tensor([2.0])),
    )


def known(batch: FrameBatch) -> FrameBatch:
    return batch._replace(weather=torch.tensor([2], dtype=torch.int8), road_users=torch.tensor([2.0]))


def test_right_answers_cost_little_and_wrong_ones_much(boxes: MakeBoxes) -> None:
    batch = known(boxes(*OBJECTS))
    right, wrong = frame_losses(ideal(batch), batch), frame_losses(blank(), batch)
    for name in ("classes", "boxes", "depth", "heading", "weather", "road_users"):
        assert right[name] < 1e-3, name
        assert wrong[name] > 0.05, name
    assert right["time_of_day"] == 0.0


def test_cells_of_enlarged_frames_are_held_to_enlarged_boxes(boxes: MakeBoxes) -> None:
    batch = known(boxes(*OBJECTS))
    # The same labels in frames of half the size: the net has enlarged them twice.
    small = batch._replace(boxes_px=batch.boxes_px / 2, frames=batch.frames[:, ::2, ::2])
    whole, enlarged = frame_losses(ideal(batch), batch), frame_losses(ideal(batch), small)
    assert whole == enlarged


def test_what_is_only_written_is_neither_right_nor_wrong(boxes: MakeBoxes) -> None:
    batch = boxes(((8.0, 8.0, 16.0, 16.0), 0, 0, 10.0))
    outputs = blank()
    outputs.class_logits[0, 0, 2:4, 2:4] = 10.0
    assert frame_losses(outputs, batch)["classes"] < 1e-3
    assert frame_losses(outputs, boxes())["classes"] > 1.0


def test_nothing_known_is_no_loss_and_gradients_stay_finite(boxes: MakeBoxes) -> None:
    outputs = blank(2)
    leaves = [getattr(outputs, field.name).requires_grad_() for field in fields(outputs)]
    empty = boxes()
    batch = FrameBatch(*(torch.cat([value, value]) for value in empty))
    unknown_numbers = boxes(((8.0, 12.0, 24.0, 20.0), 3, 2, float("nan")))
    unknown_numbers.alpha_rad.fill_(float("nan"))
    for case in (batch, FrameBatch(*(torch.cat([value, value]) for value in unknown_numbers))):
        losses = frame_losses(outputs, case) | {"identity": identity_loss(outputs.identity, case, 0.1, 3.0)}
        assert all(torch.isfinite(value) for value in losses.values()), losses
        assert losses["weather"] == losses["road_users"] == losses["depth"] == losses["heading"] == 0.0
        sum(losses.values()).backward()
        assert all(leaf.grad is None or torch.isfinite(leaf.grad).all() for leaf in leaves)


def test_identity_rewards_telling_tracks_apart(boxes: MakeBoxes) -> None:
    batch = FrameBatch(*(torch.cat([value, value]) for value in boxes(*OBJECTS)))
    told, mixed = torch.zeros(2, 4, H, W), torch.ones(2, 4, H, W)
    told[:, 0, :, : W // 2], told[:, 1, :, W // 2 :] = 1.0, 1.0
    assert identity_loss(told, batch, 0.1, 3.0) < 1e-2
    assert identity_loss(mixed, batch, 0.1, 3.0) > 0.5
    # Another object of the same class counts more.
    same_class = batch._replace(category=torch.zeros_like(batch.category))
    assert identity_loss(mixed, same_class, 0.1, 3.0) > identity_loss(mixed, batch, 0.1, 3.0)


def test_identities_are_read_at_the_centres(boxes: MakeBoxes) -> None:
    maps = torch.zeros(1, 2, H, W)
    maps[0, 0], maps[0, 1] = torch.arange(W)[None, :].float(), torch.arange(H)[:, None].float()
    vectors = sample_at_centres(maps, boxes(((20.0, 8.0, 28.0, 16.0), 0, 2, 9.0)))[0, 0]
    # (24, 12) px is between the centres of columns 5 and 6 and of rows 2 and 3.
    assert torch.allclose(vectors, F.normalize(torch.tensor([5.5, 2.5]), dim=0))


def clips(natural: bool) -> ClipBatch:
    unknown = torch.full((1, 3), float("nan"))
    return ClipBatch(
        frames=torch.zeros(1, 4, *SIZE, 3, dtype=torch.uint8),
        interval_s=torch.tensor([0.1]),
        natural=torch.tensor([natural]),
        speed_mps=torch.full((1, 3), 5.0) if natural else unknown,
        yaw_rate_radps=torch.zeros(1, 3) if natural else unknown,
        weather=torch.tensor([-1]),
        time_of_day=torch.tensor([1]),
        road_users=torch.tensor([float("nan")]),
    )


def test_losses_of_clips() -> None:
    outputs = ClipOutputs(
        speed_mps=torch.full((1, 3), 5.0),
        yaw_rate_radps=torch.zeros(1, 3),
        order_logit=torch.tensor([9.0]),
        weather_logits=torch.randn(1, 5),
        time_logits=torch.tensor([[0.0, 20.0, 0.0]]),
        log_road_users=torch.ones(1),
        feature=torch.zeros(1, 8),
    )
    right = clip_losses(outputs, clips(natural=True))
    assert all(value < 1e-3 for value in right.values()), right
    shuffled = clip_losses(outputs, clips(natural=False))
    assert shuffled["order"] > 8.0
    assert shuffled["speed"] == shuffled["yaw_rate"] == 0.0
    faster = clip_losses(replace(outputs, speed_mps=torch.full((1, 3), 15.0)), clips(natural=True))
    assert faster["speed"] > 0.5
