"""Any clip that the store accepts comes back equal, and verifies."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from drivegen.core import (
    CATEGORIES,
    Achieved,
    Ambience,
    Clip,
    FrameKind,
    FrameLabels,
    LabelPolicy,
    ObjectVerdict,
    Pose,
    Provenance,
    Requested,
    Scenario,
    TimeOfDay,
    Track,
    Trajectory,
    Verdict,
    Weather,
    forward_camera,
    label_frame,
    stream,
)
from drivegen.core.poses import quaternion_product
from drivegen.store import StoreConfig, StoreReader, StoreWriter, verify_store

_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
_SCORES = st.dictionaries(_TEXT, st.floats(-1e6, 1e6), max_size=3)


@st.composite
def clips(draw: st.DrawFn) -> Clip:
    """A clip of one to four frames with up to six random objects, some behind, beside or around the camera."""
    rng = stream(draw(st.integers(0, 2**32)), "clip")
    frames, count = draw(st.integers(1, 4)), draw(st.integers(0, 6))
    size = draw(st.tuples(st.integers(1, 24), st.integers(1, 32)))
    times = np.array([0, 600_000])
    tracks = []
    for index in range(count):
        start, sizes = rng.uniform([-5, -10, -1], [40, 10, 2]), rng.uniform(0.2, 6.0, 3)
        turns = rng.normal(size=(2, 4))
        trajectory = Trajectory(times, start + rng.normal(size=(2, 3)), turns)
        color = tuple(rng.uniform(0, 1, 3)) if draw(st.booleans()) else None
        name = CATEGORIES[int(rng.integers(len(CATEGORIES)))]
        attribute = draw(st.none() | _TEXT)
        tracks.append(Track(f"t{index}", name, trajectory, np.tile(sizes, (2, 1)), attribute, color))
    ego = Trajectory(
        times, rng.uniform(-1e6, 1e6, 3) * [1, 1, 0] + np.array([[0, 0, 0], [3, 1, 0]]), rng.normal(size=(2, 4))
    )
    ego_pose = ego.pose_at(0)
    # Objects are placed around the ego, wherever in the world it is.
    tracks = [_moved(track, ego_pose) for track in tracks]
    camera = forward_camera("CAM_FRONT", size, 1.3, float(rng.uniform(0.5, 2)), float(rng.uniform(-0.1, 0.1)))
    stamps = np.arange(frames) * 150_000
    scenario = Scenario("s", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": stamps}, tuple(tracks))
    labels = tuple(label_frame(scenario, camera, int(t), LabelPolicy()) for t in stamps)
    labelled = draw(st.booleans())
    return Clip(
        clip_id=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._=+-]{0,20}", fullmatch=True)),
        scenario_id="s",
        camera="CAM_FRONT",
        frames=rng.integers(0, 256, (frames, *size, 3), dtype=np.uint8),
        labels=labels,
        ambience=Ambience(draw(st.sampled_from([None, *Weather])), draw(st.sampled_from([None, *TimeOfDay]))),
        fps=draw(st.floats(0.1, 60)),
        provenance=Provenance(
            draw(st.sampled_from(FrameKind)), draw(_TEXT), draw(st.integers(0, 2**63 - 1)), draw(_TEXT)
        ),
        requested=Requested(draw(st.none() | _TEXT), None, draw(st.none() | _TEXT)),
        verdict=draw(verdicts(labels if labelled else (), rng)),
        labelled=labelled,
    )


@st.composite
def verdicts(draw: st.DrawFn, labels: tuple[FrameLabels, ...], rng: np.random.Generator) -> Verdict:
    """Any verdict, which may judge the scored objects of frames."""
    passed = draw(st.none() | st.booleans())
    return Verdict(
        auditor=draw(_TEXT),
        passed=passed,
        scores=draw(_SCORES),
        reasons=() if passed else tuple(draw(st.lists(_TEXT, max_size=3))),
        achieved=Achieved(
            draw(st.sampled_from([None, *Weather])),
            draw(st.sampled_from([None, *TimeOfDay])),
            draw(st.none() | st.floats(0, 100)),
        ),
        objects=tuple(_judged(frame.scored, rng) for frame in labels) if draw(st.booleans()) else (),
        nearest_training_clip=draw(st.none() | _TEXT),
        attempts=draw(st.integers(1, 9)),
    )


def _judged(scored: np.ndarray, rng: np.random.Generator) -> ObjectVerdict:
    iou = np.where(scored, rng.uniform(0, 1, len(scored)), np.nan)
    detected = np.where(scored, iou > 0.5, np.nan)
    return ObjectVerdict(iou, detected, np.where(detected == 1, rng.integers(0, 2, len(scored)), np.nan))


def _moved(track: Track, pose: Pose) -> Track:
    old = track.trajectory
    turns = quaternion_product(pose.rotation, old.rotations)
    return replace(track, trajectory=Trajectory(old.timestamps_us, pose.apply(old.positions), turns))


@settings(max_examples=20)
@given(clips())
def test_clips_come_back(clip: Clip) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with StoreWriter(root, StoreConfig(frames_per_row_group=3), {}) as writer:
            writer.write(clip)
        got = StoreReader(root).clip(clip.clip_id)
        assert verify_store(root) == []
    np.testing.assert_array_equal(got.frames, clip.frames)
    for name in ("scenario_id", "ambience", "fps", "provenance", "requested", "labelled"):
        assert getattr(got, name) == getattr(clip, name), name
    assert replace(got.verdict, objects=()) == replace(clip.verdict, objects=())
    judged = any(frame.scored.any() for frame in clip.labels) and bool(clip.verdict.objects)
    assert len(got.verdict.objects) == (len(clip.labels) if judged else 0)
    for found, expected in zip(got.verdict.objects, clip.verdict.objects, strict=False):
        for field in ("iou", "detected", "class_agrees"):
            np.testing.assert_array_equal(getattr(found, field), getattr(expected, field))
    for a, b in zip(got.labels, clip.labels, strict=True):
        assert a.timestamp_us == b.timestamp_us
        np.testing.assert_allclose(a.global_from_ego.matrix, b.global_from_ego.matrix, rtol=0, atol=1e-9)
        if not clip.labelled:
            assert len(a) == 0
            continue
        assert (a.track_ids, a.categories, a.attributes) == (b.track_ids, b.categories, b.attributes)
        np.testing.assert_array_equal(a.boxes_ego.corners(), b.boxes_ego.corners())
        for field in ("amodal_px", "visible_px", "visible_fraction", "conditioned", "scored", "appearance"):
            np.testing.assert_array_equal(getattr(a, field), getattr(b, field))
