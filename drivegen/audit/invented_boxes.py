"""Labels of objects that nobody made, where a labeller's slip would put them: on the road, in view, in nobody's way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from drivegen.audit.label_faults import (
    MIN_SCORED_BOXES,
    THIRD,
    boxes_per_track,
    reprojected,
    scored_boxes,
    take,
)
from drivegen.core import Boxes3D, Clip, FrameLabels, LabelPolicy, Pose, project_amodal
from drivegen.core.arrays import Booleans, Floats
from drivegen.core.categories import VEHICLES

_CANDIDATES = 240
_NEAREST_M, _FARTHEST_M = 6.0, 36.0
# Half the width of where they may stand: the ego's lane and one or two to each side, wider farther off.
_ASIDE_M, _ASIDE_PER_M, _ASIDE_MOST_M = 1.5, 0.2, 7.0
# Share of the smaller of two rectangles that they may have in common and still count as apart.
_APART = 0.1
# An invented object that is hardly ever in view would be no fault.
_MIN_SHARE_OF_FRAMES = 0.5


@dataclass(frozen=True, eq=False)
class _Candidates:
    """C objects that could be added to a clip of T frames.

    Attributes:
        donors: C pairs (frame, row) of the labels that lend category and size.
        boxes_ego: per frame, C boxes.
        rectangles: (T, C, 4) the part inside the image, pixels; NaN where there is none.
        fractions: (T, C) that part's share of the whole.
        scored: (T, C) whether the label policy would score them.
    """

    donors: tuple[tuple[int, int], ...]
    boxes_ego: tuple[Boxes3D, ...]
    rectangles: Floats
    fractions: Floats
    scored: Booleans


def invented_boxes(clip: Clip, rng: np.random.Generator) -> Clip | None:
    """Labels for a third more scored boxes than there are, standing on the ground where the picture shows nothing.

    Each is as large and of the class as one of the clip's own. Vehicles keep their distance from the camera's vehicle,
    everything else stands still in the world. None covers a visible box. Not applicable to clips with fewer than
    MIN_SCORED_BOXES scored boxes, or without room for that many.
    """
    total = scored_boxes(clip.labels)
    if total < MIN_SCORED_BOXES:
        return None
    candidates = _candidates(clip, rng)
    chosen: list[int] = []
    for index in _fitting(clip, candidates):
        if candidates.scored[:, chosen].sum() >= THIRD * total:
            break
        taken = candidates.rectangles[:, chosen]
        if not _touches(candidates.rectangles[:, [index]], taken).any():
            chosen.append(index)
    if candidates.scored[:, chosen].sum() < THIRD * total:
        return None
    labels = tuple(_with(frame, t, chosen, candidates, clip.labels) for t, frame in enumerate(clip.labels))
    return replace(clip, labels=labels)


def _candidates(clip: Clip, rng: np.random.Generator) -> _Candidates:
    """Places drawn at random before the vehicle as it stands in the middle of the clip."""
    tracks = sorted(boxes_per_track(clip.labels))
    rows = {
        track: (t, row)
        for t, frame in enumerate(clip.labels)
        for row, track in enumerate(frame.track_ids)
        if frame.scored[row]
    }
    donors = tuple(rows[tracks[i]] for i in rng.integers(0, len(tracks), _CANDIDATES))
    ahead = rng.uniform(_NEAREST_M, _FARTHEST_M, _CANDIDATES)
    reach = np.minimum(_ASIDE_M + _ASIDE_PER_M * ahead, _ASIDE_MOST_M)
    aside = rng.uniform(-1.0, 1.0, _CANDIDATES) * reach
    middle = clip.labels[len(clip.labels) // 2]
    sizes = np.stack([clip.labels[t].boxes_ego.sizes[row] for t, row in donors])
    heights = _ground(middle, ahead, aside) + sizes[:, 2] / 2
    turns = Pose.from_yaw(0.0, (0.0, 0.0, 0.0)).rotation
    here = Boxes3D(
        np.stack([ahead, aside, heights], axis=1), sizes, np.tile(turns, (_CANDIDATES, 1)), np.zeros((_CANDIDATES, 3))
    )
    drives = np.array([clip.labels[t].categories[row] in VEHICLES for t, row in donors])
    boxes = tuple(_at(here, drives, middle, frame) for frame in clip.labels)
    seen = [_seen(frame, moved) for frame, moved in zip(clip.labels, boxes, strict=True)]
    return _Candidates(donors, boxes, *(np.stack(part) for part in zip(*seen, strict=True)))


def _at(here: Boxes3D, drives: Booleans, middle: FrameLabels, frame: FrameLabels) -> Boxes3D:
    """Boxes of the middle frame's ego, in another frame's ego: driving ones move along, the others stay behind."""
    still = here.transformed(frame.global_from_ego.inverse() @ middle.global_from_ego)
    along = drives[:, None]
    return Boxes3D(
        np.where(along, here.centers, still.centers), here.sizes, np.where(along, here.rotations, still.rotations),
        here.velocities,
    )  # fmt: skip


def _ground(labels: FrameLabels, ahead: Floats, aside: Floats) -> Floats:
    """Height (C,) of the ground, ego frame, from where labelled objects and the vehicle itself stand on it."""
    places = np.concatenate([[[0.0, 0.0]], labels.boxes_ego.centers[:, :2]])
    heights = np.concatenate([[0.0], labels.boxes_ego.centers[:, 2] - labels.boxes_ego.sizes[:, 2] / 2])
    distance = np.hypot(ahead[:, None] - places[:, 0], aside[:, None] - places[:, 1])
    weights = 1.0 / np.maximum(distance, 1.0) ** 2
    return np.asarray((weights * heights).sum(axis=1) / weights.sum(axis=1))


def _seen(labels: FrameLabels, boxes_ego: Boxes3D) -> tuple[Floats, Floats, Booleans]:
    """Rectangles (C, 4) inside the image, their share of the whole, and whether the label policy scores them."""
    camera, policy = labels.camera, LabelPolicy()
    projection = project_amodal(boxes_ego.transformed(camera.ego_from_camera.inverse()), camera)
    height, width = camera.size
    inside = np.clip(projection.amodal_px, 0, [width, height, width, height])
    inside[~projection.in_image] = np.nan
    share = np.nan_to_num(_area(inside) / np.maximum(_area(projection.amodal_px), 1e-9))
    tall = np.nan_to_num(inside[:, 3] - inside[:, 1]) * policy.base_height_px / height
    return inside, share, (tall >= policy.scored_min_height_px) & (share >= policy.scored_min_visible)


def _fitting(clip: Clip, candidates: _Candidates) -> list[int]:
    """Candidates that are in view for long enough and never on a visible box."""
    apart = np.ones(candidates.scored.shape[1], dtype=bool)
    for t, frame in enumerate(clip.labels):
        seen = frame.visible_px[frame.visible_fraction > 0]
        apart &= ~_touches(candidates.rectangles[[t]], seen[None]).any(axis=(0, 2))
    long_enough = candidates.scored.mean(axis=0) >= _MIN_SHARE_OF_FRAMES
    return [int(i) for i in np.flatnonzero(apart & long_enough)]


def _touches(a: Floats, b: Floats) -> Booleans:
    """Whether rectangles (T, C, 4) and (T, N, 4) share more than a sliver of the smaller: (T, C, N)."""
    low = np.maximum(a[:, :, None, :2], b[:, None, :, :2])
    high = np.minimum(a[:, :, None, 2:], b[:, None, :, 2:])
    shared = np.clip(np.nan_to_num(high - low), 0.0, None).prod(axis=-1)
    smaller = np.minimum(_area(a)[:, :, None], _area(b)[:, None, :])
    return np.asarray(shared > _APART * np.nan_to_num(smaller))


def _area(rectangles: Floats) -> Floats:
    return np.asarray((rectangles[..., 2:] - rectangles[..., :2]).prod(axis=-1))


def _with(
    labels: FrameLabels, t: int, chosen: list[int], candidates: _Candidates, clip_labels: tuple[FrameLabels, ...]
) -> FrameLabels:
    """A frame's labels with the chosen candidates that it shows among them, nearest first."""
    there = [i for i in chosen if np.isfinite(candidates.rectangles[t, i]).all()]
    if not there:
        return labels
    lent = [(clip_labels[frame], row) for frame, row in (candidates.donors[i] for i in there)]
    boxes, new = labels.boxes_ego, candidates.boxes_ego[t][there]
    unknown = np.full(len(there), np.nan)
    joined = replace(
        labels,
        track_ids=labels.track_ids + tuple(f"invented-{i}" for i in there),
        categories=labels.categories + tuple(donor.categories[row] for donor, row in lent),
        attributes=labels.attributes + (None,) * len(there),
        bodies=labels.bodies + (None,) * len(there),
        boxes_ego=Boxes3D(
            np.concatenate([boxes.centers, new.centers]),
            np.concatenate([boxes.sizes, new.sizes]),
            np.concatenate([boxes.rotations, new.rotations]),
            np.concatenate([boxes.velocities, new.velocities]),
        ),
        amodal_px=np.concatenate([labels.amodal_px, candidates.rectangles[t, there]]),
        visible_px=np.concatenate([labels.visible_px, candidates.rectangles[t, there]]),
        visible_fraction=np.concatenate([labels.visible_fraction, candidates.fractions[t, there]]),
        depth_m=np.concatenate([labels.depth_m, unknown]),
        height_px=np.concatenate([labels.height_px, unknown]),
        conditioned=np.concatenate([labels.conditioned, np.ones(len(there), dtype=bool)]),
        scored=np.concatenate([labels.scored, np.ones(len(there), dtype=bool)]),
        appearance=np.concatenate([labels.appearance, np.stack([donor.appearance[row] for donor, row in lent])]),
    )
    place = joined.camera.ego_from_camera.translation
    distance = np.linalg.norm(joined.boxes_ego.corners() - place, axis=-1).min(axis=1)
    return reprojected(take(joined, np.argsort(distance, kind="stable")))
