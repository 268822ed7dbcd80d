"""Measures of the pixels only: blank, saturated, flickering or blurred frames. Knows nothing of the labels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from drivegen.core.arrays import Bytes
from drivegen.core.clips import Clip, Verdict
from drivegen.core.errors import ConfigError

Luma = NDArray[np.float32]

# The reason that a clip with a blank frame is refused with.
BLANK = "blank_frames"


@dataclass(frozen=True)
class FrameAuditConfig:
    """When a frame counts as blank."""

    min_contrast: float = 2.0
    """A frame whose luma has a smaller standard deviation (0 to 255) shows nothing."""
    max_saturated_fraction: float = 0.98
    """A frame with more of its pixels wholly black or wholly white shows nothing."""

    def __post_init__(self) -> None:
        if self.min_contrast < 0:
            raise ConfigError("out of range", where="min_contrast", expected=">= 0", got=self.min_contrast)
        if not 0 <= self.max_saturated_fraction <= 1:
            raise ConfigError(
                "out of range", where="max_saturated_fraction", expected="0 to 1", got=self.max_saturated_fraction
            )


class FrameAuditor:
    """Refuses clips with a blank frame and reports how the pixels behave.

    Scores, over the T frames of a clip (luma is BT.601, 0 to 255):
        luma_mean_255, contrast_mean_255, contrast_min_255: mean and standard deviation of luma.
        saturated_fraction: pixels that are wholly black or wholly white.
        flicker_mean_255: mean absolute difference of consecutive frames after the median difference, a change of
            exposure, is taken out; motion counts too, so compare like with like.
        sharpness_mean_255sq: variance of the Laplacian of luma.
        blank_frames_count: frames that show nothing.
    """

    def __init__(self, config: FrameAuditConfig) -> None:
        self.config = config

    def audit(self, clip: Clip) -> Verdict:
        """Measure a clip; it passes when no frame is blank."""
        luma = _luma(clip.frames)
        contrast = luma.std(axis=(1, 2))
        saturated = _saturated(clip.frames)
        blank = self._blank(contrast, saturated)
        scores = {
            "luma_mean_255": float(luma.mean()),
            "contrast_mean_255": float(contrast.mean()),
            "contrast_min_255": float(contrast.min()),
            "saturated_fraction": float(saturated.mean()),
            "flicker_mean_255": flicker(luma),
            "sharpness_mean_255sq": float(np.mean([cv2.Laplacian(frame, cv2.CV_32F).var() for frame in luma])),
            "blank_frames_count": float(blank.sum()),
        }
        # Rounded so that a verdict does not depend on the order of a sum.
        rounded = {name: round(value, 4) for name, value in scores.items()}
        return Verdict("frames", not bool(blank.any()), rounded, reasons=(BLANK,) if blank.any() else ())

    def blank_frames(self, frames: Bytes) -> int:
        """How many frames (T, H, W, 3) show nothing."""
        return int(self._blank(_luma(frames).std(axis=(1, 2)), _saturated(frames)).sum())

    def _blank(self, contrast: NDArray[np.float32], saturated: NDArray[np.float64]) -> NDArray[np.bool_]:
        return (contrast < self.config.min_contrast) | (saturated > self.config.max_saturated_fraction)


def flicker(luma: Luma) -> float:
    """Mean absolute difference of consecutive frames (T, H, W) without its median; 0 for a single frame."""
    if len(luma) < 2:
        return 0.0
    difference = np.diff(luma, axis=0)
    return float(np.abs(difference - np.median(difference, axis=(1, 2), keepdims=True)).mean())


def _luma(frames: Bytes) -> Luma:
    """RGB frames (T, H, W, 3) to luma (T, H, W)."""
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return frames.astype(np.float32) @ weights


def _saturated(frames: Bytes) -> NDArray[np.float64]:
    """Fraction (T,) of the pixels of each frame that are wholly black or wholly white."""
    black, white = (frames == 0).all(axis=-1), (frames == 255).all(axis=-1)
    return (black | white).mean(axis=(1, 2))
