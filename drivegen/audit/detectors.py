"""A user's own detector in the judge's place: a Python callable, or its predictions from a file.

Weather, light, identity and motion are still seen by the net; the objects come from the user.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from drivegen.audit.predictions import Predictions, read_predictions
from drivegen.core import ClipObservation, DataError, Detections, Detector, Observer
from drivegen.core.arrays import Bytes, Floats

__all__ = ["DetectorObserver", "PredictedObserver", "Predictions", "read_predictions"]


class DetectorObserver(Observer):
    """An observer whose detections are those of a user's detector.

    Args:
        observer: sees everything else.
        detector: called with each frame (H, W, 3) uint8 RGB; its detections may come in any order.
        name: what tells this detector and its weights from others; it goes into `sha256`.
    """

    def __init__(self, observer: Observer, detector: Detector, name: str) -> None:
        self._observer, self._detector = observer, detector
        self._sha256 = _joint_sha256(observer.sha256, name)

    @property
    def sha256(self) -> str:
        """Hash of the other observer's and of the detector's name."""
        return self._sha256

    @property
    def features_sha256(self) -> str:
        """That of the other observer: a detector describes no windows."""
        return self._observer.features_sha256

    def observe(
        self, frames: Bytes, boxes_px: Sequence[Floats], fps: float, window_frames: int = 16
    ) -> ClipObservation:
        """As `core.Observer`.

        Raises:
            DataError: the detector gives something else than Detections.
        """
        found = [self._detector(frame) for frame in frames]
        for one in found:
            if not isinstance(one, Detections):
                raise DataError(
                    "wrong answer of the detector", where="DetectorObserver", expected="core.Detections",
                    got=type(one).__name__,
                )  # fmt: skip
        return _with_detections(self._observer.observe(frames, boxes_px, fps, window_frames), found)


class PredictedObserver(Observer):
    """An observer whose detections were made beforehand and are looked up by clip.

    It has to be told which clip it looks at (`of_clip`; `audit.looking.observe_clip` does that).

    Args:
        observer: sees everything else.
        predictions: of a user's detector (`read_predictions`).
    """

    def __init__(self, observer: Observer, predictions: Predictions) -> None:
        self._observer, self._predictions = observer, predictions
        self._sha256 = _joint_sha256(observer.sha256, predictions.sha256)

    @property
    def sha256(self) -> str:
        """Hash of the other observer's and of the predictions."""
        return self._sha256

    @property
    def features_sha256(self) -> str:
        """That of the other observer: predictions describe no windows."""
        return self._observer.features_sha256

    def of_clip(self, clip_id: str) -> Observer:
        """The observer for one clip."""
        return _ClipOfPredictions(self._observer, self._predictions, clip_id, self._sha256)

    def observe(
        self, frames: Bytes, boxes_px: Sequence[Floats], fps: float, window_frames: int = 16
    ) -> ClipObservation:
        """Always refused: pixels alone do not tell which clip this is.

        Raises:
            DataError: always.
        """
        raise DataError("predictions are looked up by clip", where="PredictedObserver", remedy="ask of_clip(clip_id)")


class _ClipOfPredictions(Observer):
    """The observer of one clip with predictions."""

    def __init__(self, observer: Observer, predictions: Predictions, clip_id: str, sha256: str) -> None:
        self._observer, self._predictions, self._clip_id, self._sha256 = observer, predictions, clip_id, sha256

    @property
    def sha256(self) -> str:
        return self._sha256

    def observe(
        self, frames: Bytes, boxes_px: Sequence[Floats], fps: float, window_frames: int = 16
    ) -> ClipObservation:
        size = (frames.shape[1], frames.shape[2])
        found = [self._predictions.of(self._clip_id, t, size) for t in range(len(frames))]
        return _with_detections(self._observer.observe(frames, boxes_px, fps, window_frames), found)


def _with_detections(observation: ClipObservation, found: Sequence[Detections]) -> ClipObservation:
    frames = tuple(
        replace(frame, detections=detections.by_confidence())
        for frame, detections in zip(observation.frames, found, strict=True)
    )
    # What the net sees in boxes is no finding of the user's detector.
    return replace(observation, frames=frames, regions=())


def _joint_sha256(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
