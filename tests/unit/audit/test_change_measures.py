"""Frozen, repeated, flickering and disordered pictures, and what looks like them but is not."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from drivegen.audit.change_measures import disorder, flicker_ratio, motion_ratio, repeated_share
from drivegen.audit.label_motion import camera_moved, moved_boxes, moving_pairs
from drivegen.audit.thumbnails import MIDDLE, THUMBNAIL, distances, middles, thumbnails

FRAMES = 10


def pan(frames: int = FRAMES, step: int = 2, noise: float = 2.0) -> np.ndarray:
    """A smooth picture that slides by `step` px per frame, with noise of its own in each."""
    rng = np.random.default_rng(1)
    wide = cv2.GaussianBlur(rng.integers(0, 256, (64, 128 + step * frames, 3)).astype(np.float32), (0, 0), 4)
    wide = 128 + (wide - wide.mean()) * 40 / wide.std()
    sliding = np.stack([wide[:, t * step : t * step + 128] for t in range(frames)])
    return np.clip(sliding + rng.normal(0, noise, sliding.shape), 0, 255).astype(np.uint8)


def apart(frames: np.ndarray) -> np.ndarray:
    return distances(thumbnails(frames))


def test_thumbnails_average() -> None:
    frames = np.zeros((2, 128, 256, 3), dtype=np.uint8)
    frames[1, :, :128] = 255
    small = thumbnails(frames)
    assert small.shape == (2, *THUMBNAIL)
    assert small[1].mean() == pytest.approx(127.5, abs=0.1)
    assert middles(frames).shape == (2, *MIDDLE)


def test_distances_leave_exposure_out() -> None:
    frames = pan(4)
    brighter = np.clip(frames.astype(int) + np.arange(4)[:, None, None, None] * 3, 0, 255).astype(np.uint8)
    np.testing.assert_allclose(apart(brighter), apart(frames), atol=0.5)
    assert (np.diagonal(apart(frames)) == 0).all()


def test_labels_say_what_moves(hand: Any) -> None:
    assert not camera_moved(hand.road(FRAMES)).any()
    assert camera_moved(hand.road(FRAMES, ego_mps=4.0))[0, 1]
    slow = moving_pairs(hand.road(FRAMES, ego_mps=0.5))
    assert slow[0][:2] == (0, 4)
    street = hand.street(FRAMES)
    first, second, boxes = moving_pairs(street)[0]
    # The walker alone moves: where they were and where they are.
    assert (first, boxes.shape) == (0, (2, 4))
    np.testing.assert_array_equal(boxes, moved_boxes(street[0], street[second]))
    assert moving_pairs(hand.road(FRAMES)) == []


def test_frozen(hand: Any) -> None:
    labels = hand.road(FRAMES, ego_mps=8.0)
    moving = motion_ratio(thumbnails(pan()), labels)
    frozen = np.repeat(pan(1), FRAMES, axis=0)
    noisy = np.clip(frozen + np.random.default_rng(0).normal(0, 1.5, frozen.shape), 0, 255).astype(np.uint8)
    stuck = pan()
    stuck[5:] = stuck[5]
    assert moving is not None
    assert moving > 0.5
    assert motion_ratio(thumbnails(frozen), labels) == 0
    assert motion_ratio(thumbnails(noisy), labels) < 0.1
    assert motion_ratio(thumbnails(stuck), labels) == 0
    # Where nothing moves, nothing has to change.
    assert motion_ratio(thumbnails(frozen), hand.road(FRAMES)) is None
    assert motion_ratio(thumbnails(frozen[:1]), hand.road(1)) is None


def test_frozen_behind_a_standing_camera(hand: Any) -> None:
    labels = hand.street(FRAMES)
    frames = np.repeat(pan(1, noise=0), FRAMES, axis=0)
    assert motion_ratio(thumbnails(frames), labels) == 0
    for t, frame in enumerate(labels):
        left, top, right, bottom = frame.visible_px[frame.track_ids.index("walker")].round().astype(int)
        frames[t, top:bottom, left:right] = [250, 20, 20]
    assert motion_ratio(thumbnails(frames), labels) > 0.3


def test_repeated(hand: Any) -> None:
    labels = hand.road(FRAMES, ego_mps=8.0)
    looped = pan()
    looped[5:] = looped[:5]
    assert repeated_share(apart(pan()), labels) == 0
    # Of the eight frames from the third on, the last five have been there.
    assert repeated_share(apart(looped), labels) == pytest.approx(5 / 8)
    swinging = pan()[[0, 1, 2, 3, 4, 4, 3, 2, 1, 0]]
    assert repeated_share(apart(swinging), labels) == pytest.approx(4 / 8)
    # Frames all alike are frozen, not repeated, and too few cannot tell.
    assert repeated_share(apart(np.repeat(pan(1), FRAMES, axis=0)), labels) == 0
    assert repeated_share(apart(pan(2)), hand.road(2, ego_mps=8.0)) is None


def test_somebody_who_passes_a_standing_camera_is_no_repetition(hand: Any) -> None:
    frames = np.repeat(pan(1, noise=0), FRAMES, axis=0)
    frames[4:6, 10:60, 30:100] = 255
    noisy = np.clip(frames + np.random.default_rng(0).normal(0, 1.5, frames.shape), 0, 255).astype(np.uint8)
    assert repeated_share(apart(noisy), hand.road(FRAMES)) == 0
    assert repeated_share(apart(noisy), hand.street(FRAMES)) == 0


def test_flicker() -> None:
    rng = np.random.default_rng(0)
    textures = cv2.GaussianBlur(rng.normal(0, 400, (64, 128, 2)), (0, 0), 3).transpose(2, 0, 1)
    alternating = np.clip(pan(noise=0) + textures[np.arange(FRAMES) % 2, ..., None], 0, 255).astype(np.uint8)
    smooth, noise = (
        flicker_ratio(apart(pan())),
        flicker_ratio(apart(rng.integers(0, 256, (FRAMES, 64, 128, 3), np.uint8))),
    )
    assert smooth is not None
    assert 0.5 <= smooth < 0.8
    assert noise == pytest.approx(1.0, abs=0.05)
    assert flicker_ratio(apart(alternating)) > 1.1
    assert flicker_ratio(apart(np.repeat(pan(1), FRAMES, axis=0))) == 1.0
    assert flicker_ratio(apart(pan(2))) is None


def test_disorder(hand: Any) -> None:
    labels = hand.road(FRAMES, ego_mps=8.0)

    def of(frames: np.ndarray) -> float | None:
        return disorder(distances(middles(frames)), labels)

    assert of(pan()) == pytest.approx(0, abs=0.02)
    assert of(pan()[::-1]) == pytest.approx(0, abs=0.02)
    shuffled = [of(pan()[np.random.default_rng(seed).permutation(FRAMES)]) for seed in range(5)]
    assert min(shuffled) > 0.5
    assert np.mean(shuffled) == pytest.approx(1.0, abs=0.3)
    assert disorder(distances(middles(pan())), hand.road(FRAMES)) is None
    assert disorder(distances(middles(pan(3))), hand.road(3, ego_mps=8.0)) is None


def test_long_clips_are_put_in_order_by_stretches(hand: Any) -> None:
    labels = hand.road(70, ego_mps=8.0)
    frames = pan(70, step=1)
    assert disorder(distances(middles(frames)), labels) == pytest.approx(0, abs=0.02)
    frames[:35] = frames[np.random.default_rng(0).permutation(35)]
    assert disorder(distances(middles(frames)), labels) > 0.3
