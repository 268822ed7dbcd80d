"""A net as a judge of clips of any size and length."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from drivegen.core.errors import DataError
from drivegen.models.perception import (
    FrameOutputs,
    PerceptionConfig,
    PerceptionNet,
    PerceptionObserver,
    build_perception,
    images_of,
    resize_frames,
)


def _frames(count: int, size: tuple[int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *size, 3), dtype=np.uint8)


def test_features_are_those_of_the_clip_branch(net: PerceptionNet) -> None:
    before = PerceptionObserver(net, "a").features_sha256
    with torch.no_grad():
        next(net.frame_branch.parameters()).add_(1.0)
    assert PerceptionObserver(net, "b").features_sha256 == before
    with torch.no_grad():
        next(net.clip_branch.parameters()).add_(1.0)
    assert PerceptionObserver(net, "b").features_sha256 != before


@pytest.mark.parametrize("size", [(64, 128), (128, 256), (90, 120)])
def test_a_clip_of_any_size_is_observed(net: PerceptionNet, size: tuple[int, int]) -> None:
    boxes = [np.array([[2.0, 3.0, 20.0, 18.0], [np.nan] * 4, [5.0, 5.0, 5.5, 20.0]]), np.zeros((0, 4))] * 3
    seen = PerceptionObserver(net, "abc", batch=4).observe(_frames(6, size), boxes, 4.0, window_frames=4)
    assert len(seen) == 6 and seen.window_frames == 4
    assert seen.speed_mps.shape == seen.yaw_rate_radps.shape == (5,)
    assert seen.order_probability.shape == (1,) and seen.window_features.shape == (1, 10)
    assert (seen.order_probability > 0).all() and (seen.order_probability < 1).all()
    assert [one.shape for one in seen.identities] == [(3, 6), (0, 6)] * 3
    assert np.isnan(seen.identities[0]).all(axis=1).tolist() == [False, True, True]
    np.testing.assert_allclose(np.linalg.norm(seen.identities[0][0]), 1.0, atol=1e-6)
    for frame in seen.frames:
        assert frame.weather.sum() == pytest.approx(1) and frame.time_of_day.sum() == pytest.approx(1)
        assert frame.weather.shape == (5,) and frame.time_of_day.shape == (3,) and frame.feature.shape == (12,)
        assert frame.feature.dtype == np.float32 and frame.road_users >= 0
        assert len(frame.detections) <= net.config.max_detections
        assert (frame.detections.boxes_px.max(axis=0) <= (size[1], size[0]) * 2).all()


def test_the_detections_of_a_larger_frame_are_those_of_the_smaller_one(config: PerceptionConfig) -> None:
    net = build_perception(config)
    with torch.no_grad():
        net.frame_branch.cells.weight.mul_(20)
    observer, small = PerceptionObserver(net, ""), _frames(1, config.image_size)
    large = small.repeat(2, axis=1).repeat(2, axis=2)
    box = np.array([[20.0, 10.0, 44.0, 30.0]])
    a, b = observer.observe(small, [box], 4.0), observer.observe(large, [2 * box], 4.0)
    assert len(a.frames[0].detections) > 0
    np.testing.assert_allclose(2 * a.frames[0].detections.boxes_px, b.frames[0].detections.boxes_px, atol=1e-3)
    np.testing.assert_allclose(a.identities[0], b.identities[0], atol=1e-5)


def test_one_frame_has_neither_motion_nor_order(net: PerceptionNet) -> None:
    seen = PerceptionObserver(net, "").observe(_frames(1, (64, 128)), [np.zeros((0, 4))], 10.0)
    assert seen.speed_mps.shape == seen.yaw_rate_radps.shape == (0,)
    assert np.isnan(seen.order_probability).tolist() == [True]
    assert seen.window_features.shape == (1, 10) and seen.window_frames == 1


def test_a_clip_shorter_than_a_window_is_one(net: PerceptionNet) -> None:
    seen = PerceptionObserver(net, "").observe(_frames(5, (64, 128)), [np.zeros((0, 4))] * 5, 10.0)
    assert seen.window_frames == 5 and seen.order_probability.shape == (1,)


def test_two_looks_are_the_same_and_windows_are_those_of_their_frames(net: PerceptionNet) -> None:
    observer, frames = PerceptionObserver(net, "", batch=3), _frames(9, (64, 128))
    boxes = [np.array([[2.0, 3.0, 20.0, 18.0]])] * 9
    once, again = (observer.observe(frames, boxes, 5.0, 4) for _ in range(2))
    second = observer.observe(frames[4:8], boxes[4:8], 5.0, 4)
    assert np.array_equal(once.speed_mps, again.speed_mps) and np.array_equal(
        once.window_features, again.window_features
    )
    assert all(np.array_equal(a, b) for a, b in zip(once.identities, again.identities, strict=True))
    np.testing.assert_array_equal(once.window_features[1], second.window_features[0])
    np.testing.assert_array_equal(once.speed_mps[4:7], second.speed_mps)
    assert once.window_features.shape == (2, 10)


def test_the_batch_changes_nothing_that_counts(net: PerceptionNet) -> None:
    frames, boxes = _frames(5, (64, 128)), [np.array([[2.0, 3.0, 20.0, 18.0]])] * 5
    one, all_ = (PerceptionObserver(net, "", batch=n).observe(frames, boxes, 5.0) for n in (1, 5))
    for a, b in zip(one.frames, all_.frames, strict=True):
        np.testing.assert_allclose(a.feature, b.feature, atol=1e-4)
        np.testing.assert_allclose(a.weather, b.weather, atol=1e-4)


def test_remembered_frames_are_looked_at_once_and_seen_as_before(
    net: PerceptionNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []
    forward = net.forward_frames

    def counting(images: torch.Tensor) -> FrameOutputs:
        looked_at.append(len(images))
        return forward(images)

    monkeypatch.setattr(net, "forward_frames", counting)
    frames, rng = _frames(6, (64, 128)), np.random.default_rng(4)
    boxes = [rng.uniform(0, 60, (2, 4)).cumsum(axis=1) for _ in range(6)]
    order = [3, 0, 5, 5, 1, 2]
    plain, keen = PerceptionObserver(net, "", batch=4), PerceptionObserver(net, "", batch=4, remembered=6)
    keen.observe(frames, boxes[::-1], 5.0)
    assert sum(looked_at) == 6
    again = keen.observe(frames[order], boxes, 5.0)
    assert sum(looked_at) == 6
    expected = plain.observe(frames[order], boxes, 5.0)
    for a, b in zip(again.frames, expected.frames, strict=True):
        np.testing.assert_allclose(a.feature, b.feature, atol=1e-4)
        np.testing.assert_allclose(a.detections.scores, b.detections.scores, atol=1e-4)
    for a, b in zip(again.identities, expected.identities, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    # What was not seen for longest is forgotten.
    keen.observe(_frames(6, (64, 128), seed=9), boxes, 5.0)
    before = sum(looked_at)
    keen.observe(frames, boxes, 5.0)
    assert sum(looked_at) == before + 6


def test_the_rate_matters(net: PerceptionNet) -> None:
    observer, frames = PerceptionObserver(net, ""), _frames(4, (64, 128))
    slow, fast = (observer.observe(frames, [np.zeros((0, 4))] * 4, fps) for fps in (3.0, 12.0))
    assert not np.allclose(slow.speed_mps, fast.speed_mps, atol=1e-3)


def test_frames_are_resized_by_area_and_enlarged_smoothly() -> None:
    frames = _frames(2, (64, 128))
    small = resize_frames(frames, (32, 64))
    blocks = frames.reshape(2, 32, 2, 64, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(small, blocks, atol=0.51)
    assert resize_frames(frames, (64, 128)) is frames
    large = resize_frames(np.full((1, 32, 32, 3), 7, dtype=np.uint8), (64, 128))
    assert large.shape == (1, 64, 128, 3) and (large == 7).all()


def test_images_are_channels_first_between_minus_one_and_one() -> None:
    frames = np.zeros((1, 2, 4, 3), dtype=np.uint8)
    frames[0, 1, 2] = (255, 0, 51)
    images = images_of(frames)
    assert images.shape == (1, 3, 2, 4)
    torch.testing.assert_close(images[0, :, 1, 2], torch.tensor([1.0, -1.0, -0.6]))


@pytest.mark.parametrize(
    ("frames", "boxes", "fps", "window"),
    [
        (np.zeros((2, 64, 128, 3)), 2, 4.0, 16),
        (np.zeros((0, 64, 128, 3), dtype=np.uint8), 0, 4.0, 16),
        (np.zeros((2, 64, 128, 3), dtype=np.uint8), 1, 4.0, 16),
        (np.zeros((2, 64, 128, 3), dtype=np.uint8), 2, 0.0, 16),
        (np.zeros((2, 64, 128, 3), dtype=np.uint8), 2, 4.0, 0),
    ],
)
def test_what_is_not_a_clip_is_refused(
    net: PerceptionNet, frames: np.ndarray, boxes: int, fps: float, window: int
) -> None:
    with pytest.raises(DataError, match="observe"):
        PerceptionObserver(net, "").observe(frames, [np.zeros((0, 4))] * boxes, fps, window)
