"""The last word: whoever overlaps somebody else, or jumps, is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from drivegen.core.arrays import Floats, Integers
from drivegen.world.compiled import compiled
from drivegen.world.traffic.plans import EGO_SIZE
from drivegen.world.traffic.traces import Trace

MARGIN_M = 0.05
"""Footprints keep at least this distance."""
MAX_MPS = 45.0
MAX_ACCEL_MPS2 = 9.5
_ROUNDING_MPS = 0.25
MAX_TURN_RADPS = np.deg2rad(60.0)
MAX_PERSON_TURN_RADPS = np.deg2rad(200.0)
MOST_FOUND = 20_000
UNSEEN_M = 120.0
"""Beyond this distance from the ego agents may come and go."""


@compiled
def _apart(a: np.ndarray, b: np.ndarray, margin: float) -> bool:
    """Whether two oriented rectangles (x, y, cos, sin, half length, half width) keep a margin along some axis."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    cross, sine = abs(a[2] * b[2] + a[3] * b[3]), abs(a[2] * b[3] - a[3] * b[2])
    if abs(dx * a[2] + dy * a[3]) > a[4] + b[4] * cross + b[5] * sine + margin:
        return True
    if abs(-dx * a[3] + dy * a[2]) > a[5] + b[4] * sine + b[5] * cross + margin:
        return True
    if abs(dx * b[2] + dy * b[3]) > b[4] + a[4] * cross + a[5] * sine + margin:
        return True
    return bool(abs(-dx * b[3] + dy * b[2]) > b[5] + a[4] * sine + a[5] * cross + margin)


