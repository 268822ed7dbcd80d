"""Pictures of planted faults, so that people can see for themselves what the judge is asked to notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from judge_clips import RootTask, clips_of
from world_pool import encoded_png

from drivegen.audit.faults import FAULTS, Fault
from drivegen.core import Clip, FrameLabels
from drivegen.core.arrays import Bytes
from drivegen.drawing import CATEGORY_COLOR, contact_sheet, enlarge

CLIPS = 3
FRAMES = 4
# Of a frame of labels, for thin lines.
DRAWN_AT = 2
WIDTH_PX, LIMIT_BYTES = 1000, 200_000


def write_fault_sheets(folder: Path, tasks: Sequence[RootTask]) -> None:
    """One PNG per fault: some clips of the first task's roots that it applies to, each of another ambience."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list[tuple[Bytes, str]]] = {name: [] for name in FAULTS}
    shown: dict[str, set[str]] = {name: set() for name in FAULTS}
    for kind, clip in (found for task in tasks for found in clips_of(replace(task, drives=None))):
        if all(len(ambiences) == CLIPS for ambiences in shown.values()):
            break
        if not kind.startswith("128x256"):
            continue
        ambience = f"{clip.ambience.weather} {clip.ambience.time_of_day}"
        for name, fault in FAULTS.items():
            if len(shown[name]) < CLIPS and ambience not in shown[name]:
                faulty = fault(clip, tasks[0].seed)
                if faulty is not None:
                    shown[name].add(ambience)
                    rows[name] += _row(clip, faulty, fault)
    for name, cells in rows.items():
        if cells:
            images, captions = zip(*cells, strict=True)
            sheet = contact_sheet(images, columns=FRAMES, captions=captions, title=name.replace("_", " "))
            encoded_png(sheet, WIDTH_PX, LIMIT_BYTES).save(folder / f"fault_{name}.png", optimize=True)


def _row(clip: Clip, faulty: Clip, fault: Fault) -> list[tuple[Bytes, str]]:
    """FRAMES cells: of a fault of labels two frames, right and wrong; of one of pixels the clip from end to end."""
    last = len(clip.frames) - 1
    if fault.changes == "pixels":
        places = np.linspace(0, last, FRAMES).round().astype(int)
        return [(enlarge(faulty.frames[t], DRAWN_AT), f"frame {t}, {_ambience(faulty)}") for t in places]
    return [
        (_boxed(which.frames[t], which.labels[t]), f"frame {t} {word}, {_ambience(which)}")
        for t in (0, last)
        for which, word in ((clip, "right"), (faulty, "wrong"))
    ]


def _boxed(frame: Bytes, labels: FrameLabels) -> Bytes:
    """A frame with the visible boxes that the judge is held to, nearer over farther."""
    image = np.ascontiguousarray(enlarge(frame, DRAWN_AT))
    for i in reversed(np.flatnonzero(labels.scored)):
        left, top, right, bottom = (round(float(edge) * DRAWN_AT) for edge in labels.visible_px[i])
        cv2.rectangle(image, (left, top), (right - 1, bottom - 1), CATEGORY_COLOR[labels.categories[i]], 2)
    return image


def _ambience(clip: Clip) -> str:
    return f"{clip.ambience.weather} {clip.ambience.time_of_day}"
