"""Time lags at which frames of one clip are compared with one another."""

from __future__ import annotations

from typing import Final, NamedTuple

# What the metric card names (design, section 6).
NAMED_LAGS_S: Final = (1.0, 4.0, 16.0)
# Frames of lag of the curves: dense where curves bend, doubling in two steps from there on.
_CURVE = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)
# A lag is met when the nearest whole number of frames is this close to it, as a share of it.
TOLERANCE = 0.1


class Mean(NamedTuple):
    """What a clip adds to a mean over clips: its own, and of how many values it is."""

    value: float
    weight: float = 1.0


def lags_of(frames: int, fps: float) -> tuple[int, ...]:
    """The lags, in frames, at which a clip is compared with itself: those of the curves and the named ones.

    The same at every length, so that the sums of clips of different lengths go together.
    """
    named = {lag for seconds in NAMED_LAGS_S if (lag := lag_frames(seconds, fps)) is not None}
    return tuple(sorted(lag for lag in {*_CURVE, *named} if lag < frames))


def lag_frames(seconds: float, fps: float) -> int | None:
    """A lag in frames; None when no whole number of frames comes close to it."""
    lag = round(seconds * fps)
    return lag if lag >= 1 and abs(lag / fps - seconds) <= TOLERANCE * seconds else None


def lag_name(prefix: str, lag: int, fps: float) -> str:
    """Name of the sum of a lag, such as colour@1.333: seconds to the millisecond, so that equal rates meet."""
    return f"{prefix}@{lag / fps:.3f}"


def lag_seconds(name: str) -> float:
    """The lag that a name holds, seconds."""
    return float(name.rpartition("@")[2])
