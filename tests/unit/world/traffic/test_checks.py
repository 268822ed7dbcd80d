"""The final check: who meets somebody is left out, or cut short out of sight."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.geometry import LAMP_COUNT
from drivegen.world.traffic import EGO_SIZE, Trace, overlaps
from drivegen.world.traffic.checks import clean, jumps

FRAMES, STEP_S = 40, 0.1


def trace(name: str, xy: Floats, category: str = "car") -> Trace:
    count = len(xy)
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    return Trace(
        name, category, "sedan", np.array([4.5, 1.8, 1.5]), (0.5, 0.5, 0.5), 0, count, xy, np.zeros(count),
        np.zeros(count), ("",) * count, way, np.zeros((count, LAMP_COUNT), np.float32), np.zeros(count),
    )  # fmt: skip


def line(start: tuple[float, float], step: tuple[float, float]) -> Floats:
    return np.array(start, float) + np.arange(FRAMES)[:, None] * np.array(step, float)


def names(traces: tuple[Trace, ...]) -> list[str]:
    return [t.track_id_suffix for t in traces]


def checked(*traces: Trace) -> tuple[Trace, ...]:
    ego_xy, ego_yaw = np.zeros((FRAMES, 2)), np.zeros(FRAMES)
    kept = clean(traces, ego_xy, ego_yaw, STEP_S)
    assert len(overlaps(kept, ego_xy, ego_yaw)) == 0
    return kept


def test_those_apart_stay_as_they_are() -> None:
    one, two = trace("a", line((20, 0), (1, 0))), trace("b", line((20, 3), (1, 0)))
    assert checked(one, two) == (one, two)


def test_what_stands_goes_before_who_drives_and_nobody_touches_the_ego() -> None:
    stands, drives = trace("stands", line((40, 0), (0, 0))), trace("drives", line((20, 0), (1, 0)))
    rams = trace("rams", line((-20, 0), (1, 0)))
    assert names(checked(stands, drives, rams)) == ["drives"]


def test_who_meets_several_goes_and_they_stay() -> None:
    lorry = trace("through", line((20, 0), (1, 0)))
    others = [trace(f"s{n}", line((30 + 7 * n, 0.5), (0, 0))) for n in range(4)]
    kept = names(checked(lorry, *others))
    assert "through" in kept or len(kept) == 4


def test_out_of_sight_a_trace_is_cut_short() -> None:
    stands, comes = trace("stands", line((170, 0), (0, 0))), trace("comes", line((130, 0), (1, 0)))
    kept = {t.track_id_suffix: t for t in checked(comes, stands)}
    assert set(kept) == {"stands", "comes"}
    assert min(t.stop - t.start for t in kept.values()) < FRAMES


def test_jumps_are_seen() -> None:
    xy = line((0, 0), (1, 0))
    assert not jumps(trace("a", xy), STEP_S)
    xy[20:] += 6.0
    assert jumps(trace("a", xy), STEP_S)


def test_who_stops_dead_is_seen_and_who_brakes_is_not() -> None:
    for brakes_mps2, jolts in ((7.0, False), (40.0, True)):
        speed = np.maximum(10.0 - brakes_mps2 * STEP_S * np.arange(FRAMES), 0.0)
        xy = np.stack([np.cumsum(speed) * STEP_S, np.zeros(FRAMES)], axis=1)
        assert jumps(trace("a", xy), STEP_S) == jolts


def test_a_trailer_goes_with_its_puller() -> None:
    puller, towed = trace("truck-d0001", line((0, 0), (0, 0))), trace("trailer-d0001", line((-8, 0), (0, 0)), "trailer")
    parked = trace("trailer-s0002", line((0, 9), (0, 0)), "trailer")
    assert names(checked(puller, towed, parked)) == ["trailer-s0002"]


def test_overlaps_names_frame_and_pair() -> None:
    near = trace("near", line((0, EGO_SIZE[1] / 2 + 0.9 + 0.02), (0, 0)))
    found = overlaps([near], np.zeros((FRAMES, 2)), np.zeros(FRAMES))
    assert found[0].tolist() == [0, -1, 0] and len(found) == FRAMES
    assert len(overlaps([near], np.zeros((FRAMES, 2)), np.zeros(FRAMES), margin_m=0.0)) == 0
