"""How an audit looks at a clip: one observation, made once, of which every measure is a function."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from drivegen.core.clips import Clip
from drivegen.core.observations import ClipObservation, Observer, label_boxes

# Length of a window for which the judge's clip branch is made.
WINDOW_FRAMES = 16


@runtime_checkable
class ClipwiseObserver(Protocol):
    """An observer that has to be told which clip it looks at: one that takes a user's predictions from a file."""

    def of_clip(self, clip_id: str) -> Observer:
        """The observer for one clip."""
        ...


def observe_clip(observer: Observer, clip: Clip) -> ClipObservation:
    """What the observer sees in a clip, asked about the visible boxes of its labels.

    The windows are of equal length, so that (nearly) every frame lies in one.
    """
    if isinstance(observer, ClipwiseObserver):
        observer = observer.of_clip(clip.clip_id)
    return observer.observe(clip.frames, label_boxes(clip.labels), clip.fps, window_length(len(clip.frames)))


def window_length(frames: int) -> int:
    """Length of the windows into which so many frames are cut: about WINDOW_FRAMES, with little left at the end."""
    return frames // max(1, round(frames / WINDOW_FRAMES))
