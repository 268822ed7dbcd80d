"""All measures of one clip: pure functions of the clip and of what the judge saw in it.

Scores, each there only when the clip has what it measures (`scores_of`):
    detected_fraction: scored objects that were found, over all frames.
    missed_share: those that were not, as if one more had been: (missed) / (all + 1). One missed object of one is less
        bad than nine of ten.
    track_missed_share: of each track the frames in which it was not found, over its scored frames plus one; the worst
        track. A track that is never there is an invented one, though most of the others were found.
    missed_surprise: how surprising it is that the judge is no surer of the scored objects, as if one more had been
        found: the sum over objects / (all + 1); `reliability` tells what surprises.
    track_missed_surprise: the same of each track; the worst one.
    class_surprise: how surprising the classes are that a track is found as, as if it were found rightly once more; the
        worst track.
    hallucination_surprise: how surprising the most surprising detection is that no written object explains, mean over
        frames.
    mean_iou: overlap with the best detection, mean over scored objects.
    class_agreement: found objects whose class is right.
    other_class_share: found objects whose class is wrong, as if one more were right.
    track_other_kind_share: of each track the frames in which it looks like another kind (vehicle, cycle, pedestrian,
        static object), over the frames in which it was found plus one; the worst track.
    hallucinations_per_frame: confident detections that no written object explains.
    hallucination_confidence: confidence of the surest such detection, mean over frames: high when one thing without a
        label is there all the time, whatever else is.
    weather_margin, time_of_day_margin: log probability of the asked one minus that of the likeliest other, mean over
        frames.
    road_users_mean: estimated visible road users per frame.
    crowdedness_error: |log(1 + estimated) - log(1 + labelled)| of the means over frames.
    identity_drift, colour_jump: see `track_looks`.
    speed_mean_mps, speed_error: speed as it looks; mean |looked - true| over mean |true| + 2 m/s. Forward cameras only.
    yaw_rate_error_radps: mean |looked - true|. Forward cameras only.
    motion_ratio, repeated_share, flicker_ratio, disorder: see `change_measures`.
    order_probability: mean over windows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from drivegen.audit import change_measures as change
from drivegen.audit.ambience_measures import ambience_scores
from drivegen.audit.objects import Findings, MatchConfig, category_ids, hallucinations, kinds
from drivegen.audit.reliability import Reliability, Views, base_heights
from drivegen.audit.thumbnails import distances, middles, thumbnails
from drivegen.audit.track_looks import colour_jump, colour_looks, identity_drift, identity_looks
from drivegen.core.arrays import Floats
from drivegen.core.cameras import Camera
from drivegen.core.clips import Clip
from drivegen.core.ego_motion import ego_motion
from drivegen.core.labels import FrameLabels
from drivegen.core.observations import ClipObservation

# The judge learnt speed and turning from cameras that look ahead, within this angle.
FORWARD_RAD = 0.6
# Slower than this, an error of speed is not measured as a share of the speed.
SLOW_MPS = 2.0

Scores = dict[str, float]
Measured = dict[str, float | None]


def scores_of(
    clip: Clip,
    observation: ClipObservation,
    findings: Sequence[Findings],
    match: MatchConfig,
    reliability: Reliability | None = None,
) -> Scores:
    """Every score that the clip has; those of objects, motion and tracks need labels that the frames follow.

    Args:
        findings: what was found of the clip's objects; read for labelled clips only.
        reliability: what is known of the judge; None: nothing.
    """
    reliability = reliability or Reliability.unknown()
    pictures = thumbnails(clip.frames)
    apart = distances(pictures)
    measured: Measured = {**ambience_scores(clip, observation), "flicker_ratio": change.flicker_ratio(apart)}
    measured["order_probability"] = order_probability(observation)
    if clip.labelled:
        measured |= found_scores(clip.labels, findings)
        measured |= hallucination_scores(clip.labels, observation, match)
        measured |= surprise_scores(clip, observation, findings, match, reliability)
        measured |= ego_scores(clip.labels, observation)
        measured["identity_drift"] = identity_drift(identity_looks(clip.labels, observation.identities))
        measured["colour_jump"] = colour_jump(colour_looks(clip.labels, clip.frames))
        measured["motion_ratio"] = change.motion_ratio(pictures, clip.labels)
        measured["repeated_share"] = change.repeated_share(apart, clip.labels)
        measured["disorder"] = change.disorder(distances(middles(clip.frames)), clip.labels)
    return {name: value for name, value in measured.items() if value is not None and np.isfinite(value)}


def found_scores(labels: Sequence[FrameLabels], findings: Sequence[Findings]) -> Measured:
    """How many of the scored objects are there, at their place and of their class; nothing for an empty road."""
    missed: defaultdict[str, list[bool]] = defaultdict(list)
    other_class: list[bool] = []
    other_kind: defaultdict[str, list[bool]] = defaultdict(list)
    overlaps: list[float] = []
    for frame, found in zip(labels, findings, strict=True):
        wanted = category_ids(frame)
        for i in np.flatnonzero(frame.scored):
            track, seen = frame.track_ids[i], found.category_ids[i]
            overlaps.append(float(found.iou[i]))
            missed[track].append(not found.there[i])
            if seen >= 0:
                other_class.append(bool(seen != wanted[i]))
                other_kind[track].append(bool(kinds(seen) != kinds(wanted[i])))
    if not overlaps:
        return {}
    everyone = [one for track in missed.values() for one in track]
    return {
        "detected_fraction": 1.0 - float(np.mean(everyone)),
        "missed_share": _share(everyone),
        "track_missed_share": max(_share(track) for track in missed.values()),
        "mean_iou": float(np.mean(overlaps)),
        "class_agreement": 1.0 - float(np.mean(other_class)) if other_class else None,
        "other_class_share": _share(other_class) if other_class else None,
        "track_other_kind_share": max((_share(track) for track in other_kind.values()), default=None),
    }


def hallucination_scores(labels: Sequence[FrameLabels], observation: ClipObservation, match: MatchConfig) -> Measured:
    """What is found that nobody labelled."""
    unexplained = hallucinations(labels, observation, match)
    confident = [int((found.scores >= match.hallucination_score).sum()) for found in unexplained]
    return {
        "hallucinations_per_frame": float(np.mean(confident)),
        "hallucination_confidence": float(np.mean([found.scores.max(initial=0.0) for found in unexplained])),
    }


def surprise_scores(
    clip: Clip,
    observation: ClipObservation,
    findings: Sequence[Findings],
    match: MatchConfig,
    reliability: Reliability,
) -> Measured:
    """What the judge makes of the objects, held to what it usually makes of such objects."""
    labels, weather = clip.labels, clip.ambience.weather
    missing: defaultdict[str, list[float]] = defaultdict(list)
    confused: defaultdict[str, list[float]] = defaultdict(list)
    for frame, found in zip(labels, findings, strict=True):
        scored, classes = np.flatnonzero(frame.scored), category_ids(frame)
        views = Views.of(frame, scored, match)
        surprise = reliability.missing(classes[scored], views, found.confidence[scored], weather)
        for i, value in zip(scored, surprise, strict=True):
            missing[frame.track_ids[i]].append(float(value))
        there = scored[found.category_ids[scored] >= 0]
        for i, value in zip(there, reliability.confused(classes[there], found.category_ids[there]), strict=True):
            confused[frame.track_ids[i]].append(float(value))
    everyone = [one for track in missing.values() for one in track]
    strange = []
    for frame, extra in zip(labels, hallucinations(labels, observation, match), strict=True):
        heights = base_heights(extra.boxes_px, frame, match)
        strange.append(reliability.unlabelled(extra.category_ids, heights, extra.scores).max(initial=0.0))
    return {
        "missed_surprise": _share(everyone) if everyone else None,
        "track_missed_surprise": max((_share(track) for track in missing.values()), default=None),
        "class_surprise": max((_share(track) for track in confused.values()), default=None),
        "hallucination_surprise": float(np.mean(strange)),
    }


def ego_scores(labels: Sequence[FrameLabels], observation: ClipObservation) -> Measured:
    """Whether the camera seems to move as the labels say; nothing for single frames and for other cameras."""
    if not looks_ahead(labels[0].camera) or len(labels) < 2:
        return {}
    speed, turning = ego_motion(labels)
    error = float(np.abs(observation.speed_mps - speed).mean())
    return {
        "speed_mean_mps": float(observation.speed_mps.mean()),
        "speed_error": error / (float(np.abs(speed).mean()) + SLOW_MPS),
        "yaw_rate_error_radps": float(np.abs(observation.yaw_rate_radps - turning).mean()),
    }


def order_probability(observation: ClipObservation) -> float | None:
    """How likely the frames stand in their natural order, mean over windows; None for single frames."""
    known: Floats = observation.order_probability[np.isfinite(observation.order_probability)]
    return float(known.mean()) if len(known) else None


def looks_ahead(camera: Camera) -> bool:
    """Whether a camera looks where the vehicle goes."""
    axis = camera.ego_from_camera.rotate(np.array([0.0, 0.0, 1.0]))
    return bool(np.arccos(np.clip(axis[0], -1.0, 1.0)) <= FORWARD_RAD)


def _share(bad: Sequence[float]) -> float:
    """The mean, as if there were one more that is not bad."""
    return sum(bad) / (len(bad) + 1)
