"""How a clip is cut for the clip branch: windows that are described, and bridges that lead from one to the next."""

from __future__ import annotations

from dataclasses import dataclass

RUN_UP = 4
"""Frames that a bridge shares with each of its windows: motion is seen better from several frames than from two."""


@dataclass(frozen=True)
class Span:
    """Frames `start` to `stop` (exclusive), looked at together.

    Attributes:
        steps: (first, last exclusive) of the steps that are taken from it; step t lies between frames t and t + 1.
        described: whether it is a window, or only there for its steps.
    """

    start: int
    stop: int
    steps: tuple[int, int]
    described: bool


def spans_of(frames: int, window_frames: int) -> tuple[Span, ...]:
    """The spans of a clip: every step is taken from exactly one of them.

    Windows follow one another and do not overlap; what is left at the end has none, and a clip that is shorter than a
    window is one. The steps between windows, and those of what is left, come from bridges.
    """
    length = min(window_frames, frames)
    spans = []
    for start in range(0, frames - length + 1, length):
        stop = start + length
        spans.append(Span(start, stop, (start, stop - 1), True))
        if stop + length <= frames:
            spans.append(Span(max(start, stop - RUN_UP), min(stop + RUN_UP, frames), (stop - 1, stop), False))
        elif stop < frames:
            spans.append(Span(max(start, stop - RUN_UP), frames, (stop - 1, frames - 1), False))
    return tuple(spans)
