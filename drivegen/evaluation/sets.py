"""The sets of an evaluation, and how one measure of all of them becomes a row of the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Booleans, Floats
from drivegen.evaluation.bootstrap import Interval, Resampling, group_draws, interval_of, ratio_interval
from drivegen.evaluation.card import REFERENCE, Better, Figure, Row, figure_of
from drivegen.evaluation.streams import SetStats


@dataclass(frozen=True, eq=False)
class Sets:
    """What was seen.

    Attributes:
        stats: by set; reference always.
        same: reference and its reconstruction, of the scenarios that were generated; empty where there are none.
        beside: for each other set the reference that it is held to: of the same scenarios where there is one.
        resampling: of intervals.
        frechet_resampling: of those of distances, which are dearer.
        splits: random halves for floors.
    """

    stats: dict[str, SetStats]
    same: dict[str, SetStats]
    beside: dict[str, SetStats]
    resampling: Resampling
    frechet_resampling: Resampling
    splits: int

    @property
    def reference(self) -> SetStats:
        """The whole reference."""
        return self.stats[REFERENCE]

    @property
    def shown(self) -> dict[str, SetStats]:
        """All sets, those of the reference cut down to the scenarios that were generated, where it has any of them."""
        return self.stats | self.same

    @property
    def judged(self) -> dict[str, SetStats]:
        """All sets but the reference."""
        return {name: stats for name, stats in self.stats.items() if name != REFERENCE}


@dataclass(frozen=True)
class Measure:
    """A number of a set, for any weighting of its groups of scenarios.

    Attributes:
        replicates: (R,) values for draws (R, G); NaN where nothing was measured.
        present: (G,) groups that hold anything of it.
        count: what it is measured on.
    """

    replicates: Callable[[SetStats, Floats], Floats]
    present: Callable[[SetStats], Booleans]
    count: Callable[[SetStats], int]


def mean_measure(name: str) -> Measure:
    """A mean over values that clips gave under a name."""
    return Measure(
        lambda stats, draws: stats.means.replicates(name, draws),
        lambda stats: stats.means.present(name),
        lambda stats: round(stats.means.count(name)),
    )


def interval(stats: SetStats, measure: Measure, resampling: Resampling, *, recentre: bool = False) -> Interval:
    """A measure of one set; `recentre` as in `interval_of`."""
    there = measure.present(stats)
    value = float(measure.replicates(stats, np.ones((1, len(there))))[0])
    drawn = measure.replicates(stats, group_draws(there, resampling))
    groups = int(there.sum())
    return interval_of(value, drawn, resampling, count=measure.count(stats), groups=groups, recentre=recentre)


def ratio(stats: SetStats, reference: SetStats, measure: Measure, resampling: Resampling) -> Interval:
    """A measure of one set over that of another; what both show is drawn together."""
    there = measure.present(stats) | measure.present(reference)
    once, draws = np.ones((1, len(there))), group_draws(there, resampling)
    values = tuple(float(measure.replicates(s, once)[0]) for s in (stats, reference))
    drawn = tuple(measure.replicates(s, draws) for s in (stats, reference))
    return ratio_interval(
        (values[0], values[1]),
        (drawn[0], drawn[1]),
        resampling,
        count=measure.count(stats),
        groups=int(measure.present(stats).sum()),
    )


def measured_row(
    sets: Sets,
    measure: Measure,
    name: str,
    *,
    section: str,
    title: str,
    better: Better,
    counted: str,
    unit: str = "",
    headline: bool = False,
    compared: bool = True,
    note: str = "",
) -> Row | None:
    """The row of a measure; None where no set has it.

    Args:
        compared: whether the figure over that of reference means something.
    """
    figures = {key: figure_of(interval(stats, measure, sets.resampling)) for key, stats in sets.shown.items()}
    if all(figure.value is None for figure in figures.values()):
        return None
    over: dict[str, Figure] = {}
    for key in sets.judged if compared else ():
        stats = sets.shown[key]
        figure = figure_of(ratio(stats, sets.beside[key], measure, sets.resampling))
        if figure.value is not None:
            over[key] = figure
    return Row(name, section, title, unit, better, counted, figures, over, headline, note)
