"""Labels against what a judge sees: which objects are found, and what is found that nobody labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Booleans, Floats, Integers
from drivegen.core.categories import CATEGORIES, CATEGORY_GROUPS, CATEGORY_ID
from drivegen.core.clips import ObjectVerdict
from drivegen.core.detections import Detections, box_iou, without_rivals
from drivegen.core.errors import ConfigError
from drivegen.core.labels import FrameLabels
from drivegen.core.observations import ClipObservation

# Place in CATEGORY_GROUPS of each of CATEGORIES (vehicle, cycle, pedestrian, static object): the kind of an object.
KIND_OF: Integers = np.array(
    [next(i for i, group in enumerate(CATEGORY_GROUPS) if name in group) for name in CATEGORIES], dtype=np.int64
)


@dataclass(frozen=True)
class MatchConfig:
    """When a label and a detection show the same object."""

    min_score: float = 0.1
    """A detection less confident than this finds nothing. Where a label says that something is, little confidence
    will do: the lowest that finds something in at most 5 % of places without objects (tools/judge_decoys.py)."""
    sure_score: float = 0.3
    """A detection less confident than this tells no class, and shows no object to have been detected already."""
    min_region_score: float = 0.2
    """A box less likely than this to hold any object holds none, for a judge that looks at boxes; then detections are
    not asked. Chosen like `min_score`."""
    min_iou: float = 0.4
    """Overlap of a detection with the visible box of an object that it finds."""
    hallucination_score: float = 0.5
    """A detection at least this confident needs a label."""
    hallucination_height_px: float = 8.0
    """A detection at least this tall, in an image `base_height_px` tall, needs a label: whatever is smaller may be
    too far away to be written."""
    same_iou: float = 0.5
    """Overlap with the visible box of any written object from which a detection shows that object."""
    explained_iou: float = 0.3
    """Overlap that suffices with an object that no other detection shows."""
    explained_inside: float = 0.7
    """Share of a detection inside an object that is not scored (or inside a scored one of its kind) that explains it:
    such an object may look like anything, and part of an object is no other object."""
    rival_iou: float = 0.4
    """Overlap from which two detections that ask for a label are of one thing, whatever their classes: the surer one
    asks. Likewise a detection of which `explained_inside` lies inside a surer one of its kind."""
    base_height_px: int = 128
    """Height of the image at which `hallucination_height_px` holds."""

    def __post_init__(self) -> None:
        for name in (
            "min_score",
            "sure_score",
            "min_region_score",
            "min_iou",
            "hallucination_score",
            "same_iou",
            "explained_iou",
            "explained_inside",
            "rival_iou",
        ):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError("out of range", where=name, expected="0 to 1", got=getattr(self, name))


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found where the N written objects of one frame are.

    Attributes:
        iou: (N,) overlap with the best detection, of any class; NaN for objects that are not scored.
        there: (N,) whether something was found.
        category_ids: (N,) class of what was found; -1 where nothing was, where the judge is not sure enough, or nothing
            was looked for.
        confidence: (N,) how likely the box holds any object; of a judge that does not look at boxes, the confidence of
            the surest detection, of any class and however unsure, that overlaps enough. 0 where there is none.
    """

    iou: Floats
    there: Booleans
    category_ids: Integers
    confidence: Floats


def find_objects(
    labels: Sequence[FrameLabels], observation: ClipObservation, match: MatchConfig
) -> tuple[Findings, ...]:
    """What was found of each written object of each frame; only scored ones are looked for.

    A judge that looks at boxes is asked what stands in each. Of another, an object takes the detection that overlaps it
    most, of any class. Two objects may take the same one: a judge that sees two people as one has found both, and
    whether the class is right is asked of that detection.

    Args:
        observation: asked about the visible boxes of the labels.
    """
    regions = observation.regions or (None,) * len(labels)
    return tuple(
        _find(frame, seen.detections, looked_at, match)
        for frame, seen, looked_at in zip(labels, observation.frames, regions, strict=True)
    )


def object_verdicts(
    labels: Sequence[FrameLabels], observation: ClipObservation, match: MatchConfig
) -> tuple[ObjectVerdict, ...]:
    """`find_objects` as the verdicts that go with a clip."""
    return verdicts_of(labels, find_objects(labels, observation, match))


def verdicts_of(labels: Sequence[FrameLabels], findings: Sequence[Findings]) -> tuple[ObjectVerdict, ...]:
    """What was found, held to the labels: per frame, was it found and is its class right."""
    verdicts = []
    for frame, found in zip(labels, findings, strict=True):
        detected = np.where(np.isnan(found.iou), np.nan, found.there)
        agrees = np.where(found.category_ids >= 0, found.category_ids == category_ids(frame), np.nan)
        verdicts.append(ObjectVerdict(found.iou, detected, agrees))
    return tuple(verdicts)


def hallucinations(
    labels: Sequence[FrameLabels], observation: ClipObservation, match: MatchConfig
) -> tuple[Detections, ...]:
    """Per frame, the detections that no written object explains, one of each thing, whatever their confidence."""
    found = []
    for frame, seen in zip(labels, observation.frames, strict=True):
        things, known = explained(frame, seen.detections, match)
        found.append(things[~known])
    return tuple(found)


