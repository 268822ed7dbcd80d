"""Measures of how the picture changes from frame to frame: frozen, repeated, flickering or disordered clips.

Each compares a change with another change of the same clip, so that neither a dark road nor a fast drive looks bad.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivegen.audit.label_motion import camera_moved, moved_boxes, moving_pairs
from drivegen.audit.thumbnails import THUMBNAIL, Luma, one_pixel_change
from drivegen.core.arrays import Booleans, Floats
from drivegen.core.labels import FrameLabels
from drivegen.core.seeds import stream

# Changes smaller than this (0 to 255) are none: what storing a picture in bytes leaves.
NOTHING_255 = 0.15
# A frame repeats an earlier one when it differs from it by less than this share of what lay between them.
REPEATS = 0.35
# Orders that the natural one is compared with.
SHUFFLES = 64
# Frames that are put in order together.
STRETCH = 32


def motion_ratio(pictures: Luma, labels: Sequence[FrameLabels]) -> float | None:
    """Lower quartile, over the frames after which something moves, of the change there over that of one pixel.

    The change is taken where the labels say that something has moved: in the whole picture when the camera has, in the
    boxes of moving objects when it stands. None when nothing moves.
    """
    pairs = moving_pairs(labels)
    if not pairs:
        return None
    scale = one_pixel_change(pictures)
    ratios = []
    for first, second, boxes in pairs:
        where = _mask(boxes, labels[first].camera.size)
        change = float(np.abs(pictures[second] - pictures[first])[where].mean())
        ratios.append(change / (float(scale[first][where].mean()) + NOTHING_255))
    return float(np.quantile(ratios, 0.25))


def repeated_share(apart: Floats, labels: Sequence[FrameLabels]) -> float | None:
    """Share of the frames from the third on that look like an earlier one although the labels have moved on.

    A frame looks like an earlier one when the picture went away in between and came back: their distance is a small
    share of the larger of the two distances to some frame between them. With a standing camera that happens when
    somebody passes by; there only a copy counts.

    Args:
        apart: (T, T) distances of the frames.

    Returns:
        None for clips of fewer than three frames.
    """
    count = len(apart)
    if count < 3:
        return None
    by_camera = camera_moved(labels)
    # The farthest that the picture has been from frame i before frame j bounds what `_repeats` asks for.
    farthest = np.maximum.accumulate(np.triu(apart), axis=1)
    first, second = np.nonzero(np.triu(apart[:, 1:] < REPEATS * farthest[:, :-1], 1))
    again = {j for i, j in zip(first, second + 1, strict=True) if _repeats(int(i), int(j), apart, by_camera, labels)}
    return len(again) / (count - 2)


def flicker_ratio(apart: Floats) -> float | None:
    """Mean change between neighbours over half the change across two: 0.5 smooth, 1 noise, more when frames alternate.

    None for clips of fewer than three frames.
    """
    if len(apart) < 3:
        return None
    steps = np.diagonal(apart, 1)
    across = np.diagonal(apart, 2)
    return float((steps[:-1] + steps[1:] + NOTHING_255).mean() / (2 * across + NOTHING_255).mean())


def disorder(apart: Floats, labels: Sequence[FrameLabels]) -> float | None:
    """How much longer the way through the pictures is than the shortest known, 0 none, 1 as long as in random order.

    The way is the sum of the distances of neighbours; random orders are fixed ones, the same for every clip. Long clips
    are taken in stretches, of which the mean counts.

    Args:
        apart: (T, T) distances of the middles of the frames: at speed, the road close by is another in each frame, and
            tells nothing of their order.

    Returns:
        None when the camera moves in no stretch of four frames or more: it has to move within half of the pairs of
        frames two steps apart.
    """
    by_camera = camera_moved(labels)
    stretches = np.array_split(np.arange(len(apart)), -(-len(apart) // STRETCH))
    found = [
        _disorder(apart[np.ix_(part, part)])
        for part in stretches
        if len(part) >= 4 and np.diagonal(by_camera[np.ix_(part, part)], 2).mean() >= 0.5
    ]
    return float(np.mean(found)) if found else None


def _disorder(apart: Floats) -> float:
    generator = stream(0, "audit", "disorder", len(apart))
    orders = np.stack([generator.permutation(len(apart)) for _ in range(SHUFFLES)])
    random = apart[orders[:, :-1], orders[:, 1:]].sum(axis=1).mean()
    shortest = _short_way(apart)
    return float((np.diagonal(apart, 1).sum() - shortest) / (random - shortest + NOTHING_255))


def _short_way(apart: Floats) -> float:
    """Length of a short way through all frames: from each start to the nearest unvisited, the best of these."""
    best = np.inf
    for start in range(len(apart)):
        free = np.ones(len(apart), dtype=bool)
        here, length = start, 0.0
        free[start] = False
        while free.any():
            there = int(np.where(free, apart[here], np.inf).argmin())
            length, here = length + apart[here, there], there
            free[there] = False
        best = min(best, length)
    return min(best, float(np.diagonal(apart, 1).sum()))


def _repeats(i: int, j: int, apart: Floats, by_camera: Booleans, labels: Sequence[FrameLabels]) -> bool:
    between = np.minimum(apart[i, i + 1 : j], apart[i + 1 : j, j]).max()
    if apart[i, j] >= REPEATS * between:
        return False
    if by_camera[i, j]:
        return True
    return bool(apart[i, j] < NOTHING_255 and len(moved_boxes(labels[i], labels[j])))


def _mask(boxes: Floats | None, size: tuple[int, int]) -> Booleans:
    """Pixels of a thumbnail inside boxes (M, 4) of a frame of `size` (h, w); all of them for None."""
    mask = np.full(THUMBNAIL, boxes is None)
    for box in boxes if boxes is not None else ():
        left, top, right, bottom = box * np.tile([THUMBNAIL[1] / size[1], THUMBNAIL[0] / size[0]], 2)
        rows = slice(int(np.clip(top, 0, THUMBNAIL[0] - 1)), max(int(np.ceil(bottom)), int(top) + 1))
        mask[rows, int(np.clip(left, 0, THUMBNAIL[1] - 1)) : max(int(np.ceil(right)), int(left) + 1)] = True
    return mask
