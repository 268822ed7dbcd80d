"""A clip: the frames of one camera of one scenario, with their annotations."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from drivegen.core.ambience import Ambience
from drivegen.core.arrays import Bytes
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


@dataclass(frozen=True)
class Verdict:
    """What the audit found; None where nothing measured it.

    Attributes:
        auditor: name of the audit that ran.
        passed: whether the clip is good enough to train on; None when the auditor does not judge.
        scores: named measures, each with its unit in its name.
    """

    auditor: str = "none"
    passed: bool | None = None
    scores: dict[str, float] = field(default_factory=dict)


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
