"""How a clip's colours change with time, and whether its content comes back: what Frechet video distance is blind to.

Colour similarity is that of Brooks et al., "Generating Long Videos of Dynamic Scenes" (arXiv:2206.03429): RGB
histograms of 20 bins a channel, S(i, j) = sum of min(H_i, H_j). Against reference, a curve that falls too slowly or
comes back repeats itself, one that falls too fast drifts.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from drivegen.core import Clip
from drivegen.core.arrays import Bytes, Floats
from drivegen.evaluation.lags import Mean, lag_name, lags_of

SIMILARITY: Final = "colour"
REPETITION: Final = "repetition"
BINS: Final = 20
# Thumbnails in which frames are compared for repetition: (h, w).
THUMBNAIL: Final = (16, 32)
# A frame can only be called repeated by one that is this much later, and from which the vehicle is this far away.
LEAST_GAP_S: Final = 1.0
LEAST_TRAVEL_M: Final = 5.0
# ... and which differs from it by at most this share of what its own next frame does.
REPEATED: Final = 0.5

Histograms = NDArray[np.float32]


def colour_means(clip: Clip) -> dict[str, Mean]:
    """How alike a clip's frames are in colour, and how many of them come back.

    Returns:
        "colour@LAG": mean similarity of frames that lie a lag apart, and the number of pairs.
        "repetition": share of repeated frames among those that could have been (see `repeated_frames`).
    """
    histograms = colour_histograms(clip.frames)
    means = {}
    for lag in lags_of(len(clip.frames), clip.fps):
        similar = np.minimum(histograms[lag:], histograms[:-lag]).sum(axis=1)
        means[lag_name(SIMILARITY, lag, clip.fps)] = Mean(float(similar.mean(dtype=np.float64)), len(similar))
    places = np.stack([frame.global_from_ego.translation[:2] for frame in clip.labels])
    could, were = repeated_frames(clip.frames, places, max(2, round(LEAST_GAP_S * clip.fps)))
    return means | ({REPETITION: Mean(were / could, could)} if could else {})


def colour_histograms(frames: Bytes) -> Histograms:
    """Joint RGB histograms (T, BINS^3) of frames (T, H, W, 3), each with sum 1."""
    bins = frames.reshape(len(frames), -1, 3).astype(np.int64) * BINS // 256
    flat = (bins[..., 0] * BINS + bins[..., 1]) * BINS + bins[..., 2]
    counts = np.stack([np.bincount(frame, minlength=BINS**3) for frame in flat])
    return (counts / flat.shape[1]).astype(np.float32)


def repeated_frames(frames: Bytes, places: Floats, least_gap: int) -> tuple[int, int]:
    """Frames that could have been repeated, and those that were.

    A frame is repeated when a later one, at least `least_gap` frames on and 5 m away, differs from it at most half as
    much as its own next frame does: what stands still for the camera may look the same, what was driven past may not.

    Args:
        frames: (T, H, W, 3).
        places: (T, 2) where the vehicle is, metres.
    """
    looks = _thumbnails(frames)
    could = were = 0
    for i in range(len(frames) - least_gap):
        away = np.linalg.norm(places[i + least_gap :] - places[i], axis=1) >= LEAST_TRAVEL_M
        if not away.any():
            continue
        later = np.abs(looks[i + least_gap :][away] - looks[i]).mean(axis=1).min()
        following = np.abs(looks[i + 1] - looks[i]).mean()
        could += 1
        were += bool(later <= REPEATED * following)
    return could, were


def _thumbnails(frames: Bytes) -> NDArray[np.float32]:
    """Frames (T, H, W, 3) as small pictures (T, h * w * 3), 0 to 255."""
    size = (THUMBNAIL[1], THUMBNAIL[0])
    small = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA).astype(np.float32) for frame in frames]
    return np.stack(small).reshape(len(frames), -1)
