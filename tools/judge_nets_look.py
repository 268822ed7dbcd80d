"""One clip of a world through the eyes of a perception net, and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from drivegen.core import (
    CATEGORY_ID,
    Clip,
    ClipObservation,
    Detections,
    FrameKind,
    FrameLabels,
    Observer,
    Provenance,
    box_iou,
    ego_motion,
    label_boxes,
    stream,
)
from drivegen.core.arrays import Floats, Integers
from drivegen.data import ClipDataset, ClipIndex, ClipSample, DataConfig
from drivegen.evaluation.clip_measures import ClipMeasures, MeasureSettings, measures_of
from drivegen.evaluation.lags import Mean, lag_frames
from drivegen.evaluation.matching import match_wanted
from drivegen.evaluation.motion import Pairs
from drivegen.nuscenes_format import NuScenesRoot, open_roots
from drivegen.training.perception_arrays import observation_angles

MIN_SCORE: Final = 0.3
"""Detections above it are asked for depth and heading, and counted in precision and recall."""
_MOVING_MPS = 1.0
# Embeddings are compared this far apart.
_LAG_S = 1.0
_SETTINGS = MeasureSettings()


Nets = tuple[tuple[str, Path], ...]
"""Name and folder of each."""


@dataclass(frozen=True)
class Look:
    """What to look at: a clip of an index at some size, and with which nets.

    Attributes:
        data: which clips of which roots, at which size.
        window: number of the clip in the index.
        nets: whose eyes.
        seed: of the orders that frames are shuffled into.
    """

    data: DataConfig
    window: int
    nets: Nets
    seed: int

    def __str__(self) -> str:
        return f"clip {self.window} of {', '.join(map(str, self.data.roots))}"


def look(task: Look) -> dict[str, ClipMeasures]:
    """The measures of a clip by name of the net; pure, but for what each process keeps open."""
    clip = clip_of(_dataset(task.data)[task.window])
    found = {}
    for name, folder in task.nets:
        observer = _observer(folder)
        seen = observer.observe(clip.frames, label_boxes(clip.labels), clip.fps, _SETTINGS.window_frames)
        measures = measures_of(clip, seen, _SETTINGS)
        means = measures.means | retrievals(clip, seen) | orders(clip, seen, observer, task.seed)
        found[name] = replace(measures, means=means, pairs=measures.pairs | in_space(clip, seen))
    return found


def clip_of(sample: ClipSample) -> Clip:
    """A sample as a clip of the embedded world."""
    provenance = Provenance(FrameKind.RENDERED, "reference", 0, layout_source=sample.source, license=sample.license)
    return Clip(
        sample.clip_key, sample.scenario_id, sample.camera, sample.frames, sample.labels, sample.ambience,
        sample.fps, provenance,
    )  # fmt: skip


def orders(clip: Clip, seen: ClipObservation, observer: Observer, seed: int) -> dict[str, Mean]:
    """Whether windows are told from shuffled ones: "order_natural", "order_shuffled", and of moving clips alone.

    Every window as it is; the first one shuffled.
    """
    frames = clip.frames[: seen.window_frames]
    if len(frames) < 2:
        return {}
    order = stream(seed, "order", clip.clip_id).permutation(len(frames))
    nowhere = [np.zeros((0, 4))] * len(frames)
    shuffled = observer.observe(frames[order], nowhere, clip.fps, len(frames)).order_probability
    values = {"order_natural": seen.order_probability > 0.5, "order_shuffled": shuffled <= 0.5}
    means = {name: Mean(float(right.mean()), len(right)) for name, right in values.items()}
    if np.abs(ego_motion(clip.labels)[0]).mean() > _MOVING_MPS:
        means |= {f"{name}_moving": mean for name, mean in means.items()}
    return means


def retrievals(clip: Clip, seen: ClipObservation) -> dict[str, Mean]:
    """Whether the nearest embedding a second later, among all scored objects of that frame, is the same object's.

    Returns:
        "retrieval": among all; "retrieval_in_class": among those of its class, where there are two or more of them;
        "retrieval_by_chance", "retrieval_in_class_by_chance": how often guessing would be right.
    """
    lag = lag_frames(_LAG_S, clip.fps)
    found: dict[str, list[float]] = {}
    for now in range(len(clip.frames) - lag if lag is not None else 0):
        then = now + (lag or 0)
        a, b = (_known(clip.labels[i], seen.identities[i]) for i in (now, then))
        later, first = clip.labels[then], clip.labels[now]
        ids, classes = np.array(later.track_ids)[b], _classes(later)[b]
        for i in a:
            closeness = seen.identities[then][b] @ seen.identities[now][i]
            alike = classes == _classes(first)[i]
            for name, among in (("retrieval", np.ones(len(b), bool)), ("retrieval_in_class", alike)):
                if first.track_ids[i] in ids[among] and among.sum() > 1:
                    best = ids[among][closeness[among].argmax()]
                    found.setdefault(name, []).append(float(best == first.track_ids[i]))
                    found.setdefault(f"{name}_by_chance", []).append(1.0 / among.sum())
    return {name: Mean(float(np.mean(values)), len(values)) for name, values in found.items()}


def in_space(clip: Clip, seen: ClipObservation) -> dict[str, Pairs]:
    """Depth (its logarithm) and heading of the scored objects that were found: measured and true.

    Returns:
        "log_depth": an error of 0.1 is one of 10 %. "heading_rad": the error, in (-pi, pi], against 0.
    """
    depth, heading = [np.zeros((0, 2))], [np.zeros(0)]
    for labels, frame in zip(clip.labels, seen.frames, strict=True):
        found, label = _hits(labels, frame.detections)
        ahead = labels.depth_m[label] > 0
        depth.append(np.log(np.stack([found.depth_m, labels.depth_m[label]], axis=1)[ahead]))
        apart = found.alpha_rad - observation_angles(labels)[label]
        heading.append(np.arctan2(np.sin(apart), np.cos(apart)))
    depths, headings = np.concatenate(depth), np.concatenate(heading)
    return {
        "log_depth": Pairs(depths[:, 0], depths[:, 1]),
        "heading_rad": Pairs(headings, np.zeros_like(headings)),
    }


def _hits(labels: FrameLabels, detections: Detections) -> tuple[Detections, Integers]:
    """Detections above MIN_SCORE that found a scored object, and which."""
    found = detections[detections.scores >= MIN_SCORE]
    overlap = box_iou(found.boxes_px, labels.visible_px) * (found.category_ids[:, None] == _classes(labels)[None, :])
    matched = match_wanted(overlap, labels.scored, _SETTINGS.min_iou)
    hit = np.flatnonzero((matched >= 0) & np.append(labels.scored, False)[matched])
    return found[hit], matched[hit]


def _known(labels: FrameLabels, identities: Floats | np.ndarray) -> Integers:
    return np.flatnonzero(labels.scored & np.isfinite(identities).all(axis=1))


def _classes(labels: FrameLabels) -> Integers:
    return np.array([CATEGORY_ID[name] for name in labels.categories], dtype=np.int64)


def index_of(config: DataConfig) -> ClipIndex:
    """The clips of a world; its tables are read once, whatever the size of the frames."""
    return ClipIndex.from_config(config, _roots(config.roots))


@lru_cache
def _roots(paths: tuple[Path, ...]) -> tuple[NuScenesRoot, ...]:
    return open_roots(paths)


@lru_cache
def _dataset(config: DataConfig) -> ClipDataset:
    return ClipDataset(index_of(config))


@lru_cache
def _observer(folder: Path) -> Observer:
    from drivegen.models.perception import load_observer

    return load_observer(folder)
