"""Datasets that differ in one setting, sampled and held to the same reference: what guidance and noise figures rest on.

Weather and time of day are asked for evenly, so that agreement with them can be told from luck. The evaluation net
judges; no training and no choice of a checkpoint sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from figures_json import FigureRow, figure

from drivegen.core import TimeOfDay, Weather
from drivegen.core.arrays import Bytes
from drivegen.drawing import contact_sheet, enlarge
from drivegen.evaluation import EvaluateConfig, evaluate, read_card
from drivegen.evaluation.card import GENERATED, REFERENCE, Row
from drivegen.evaluation.clip_measures import clip_key
from drivegen.generation import SampleAuditConfig, SampleConfig, sample
from drivegen.models import default_model_folder, read_info
from drivegen.store import StoreReader

# Rows of the metric card, with the unit of their figures here.
MEASURES = {
    "frame_distance": "Frechet distance of frames",
    "video_distance": "Frechet distance of clips",
    "control@all": "AP50 of the boxes",
    "weather_agreement": "share of clips",
    "time_of_day_agreement": "share of clips",
    "crowdedness_error": "road users per frame",
    "identity@1s": "feature distance along tracks",
    "speed_mps_error": "m/s",
}
WIDTH_PX = 256


@dataclass(frozen=True)
class Arms:
    """Where arms are sampled, and what they have in common.

    Attributes:
        base: of every arm; its `out` is the folder of all of them.
        reference: the dataset that they are held to, rendered from the same scenarios.
    """

    base: SampleConfig
    reference: Path

    def store(self, name: str) -> Path:
        """Where the clips of an arm are."""
        return self.base.out / name

    def measure(self, name: str, config: SampleConfig) -> dict[str, FigureRow]:
        """Sample an arm (clips that are there are kept) and measure it; figures by name, prefixed with the arm's."""
        sample(replace(config, out=self.store(name)))
        report = evaluate(
            EvaluateConfig(
                store=self.store(name),
                reference=self.reference,
                out=self.base.out / "cards" / name,
                reconstructed="none",
                threads=config.threads,
                seed=config.seed,
                pictures=0,
            )
        )
        rows = {row.name: row for row in report.card.rows}
        found = {measure: _figure(rows[measure], GENERATED, config.seed) for measure in MEASURES if measure in rows}
        return {f"{name}/{measure}": row for measure, row in found.items() if row is not None} | _luma(
            name, self.store(name), self.reference, config.seed
        )

    def picture(self, names: Sequence[str], scenarios: int, title: str) -> Bytes:
        """The last frame of the same clips: a column per arm, reference first; a row per scenario."""
        stores = [StoreReader(self.reference), *(StoreReader(self.store(name)) for name in names)]
        clips = [{clip_key(clip): clip for clip in map(reader.clip, reader.clip_ids)} for reader in stores]
        shared = [key for key in clips[0] if all(key in there for there in clips)]
        shown = [shared[i] for i in np.linspace(0, len(shared) - 1, min(scenarios, len(shared))).round().astype(int)]
        images, captions = [], []
        for key in shown:
            ambience = clips[0][key].ambience
            for name, there in zip(("reference", *names), clips, strict=True):
                frame = np.ascontiguousarray(there[key].frames[-1])
                images.append(enlarge(frame, max(1, round(WIDTH_PX / frame.shape[1]))))
                captions.append(f"{name.replace('_', ' ')}: {ambience.weather}, {ambience.time_of_day}")
        return contact_sheet(images, columns=len(stores), captions=captions, title=title)


def make_arms(
    out: Path, *, clips: int, frames: int, seed: int, threads: int | None, model: Path | None, image_only: bool = False
) -> Arms:
    """The settings that arms share, and their reference, which is rendered if it is not there."""
    base = SampleConfig(
        clips=clips,
        frames=frames,
        seed=seed,
        threads=threads,
        model=model,
        weather=tuple(Weather),
        time_of_day=tuple(TimeOfDay),
        generator="image_ldm" if image_only else "video_ldm",
        audit=SampleAuditConfig(kind="none"),
        out=out,
    )
    size = read_info(model or default_model_folder()).image_size
    reference = out / "reference"
    sample(replace(base, generator="reference", model=None, image_size=size, out=reference))
    return Arms(base, reference)


def reference_figures(arms: Arms, name: str) -> dict[str, FigureRow]:
    """What the judge says of the reference itself, by an arm that has been measured."""
    rows = {row.name: row for row in read_card(arms.base.out / "cards" / name).rows}
    seed = arms.base.seed
    found = {measure: _figure(rows[measure], REFERENCE, seed) for measure in MEASURES if measure in rows}
    return {f"reference/{measure}": row for measure, row in found.items() if row is not None}


def _figure(row: Row, which: str, seed: int) -> FigureRow | None:
    found = row.figures.get(which)
    if found is None or found.value is None:
        return None
    return figure(found.value, MEASURES[row.name], found.count, seed, found.interval)


def _luma(name: str, store: Path, reference: Path, seed: int) -> dict[str, FigureRow]:
    """How far the brightness of clips is from that of the same scenarios in reference (Lin et al. 2023)."""
    mine, theirs = _brightness(store), _brightness(reference)
    errors = np.array([abs(value - theirs[key]) for key, value in mine.items() if key in theirs])
    if not len(errors):
        return {}
    spread = float(np.std([mine[key] for key in mine if key in theirs]))
    return {
        f"{name}/luma_error": figure(float(errors.mean()), "levels of 255", len(errors), seed),
        f"{name}/luma_spread": figure(spread, "levels of 255", len(errors), seed),
    }


def _brightness(store: Path) -> dict[int, float]:
    reader = StoreReader(store)
    weights = np.array([0.299, 0.587, 0.114])
    return {clip_key(clip): float((clip.frames @ weights).mean()) for clip in map(reader.clip, reader.clip_ids)}
