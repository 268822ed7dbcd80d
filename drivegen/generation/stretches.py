"""Long clips are judged stretch by stretch: in memory that does not grow, and so that no stretch hides among others.

The checks were set on clips of seconds. The mean over five minutes of a drive whose last minute has gone to pieces may
still be good; a clip passes here when each of its stretches does.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from drivegen.audit import Auditor
from drivegen.core.clips import Achieved, Clip, Verdict

Value = TypeVar("Value")

# Frames of a stretch, at most: a clip that is not longer is judged as a whole.
STRETCH_FRAMES = 256
# Scores of this kind add up; the others are means over the frames.
_COUNT = "_count"
_NEAREST = "nearest_training_ratio"


def audit_in_stretches(auditor: Auditor, clip: Clip, length: int = STRETCH_FRAMES) -> Verdict:
    """The verdict over a clip, judged in stretches of equal length, of at most `length` frames.

    Scores are means over the frames (what is counted: sums; the distance to training clips: the least). Reasons are
    those of any stretch, so a score may be within its bound and yet be a reason.
    """
    count = -(-len(clip.frames) // length)
    if count <= 1:
        return auditor.audit(clip)
    stretches = list(_cut(clip, count))
    verdicts = [auditor.audit(stretch) for stretch in stretches]
    return joined(verdicts, [len(stretch.frames) for stretch in stretches])


def joined(verdicts: Sequence[Verdict], frames: Sequence[int]) -> Verdict:
    """The verdict over a clip from those over its stretches, which have so many frames each."""
    names = dict.fromkeys(name for verdict in verdicts for name in verdict.scores)
    nearest = min(verdicts, key=lambda verdict: verdict.scores.get(_NEAREST, float("inf")))
    return Verdict(
        auditor=verdicts[0].auditor,
        passed=None if verdicts[0].passed is None else all(verdict.passed for verdict in verdicts),
        scores={name: _score(name, verdicts, frames) for name in names},
        reasons=tuple(dict.fromkeys(reason for verdict in verdicts for reason in verdict.reasons)),
        achieved=_achieved([verdict.achieved for verdict in verdicts], frames),
        objects=tuple(found for verdict in verdicts for found in verdict.objects),
        nearest_training_clip=nearest.nearest_training_clip,
    )


def _cut(clip: Clip, count: int) -> Iterator[Clip]:
    bounds = np.linspace(0, len(clip.frames), count + 1).round().astype(int)
    for start, stop in itertools.pairwise(bounds):
        yield replace(clip, frames=clip.frames[start:stop], labels=clip.labels[start:stop])


def _score(name: str, verdicts: Sequence[Verdict], frames: Sequence[int]) -> float:
    measured = [
        (verdict.scores[name], n) for verdict, n in zip(verdicts, frames, strict=True) if name in verdict.scores
    ]
    if name.endswith(_COUNT):
        return float(sum(value for value, _ in measured))
    return min(value for value, _ in measured) if name == _NEAREST else _mean(measured)


def _achieved(parts: Sequence[Achieved], frames: Sequence[int]) -> Achieved:
    """What most frames show, and the mean number of road users."""
    users = [(part.crowdedness, n) for part, n in zip(parts, frames, strict=True) if part.crowdedness is not None]
    return Achieved(
        _most_frequent([part.weather for part in parts], frames),
        _most_frequent([part.time_of_day for part in parts], frames),
        _mean(users) if users else None,
    )


def _mean(weighted: Sequence[tuple[float, int]]) -> float:
    values, weights = zip(*weighted, strict=True)
    return round(float(np.average(values, weights=weights)), 4)


def _most_frequent(values: Sequence[Value | None], frames: Sequence[int]) -> Value | None:
    counts: Counter[Value] = Counter()
    for value, n in zip(values, frames, strict=True):
        if value is not None:
            counts[value] += n
    return counts.most_common(1)[0][0] if counts else None
