"""What is measured of one clip, against what can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from drivegen.core import (
    Achieved,
    Ambience,
    Camera,
    Clip,
    ClipObservation,
    Observer,
    Pose,
    TimeOfDay,
    Weather,
    label_boxes,
)
from drivegen.core.cameras import FORWARD_LOOKING
from drivegen.evaluation.attributes import agreements, ambience_cell
from drivegen.evaluation.clip_measures import MeasureSettings, clip_key, measure_clip
from drivegen.evaluation.colour import colour_histograms, colour_means, repeated_frames
from drivegen.evaluation.diversity import mean_pair_distance
from drivegen.evaluation.frechet import FrechetStats
from drivegen.evaluation.identity import identity_distances
from drivegen.evaluation.lags import lag_frames, lag_name, lag_seconds, lags_of
from drivegen.evaluation.motion import ego_motions, looks_ahead

MakeClip = Callable[..., Clip]


def _observe(clip: Clip, observer: Observer) -> ClipObservation:
    return observer.observe(clip.frames, label_boxes(clip.labels), clip.fps)


def test_lags_meet_at_every_length_and_round_to_frames() -> None:
    assert lags_of(5, 4.0) == (1, 2, 3, 4)
    assert set(lags_of(20, 4.0)) <= set(lags_of(200, 4.0)) and 64 in lags_of(200, 4.0)
    assert (lag_frames(1.0, 12.0), lag_frames(1.0, 0.75), lag_frames(16.0, 3.0)) == (12, None, 48)
    assert lag_seconds(lag_name("colour", 3, 12.0)) == 0.25
    assert lags_of(1, 4.0) == ()


def test_agreement_is_of_what_is_labelled_and_judged() -> None:
    labelled = Ambience(Weather.RAIN, TimeOfDay.NIGHT)
    found = agreements(labelled, Achieved(Weather.RAIN, TimeOfDay.DAY))
    assert (found["weather"], found["time_of_day"]) == (1.0, 0.0)
    assert found["weather:rain>rain"] == 1.0 and found["time_of_day:night>day"] == 1.0
    assert sum(value for name, value in found.items() if name.startswith("weather:")) == 1.0
    assert agreements(Ambience(), Achieved(Weather.RAIN, TimeOfDay.DAY)) == {}
    assert agreements(labelled, Achieved()) == {}
    assert ambience_cell(Ambience(Weather.FOG)) == "fog.unknown"


def test_identity_is_small_along_tracks_and_large_between_objects(
    painted_clip: MakeClip, paint_reader: Observer
) -> None:
    clip = painted_clip(0, frames=6)
    same = identity_distances(clip, _observe(clip, paint_reader))
    assert same[lag_name("identity", 4, 4.0)].value < 0.02
    # One of two cars in another colour: far from the other, and from itself before.
    frames = clip.frames.copy()
    for labels, frame in zip(clip.labels[3:], frames[3:], strict=True):
        left, top, right, bottom = np.round(labels.visible_px[labels.track_ids.index("car-b")]).astype(int)
        frame[top : bottom + 1, left : right + 1] = (10, 240, 10)
    changed = replace(clip, frames=frames)
    other = identity_distances(changed, _observe(changed, paint_reader))
    assert other[lag_name("identity", 4, 4.0)].value > 10 * same[lag_name("identity", 4, 4.0)].value
    assert other["identity_of_others"].value > 10 * same["identity_of_others"].value
    # Two cars and a pedestrian in each of six frames: one pair of one class a frame, 3 tracks x 2 pairs at lag 4.
    assert same["identity_of_others"].weight == 6 and same[lag_name("identity", 4, 4.0)].weight == 6
    assert identity_distances(replace(clip, labelled=False), _observe(clip, paint_reader)) == {}


def test_colour_similarity_is_the_shared_part_of_histograms(painted_clip: MakeClip) -> None:
    frames = np.zeros((2, 4, 4, 3), np.uint8)
    frames[1, :1] = 255
    histograms = colour_histograms(frames)
    assert np.minimum(histograms[0], histograms[1]).sum() == pytest.approx(0.75)
    clip = painted_clip(1, frames=6)
    still = replace(clip, frames=clip.frames[:1].repeat(6, axis=0))
    assert colour_means(still)[lag_name("colour", 4, 4.0)] == (pytest.approx(1.0), 2)
    assert colour_means(clip)[lag_name("colour", 4, 4.0)].value < 1.0


def test_repetition_needs_a_frame_that_comes_back_elsewhere() -> None:
    random = np.random.default_rng(0)
    frames = random.integers(0, 256, (12, 16, 32, 3), dtype=np.uint8)
    places = np.stack([np.arange(12) * 3.0, np.zeros(12)], axis=1)
    assert repeated_frames(frames, places, 2) == (10, 0)
    looped = np.concatenate([frames[:6], frames[:6]])
    assert repeated_frames(looped, places, 2) == (10, 6)
    # Whoever stands still sees the same again.
    assert repeated_frames(looped, np.zeros((12, 2)), 2) == (0, 0)
    frozen = frames[:1].repeat(12, axis=0)
    assert repeated_frames(frozen, places, 2) == (10, 10)


def test_motion_is_read_from_cameras_that_look_ahead(painted_clip: MakeClip, paint_reader: Observer) -> None:
    clip = painted_clip(0)
    speed = ego_motions(clip, _observe(clip, paint_reader))["speed_mps"]
    np.testing.assert_allclose(speed.true, 8.0)
    np.testing.assert_allclose(speed.measured, 8.0)
    camera = clip.labels[0].camera
    assert looks_ahead(camera)
    half_turn = Pose(np.array([0.0, 0.0, 0.0, 1.0]), np.zeros(3))
    assert not looks_ahead(Camera("CAM_BACK", camera.intrinsics, half_turn @ FORWARD_LOOKING, camera.size))


def test_diversity_is_the_distance_of_all_pairs() -> None:
    points = np.random.default_rng(1).normal(size=(9, 4))
    stats = FrechetStats(4, 20)
    for index, point in enumerate(points):
        stats.add(f"s{index}", point[None])
    pairs = [np.square(a - b).sum() for i, a in enumerate(points) for b in points[:i]]
    assert mean_pair_distance({"a": stats}, {"a": 9.0}) == pytest.approx(np.sqrt(np.mean(pairs)))
    assert np.isnan(mean_pair_distance({"a": stats}, {"b": 1.0}))


def test_a_clips_measures_depend_on_clip_and_judge_alone(painted_clip: MakeClip, paint_reader: Observer) -> None:
    settings = MeasureSettings(window_frames=2, chunk_frames=3)
    clip = painted_clip(3, frames=7)
    a, b = (measure_clip(clip, paint_reader, settings) for _ in range(2))
    assert a.means == b.means and a.chunks.tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert a.window_features.shape == (3, 6) and a.frame_features.shape == (7, 6)
    assert a.means["speed_mps_error"] == (pytest.approx(0.0), 6) and a.means["road_users_error"].value == 0.0
    assert a.key == clip_key(replace(clip, frames=clip.frames[:3], labels=clip.labels[:3], clip_id="other"))
    assert a.key != clip_key(painted_clip(4))
