"""Faults in what a clip shows: frames out of order, repeated or frozen, and an object that changes its paint.

The labels stay untouched. Repeated frames get fresh sensor noise: a generator's loop is never byte for byte the same,
and comparing bytes must not be what catches it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from drivegen.core import Clip, FrameLabels, LabelPolicy, ego_motion
from drivegen.core.arrays import Bytes, Floats

Single = NDArray[np.float32]

# What must move within a clip before anyone could tell the order of its frames.
MIN_TRAVEL_M = 2.0
MIN_TURN_RAD = 0.05
MIN_BOX_TRAVEL = 0.05
"""Of the image's width: how far the centre of a scored object's visible box moves."""
MIN_FRAMES = 4
# Standard deviation of the fresh noise, of 255 levels, in an image 128 px tall; scaling down averages it.
REPEAT_NOISE_255 = 1.5
# How well a model remembers: details down to this share of the resolution, and the light to within this share.
_COPY_DETAIL = 0.6
_COPY_LIGHT = 0.05

# Which objects can be seen to change their paint: sides at the policy's base height, and how much is seen of them.
MIN_SIDE_PX = 12.0
MIN_VISIBLE = 0.6
# Share of the clip's frames, of either half, that must show the object.
MIN_SHARE_EACH_HALF = 0.25
# CIE 1976 difference of mean colours from which an object is plainly of two (a just noticeable one is about 2.3).
MIN_COLOUR_CHANGE = 22.0
_PAINTS = np.array(
    [[190, 25, 25], [25, 55, 190], [25, 140, 50], [225, 185, 25], [120, 40, 150], [235, 235, 235], [18, 18, 20]],
    dtype=np.float64,
)  # fmt: skip
# Half axes of the ellipse that may be painted, of the box's sides; beyond lie mostly street and sky.
_ELLIPSE = 0.47
# CIE 1976 distance from an object's main colour at which something is half paint, half window, tyre or lamp.
_SAME_PAINT = 22.0
# Of a surface's own light and shade this much survives the new paint.
_SHADE_RANGE = (0.3, 1.8)
# Standard deviation of luma, of 255 levels, on an object that no haze veils.
_CRISP_CONTRAST_255 = 28.0
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def shuffled_frames(clip: Clip, rng: np.random.Generator) -> Clip | None:
    """The frames in a random order, at least half of them out of place, and not simply backwards.

    Not applicable to clips of fewer than MIN_FRAMES frames, or in which nothing moves visibly (see `moves`).
    """
    if not moves(clip.labels):
        return None
    natural = np.arange(len(clip.frames))
    while True:
        order = rng.permutation(natural)
        if (order != natural).mean() >= 0.5 and (np.diff(order) == -1).mean() < 0.5:
            return replace(clip, frames=clip.frames[order])


def looped_video(clip: Clip, rng: np.random.Generator) -> Clip | None:
    """The second half shows the first half again. Applicable as `shuffled_frames`."""
    if not moves(clip.labels):
        return None
    half = len(clip.frames) // 2
    again = clip.frames[: len(clip.frames) - half]
    return replace(clip, frames=np.concatenate([clip.frames[:half], _renoised(again, rng)]))


def frozen_video(clip: Clip, rng: np.random.Generator) -> Clip | None:
    """Every frame shows the first. Applicable as `shuffled_frames`."""
    if not moves(clip.labels):
        return None
    rest = np.repeat(clip.frames[:1], len(clip.frames) - 1, axis=0)
    return replace(clip, frames=np.concatenate([clip.frames[:1], _renoised(rest, rng)]))


def recoloured_track(clip: Clip, rng: np.random.Generator) -> Clip | None:
    """One object's paint becomes another from half of the clip on, lit and veiled as before.

    Painted is what has the object's main colour within an ellipse in its visible box, so that windows, tyres and lamps
    stay. Not applicable where no track is seen well enough, for MIN_SHARE_EACH_HALF of the clip in either half, for any
    of a few usual paints to change its mean colour by MIN_COLOUR_CHANGE: in the dark, in fog.
    """
    half = len(clip.frames) // 2
    for track in rng.permutation(sorted(_plain_tracks(clip.labels))):
        views = _views(clip.labels, str(track))
        for paint in rng.permutation(_PAINTS):
            painted, change = _painted(clip.frames, [view for view in views if view.frame >= half], paint)
            if change >= MIN_COLOUR_CHANGE:
                return replace(clip, frames=painted)
    return None


def copied_clip(clip: Clip, rng: np.random.Generator) -> Clip | None:
    """A clip of the training set as a model gives it back by heart: softer, a little lighter or darker, with noise."""
    height, width = clip.frames.shape[1:3]
    size = max(1, round(_COPY_DETAIL * width)), max(1, round(_COPY_DETAIL * height))
    soft = [cv2.resize(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), (width, height)) for frame in clip.frames]
    light = 1.0 + rng.uniform(-_COPY_LIGHT, _COPY_LIGHT)
    lit = np.clip(np.rint(np.stack(soft) * light), 0, 255).astype(np.uint8)
    return replace(clip, frames=_renoised(lit, rng))


def moves(labels: Sequence[FrameLabels]) -> bool:
    """Whether a clip's labels say that the picture moves visibly.

    The vehicle travels MIN_TRAVEL_M or turns by MIN_TURN_RAD, or a scored object's visible box travels MIN_BOX_TRAVEL
    of the image's width; within at least MIN_FRAMES frames.
    """
    if len(labels) < MIN_FRAMES:
        return False
    speed, turning = ego_motion(labels)
    seconds = np.diff([frame.timestamp_us for frame in labels]) / 1e6
    if abs(speed * seconds).sum() >= MIN_TRAVEL_M or abs(turning * seconds).sum() >= MIN_TURN_RAD:
        return True
    places: dict[str, list[Floats]] = {}
    for frame in labels:
        for i in np.flatnonzero(frame.scored):
            box = frame.visible_px[i]
            places.setdefault(frame.track_ids[i], []).append((box[:2] + box[2:]) / 2 / frame.camera.size[1])
    return any(np.ptp(np.stack(path), axis=0).max() >= MIN_BOX_TRAVEL for path in places.values())


def _renoised(frames: Bytes, rng: np.random.Generator) -> Bytes:
    deviation = REPEAT_NOISE_255 * min(1.0, frames.shape[1] / LabelPolicy().base_height_px)
    noisy = frames + rng.normal(0.0, deviation, frames.shape)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class _View:
    """One object in one frame: its visible box, and the visible boxes of what stands before it."""

    frame: int
    box_px: Floats
    nearer_px: Floats


def _plain_tracks(labels: Sequence[FrameLabels]) -> list[str]:
    """Tracks that are seen well in enough frames of both halves."""
    counts: dict[str, list[int]] = {}
    for t, frame in enumerate(labels):
        for i in np.flatnonzero(_plain(frame)):
            counts.setdefault(frame.track_ids[i], [0, 0])[t >= len(labels) // 2] += 1
    enough = max(2.0, MIN_SHARE_EACH_HALF * len(labels))
    return [track for track, halves in counts.items() if min(halves) >= enough]


def _plain(labels: FrameLabels) -> np.ndarray:
    """Which objects (N,) are large and open to view."""
    sides = np.nan_to_num(labels.visible_px[:, 2:] - labels.visible_px[:, :2])
    least = MIN_SIDE_PX * labels.camera.size[0] / LabelPolicy().base_height_px
    return np.asarray(labels.scored & (sides.min(axis=1) >= least) & (labels.visible_fraction >= MIN_VISIBLE))


def _views(labels: Sequence[FrameLabels], track: str) -> list[_View]:
    """The frames in which anything of a track is seen."""
    views = []
    for t, frame in enumerate(labels):
        if track in frame.track_ids:
            i = frame.track_ids.index(track)
            if np.isfinite(frame.visible_px[i]).all():
                nearer = frame.visible_px[:i]
                views.append(_View(t, frame.visible_px[i], nearer[np.isfinite(nearer).all(axis=1)]))
    return views


def _painted(frames: Bytes, views: list[_View], paint: Floats) -> tuple[Bytes, float]:
    """Frames with an object painted in some of them, and the usual change of its mean colour (CIE 1976)."""
    result, changes = frames.copy(), []
    for view in views:
        frame = frames[view.frame]
        window, inside = _ellipse(frame.shape[:2], view)
        if inside.sum() < 1.0:
            continue
        old = frame[window].astype(np.float32) / 255.0
        new = _repaint(old, inside, paint, bright=float(np.quantile(frame @ _LUMA, 0.9)) / 255.0)
        result[view.frame][window] = np.rint(255.0 * new)
        weights = inside / inside.sum()
        means = np.stack([np.einsum("hw,hwc->c", weights, image) for image in (old, new)])
        changes.append(float(np.linalg.norm(np.diff(_lab(means[None])[0], axis=0))))
    return result, float(np.median(changes)) if changes else 0.0


def _ellipse(size: tuple[int, int], view: _View) -> tuple[tuple[slice, slice], Single]:
    """The window of the image (H, W) around a view, and the share of each of its pixels that may be painted.

    An ellipse in the box with a soft edge of a pixel, less the boxes of what is nearer.
    """
    left, top, right, bottom = view.box_px
    first_row, first_column = max(0, int(top)), max(0, int(left))
    rows = np.arange(first_row, min(size[0], int(np.ceil(bottom))))[:, None]
    columns = np.arange(first_column, min(size[1], int(np.ceil(right))))[None, :]
    axes = (_ELLIPSE * (right - left), _ELLIPSE * (bottom - top))
    radius = np.hypot((columns + 0.5 - (left + right) / 2) / axes[0], (rows + 0.5 - (top + bottom) / 2) / axes[1])
    inside = np.clip((1.0 - radius) * min(axes) + 0.5, 0.0, 1.0)
    for x_min, y_min, x_max, y_max in view.nearer_px:
        inside[(rows + 1 > y_min) & (rows < y_max) & (columns + 1 > x_min) & (columns < x_max)] = 0.0
    window = (slice(first_row, first_row + len(rows)), slice(first_column, first_column + columns.shape[1]))
    return window, inside.astype(np.float32)


def _repaint(image: Single, inside: Single, paint: Floats, bright: float) -> Single:
    """An image (h, w, 3) in [0, 1] with new paint on what has its main colour where `inside`.

    Args:
        paint: R, G, B of 255 in full light.
        bright: how bright a white thing is in this frame, in [0, 1].
    """
    luma, core = image @ _LUMA, inside > 0.5
    main = np.median(image[core], axis=0) if core.any() else image.mean(axis=(0, 1))
    shade = np.clip(luma / max(float(main @ _LUMA), 0.01), *_SHADE_RANGE)[..., None]
    distance = np.linalg.norm(_lab(image) - _lab(main[None, None].astype(np.float32)), axis=-1)
    is_paint = 0.5 ** ((distance / _SAME_PAINT) ** 2)
    # Haze veils the new paint as it did the old: what it leaves of an object's contrast tells how thick it is.
    contrast = float(luma[core].std()) if core.any() else 0.0
    clear = min(1.0, 255.0 * contrast / _CRISP_CONTRAST_255)
    weight = (inside * is_paint * clear)[..., None]
    new = np.clip(paint / 255.0 * bright * shade, 0.0, 1.0)
    return np.asarray(image + weight * (new - image), dtype=np.float32)


def _lab(image: Single) -> Single:
    """CIE L*a*b* of sRGB (h, w, 3) in [0, 1]."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(image, dtype=np.float32), cv2.COLOR_RGB2LAB))
