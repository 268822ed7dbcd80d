"""Planted faults: each changes what it says and nothing else, and says where it does not apply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest

from drivegen.audit.faults import FAULTS
from drivegen.audit.label_faults import boxes_per_track, scored_boxes, take
from drivegen.audit.pixel_faults import MIN_TRAVEL_M, moves
from drivegen.audit.thresholds import CHECKS
from drivegen.core import Ambience, Clip, FrameLabels, TimeOfDay, Weather, box_iou, project_amodal

MakePainted = Callable[..., Clip]
LABEL_FAULTS = [name for name, fault in FAULTS.items() if fault.changes == "labels"]
PIXEL_FAULTS = [name for name, fault in FAULTS.items() if fault.changes == "pixels"]


def planted(name: str, clip: Clip, seed: int = 0) -> Clip:
    faulty = FAULTS[name](clip, seed)
    assert faulty is not None
    return faulty


def as_measured(clip: Clip) -> Clip:
    """The same clip with labels as a renderer measures them."""
    return replace(clip, labels=tuple(replace(frame, visibility_measured=True) for frame in clip.labels))


def test_every_fault_names_checks_that_there_are_and_the_issues_target() -> None:
    assert len(FAULTS) == 11
    for name, fault in FAULTS.items():
        assert fault.name == name
        assert fault.checks and set(fault.checks) <= set(CHECKS)
        assert 0.8 <= fault.target <= 0.95


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_pure_and_keeps_the_rest(name: str, painted_clip: MakePainted) -> None:
    clip = painted_clip()
    before = clip.frames.copy()
    one, again, other = planted(name, clip), planted(name, clip), planted(name, clip, seed=1)
    assert one.clip_id == f"{clip.clip_id}-{name}" == other.clip_id
    assert (clip.frames == before).all()
    assert (one.frames == again.frames).all()
    for a, b in zip(one.labels, again.labels, strict=True):
        assert a.track_ids == b.track_ids
        assert np.array_equal(a.visible_px, b.visible_px, equal_nan=True)
    if FAULTS[name].changes == "labels":
        assert one.frames is clip.frames
        assert one.labels != clip.labels or one.ambience != clip.ambience
    else:
        assert one.labels == clip.labels and one.ambience == clip.ambience
        assert one.frames.shape == clip.frames.shape and (one.frames != clip.frames).any()


@pytest.mark.parametrize("name", LABEL_FAULTS)
@pytest.mark.parametrize("measured", [False, True])
def test_faulty_labels_are_consistent_in_themselves(name: str, measured: bool, painted_clip: MakePainted) -> None:
    clip = as_measured(painted_clip()) if measured else painted_clip()
    for frame in planted(name, clip).labels:
        assert frame.visibility_measured is measured
        n = len(frame)
        for field in fields(FrameLabels):
            value = getattr(frame, field.name)
            if field.name not in ("timestamp_us", "camera", "global_from_ego", "visibility_measured"):
                assert len(value) == n, field.name
        boxes = frame.boxes_ego.transformed(frame.camera.ego_from_camera.inverse())
        assert np.allclose(frame.amodal_px, project_amodal(boxes, frame.camera).amodal_px, equal_nan=True)
        assert np.allclose(frame.depth_m, boxes.centers[:, 2])
        seen = frame.visible_px[np.isfinite(frame.visible_px).all(axis=1)]
        height, width = frame.camera.size
        assert (seen >= -1e-9).all() and (seen <= np.array([width, height, width, height]) + 1e-9).all()
        assert np.isfinite(frame.visible_px[frame.scored]).all()
        assert ((frame.visible_fraction >= 0) & (frame.visible_fraction <= 1)).all()


@pytest.mark.parametrize("measured", [False, True])
def test_shifted_boxes_lie_beside_where_they_were(measured: bool, painted_clip: MakePainted) -> None:
    clip = as_measured(painted_clip()) if measured else painted_clip()
    overlaps: list[float] = []
    sides: dict[str, set[float]] = {}
    for before, after in zip(clip.labels, planted("shifted_labels", clip).labels, strict=True):
        for i, track in enumerate(after.track_ids):
            j = before.track_ids.index(track)
            if not (before.scored[j] and after.scored[i]):
                continue
            overlaps.append(float(box_iou(after.visible_px[[i]], before.visible_px[[j]])[0, 0]))
            step = (after.visible_px[i, 0] - before.visible_px[j, 0]) / np.ptp(before.visible_px[j, [0, 2]])
            sides.setdefault(track, set()).add(float(np.sign(step)))
            if measured and after.visible_px[i, 0] > 0 and after.visible_px[i, 2] < after.camera.size[1]:
                assert abs(step) == pytest.approx(1.0)
            assert after.visible_px[i, 1] == pytest.approx(before.visible_px[j, 1], abs=4.0)
    assert len(overlaps) > 20
    assert np.mean(overlaps) < 0.1
    assert all(len(side) == 1 for side in sides.values())


def test_swapping_renames_and_moves_nothing(painted_clip: MakePainted) -> None:
    clip = painted_clip()
    for before, after in zip(clip.labels, planted("swapped_classes", clip).labels, strict=True):
        swapped = {"car": "pedestrian", "pedestrian": "car"}
        assert after.categories == tuple(swapped[name] for name in before.categories)
        assert np.array_equal(after.visible_px, before.visible_px, equal_nan=True)


def test_a_third_of_the_boxes_goes_with_whole_tracks(painted_clip: MakePainted) -> None:
    clip = painted_clip()
    for seed in range(5):
        faulty = planted("deleted_boxes", clip, seed)
        before, after = boxes_per_track(clip.labels), boxes_per_track(faulty.labels)
        assert all(after.get(track, 0) in (0, count) for track, count in before.items())
        gone = 1 - sum(after.values()) / sum(before.values())
        assert 1 / 3 <= gone < 2 / 3


@pytest.mark.parametrize("measured", [False, True])
def test_invented_boxes_stand_free_on_the_ground(measured: bool, painted_clip: MakePainted) -> None:
    clip = as_measured(painted_clip()) if measured else painted_clip()
    for seed in range(4):
        faulty = planted("invented_boxes", clip, seed)
        added = scored_boxes(faulty.labels) - scored_boxes(clip.labels)
        assert added >= scored_boxes(clip.labels) / 3 - (0 if measured else 2)
        for before, after in zip(clip.labels, faulty.labels, strict=True):
            new = np.array([track.startswith("invented") for track in after.track_ids])
            assert tuple(np.array(after.track_ids)[~new]) == before.track_ids
            bottoms = after.boxes_ego.centers[new, 2] - after.boxes_ego.sizes[new, 2] / 2
            assert np.allclose(bottoms, 0.0, atol=1e-6)
            assert (box_iou(after.visible_px[new], before.visible_px) < 0.1).all()
            # Nearest first, as labels are.
            near = np.linalg.norm(
                after.boxes_ego.corners() - after.camera.ego_from_camera.translation, axis=-1
            ).min(axis=1)  # fmt: skip
            assert (np.diff(near) >= -1e-9).all()


def test_ambience_becomes_another_one(painted_clip: MakePainted) -> None:
    clip = painted_clip()
    weathers = {planted("relabelled_weather", clip, seed).ambience.weather for seed in range(40)}
    times = {planted("relabelled_time", clip, seed).ambience.time_of_day for seed in range(20)}
    assert weathers == set(Weather) - {clip.ambience.weather}
    assert times == set(TimeOfDay) - {clip.ambience.time_of_day}


def test_shuffled_frames_are_the_same_frames_out_of_place(painted_clip: MakePainted) -> None:
    clip = painted_clip()
    for seed in range(10):
        faulty = planted("shuffled_frames", clip, seed)
        places = [int(np.flatnonzero((clip.frames == frame).all(axis=(1, 2, 3)))[0]) for frame in faulty.frames]
        assert sorted(places) == list(range(len(clip.frames)))
        assert sum(place != t for t, place in enumerate(places)) >= len(places) / 2
        assert places != sorted(places, reverse=True)


@pytest.mark.parametrize("frames", [8, 9])
def test_loops_and_freezes_show_again_but_not_the_same_bytes(frames: int, painted_clip: MakePainted) -> None:
    clip = painted_clip(frames=frames)
    half = frames // 2
    looped, frozen = planted("looped_video", clip), planted("frozen_video", clip)
    assert (looped.frames[:half] == clip.frames[:half]).all()
    for t in range(half, frames):
        repeat = np.abs(looped.frames[t].astype(int) - clip.frames[t - half])
        assert 0 < repeat.mean() < 3
    assert all(0 < np.abs(frame.astype(int) - clip.frames[0]).mean() < 3 for frame in frozen.frames[1:])


def test_one_track_changes_its_paint_halfway(painted_clip: MakePainted) -> None:
    clip = painted_clip(objects=(("car", 22.0, 2.5), ("pedestrian", 40.0, -4.0)))
    faulty = planted("recoloured_track", clip)
    changed = np.abs(faulty.frames.astype(int) - clip.frames).sum(axis=-1) > 30
    half = len(clip.frames) // 2
    assert not changed[:half].any()
    for t in range(half, len(clip.frames)):
        frame = clip.labels[t]
        left, top, right, bottom = frame.visible_px[frame.track_ids.index("car-0")]
        rows, columns = np.nonzero(changed[t])
        assert len(rows) > 0.4 * (right - left) * (bottom - top)
        assert rows.min() >= top - 1 and rows.max() <= bottom + 1
        assert columns.min() >= left - 1 and columns.max() <= right + 1


def test_faults_do_not_apply_where_nobody_could_see_them(painted_clip: MakePainted) -> None:
    def applies(clip: Clip) -> set[str]:
        return {name for name, fault in FAULTS.items() if fault(clip, 0) is not None}

    ambience = {"relabelled_weather", "relabelled_time"}
    motion = {"shuffled_frames", "looped_video", "frozen_video"}
    assert applies(painted_clip()) == set(FAULTS)
    # Anything can be a copy.
    copy = {"copied_clip"}
    assert applies(painted_clip(objects=())) == ambience | motion | copy
    assert applies(painted_clip(objects=(), speed_mps=0.0)) == ambience | copy
    assert applies(painted_clip(objects=(), speed_mps=0.0, ambience=Ambience())) == copy
    assert applies(painted_clip(frames=1)) & motion == set()
    # A clip that says of itself that its labels do not hold cannot have wrong ones.
    assert applies(replace(painted_clip(), labelled=False)) == set(PIXEL_FAULTS)
    # Hardly anything is seen of a car far away: nobody could tell its paint.
    assert "recoloured_track" not in applies(painted_clip(objects=(("car", 60.0, 2.0), ("car", 60.0, -4.0))))


def test_moving_is_what_the_labels_say(painted_clip: MakePainted) -> None:
    assert not moves(painted_clip(speed_mps=0.0).labels)
    assert moves(painted_clip(speed_mps=1.1 * MIN_TRAVEL_M / (7 * 0.333)).labels)
    assert not moves(painted_clip(frames=3).labels)


def test_take_keeps_order_and_every_column(painted_clip: MakePainted) -> None:
    frame = painted_clip().labels[0]
    chosen = take(frame, np.array([2, 0]))
    assert chosen.track_ids == (frame.track_ids[2], frame.track_ids[0])
    assert np.array_equal(chosen.boxes_ego.centers, frame.boxes_ego.centers[[2, 0]])
    assert np.array_equal(chosen.appearance, frame.appearance[[2, 0]])
