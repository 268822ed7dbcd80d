"""Rows of the card: how far the frames and windows of a set are from reference, as sets, and how varied they are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from drivegen.core import stream
from drivegen.core.arrays import Booleans, Floats
from drivegen.evaluation.bootstrap import Resampling, interval_of
from drivegen.evaluation.card import GENERATED, REFERENCE, Figure, Row, figure_of
from drivegen.evaluation.colour import SIMILARITY
from drivegen.evaluation.diversity import mean_pair_distance
from drivegen.evaluation.frechet_figures import FrechetFigures, frechet_figures
from drivegen.evaluation.sets import Measure, Sets, interval, ratio
from drivegen.evaluation.streams import FRAMES, WINDOWS, SetStats

SECTION = "Realism"
# Two halves of the reference need scenarios in at least this many groups.
LEAST_GROUPS = 4
# A cell of ambience with fewer clips says little of how much clips differ.
LEAST_CLIPS = 5
HALVES_NOTE = (
    "half of the set against the other half of reference; reference: the floor, its own halves, of as many clips"
)
ALL_NOTE = "to all of reference; where both show the same scenarios it may be under the floor"


def distance_rows(sets: Sets, networks: Mapping[str, str]) -> list[Row]:
    """Frechet distances of frames and windows, in the judge's features and in those of other networks."""
    names = {FRAMES: ("frame_distance", "Frechet image distance", "frames")}
    names[WINDOWS] = ("video_distance", "Frechet video distance", "windows")
    names |= {name: (f"{name}_distance", f"Frechet distance, {name}", "features") for name in networks}
    rows = []
    for feature, (name, title, counted) in names.items():
        found = distances(sets, feature)
        if not found:
            continue
        # Floors are of as many features as the set that is held to them.
        floor = {REFERENCE: figure_of(found.get(GENERATED, next(iter(found.values()))).floor)}
        halves = {key: figure_of(figures.halves) for key, figures in found.items()}
        over = {key: figure_of(figures.over_floor) for key, figures in found.items()}
        headline = feature in (FRAMES, WINDOWS)
        rows.append(Row(name, SECTION, title, "", "lower", counted, floor | halves, over, headline, HALVES_NOTE))
        whole = {key: figure_of(figures.distance) for key, figures in found.items()}
        all_name, all_title = f"{name}_of_all", f"{title}, all clips"
        rows.append(Row(all_name, SECTION, all_title, "", "lower", counted, whole, note=ALL_NOTE))
    return rows


def distances(sets: Sets, feature: str) -> dict[str, FrechetFigures]:
    """Frechet distances of each set but reference; none with too few scenarios in the reference."""
    reference = sets.reference.features.get(feature)
    if reference is None or np.count_nonzero(reference.present) < LEAST_GROUPS:
        return {}
    return {
        name: frechet_figures(stats.features[feature], reference, sets.frechet_resampling, sets.splits)
        for name, stats in sets.judged.items()
        if feature in stats.features and stats.features[feature].count > 1
    }


def diversity_row(sets: Sets) -> Row | None:
    """Mean distance of clips of one weather and time of day."""
    common = set(sets.reference.cells())
    for stats in sets.judged.values():
        common &= set(stats.cells())
    counts = {cell: min(s.cells()[cell].count for s in sets.stats.values()) for cell in common}
    shares = {cell: float(count) for cell, count in counts.items() if count >= LEAST_CLIPS}
    if not shares:
        return None

    def present(stats: SetStats) -> Booleans:
        there = [cell.present for name, cell in stats.cells().items() if name in shares]
        return np.any(there, axis=0) if there else np.zeros(2, dtype=bool)

    def replicates(stats: SetStats, draws: Floats) -> Floats:
        cells = stats.cells()
        return np.array([mean_pair_distance(cells, shares, weights) for weights in draws])

    def count(stats: SetStats) -> int:
        return sum(stats.cells()[cell].count for cell in shares)

    measure = Measure(replicates, present, count)
    # A resample holds clips twice, which do not differ.
    figures = {
        name: figure_of(interval(s, measure, sets.frechet_resampling, recentre=True)) for name, s in sets.stats.items()
    }
    over = {
        name: figure_of(ratio(stats, sets.reference, measure, sets.frechet_resampling))
        for name, stats in sets.judged.items()
    }
    return Row(
        "diversity", SECTION, "diversity within a weather and time of day", "", "higher", "clips", figures, over, True,
        f"root mean square feature distance of pairs of clips, where there are {LEAST_CLIPS} or more",
    )  # fmt: skip


def colour_row(sets: Sets) -> Row | None:
    """How far the curve of colour similarity against lag is from the reference's."""
    names = [{n for n in s.means.names if n.startswith(f"{SIMILARITY}@")} for s in sets.stats.values()]
    lags = sorted(set.intersection(*names))
    if not lags:
        return None
    groups: Booleans = np.any([s.means.present(lag) for s in sets.stats.values() for lag in lags], axis=0)
    if np.count_nonzero(groups) < LEAST_GROUPS:
        return None
    figures: dict[str, Figure] = {}
    over: dict[str, Figure] = {}
    halves = [_halves(np.flatnonzero(groups), len(groups), sets.resampling.seed, n) for n in range(sets.splits)]
    floor = np.array([_apart(sets.reference, sets.reference, lags, *half) for half in halves])
    for name, stats in sets.stats.items():
        away = np.array([_apart(stats, sets.reference, lags, *half) for half in halves])
        figures[name] = _spread(away, sets.resampling, stats.clips, groups)
        if name != REFERENCE:
            over[name] = _spread(away / np.nanmean(floor), sets.resampling, stats.clips, groups)
    note = f"mean over {len(lags)} lags; reference: two halves of it against each other"
    title = "distance to the curve of colour similarity"
    return Row("colour_curve_distance", "Time", title, "", "lower", "clips", figures, over, True, note)


def _apart(stats: SetStats, reference: SetStats, lags: list[str], first: Floats, second: Floats) -> float:
    """Mean difference of two curves, one half of a set against the other half of reference."""
    ours = np.array([stats.means.replicates(lag, first)[0] for lag in lags])
    theirs = np.array([reference.means.replicates(lag, second)[0] for lag in lags])
    known = np.isfinite(ours) & np.isfinite(theirs)
    return float(np.abs(ours - theirs)[known].mean()) if known.any() else float("nan")


def _halves(there: np.ndarray, groups: int, seed: int, number: int) -> tuple[Floats, Floats]:
    """Weights (1, G) of two disjoint halves of the groups."""
    order = stream(seed, "curve halves", number).permutation(there)
    first, second = np.zeros((1, groups)), np.zeros((1, groups))
    first[0, order[: len(order) // 2]] = 1.0
    second[0, order[len(order) // 2 :]] = 1.0
    return first, second


def _spread(values: Floats, resampling: Resampling, count: int, groups: Booleans) -> Figure:
    present = int(np.count_nonzero(groups))
    return figure_of(interval_of(float(np.nanmean(values)), values, resampling, count=count, groups=present))
