"""All that evaluation keeps of one clip: a pure function of the clip and of what the judge saw in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from drivegen.audit.ambience_measures import achieved_by
from drivegen.audit.looking import ClipwiseObserver
from drivegen.core import Clip, ClipObservation, ConfigError, Observer, label_boxes
from drivegen.core.arrays import Bytes
from drivegen.evaluation.attributes import ROAD_USERS, agreements, ambience_cell
from drivegen.evaluation.average_precision import ApStats
from drivegen.evaluation.colour import colour_means
from drivegen.evaluation.diversity import clip_feature
from drivegen.evaluation.identity import identity_distances
from drivegen.evaluation.lags import Mean
from drivegen.evaluation.motion import Pairs, ego_motions

LOOKS: Final = ("luma_255", "saturation_255", "sharpness_255")
ERROR: Final = "_error"
"""What the name of a mean error ends with."""

Features = NDArray[np.float32]
Chunks = NDArray[np.int64]


@dataclass(frozen=True)
class MeasureSettings:
    """What decides a clip's measures beside the clip and the judge."""

    window_frames: int = 16
    """Frames of a window of Frechet video distances."""
    chunk_frames: int = 16
    """Frames of a chunk of a long drive; more where `max_chunks` would not reach its end."""
    max_chunks: int = 8
    """Most chunks of a drive."""
    min_iou: float = 0.5
    """Least overlap with which a detection finds a label."""

    def __post_init__(self) -> None:
        for name in ("window_frames", "chunk_frames", "max_chunks"):
            if getattr(self, name) < 1:
                raise ConfigError("must be at least 1", where=name, got=getattr(self, name))
        if not 0 < self.min_iou <= 1:
            raise ConfigError("out of range", where="min_iou", expected="above 0, at most 1", got=self.min_iou)


@dataclass(frozen=True, eq=False)
class ClipMeasures:
    """One clip, small enough to send between processes.

    Attributes:
        clip_id, scenario_id: whose.
        key: hash of scenario, camera and start: clips of two sets with one key show the same.
        kind, fps, size, frames: rendered, recorded or generated; frames per second; (h, w); number of frames.
        cell: its ambience, such as rain.night.
        passed: the audit's verdict; None where it has none.
        frame_features: (T, D) of the frames.
        window_features: (W, F) of the windows.
        clip_feature: (D,) of the whole.
        chunks: (T,) the chunk of the drive that each frame is in.
        means: what is averaged over clips, by name (see the modules that make them).
        pairs: what was measured beside what is true, by name.
        precision: the clip's counts for average precision.
        extra: features (N, D) of other networks by name, such as inception.
    """

    clip_id: str
    scenario_id: str
    key: int
    kind: str
    fps: float
    size: tuple[int, int]
    frames: int
    cell: str
    passed: bool | None
    frame_features: Features
    window_features: Features
    clip_feature: Features
    chunks: Chunks
    means: dict[str, Mean]
    pairs: dict[str, Pairs]
    precision: ApStats
    extra: dict[str, Features] = field(default_factory=dict)


def measure_clip(
    clip: Clip, observer: Observer, settings: MeasureSettings, extra: dict[str, Features] | None = None
) -> ClipMeasures:
    """Look at a clip and measure it; nothing else decides the answer."""
    if isinstance(observer, ClipwiseObserver):
        observer = observer.of_clip(clip.clip_id)
    observation = observer.observe(clip.frames, label_boxes(clip.labels), clip.fps, settings.window_frames)
    return measures_of(clip, observation, settings, extra)


def measures_of(
    clip: Clip, observation: ClipObservation, settings: MeasureSettings, extra: dict[str, Features] | None = None
) -> ClipMeasures:
    """Measure a clip of which the observation is there already."""
    chunks = np.minimum(np.arange(len(clip.frames)) // settings.chunk_frames, settings.max_chunks - 1)
    achieved = achieved_by(observation)
    pairs = ego_motions(clip, observation)
    if clip.labelled and achieved.crowdedness is not None:
        pairs[ROAD_USERS] = Pairs(np.array([achieved.crowdedness]), np.array([clip.crowdedness]))
    means = {name: Mean(value) for name, value in agreements(clip.ambience, achieved).items()}
    means |= {f"{name}{ERROR}": _mean_error(pair) for name, pair in pairs.items()}
    means |= identity_distances(clip, observation) | colour_means(clip) | look_means(clip.frames, chunks)
    return ClipMeasures(
        clip_id=clip.clip_id,
        scenario_id=clip.scenario_id,
        key=clip_key(clip),
        kind=clip.provenance.kind.value,
        fps=clip.fps,
        size=(clip.frames.shape[1], clip.frames.shape[2]),
        frames=len(clip.frames),
        cell=ambience_cell(clip.ambience),
        passed=clip.verdict.passed,
        frame_features=np.stack([frame.feature for frame in observation.frames]).astype(np.float32),
        window_features=np.asarray(observation.window_features, dtype=np.float32),
        clip_feature=clip_feature(observation),
        chunks=chunks,
        means=means,
        pairs=pairs,
        precision=_precision(clip, observation, settings.min_iou),
        extra=extra or {},
    )


def clip_key(clip: Clip) -> int:
    """One number for a scenario, a camera and a start: what a generated clip and its reference have in common."""
    text = f"{clip.scenario_id}\x1f{clip.camera}\x1f{clip.labels[0].timestamp_us}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def look_means(frames: Bytes, chunks: Chunks) -> dict[str, Mean]:
    """How frames look in each chunk of a drive: "sharpness_255@2" and so on (see LOOKS).

    Luma (BT.601) and saturation are means of 0 to 255; sharpness is the standard deviation of the Laplacian of luma.
    """
    means = {}
    values = np.array([_look(frame) for frame in frames])
    for chunk in np.unique(chunks):
        chosen = values[chunks == chunk]
        for name, value in zip(LOOKS, chosen.mean(axis=0), strict=True):
            means[f"{name}@{chunk}"] = Mean(float(value), len(chosen))
    return means


def _look(frame: Bytes) -> tuple[float, float, float]:
    luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    saturation = cv2.cvtColor(frame, cv2.COLOR_RGB2HSV)[..., 1]
    return float(luma.mean()), float(saturation.mean()), float(cv2.Laplacian(luma, cv2.CV_32F).std())


def _mean_error(pairs: Pairs) -> Mean:
    return Mean(float(np.abs(pairs.measured - pairs.true).mean()), len(pairs.true))


def _precision(clip: Clip, observation: ClipObservation, min_iou: float) -> ApStats:
    stats = ApStats(min_iou)
    if clip.labelled:
        keys = [f"weather:{clip.ambience.weather}"] if clip.ambience.weather else []
        keys += [f"time_of_day:{clip.ambience.time_of_day}"] if clip.ambience.time_of_day else []
        for labels, frame in zip(clip.labels, observation.frames, strict=True):
            stats.add_frame(clip.scenario_id, labels, frame.detections, keys)
    return stats
