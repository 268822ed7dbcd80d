"""The judges on recorded driving: nets before and after fine-tuning on the first 5 s of one drive, held to its end.

    python tools/judge_pandaset.py root=PANDASET_002 audit=FOLDER audit_tuned=FOLDER evaluation=FOLDER
        evaluation_tuned=FOLDER out=OUT.json [picture=OUT.png] [seed=0]

`root` is PandaSet drive 002 in nuScenes form (10 Hz). The tuned nets were trained further on frames 0 to 49; frames 50
to 59 tell what the judge usually does on this camera, frames 60 to 79 are judged. All of it is the same drive: the same
street, the same parked cars, the same light. Figures go to `out` as the group "pandaset".
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
from figures import Figure, Figures, write_figures
from judge_overlay import overlay
from options import run_tool
from small_png import write_small_png

from drivegen.audit import PerceptionAuditor, Reliability
from drivegen.audit.sanity import Examined, examine, summarise
from drivegen.core import CATEGORIES, Clip, FrameKind, Observer, Provenance, label_boxes
from drivegen.data import ClipDataset, ClipIndex, ClipSample, DataConfig
from drivegen.drawing import contact_sheet
from drivegen.evaluation import ApStats
from drivegen.models.perception import load_observer

GROUP = "pandaset"
SIZE = (128, 256)
# (first frame, last frame) of the parts of the drive.
PARTS = {"tuned_on": (0, 49), "known_from": (50, 59), "held_out": (60, 79)}
MEASURED = ("tuned_on", "held_out")
CLIP_FRAMES, CLIP_STEP = 8, 4
# A class with fewer scored boxes than this in a part is not told of.
LEAST_BOXES = 20
PICTURED = (60, 67, 74, 79)


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    root: Path
    audit: Path
    audit_tuned: Path
    evaluation: Path
    evaluation_tuned: Path
    out: Path
    picture: Path | None = None
    seed: int = 0


def judge(arguments: Arguments) -> None:
    """Look at the parts with every net, and write figures and picture."""
    seed, root = arguments.seed, arguments.root
    nets = {
        "audit": arguments.audit,
        "audit_tuned": arguments.audit_tuned,
        "evaluation": arguments.evaluation,
        "evaluation_tuned": arguments.evaluation_tuned,
    }
    parts = {name: _clips(root, first, last) for name, (first, last) in PARTS.items()}
    figures: Figures = {}
    for name, folder in nets.items():
        observer = load_observer(folder)
        figures[f"{name}/sha256"] = Figure(observer.sha256, "hash of the net's weights")
        for part in MEASURED:
            figures |= {f"{name}/{part}/{key}": figure for key, figure in precision(observer, parts[part]).items()}
        if name.startswith("audit"):
            figures |= {f"{name}/{key}": figure for key, figure in audited(observer, parts, seed).items()}
    write_figures(arguments.out, figures, GROUP)
    for key, figure in figures.items():
        print(f"{key}: {figure.value} {figure.unit}" + (f" ({figure.count})" if figure.count is not None else ""))
    if arguments.picture:
        pictured = {name: load_observer(nets[name]) for name in ("audit", "audit_tuned")}
        write_small_png(arguments.picture, _picture(root, pictured), 1600)


def precision(observer: Observer, clips: Sequence[Clip]) -> Figures:
    """AP50 by class over the distinct frames of clips, and how many boxes that rests on."""
    stats = ApStats()
    seen_times: set[int] = set()
    for clip in clips:
        found = observer.observe(clip.frames, label_boxes(clip.labels), clip.fps, len(clip.frames))
        for labels, frame in zip(clip.labels, found.frames, strict=True):
            if labels.timestamp_us not in seen_times:
                stats.add_frame(clip.scenario_id, labels, frame.detections)
            seen_times.add(labels.timestamp_us)
    counts, values = stats.positives(), stats.average_precision()[0]
    figures = {
        f"ap50_{name}": Figure(round(float(values[i]), 4), "AP50", int(counts[i]))
        for i, name in enumerate(CATEGORIES)
        if counts[i] >= LEAST_BOXES
    }
    return {"frames": Figure(len(seen_times), "frames"), **figures}


def audited(observer: Observer, parts: Mapping[str, Sequence[Clip]], seed: int) -> Figures:
    """What the audit says of recorded frames with their own labels, and of planted faults.

    What the judge usually does on this camera is taken from a part that no net was trained on.
    """
    auditor = PerceptionAuditor(observer)
    known = reduce(Reliability.plus, map(auditor.reliability_on, parts["known_from"]), Reliability.unknown())
    auditor = PerceptionAuditor(observer, reliability=known)
    examined: list[Examined] = [examine(clip, auditor, seed) for clip in parts["held_out"]]
    table = summarise(examined)
    figures: Figures = {
        "clips": Figure(len(examined), f"clips of {CLIP_FRAMES} frames at 10 Hz that overlap by half"),
        "clean_that_fail": Figure(table.false_alarms.hits, "clean clips", table.false_alarms.count, seed),
        "found": Figure(round(table.found.value, 4), "share of scored boxes found", table.found.count, seed),
    }
    for check, count in table.false_alarms_by_check.items():
        figures[f"clean_fail_{check}"] = Figure(count, "clean clips", table.false_alarms.count, seed)
    for row in table.rows:
        if row.caught.count:
            figures[f"{row.fault}/caught"] = Figure(row.caught.hits, "clips", row.caught.count, seed)
        for check, (before, after) in row.figures.items():
            if np.isfinite(before) and np.isfinite(after):
                figures[f"{row.fault}/{check}_before"] = Figure(before, "mean", row.caught.count, seed)
                figures[f"{row.fault}/{check}_after"] = Figure(after, "mean", row.caught.count, seed)
    return figures


def _clips(root: Path, first: int, last: int) -> list[Clip]:
    config = DataConfig(
        roots=(root,), image_size=SIZE, frames=CLIP_FRAMES, clip_stride=CLIP_STEP, first_frame=first, last_frame=last,
        estimate_appearance=False,
    )  # fmt: skip
    dataset = ClipDataset(ClipIndex.from_config(config))
    return [_clip(dataset[i]) for i in range(len(dataset))]


def _clip(sample: ClipSample) -> Clip:
    recorded = Provenance(FrameKind.RECORDED, "reference", 0, layout_source=sample.source, license=sample.license)
    return Clip(
        sample.clip_key.replace("/", "-"), sample.scenario_id, sample.camera, sample.frames, sample.labels,
        sample.ambience, sample.fps, recorded,
    )  # fmt: skip


def _picture(root: Path, nets: Mapping[str, Observer]) -> np.ndarray:
    """Held-out frames by net: scored labels white, detections in the colours of the classes."""
    images, captions = [], []
    for name, observer in nets.items():
        for number in PICTURED:
            config = DataConfig(
                roots=(root,), image_size=(256, 512), frames=1, first_frame=number, last_frame=number,
                estimate_appearance=False,
            )  # fmt: skip
            clip = _clip(ClipDataset(ClipIndex.from_config(config))[0])
            found = observer.observe(clip.frames, label_boxes(clip.labels), clip.fps, 1).frames[0]
            images.append(overlay(clip.frames[0], clip.labels[0], found.detections))
            captions.append(f"{name.replace('_', ', ')}, frame {number}")
    return contact_sheet(
        images, columns=len(PICTURED), captions=captions, title="Recorded: labels white, found coloured"
    )


if __name__ == "__main__":
    sys.exit(run_tool(judge, Arguments, sys.argv[1:], __doc__))
