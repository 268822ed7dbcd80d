"""A clip: the frames of one camera of one scenario, with their annotations."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from drivegen.core.ambience import Ambience, TimeOfDay, Weather
from drivegen.core.arrays import Bytes, Floats
from drivegen.core.crowdedness import mean_road_users
from drivegen.core.errors import DataError
from drivegen.core.labels import FrameLabels
from drivegen.core.provenance import Provenance


@dataclass(frozen=True)
class Requested:
    """What the user asked for; None where nothing was asked."""

    weather: str | None = None
    time_of_day: str | None = None
    crowdedness: str | None = None


@dataclass(frozen=True, eq=False)
class ObjectVerdict:
    """What the audit found of the N written objects of one frame; only scored ones are judged.

    Attributes:
        iou: (N,) overlap of the visible box with the best detection of any class; NaN when not judged.
        detected: (N,) 1 found, 0 not found, NaN not judged.
        class_agrees: (N,) whether what was found there is of the label's class: 1, 0, NaN when not judged, or nothing
            was found there that tells its class surely.
    """

    iou: Floats
    detected: Floats
    class_agrees: Floats


@dataclass(frozen=True)
class Achieved:
    """What a clip shows, as the audit sees it; None where nothing measured it."""

    weather: Weather | None = None
    time_of_day: TimeOfDay | None = None
    crowdedness: float | None = None
    """Mean number of visible road users per frame."""


@dataclass(frozen=True)
class Verdict:
    """What the audit found; None where nothing measured it.

    Attributes:
        auditor: name of the audit that ran.
        passed: whether the clip is good enough to train on; None when the auditor does not judge.
        scores: named measures, each with its unit in its name.
        reasons: why it did not pass, one name of a check each, in the order of the checks; empty when it passed.
        achieved: what the clip shows.
        objects: per frame, what was found of each object; empty when nothing looked.
        nearest_training_clip: id of the training clip that it looks most like; None when nothing compared.
        attempts: how many times the clip was made until this one was kept.
    """

    auditor: str = "none"
    passed: bool | None = None
    scores: dict[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    achieved: Achieved = field(default_factory=Achieved)
    objects: tuple[ObjectVerdict, ...] = ()
    nearest_training_clip: str | None = None
    attempts: int = 1


@dataclass(frozen=True, eq=False)
class Clip:
    """T frames of one camera with their labels.

    Attributes:
        clip_id: unique key; safe as part of a file name.
        scenario_id: the scenario it shows; the clips of a rig share it.
        camera: camera name.
        frames: (T, H, W, 3) uint8, RGB.
        labels: T frames' labels, at the size of `frames`.
        ambience: weather and time of day of the scenario.
        fps: frames per second.
        labelled: False when the frames were made without boxes (`labels=none`).
        provenance: how it was made.
        requested: what was asked for.
        verdict: what the audit found.
    """

    clip_id: str
    scenario_id: str
    camera: str
    frames: Bytes
    labels: tuple[FrameLabels, ...]
    ambience: Ambience
    fps: float
    provenance: Provenance
    requested: Requested = field(default_factory=Requested)
    verdict: Verdict = field(default_factory=Verdict)
    labelled: bool = True

    def __post_init__(self) -> None:
        if self.frames.dtype != np.uint8 or self.frames.ndim != 4 or self.frames.shape[-1] != 3:
            raise DataError(
                "wrong frames",
                where=self.clip_id,
                expected="uint8 (T, H, W, 3)",
                got=f"{self.frames.dtype} {self.frames.shape}",
            )
        if len(self.labels) != len(self.frames):
            raise DataError(
                "one set of labels per frame", where=self.clip_id, expected=len(self.frames), got=len(self.labels)
            )
        for frame in self.labels:
            if frame.camera.size != self.frames.shape[1:3]:
                raise DataError(
                    "labels are at another size",
                    where=self.clip_id,
                    expected=self.frames.shape[1:3],
                    got=frame.camera.size,
                )

    @property
    def crowdedness(self) -> float:
        """Mean number of visible road users per frame."""
        return mean_road_users(self.labels)
