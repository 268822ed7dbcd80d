"""Whether each track keeps its looks: as the judge's embedding sees it, and by its plain colour.

Both ask for a change that is sudden and lasts: between two neighbouring frames, and between all before and all after.
A car that drives through a shadow changes and changes back, one that turns a corner changes bit by bit; one whose paint
is another from one frame on does neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from drivegen.core.arrays import Bytes, Floats, Integers
from drivegen.core.labels import FrameLabels
from drivegen.core.observations import Features

# Looks (n, E) of each track over the n frames in which it is seen well, in order of time.
Looks = dict[str, Floats]

# Frames on either side of a moment that tell what a track looked like.
MIN_FRAMES_A_SIDE = 2
# What is seen well: sides of the visible box in an image of BASE_HEIGHT_PX, and how much of the object it shows.
MIN_SIDE_PX = 10.0
BASE_HEIGHT_PX = 128
MIN_VISIBLE = 0.6
# Share of the sides of a box, around its middle, that is the object and not what is behind it, ...
INNER = 0.7
# ... and how far the surroundings reach, whose light is that of the object.
OUTER = 1.6
# Lightness against the surroundings counts less than hue: light falls on an object from one side. CIE Lab's L, a, b.
LAB_WEIGHTS = np.array([0.7, 1.0, 1.0])


def identity_looks(labels: Sequence[FrameLabels], identities: Sequence[Features]) -> Looks:
    """Embeddings (n, E), unit vectors, of each track in the frames where it is seen well."""
    looks: defaultdict[str, list[Floats]] = defaultdict(list)
    for frame, found in zip(labels, identities, strict=True):
        for i in _seen_well(frame):
            if np.isfinite(found[i]).all():
                looks[frame.track_ids[i]].append(found[i].astype(np.float64))
    return {track: np.stack(seen) for track, seen in looks.items()}


def colour_looks(labels: Sequence[FrameLabels], frames: Bytes) -> Looks:
    """Mean colours (n, 3), weighted CIE Lab, of the middle of each track's visible box where it is seen well.

    Lightness is that over the surroundings of the box, so that shadows, street lamps and exposure change little.
    """
    looks: defaultdict[str, list[Floats]] = defaultdict(list)
    for frame, pixels in zip(labels, frames, strict=True):
        chosen = _seen_well(frame)
        if len(chosen):
            lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float64)
            for i in chosen:
                looks[frame.track_ids[i]].append(_colour(lab, frame.visible_px[i]) * LAB_WEIGHTS)
    return {track: np.stack(seen) for track, seen in looks.items()}


def identity_drift(looks: Looks) -> float | None:
    """Largest sudden and lasting change of any track's embedding, 1 - cosine, 0 to 2; None when no track tells."""
    return _worst(looks, lambda before, after: min(_turn(before, after), _turn(before[-1:], after[:1])))


def colour_jump(looks: Looks) -> float | None:
    """Largest sudden and lasting change of any track's colour, in weighted Lab units; None when no track tells.

    What lasts is the distance of the medians before and after, less what the colour varies on either side.
    """
    return _worst(looks, lambda before, after: min(_jump(before, after), float(np.linalg.norm(before[-1] - after[0]))))


def _worst(looks: Looks, change: Callable[[Floats, Floats], float]) -> float | None:
    found = [
        max(change(seen[:cut], seen[cut:]) for cut in range(MIN_FRAMES_A_SIDE, len(seen) - MIN_FRAMES_A_SIDE + 1))
        for seen in looks.values()
        if len(seen) >= 2 * MIN_FRAMES_A_SIDE
    ]
    return max(found) if found else None


def _turn(before: Floats, after: Floats) -> float:
    a, b = before.mean(axis=0), after.mean(axis=0)
    return float(1.0 - a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9))


def _jump(before: Floats, after: Floats) -> float:
    a, b = np.median(before, axis=0), np.median(after, axis=0)
    spread = np.linalg.norm(before - a, axis=1).mean() + np.linalg.norm(after - b, axis=1).mean()
    return float(np.linalg.norm(a - b) - spread)


def _seen_well(labels: FrameLabels) -> Integers:
    sides = np.nan_to_num(labels.visible_px[:, 2:] - labels.visible_px[:, :2]).min(axis=1)
    tall = sides * BASE_HEIGHT_PX / labels.camera.size[0] >= MIN_SIDE_PX
    return np.flatnonzero(labels.scored & tall & (labels.visible_fraction >= MIN_VISIBLE))


def _colour(lab: Floats, box: Floats) -> Floats:
    """Lightness over the surroundings, a and b (3,) of the middle of a box."""
    colour: Floats = _part(lab, box, INNER).mean(axis=(0, 1))
    around, inside = _part(lab[..., 0], box, OUTER), _part(lab[..., 0], box, 1.0)
    count = around.size - inside.size
    # A box as large as the image has no surroundings.
    colour[0] -= (around.sum() - inside.sum()) / count if count > 0 else 0.0
    return colour


def _part(image: Floats, box: Floats, share: float) -> Floats:
    """The pixels inside a box whose sides are so many times as long, as far as the image goes; at least one."""
    height, width = image.shape[:2]
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) * share / 2
    left, top = np.clip(np.round(centre - half), 0, [width - 1, height - 1]).astype(int)
    right, bottom = np.clip(np.round(centre + half), 1, [width, height]).astype(int)
    return image[top : max(bottom, top + 1), left : max(right, left + 1)]
