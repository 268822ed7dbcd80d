"""How sure the judge has to be that something stands where a label says: labels found, and decoys found.

    python tools/judge_decoys.py store=STORE audit=FOLDER [every=4] [limit=N] [most=0.05] [seed=0] [out=JSON]
        [picture=PNG]

`store` holds clean reference clips, of which every `every`th frame is looked at. A decoy is the box of a scored object
moved sideways to where nothing is written. The lower the confidence that is asked for, the more labels are found, and
the more decoys: the one to take is the lowest that finds at most `most` of the decoys (`min_region_score` of a judge
that looks at boxes, else `min_score` of `audit.perception.match`). Figures go to `out` as the group "decoys", and
`picture` shows the labels that the judge finds least and the decoys that it takes most for objects.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from figures import Figure, Figures, wilson, write_figures
from judge_regions import Worst, write_worst
from options import run_tool

from drivegen.audit import AuditConfig, MatchConfig, make_observer
from drivegen.audit.config import PerceptionAuditConfig
from drivegen.core import Clip, ClipObservation, FrameLabels, box_iou, stream
from drivegen.core.arrays import Floats
from drivegen.store import StoreReader

JUDGE = Path(__file__).parents[1] / "docs" / "results" / "judge.json"
GROUP = "decoys"
LEVELS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
# How far a decoy stands from the object whose box it borrows, in widths; and how often another place is tried.
NEAREST, FARTHEST, TRIES = 1.2, 6.0, 20
# Overlap with any written object that a decoy may have.
APART = 0.05


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    store: Path
    audit: Path
    every: int = 4
    limit: int | None = None
    most: float = 0.05
    seed: int = 0
    out: Path = JUDGE
    picture: Path | None = None


def run(arguments: Arguments) -> None:
    """Look at the clips, count and write."""
    observer = make_observer(AuditConfig(perception=PerceptionAuditConfig(net=arguments.audit)))
    match, draws = MatchConfig(), stream(arguments.seed, GROUP)
    labels, decoys = list[float](), list[float]()
    missed, mistaken = Worst("labels found least", -1.0), Worst("decoys found most", 1.0)
    for clip in _clips(arguments):
        objects = [frame.visible_px[frame.scored] for frame in clip.labels]
        empty = [decoys_of(boxes, frame, draws) for boxes, frame in zip(objects, clip.labels, strict=True)]
        asked = [np.concatenate(both) for both in zip(objects, empty, strict=True)]
        seen = observer.observe(clip.frames, asked, clip.fps, len(clip.frames))
        for t, boxes in enumerate(asked):
            sure = confidences(boxes, seen, t, match)
            count = len(objects[t])
            labels += list(sure[:count])
            decoys += list(sure[count:])
            ambience = f"{clip.ambience.weather} {clip.ambience.time_of_day}"
            missed.see(clip.frames[t], boxes[:count], sure[:count], ambience)
            mistaken.see(clip.frames[t], boxes[count:], sure[count:], ambience)
    figures = shares(np.array(labels), np.array(decoys), arguments)
    write_figures(arguments.out, figures, GROUP)
    if arguments.picture is not None:
        write_worst(arguments.picture, missed, mistaken)
    for name, row in figures.items():
        print(f"{name}: {row.value:.3f}")


def confidences(boxes_px: Floats, seen: ClipObservation, t: int, match: MatchConfig) -> Floats:
    """That boxes (N, 4) asked about in frame `t` hold an object, as the audit has it (`audit.objects.Findings`)."""
    if seen.regions:
        return np.asarray(seen.regions[t][:, :-1].sum(axis=1))
    detections = seen.frames[t].detections
    fits = box_iou(boxes_px, detections.boxes_px) >= match.min_iou
    return np.asarray(np.where(fits, detections.scores, 0.0).max(axis=1, initial=0.0))


def decoys_of(boxes_px: Floats, labels: FrameLabels, draws: np.random.Generator) -> Floats:
    """Boxes like these (N, 4) where no written object is visible, (M, 4); none for a box that finds no place."""
    height, width = labels.camera.size
    found = []
    for box in boxes_px:
        for _ in range(TRIES):
            across = draws.choice([-1.0, 1.0]) * draws.uniform(NEAREST, FARTHEST) * (box[2] - box[0])
            moved = box + np.array([across, 0.0, across, 0.0])
            inside = moved[0] >= 0 and moved[2] <= width and moved[1] >= 0 and moved[3] <= height
            if inside and np.nan_to_num(box_iou(moved[None], labels.visible_px)).max(initial=0.0) <= APART:
                found.append(moved)
                break
    return np.array(found).reshape(-1, 4)


def shares(labels: Floats, decoys: Floats, arguments: Arguments) -> Figures:
    """What is found at each confidence, and the confidence to take."""
    figures: Figures = {}
    for level in LEVELS:
        for name, values in (("labels", labels), ("decoys", decoys)):
            hits = int((values >= level).sum())
            interval = wilson(hits, len(values))
            figures[f"{name}_found@{level:g}"] = Figure(
                hits / len(values), "share", len(values), arguments.seed, interval
            )
    allowed = [level for level in LEVELS if (decoys >= level).mean() <= arguments.most]
    if allowed:
        figures["least_confidence"] = Figure(
            allowed[0], f"lowest that finds at most {arguments.most:.0%} of the decoys"
        )
    return figures


def _clips(arguments: Arguments) -> Iterator[Clip]:
    reader = StoreReader(arguments.store)
    for clip_id in reader.clip_ids[: arguments.limit]:
        length = int(reader.row(clip_id)["num_frames"])
        yield reader.excerpt(clip_id, range(0, length, arguments.every))


if __name__ == "__main__":
    sys.exit(run_tool(run, Arguments, sys.argv[1:], __doc__))
