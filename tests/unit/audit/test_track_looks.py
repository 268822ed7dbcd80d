"""A track that changes its looks for good, and those that only seem to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from drivegen.audit.track_looks import colour_jump, colour_looks, identity_drift, identity_looks

FRAMES = 8


def painted(labels: Any, colours: list[tuple[int, int, int]], name: str = "car") -> np.ndarray:
    """Grey frames with one track's visible box in a colour per frame."""
    frames = np.full((len(labels), 64, 128, 3), 110, dtype=np.uint8)
    for t, frame in enumerate(labels):
        left, top, right, bottom = frame.visible_px[frame.track_ids.index(name)].round().astype(int)
        frames[t, top:bottom, left:right] = colours[t]
    return frames


def jump(labels: Any, colours: list[tuple[int, int, int]]) -> float:
    found = colour_jump({"car": colour_looks(labels, painted(labels, colours))["car"]})
    assert found is not None
    return found


RED, BLUE = (180, 30, 30), (30, 50, 180)


def test_new_paint_half_way(hand: Any) -> None:
    labels = hand.street(FRAMES)
    assert jump(labels, [RED] * 4 + [BLUE] * 4) > 60
    # Whenever it happens, as long as there are two frames of either.
    assert jump(labels, [RED] * 2 + [BLUE] * 6) > 60
    assert jump(labels, [RED] * FRAMES) == pytest.approx(0, abs=1)


def test_a_shadow_and_a_slow_change_are_no_new_paint(hand: Any) -> None:
    labels = hand.street(FRAMES)
    shaded = tuple(value // 2 for value in RED)
    assert jump(labels, [RED] * 3 + [shaded] * 2 + [RED] * 3) < 15
    slowly = [tuple(np.linspace(RED, (140, 60, 60), FRAMES)[t].astype(int)) for t in range(FRAMES)]
    assert jump(labels, slowly) < 10


def test_exposure_is_no_new_paint(hand: Any) -> None:
    labels = hand.street(FRAMES)
    frames = painted(labels, [RED] * FRAMES)
    darker = frames.copy()
    darker[4:] = (darker[4:] * 0.8).astype(np.uint8)
    jumps = [colour_jump({"car": colour_looks(labels, pixels)["car"]}) for pixels in (frames, darker)]
    assert jumps[1] - jumps[0] < 12


def test_a_box_as_large_as_the_image_has_a_colour(hand: Any) -> None:
    labels = [
        replace(frame, visible_px=np.tile([0.0, 0.0, 128.0, 64.0], (len(frame), 1))) for frame in hand.street(FRAMES)
    ]
    looks = colour_looks(labels, np.full((FRAMES, 64, 128, 3), RED, dtype=np.uint8))
    assert all(np.isfinite(seen).all() for seen in looks.values())
    assert looks


def test_too_short_a_look_tells_nothing(hand: Any) -> None:
    assert colour_jump(colour_looks(hand.street(3), painted(hand.street(3), [RED, RED, BLUE]))) is None
    assert identity_drift(identity_looks(hand.road(FRAMES), hand.seen(hand.road(FRAMES)).identities)) is None
    assert colour_jump(colour_looks(hand.road(FRAMES), np.zeros((FRAMES, 64, 128, 3), np.uint8))) is None


def test_identity_of_the_worst_track_counts(hand: Any) -> None:
    labels = hand.street(FRAMES)
    identities = list(hand.seen(labels).identities)
    assert identity_drift(identity_looks(labels, identities)) == pytest.approx(0, abs=1e-6)
    for t in range(4, FRAMES):
        identities[t] = identities[t].copy()
        identities[t][labels[t].track_ids.index("car")] = -hand.embedding("car")
    assert identity_drift(identity_looks(labels, identities)) == pytest.approx(2.0)


def test_nan_embeddings_are_left_out(hand: Any) -> None:
    labels = hand.street(FRAMES)
    identities = [np.full_like(found, np.nan) for found in hand.seen(labels).identities]
    assert identity_drift(identity_looks(labels, identities)) is None
