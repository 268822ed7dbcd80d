"""Mirrored frames have the labels of a mirrored world; what is drawn follows from seed and items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from drivegen.core import Ambience, LabelPolicy, Scenario, Track, Trajectory, forward_camera, label_frame
from drivegen.training.perception_arrays import PerceptionArrays, TrackNumbers, describe_frame
from drivegen.training.perception_batches import (
    FrameBatch,
    clip_video,
    degrade,
    expose,
    frame_batch,
    mirror_clips,
    mirror_frames,
    to_images,
)
from drivegen.training.perception_config import PerceptionStage
from drivegen.training.perception_source import PerceptionSource, disturbed_order, repeated_clips

SIZE = (32, 64)
MakeArrays = Callable[..., PerceptionArrays]


def seen(side: float) -> FrameBatch:
    """A turned car and a person, to the left (side 1) or mirrored to the right (side -1)."""
    times = np.array([0])

    def track(name: str, category: str, place: tuple[float, float], yaw: float) -> Track:  # fmt: skip
        turn = np.array([[np.cos(side * yaw / 2), 0, 0, np.sin(side * yaw / 2)]])
        position = np.array([[place[0], side * place[1], 0.8]])
        return Track(name, category, Trajectory(times, position, turn), np.array([[4.5, 1.9, 1.6]]))

    tracks = (track("a", "car", (12.0, 3.0), 0.6), track("b", "pedestrian", (18.0, -4.0), -2.0))
    ego = Trajectory(times, np.zeros((1, 3)), np.array([[1.0, 0, 0, 0]]))
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, 1.5)
    scenario = Scenario("s", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": times}, tracks, Ambience())
    row = describe_frame(label_frame(scenario, camera, 0, LabelPolicy()), Ambience(), TrackNumbers(2))
    tensors = {name: torch.as_tensor(value)[None] for name, value in row.items()}
    return FrameBatch(frames=torch.zeros(1, *SIZE, 3, dtype=torch.uint8), **tensors)


def test_mirrored_labels_are_labels_of_a_mirrored_world() -> None:
    left, right = seen(1.0), seen(-1.0)
    mirrored, _ = mirror_frames(left, to_images(left.frames), torch.tensor([True]))
    assert (left.role[0] >= 0).sum() == 2
    assert torch.allclose(mirrored.boxes_px, right.boxes_px, atol=1e-3, equal_nan=True)
    turned = torch.remainder(mirrored.alpha_rad - right.alpha_rad + torch.pi, 2 * torch.pi) - torch.pi
    assert turned[0, :2].abs().max() < 1e-5
    assert not torch.allclose(left.alpha_rad[0, :2], right.alpha_rad[0, :2], atol=0.1)
    same, _ = mirror_frames(left, to_images(left.frames), torch.tensor([False]))
    assert torch.equal(same.boxes_px.nan_to_num(), left.boxes_px.nan_to_num())


def test_mirrored_pixels_lie_in_mirrored_boxes(painted: MakeArrays) -> None:
    arrays = painted(clips=2)
    batch = frame_batch(arrays, np.arange(len(arrays.frames)))
    chosen = torch.arange(len(batch.frames)) % 2 == 0
    mirrored, images = mirror_frames(batch, to_images(batch.frames), chosen)
    assert torch.equal(images, to_images(mirrored.frames))
    for frame, box in zip(mirrored.frames, mirrored.boxes_px[:, 0], strict=True):
        if torch.isfinite(box).all():
            x_min, y_min, x_max, y_max = box.int().tolist()
            assert (frame[y_min:y_max, x_min:x_max, 0] == 220).all()


def test_mirrored_clips_turn_the_other_way(painted: MakeArrays, perception_stage: PerceptionStage) -> None:
    batch = PerceptionSource(painted(), replace(perception_stage, disturbed=0.0), 0).fetch(np.arange(2)).clips
    chosen = torch.arange(8) < 4
    mirrored = mirror_clips(batch, chosen)
    assert torch.equal(mirrored.frames[:4], batch.frames[:4].flip(3))
    assert torch.equal(mirrored.yaw_rate_radps[:4], -batch.yaw_rate_radps[:4])
    assert torch.equal(mirrored.yaw_rate_radps[4:], batch.yaw_rate_radps[4:])
    assert torch.equal(mirrored.speed_mps, batch.speed_mps)


def test_degraded_and_exposed_images() -> None:
    images = to_images(torch.randint(0, 256, (2, *SIZE, 3), dtype=torch.uint8))
    coarse = degrade(images, torch.tensor([True, False]))
    assert torch.equal(coarse[1], images[1])
    assert coarse[0].std() < 0.7 * images[0].std()
    assert abs(coarse[0].mean() - images[0].mean()) < 0.01
    grey = torch.zeros(2, 3, 4, 4)
    brighter = expose(grey, torch.tensor([1.1, 3.0]))
    # Black is -1: light goes from 1 to 1.1 above it, and no further than white.
    assert torch.allclose(brighter[0], torch.tensor(0.1))
    assert (brighter[1] == 1.0).all()


def test_clips_shrink_by_area() -> None:
    frames = torch.zeros(1, 2, 32, 64, 3, dtype=torch.uint8)
    frames[:, :, :, ::2] = 100
    assert torch.allclose(clip_video(frames, (16, 32)), torch.tensor(50 / 127.5 - 1.0), atol=1e-5)


def test_a_fetch_follows_from_seed_and_items(painted: MakeArrays, perception_stage: PerceptionStage) -> None:
    arrays, items = painted(), np.array([4, 1, 0])
    one, again = (PerceptionSource(arrays, perception_stage, 5).fetch(items) for _ in range(2))
    for a, b in zip([*one.pairs, *one.clips], [*again.pairs, *again.clips], strict=True):
        assert torch.equal(a.nan_to_num(), b.nan_to_num())
    other = PerceptionSource(arrays, perception_stage, 6).fetch(items)
    assert not torch.equal(one.clips.frames, other.clips.frames)


def test_pairs_are_two_frames_of_a_clip(painted: MakeArrays, perception_stage: PerceptionStage) -> None:
    arrays = painted()
    rows = {arrays.frames[row].tobytes(): row for row in range(len(arrays.frames))}
    source = PerceptionSource(arrays, perception_stage, 0)
    for items in (np.array([0, 1, 2]), np.array([3, 4, 5])):
        batch = source.fetch(items)
        found = [rows[frame.numpy().tobytes()] for frame in batch.pairs.frames]
        assert [row // 5 for row in found] == [item for item in items for _ in (0, 1)]
        assert all(a != b for a, b in zip(found[0::2], found[1::2], strict=True))


def test_clips_say_how_fast_they_are(painted: MakeArrays, perception_stage: PerceptionStage) -> None:
    arrays = painted()
    batch = (
        PerceptionSource(arrays, replace(perception_stage, disturbed=0.0, clip_frames=3), 0).fetch(np.arange(4)).clips
    )
    assert batch.natural.all()
    strides = (batch.interval_s / 0.1).round().int().tolist()
    assert set(strides) == {1, 2}
    rows = {arrays.frames[row].tobytes(): row for row in range(len(arrays.frames))}
    for frames, stride, speed in zip(batch.frames, strides, batch.speed_mps, strict=True):
        found = [rows[frame.numpy().tobytes()] for frame in frames]
        assert np.diff(found).tolist() == [stride, stride]
        clip, start = divmod(found[0], 5)
        recorded = arrays.speed_mps[clip, start : start + 2 * stride].reshape(2, stride)
        assert np.allclose(speed, recorded.mean(axis=1))


def test_disturbed_clips_keep_no_motion_and_standing_ones_stay_natural(
    painted: MakeArrays, perception_stage: PerceptionStage
) -> None:
    arrays = painted()
    batch = PerceptionSource(arrays, replace(perception_stage, disturbed=1.0), 0).fetch(np.arange(4)).clips
    assert not batch.natural.any()
    assert batch.speed_mps.isnan().all()
    standing = replace(arrays, speed_mps=np.zeros_like(arrays.speed_mps))
    batch = PerceptionSource(standing, replace(perception_stage, disturbed=1.0), 0).fetch(np.arange(4)).clips
    assert batch.natural.all()


@pytest.mark.parametrize("length", [3, 8])
def test_disturbed_orders_are_never_natural(length: int) -> None:
    draws = np.random.default_rng(0)
    orders = [tuple(disturbed_order(length, draws).tolist()) for _ in range(100)]
    assert tuple(range(length)) not in orders
    assert all(min(order) >= 0 and max(order) < length and len(order) == length for order in orders)
    assert tuple(reversed(range(length))) in orders
    assert len(set(orders)) > 3


def test_rare_classes_come_more_often(painted: MakeArrays) -> None:
    arrays = painted(clips=16)
    for row in range(5):
        arrays.category[row, 0] = 7
    counts = np.bincount(repeated_clips(arrays, 0.5))
    # One clip of sixteen shows a bicycle: sqrt(0.5 / (1 / 16)) = 2.8 times.
    assert counts[0] == 3
    assert (counts[1:] == 1).all()
    assert repeated_clips(arrays, 0.0).tolist() == list(range(16))


def test_single_frames_can_be_trained_on(painted: MakeArrays, perception_stage: PerceptionStage) -> None:
    arrays = painted(clips=4, length=2)
    lone = replace(
        arrays, clip_frames=arrays.clip_frames[:, :1],
        speed_mps=np.zeros((4, 0), np.float32), yaw_rate_radps=np.zeros((4, 0), np.float32),
    )  # fmt: skip
    batch = PerceptionSource(lone, perception_stage, 0).fetch(np.arange(2))
    assert batch.clips.frames.shape[1] == 1
    assert batch.clips.speed_mps.shape == (8, 0)
    assert batch.clips.natural.all()
