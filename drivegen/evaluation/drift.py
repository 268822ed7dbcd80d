"""Rows of the card: what becomes of a long drive. Chunk by chunk it is held to the same chunk of reference drives."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.evaluation.bootstrap import group_draws, ratio_interval
from drivegen.evaluation.card import Curve, Figure, Point, Row, figure_of
from drivegen.evaluation.clip_measures import LOOKS
from drivegen.evaluation.frechet import FrechetStats, frechet_distance
from drivegen.evaluation.realism import LEAST_GROUPS, distances
from drivegen.evaluation.sets import Sets, interval, mean_measure
from drivegen.evaluation.streams import CHUNK

SECTION = "Long drives"
_TITLES = {
    "luma_255": ("Brightness", "mean luma, 0 to 255"),
    "saturation_255": ("Saturation", "mean saturation, 0 to 255"),
    "sharpness_255": ("Sharpness", "spread of the Laplacian of luma"),
}


def drift_rows(sets: Sets) -> list[Row]:
    """Image distance of the last chunk over that of the first; nothing for clips of one chunk."""
    chunks = _common_chunks(sets)
    if len(chunks) < 2:
        return []
    first, last = f"{CHUNK}{chunks[0]}", f"{CHUNK}{chunks[-1]}"
    figures: dict[str, Figure] = {}
    for name, stats in sets.judged.items():
        mine, theirs = (stats.features[first], stats.features[last]), (sets.reference.features,)
        draws = group_draws(mine[0].present | mine[1].present, sets.frechet_resampling, "chunks")
        once = np.ones((1, mine[0].groups))
        pairs = [(mine[0], theirs[0][first]), (mine[1], theirs[0][last])]
        values = [float(_distances(s, reference, once)[0]) for s, reference in pairs]
        drawn = [_distances(s, reference, draws) for s, reference in pairs]
        found = ratio_interval(
            (values[1], values[0]), (drawn[1], drawn[0]), sets.frechet_resampling, count=mine[1].count,
            groups=int(mine[1].present.sum()),
        )  # fmt: skip
        figures[name] = figure_of(found)
    if all(figure.value is None for figure in figures.values()):
        return []
    note = f"chunk {chunks[-1] + 1} of each drive against chunk 1; 1: no drift"
    title = "image distance, last chunk over first"
    return [Row("drift", SECTION, title, "", "lower", "frames", figures, {}, False, note)]


def drift_curves(sets: Sets, chunk_frames: int) -> list[Curve]:
    """Image distance over its floor, and looks, by time into the drive."""
    chunks = _common_chunks(sets)
    if len(chunks) < 2:
        return []
    fps = next(iter(sets.reference.rates))
    seconds = {chunk: (chunk + 0.5) * chunk_frames / fps for chunk in chunks}
    lines: dict[str, list[Point]] = {name: [] for name in sets.judged}
    for chunk in chunks:
        for name, figures in distances(sets, f"{CHUNK}{chunk}").items():
            lines[name].append(Point(seconds[chunk], figure_of(figures.over_floor)))
    curves = []
    if any(lines.values()):
        points = {name: tuple(line) for name, line in lines.items()}
        curves.append(Curve("drift", "Image distance along the drive", "time, s", "times the floor", points))
    for look in LOOKS:
        looks = {
            name: tuple(
                Point(seconds[c], figure_of(interval(stats, mean_measure(f"{look}@{c}"), sets.resampling)))
                for c in chunks
            )
            for name, stats in sets.shown.items()
        }
        curves.append(Curve(look, _TITLES[look][0], "time, s", _TITLES[look][1], looks))
    return curves


def _common_chunks(sets: Sets) -> list[int]:
    """Chunks that every set has, from enough scenarios of the reference."""
    common = set.intersection(*(set(stats.chunks()) for stats in sets.stats.values()))
    there = sets.reference.features
    return sorted(c for c in common if np.count_nonzero(there[f"{CHUNK}{c}"].present) >= LEAST_GROUPS)


def _distances(stats: FrechetStats, reference: FrechetStats, draws: Floats) -> Floats:
    """Distances (R,) of replicates (R, G); NaN where one side of a replicate has nothing."""
    return np.array([
        frechet_distance(stats.moments(w), reference.moments(w))
        if min(w @ stats.counts, w @ reference.counts) > 1
        else float("nan")
        for w in draws
    ])  # fmt: skip
