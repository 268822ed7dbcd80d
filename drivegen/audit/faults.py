"""Planted faults: clips made wrong in one known way, to find out whether the judge notices.

A fault is a pure function of a clip and a seed. It returns the faulty clip, or None where it does not apply: where the
clip has nothing that could be made wrong, or where a person could not see the fault either. Each says so by a rule on
the clip alone, never on what the judge makes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from drivegen.audit.invented_boxes import invented_boxes
from drivegen.audit.label_faults import (
    deleted_boxes,
    relabelled_time,
    relabelled_weather,
    shifted_labels,
    swapped_classes,
)
from drivegen.audit.pixel_faults import copied_clip, frozen_video, looped_video, recoloured_track, shuffled_frames
from drivegen.core import Clip, stream

_FINDING = ("missed_surprise", "track_missed_surprise")
_CLASSES = ("class_surprise",)
_HALLUCINATIONS = ("hallucination_surprise",)


@dataclass(frozen=True)
class Fault:
    """One way in which a clip can be wrong.

    Attributes:
        name: key in FAULTS.
        plant: makes a clip wrong with a random stream, or returns None where that does not apply.
        changes: what it changes; a fault of the labels leaves the pixels as they are.
        checks: the checks (of `thresholds.CHECKS`) that are there to notice it, the foremost first.
        target: share of the faulty clips that the judge must catch.
        remembered: whether the model is to have been trained on the clean clip.
    """

    name: str
    plant: Callable[[Clip, np.random.Generator], Clip | None]
    changes: Literal["labels", "pixels"]
    checks: tuple[str, ...]
    target: float
    remembered: bool = False

    def __call__(self, clip: Clip, seed: int) -> Clip | None:
        """The faulty clip, under an id of its own; the same for the same clip and seed. None: not applicable."""
        if self.changes == "labels" and not clip.labelled:
            return None
        faulty = self.plant(clip, stream(seed, "fault", self.name, clip.clip_id))
        return None if faulty is None else replace(faulty, clip_id=f"{clip.clip_id}-{self.name}")


FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        # A box moved by its width lies on nothing, and what it lay on has no label.
        Fault("shifted_labels", shifted_labels, "labels", (*_FINDING, *_HALLUCINATIONS), 0.95),
        Fault("swapped_classes", swapped_classes, "labels", _CLASSES, 0.95),
        Fault("deleted_boxes", deleted_boxes, "labels", _HALLUCINATIONS, 0.90),
        Fault("invented_boxes", invented_boxes, "labels", _FINDING, 0.90),
        Fault("relabelled_weather", relabelled_weather, "labels", ("weather_margin",), 0.95),
        Fault("relabelled_time", relabelled_time, "labels", ("time_of_day_margin",), 0.95),
        # Frames that do not show what is labelled at their times also miss objects and move in the wrong way.
        Fault(
            "shuffled_frames", shuffled_frames, "pixels",
            ("disorder", "order_probability", "flicker_ratio", *_FINDING, *_HALLUCINATIONS), 0.95,
        ),
        Fault("recoloured_track", recoloured_track, "pixels", ("colour_jump", "identity_drift"), 0.80),
        Fault(
            "looped_video", looped_video, "pixels",
            ("repeated_share", "disorder", "order_probability", *_FINDING, *_HALLUCINATIONS), 0.90,
        ),
        Fault(
            "frozen_video", frozen_video, "pixels",
            ("motion_ratio", "repeated_share", *_FINDING, *_HALLUCINATIONS), 0.95,
        ),
        # A model that gives back what it was trained on has made nothing.
        Fault("copied_clip", copied_clip, "pixels", ("nearest_training_ratio",), 0.95, remembered=True),
    )
}  # fmt: skip
