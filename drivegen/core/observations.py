"""What a perception judge sees in a clip, as plain arrays: all that audit and evaluation ever learn from pixels.

The judge itself is a network (`models.perception`) or a user's own; whoever reads an observation need not know which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from drivegen.core.arrays import Bytes, Floats
from drivegen.core.detections import Detections
from drivegen.core.labels import FrameLabels

Features = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FrameObservation:
    """One frame.

    Attributes:
        detections: after suppression of duplicates, down to low confidence (average precision needs those).
        weather: (5,) probabilities in the order of `core.Weather`; NaN when the judge does not tell.
        time_of_day: (3,) probabilities in the order of `core.TimeOfDay`; likewise.
        road_users: estimated number of visible road users; NaN when the judge does not tell.
        feature: (D,) description of the image, for Frechet distances.
    """

    detections: Detections
    weather: Floats
    time_of_day: Floats
    road_users: float
    feature: Features


@dataclass(frozen=True, eq=False)
class ClipObservation:
    """A clip of T frames.

    Attributes:
        frames: T frame observations.
        identities: per frame (N_t, E) unit vectors that tell what stands at each box that was asked about; NaN rows
            where there is nothing to look at (a box that is NaN or smaller than a pixel).
        speed_mps: (T - 1,) forward speed of the camera between consecutive frames, as it looks.
        yaw_rate_radps: (T - 1,) likewise its turning, left positive.
        order_probability: (W,) of each window: how likely its frames stand in their natural order at a steady rate.
        window_features: (W, F) description of each window of consecutive frames, for Frechet video distances.
        window_frames: frames of a window; windows do not overlap, and what is left at the end has none. A clip that is
            shorter than a window is one window.
        regions: per frame (N_t, 11) how likely each of `core.CATEGORIES`, and last nothing, fits each box that was
            asked about; NaN rows where there is nothing to look at. Empty for a judge that only finds objects by
            itself.
    """

    frames: tuple[FrameObservation, ...]
    identities: tuple[Features, ...]
    speed_mps: Floats
    yaw_rate_radps: Floats
    order_probability: Floats
    window_features: Features
    window_frames: int
    regions: tuple[Floats, ...] = ()

    def __len__(self) -> int:
        return len(self.frames)


class Observer(Protocol):
    """A judge: looks at clips, one at a time; never changes between two looks."""

    @property
    def sha256(self) -> str:
        """Hash of its weights: two figures compare only when their judges are the same."""
        ...

    @property
    def features_sha256(self) -> str:
        """Hash of what describes windows: `window_features` compare only when it is the same. Some or all of it."""
        return self.sha256

    def observe(
        self, frames: Bytes, boxes_px: Sequence[Floats], fps: float, window_frames: int = 16
    ) -> ClipObservation:
        """What is seen.

        Args:
            frames: (T, H, W, 3) uint8 RGB.
            boxes_px: per frame (N_t, 4), where to look for `identities` and `regions`.
            fps: frames per second.
            window_frames: wanted length of a window.
        """
        ...


def label_boxes(labels: Sequence[FrameLabels]) -> tuple[Floats, ...]:
    """Per frame (N_t, 4): the visible boxes of the labels, which is what detections and identities are held to."""
    return tuple(frame.visible_px for frame in labels)


class Detector(Protocol):
    """A user's own detector: finds objects in one frame; any callable of this shape will do."""

    def __call__(self, frame: Bytes) -> Detections:
        """The objects of a frame (H, W, 3) uint8 RGB."""
        ...