@compiled
def _overlaps(rows: np.ndarray, owner: np.ndarray, begin: np.ndarray, margin: float, out: np.ndarray) -> int:
    """Write (frame, owner, owner) of pairs that overlap; rows of frame f are begin[f] .. begin[f + 1], sorted by x."""
    n = 0
    for f in range(len(begin) - 1):
        for i in range(begin[f], begin[f + 1]):
            a = rows[i]
            for k in range(i + 1, begin[f + 1]):
                b = rows[k]
                if b[0] - a[0] > a[6] + 15.5:
                    break
                far = a[6] + b[6] + margin
                if (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2 > far * far or _apart(a, b, margin):
                    continue
                if n < len(out):
                    out[n, 0], out[n, 1], out[n, 2] = f, owner[i], owner[k]
                    n += 1
    return n


def overlaps(traces: Sequence[Trace], ego_xy: Floats, ego_yaw: Floats, margin_m: float = MARGIN_M) -> Integers:
    """(K, 3) frame and indices of every pair nearer than the margin, at most MOST_FOUND; index -1 is the ego."""
    frames = len(ego_yaw)
    xy = np.concatenate([ego_xy, *(t.xy for t in traces)])
    yaw = np.concatenate([ego_yaw, *(t.yaw for t in traces)])
    counts = [frames, *(len(t.yaw) for t in traces)]
    size = np.repeat(np.array([EGO_SIZE, *(tuple(t.size_m) for t in traces)])[:, :2], counts, axis=0) / 2
    frame = np.concatenate([np.arange(frames), *(np.arange(t.start, t.stop) for t in traces)])
    owner = np.repeat(np.arange(-1, len(traces)), counts)
    rows = np.column_stack([xy, np.cos(yaw), np.sin(yaw), size, np.hypot(*size.T)])
    order = np.lexsort((rows[:, 0], frame))
    begin = np.searchsorted(frame[order], np.arange(frames + 1))
    out = np.empty((MOST_FOUND, 3), np.int64)
    found = _overlaps(np.ascontiguousarray(rows[order]), owner[order], begin, margin_m, out)
    return out[:found]


def jumps(trace: Trace, step_s: float) -> bool:
    """Whether it is somewhere else, or turned, from one frame to the next by more than can be."""
    if len(trace.yaw) < 2:
        return False
    way = np.hypot(*np.diff(trace.xy, axis=0).T)
    walks = trace.category == "pedestrian"
    turn = MAX_PERSON_TURN_RADPS if walks else MAX_TURN_RADPS
    if way.max() > MAX_MPS * step_s or np.abs(np.diff(trace.yaw)).max() > turn * step_s:
        return True
    # Whoever sees somebody too late is stopped dead.
    jolt = 0.0 if walks else float(np.abs(np.diff(way)).max(initial=0.0)) / step_s
    return jolt > MAX_ACCEL_MPS2 * step_s + _ROUNDING_MPS


def clean(traces: Sequence[Trace], ego_xy: Floats, ego_yaw: Floats, step_s: float) -> tuple[Trace, ...]:
    """Those that can stay: nobody jumps, and no two footprints come nearer than MARGIN_M.

    Of two that meet out of sight the later one is cut short; elsewhere who meets more others goes, then who stands.
    """
    kept: list[Trace | None] = [trace for trace in traces if not jumps(trace, step_s)]
    found = _pairs(kept, ego_xy, ego_yaw)
    while len(found):
        _part_pairs(kept, found, ego_xy)
        # Whoever is left out or cut short meets fewer, and nobody meets anybody anew.
        rest = _still(kept, found)
        full = len(found) == MOST_FOUND
        found = _pairs(kept, ego_xy, ego_yaw) if full and len(rest) == 0 else rest
    return _hitched([trace for trace in kept if trace is not None])


def _hitched(traces: Sequence[Trace]) -> tuple[Trace, ...]:
    """Without trailers whose pullers are not there all the time; both names end alike."""
    there = {_tail(t): t.present for t in traces if t.category != "trailer"}
    return tuple(t for t in traces if "trailer-d" not in t.track_id_suffix or there.get(_tail(t)) == t.present)


def _tail(trace: Trace) -> str:
    return trace.track_id_suffix.rsplit("-", 1)[-1]


def _pairs(traces: Sequence[Trace | None], ego_xy: Floats, ego_yaw: Floats) -> Integers:
    """What `overlaps` gives, with places in the list as they are."""
    places = np.array([-1, *(n for n, trace in enumerate(traces) if trace is not None)])
    found = overlaps([trace for trace in traces if trace is not None], ego_xy, ego_yaw)
    found[:, 1:] = places[found[:, 1:] + 1]
    return found


def _still(traces: Sequence[Trace | None], found: Integers) -> Integers:
    """Those of the meetings at which both are still there."""
    starts = np.array([0, *(2**31 if trace is None else trace.start for trace in traces)])
    stops = np.array([2**31, *(0 if trace is None else trace.stop for trace in traces)])
    frame, both = found[:, :1], found[:, 1:] + 1
    return found[((starts[both] <= frame) & (frame < stops[both])).all(axis=1)]


def _part_pairs(traces: list[Trace | None], found: Integers, ego_xy: Floats) -> None:
    """One round: for each pair that meets (worst first) one of the two is left out or cut short."""
    weight = np.bincount(found[:, 1:].ravel() + 1, minlength=len(traces) + 1)[1:]
    both = np.sort(found[:, 1:], axis=1)
    done: set[int] = set()
    for a, b in np.unique(both, axis=0).tolist():
        first, second = traces[a] if a >= 0 else None, traces[b]
        if a in done or b in done or second is None or (a >= 0 and first is None):
            continue
        second_goes = (
            first is None or weight[b] > weight[a] or (weight[b] == weight[a] and _rank(second) <= _rank(first))
        )
        n, loser = (b, second) if second_goes or first is None else (a, first)
        traces[n] = _cut(loser, found[(both == (a, b)).all(axis=1), 0], ego_xy)
        done.add(n)


def _rank(trace: Trace) -> int:
    """What is dropped first: what stands, then people, then vehicles."""
    if trace.travelled_m[-1] <= 0:
        return 0
    return 1 if trace.category == "pedestrian" else 2


def _cut(trace: Trace, frames: Integers, ego_xy: Floats) -> Trace | None:
    """The part before or after some frames when the cut lies out of sight; None when it does not."""
    far = np.hypot(*(trace.xy - ego_xy[trace.present]).T) > UNSEEN_M
    first, last = int(frames.min()) - trace.start, int(frames.max()) - trace.start
    if first > 0 and far[first - 1 :].all():
        return _part(trace, 0, first)
    if last + 1 < len(far) and far[: last + 2].all():
        return _part(trace, last + 1, len(far))
    return None


def _part(trace: Trace, start: int, stop: int) -> Trace:
    part = slice(start, stop)
    return replace(
        trace, start=trace.start + start, stop=trace.start + stop, xy=trace.xy[part], yaw=trace.yaw[part],
        z_m=trace.z_m[part], attribute=trace.attribute[part], travelled_m=trace.travelled_m[part],
        lamps=trace.lamps[part], steer_rad=trace.steer_rad[part],
    )  # fmt: skip
