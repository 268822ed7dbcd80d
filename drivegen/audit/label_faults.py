"""Faults in what a clip says of itself: labels and ambience that the pixels do not show. The pixels stay untouched.

Boxes are edited in 3D and projected again, so that a faulty label is as consistent in itself as a right one: nothing
but the pixels gives it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from drivegen.core import Clip, FrameLabels, LabelPolicy, TimeOfDay, Weather, recamera
from drivegen.core.arrays import Floats, Integers

# A clip with fewer scored boxes says too little of its objects for anyone to call them wrong.
MIN_SCORED_BOXES = 4
# "A third of the boxes" needs three tracks to take one of.
MIN_TRACKS = 3
THIRD = 1.0 / 3.0
_SWAPPED = {"car": "pedestrian", "pedestrian": "car"}


def shifted_labels(clip: Clip, rng: np.random.Generator) -> Clip | None:
    """Every box moves sideways by its own width in the image, each track always to the same side.

    A track goes to the side where more of it stays in the image; either, where that is the same. Not applicable to
    clips with fewer than MIN_SCORED_BOXES scored boxes.
    """
    if scored_boxes(clip.labels) < MIN_SCORED_BOXES:
        return None
    tracks = sorted({track for frame in clip.labels for track in frame.track_ids})
    coin = dict(zip(tracks, rng.choice((-1.0, 1.0), len(tracks)), strict=True))
    room = dict.fromkeys(tracks, 0.0)
    for frame in clip.labels:
        boxes, width = frame.visible_px, frame.camera.size[1]
        # Where nothing is seen there is no room on either side.
        gain = np.nan_to_num((width - boxes[:, 2]) - boxes[:, 0])
        for track, value in zip(frame.track_ids, gain, strict=True):
            room[track] += float(value)
    side = {track: coin[track] if abs(room[track]) < 1.0 else float(np.sign(room[track])) for track in tracks}
    labels = tuple(_shifted(frame, np.array([side[track] for track in frame.track_ids])) for frame in clip.labels)
    return replace(clip, labels=labels)


def swapped_classes(clip: Clip, rng: np.random.Generator) -> Clip | None:
    """Cars are called pedestrians and pedestrians cars; boxes stay.

    Not applicable to clips with fewer than MIN_SCORED_BOXES scored cars and pedestrians, or where they are under half
    of the scored boxes.
    """
    concerned = scored_boxes(clip.labels, frozenset(_SWAPPED))
    if concerned < MIN_SCORED_BOXES or 2 * concerned < scored_boxes(clip.labels):
        return None
    return replace(clip, labels=tuple(_swapped(frame) for frame in clip.labels))


def deleted_boxes(clip: Clip, rng: np.random.Generator) -> Clip | None:
    """Tracks lose their labels, chosen at random until a third of the scored boxes are gone.

    Not applicable to clips with fewer than MIN_TRACKS scored tracks or MIN_SCORED_BOXES scored boxes.
    """
    counts = boxes_per_track(clip.labels)
    total = sum(counts.values())
    if len(counts) < MIN_TRACKS or total < MIN_SCORED_BOXES:
        return None
    gone: set[str] = set()
    for track in rng.permutation(sorted(counts)):
        if sum(counts[name] for name in gone) >= THIRD * total:
            break
        gone.add(str(track))
    labels = tuple(
        take(frame, np.flatnonzero([track not in gone for track in frame.track_ids])) for frame in clip.labels
    )
    return replace(clip, labels=labels)


def relabelled_weather(clip: Clip, rng: np.random.Generator) -> Clip | None:
    """The clip claims another weather, any of the other four. Not applicable where the weather is unknown."""
    if clip.ambience.weather is None:
        return None
    others = [weather for weather in Weather if weather != clip.ambience.weather]
    return replace(clip, ambience=replace(clip.ambience, weather=others[rng.integers(len(others))]))


def relabelled_time(clip: Clip, rng: np.random.Generator) -> Clip | None:
    """The clip claims another time of day, either of the other two. Not applicable where it is unknown."""
    if clip.ambience.time_of_day is None:
        return None
    others = [time for time in TimeOfDay if time != clip.ambience.time_of_day]
    return replace(clip, ambience=replace(clip.ambience, time_of_day=others[rng.integers(len(others))]))


def boxes_per_track(labels: Sequence[FrameLabels]) -> dict[str, int]:
    """How many frames score each track that is ever scored."""
    counts: dict[str, int] = {}
    for frame in labels:
        for track, scored in zip(frame.track_ids, frame.scored, strict=True):
            if scored:
                counts[track] = counts.get(track, 0) + 1
    return counts


def scored_boxes(labels: Sequence[FrameLabels], categories: frozenset[str] | None = None) -> int:
    """How many scored boxes there are over all frames, of some categories or of all."""
    return sum(
        bool(scored) and (categories is None or category in categories)
        for frame in labels
        for category, scored in zip(frame.categories, frame.scored, strict=True)
    )


def take(labels: FrameLabels, index: Integers) -> FrameLabels:
    """The labels of some objects, in that order; what the others hid stays hidden, as in the picture."""
    return replace(
        labels,
        track_ids=tuple(labels.track_ids[i] for i in index),
        categories=tuple(labels.categories[i] for i in index),
        attributes=tuple(labels.attributes[i] for i in index),
        bodies=tuple(labels.bodies[i] for i in index),
        boxes_ego=labels.boxes_ego[index],
        amodal_px=labels.amodal_px[index],
        visible_px=labels.visible_px[index],
        visible_fraction=labels.visible_fraction[index],
        depth_m=labels.depth_m[index],
        height_px=labels.height_px[index],
        conditioned=labels.conditioned[index],
        scored=labels.scored[index],
        appearance=labels.appearance[index],
    )


def reprojected(labels: FrameLabels) -> FrameLabels:
    """Labels whose 3D boxes (and measured visible boxes, if any) were edited, with all that follows from them anew."""
    if len(labels) == 0:
        return labels
    seen = recamera(labels, labels.camera, LabelPolicy())
    boxes_camera = seen.boxes_ego.transformed(labels.camera.ego_from_camera.inverse())
    return replace(seen, depth_m=boxes_camera.centers[:, 2].copy())


def _shifted(labels: FrameLabels, side: Floats) -> FrameLabels:
    """Boxes moved by their own width to `side` (N,): 1 right, -1 left. Measured visibility moves along."""
    if len(labels) == 0:
        return labels
    camera = labels.camera
    widths = _widths(labels)
    boxes = labels.boxes_ego.transformed(camera.ego_from_camera.inverse())
    # A centre behind the camera has no pixel scale; such boxes are huge and move by what they would at one metre.
    metres = side * widths * np.maximum(boxes.centers[:, 2], 1.0) / camera.intrinsics[0, 0]
    moved = replace(boxes, centers=boxes.centers + np.stack([metres, 0 * metres, 0 * metres], axis=1))
    step = np.stack([side * widths, 0 * widths, side * widths, 0 * widths], axis=1)
    return reprojected(
        replace(labels, boxes_ego=moved.transformed(camera.ego_from_camera), visible_px=labels.visible_px + step)
    )


def _widths(labels: FrameLabels) -> Floats:
    """Width (N,) in px of what is seen of each object, or of its whole box where nothing is."""
    seen = labels.visible_px[:, 2] - labels.visible_px[:, 0]
    whole = np.clip(labels.amodal_px[:, [0, 2]], 0, labels.camera.size[1])
    return np.asarray(np.where(np.isfinite(seen), seen, whole[:, 1] - whole[:, 0]))


def _swapped(labels: FrameLabels) -> FrameLabels:
    named = [category in _SWAPPED for category in labels.categories]
    return replace(
        labels,
        categories=tuple(_SWAPPED.get(category, category) for category in labels.categories),
        # A sitting car would give the swap away without a look at the pixels.
        attributes=tuple(None if swap else name for swap, name in zip(named, labels.attributes, strict=True)),
        bodies=tuple(None if swap else name for swap, name in zip(named, labels.bodies, strict=True)),
    )