def _find(labels: FrameLabels, detections: Detections, regions: Floats | None, match: MatchConfig) -> Findings:
    judged = np.flatnonzero(labels.scored)
    overlap = box_iou(labels.visible_px[judged], detections.boxes_px)
    iou, confidence = np.full(len(labels), np.nan), np.zeros(len(labels))
    iou[judged] = overlap[:, detections.scores >= match.min_score].max(axis=1, initial=0.0)
    classes = np.full(len(labels), -1)
    if regions is None:
        confidence[judged], classes[judged] = _by_detections(overlap, detections, match)
        return Findings(iou, confidence >= match.min_score, classes, confidence)
    confidence[judged], classes[judged] = _by_regions(regions[judged], match)
    return Findings(iou, confidence >= match.min_region_score, classes, confidence)


def _by_regions(regions: Floats, match: MatchConfig) -> tuple[Floats, Integers]:
    """Of M boxes looked at (M, 11): how likely each holds an object, and its class, -1 where that is not sure."""
    likely = np.nan_to_num(regions)
    confidence = likely[:, :-1].sum(axis=1)
    classes = likely[:, :-1].argmax(axis=1)
    sure = (confidence >= match.min_region_score) & (likely[:, :-1].max(axis=1) >= match.sure_score)
    return confidence, np.where(sure, classes, -1)


def _by_detections(overlap: Floats, detections: Detections, match: MatchConfig) -> tuple[Floats, Integers]:
    """Of M boxes that D detections overlap (M, D): confidence of the surest that fits, and the class of a sure one."""
    fits = overlap >= match.min_iou
    confidence = np.where(fits, detections.scores, 0.0).max(axis=1, initial=0.0)
    classes = np.full(len(overlap), -1)
    sure = detections.scores >= match.sure_score
    told = fits[:, sure].any(axis=1)
    if told.any():
        classes[told] = _classes_of(overlap[told][:, sure], detections[sure], match)
    return confidence, classes


def _classes_of(overlap: Floats, detections: Detections, match: MatchConfig) -> Integers:
    """The class (M,) of each of M found objects: of those that fit well, the surest (one thing may have two boxes)."""
    fits = overlap >= np.maximum(match.min_iou, 0.8 * overlap.max(axis=1, keepdims=True))
    return detections.category_ids[np.where(fits, detections.scores, -1.0).argmax(axis=1)]


def explained(labels: FrameLabels, detections: Detections, match: MatchConfig) -> tuple[Detections, Booleans]:
    """The M things detected that are tall enough to need a label, and which of them (M,) some written object explains.

    Each thing is its surest detection. A net that sees a van says truck and bus at the same place with little
    confidence; were those asked for labels too, they would look like objects that nearly always have one.
    """
    things = _things(_tall(labels, detections, match), match)
    overlap = box_iou(things.boxes_px, labels.visible_px)
    inside = share_inside(things.boxes_px, labels.visible_px)
    sure = detections[detections.scores >= match.sure_score]
    shown = (box_iou(sure.boxes_px, labels.visible_px) >= match.same_iou).any(axis=0)
    excusing = ~labels.scored | (kinds(things.category_ids)[:, None] == kinds(category_ids(labels)))
    known: Booleans = (
        (overlap >= np.where(shown, match.same_iou, match.explained_iou))
        | (excusing & (inside >= match.explained_inside))
    )  # fmt: skip
    return things, known.any(axis=1)


def _tall(labels: FrameLabels, detections: Detections, match: MatchConfig) -> Detections:
    """The detections tall enough to need a label."""
    heights = detections.boxes_px[:, 3] - detections.boxes_px[:, 1]
    return detections[heights * match.base_height_px / labels.camera.size[0] >= match.hallucination_height_px]


def _things(detections: Detections, match: MatchConfig) -> Detections:
    """The surest detection of each thing, of whatever class."""
    boxes, kind = detections.boxes_px, kinds(detections.category_ids)
    part = (kind[:, None] == kind) & (share_inside(boxes, boxes) >= match.explained_inside)
    return detections[without_rivals((box_iou(boxes, boxes) >= match.rival_iou) | part)]


def share_inside(a: Floats, b: Floats) -> Floats:
    """Share (N, M) of the area of boxes (N, 4) that lies inside boxes (M, 4); 0 for boxes that are NaN or empty."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(np.nan_to_num(high - low), 0.0, None).prod(axis=-1)
    area = np.broadcast_to(np.clip(a[:, 2:] - a[:, :2], 0.0, None).prod(axis=-1)[:, None], shared.shape)
    return np.divide(shared, area, out=np.zeros_like(shared), where=area > 0)


def category_ids(labels: FrameLabels) -> Integers:
    """Classes (N,) of the labels as places in CATEGORIES."""
    return np.array([CATEGORY_ID[name] for name in labels.categories], dtype=np.int64)


def kinds(categories: Integers) -> Integers:
    """Kinds (N,) of classes (N,)."""
    return KIND_OF[categories]
