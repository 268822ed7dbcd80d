"""Rows of the card: do clips show what their labels say - ambience, crowd, motion - and do objects stay themselves."""

from __future__ import annotations

from collections.abc import Callable

from drivegen.evaluation.attributes import ROAD_USERS, TIMES, WEATHERS
from drivegen.evaluation.bootstrap import Interval, Resampling
from drivegen.evaluation.card import Confusion, Curve, Point, Row, figure_of
from drivegen.evaluation.clip_measures import ERROR
from drivegen.evaluation.colour import REPETITION, SIMILARITY
from drivegen.evaluation.identity import OTHERS, SAME
from drivegen.evaluation.lags import NAMED_LAGS_S, TOLERANCE, lag_seconds
from drivegen.evaluation.means import PairStats
from drivegen.evaluation.motion import SPEED, YAW_RATE
from drivegen.evaluation.sets import Sets, interval, mean_measure, measured_row

_AGREEMENT = "Agreement with the labels"
_MOTION = "Ego motion"
_IDENTITY = "Identity"


def agreement_rows(sets: Sets) -> list[Row]:
    """Weather, time of day, crowdedness."""
    rows = [
        measured_row(
            sets, mean_measure(name), f"{name}_agreement", section=_AGREEMENT, title=f"clips that show their {words}",
            better="higher", counted="clips", headline=True,
        )
        for name, words in (("weather", "weather"), ("time_of_day", "time of day"))
    ]  # fmt: skip
    rows.append(
        measured_row(
            sets, mean_measure(ROAD_USERS + ERROR), "crowdedness_error", section=_AGREEMENT,
            title="crowdedness: mean error", unit="road users per frame", better="lower", counted="clips",
            headline=True,
        )
    )  # fmt: skip
    rows.append(
        _paired_row(
            sets, PairStats.bias, ROAD_USERS, "crowdedness_bias", section=_AGREEMENT, counted="clips",
            title="crowdedness: seen minus labelled", unit="road users per frame",
        )
    )  # fmt: skip
    return [row for row in rows if row is not None]


def motion_rows(sets: Sets) -> list[Row]:
    """Speed and turning, as a probe reads them from the pixels, against the trajectory."""
    rows: list[Row | None] = []
    for name, words, unit in ((SPEED, "speed", "m/s"), (YAW_RATE, "yaw rate", "rad/s")):
        rows.append(
            measured_row(
                sets, mean_measure(name + ERROR), f"{name}{ERROR}", section=_MOTION, title=f"{words}: mean error",
                unit=unit, better="lower", counted="steps", headline=True,
            )
        )  # fmt: skip
        rows.append(
            _paired_row(
                sets, PairStats.correlation, name, f"{name}_correlation", section=_MOTION, counted="steps",
                title=f"{words}: correlation of seen and true",
            )
        )  # fmt: skip
    return [row for row in rows if row is not None]


def identity_rows(sets: Sets) -> list[Row]:
    """Feature distance along tracks at the named lags, and between different objects as a scale for it."""
    note = "0: the same view; reference shows what light, angle and size do by themselves"
    rows = []
    for seconds in NAMED_LAGS_S:
        # The lag that comes closest to the named one; a rate may not meet it to the millisecond.
        near = [name for name in _names(sets, SAME) if abs(lag_seconds(name) - seconds) <= TOLERANCE * seconds]
        if near:
            name = min(near, key=lambda lag: abs(lag_seconds(lag) - seconds))
            rows.append(
                measured_row(
                    sets, mean_measure(name), f"{SAME}@{seconds:g}s", section=_IDENTITY, better="lower",
                    title=f"distance to itself {seconds:g} s later", counted="pairs of boxes", headline=True, note=note,
                )
            )  # fmt: skip
    rows.append(
        measured_row(
            sets, mean_measure(OTHERS), OTHERS, section=_IDENTITY, title="distance to others of its class",
            better="like_reference", counted="pairs of boxes", note="the scale of the distances above",
        )
    )  # fmt: skip
    return [row for row in rows if row is not None]


def repetition_row(sets: Sets) -> Row | None:
    """Frames that come back after the vehicle has left their place."""
    return measured_row(
        sets, mean_measure(REPETITION), "repetition_rate", section="Time", title="frames that come back later",
        better="like_reference", counted="frames that could", compared=False,
        note="at most half as far from a frame 1 s and 5 m further on as from the next one",
    )  # fmt: skip


def lag_curves(sets: Sets) -> list[Curve]:
    """Colour similarity and identity against lag."""
    curves = []
    for prefix, title, y_title in (
        (SIMILARITY, "Colour similarity", "shared part of RGB histograms"),
        (SAME, "Identity along tracks", "feature distance"),
    ):
        lines = {}
        for key, stats in sets.shown.items():
            names = sorted((n for n in stats.means.names if n.startswith(f"{prefix}@")), key=lag_seconds)
            figures = [figure_of(interval(stats, mean_measure(n), sets.resampling)) for n in names]
            lines[key] = tuple(Point(lag_seconds(n), f) for n, f in zip(names, figures, strict=True))
        if any(lines.values()):
            curves.append(Curve(prefix, title, "lag, s", y_title, lines))
    return curves


def confusions(sets: Sets) -> list[Confusion]:
    """What clips of each weather and time of day look like."""
    found = []
    for name, classes in (("weather", WEATHERS), ("time_of_day", TIMES)):
        shares: dict[str, dict[str, dict[str, float]]] = {}
        clips: dict[str, dict[str, int]] = {}
        for key, stats in sets.shown.items():
            counts = {asked: round(stats.means.count(f"{name}:{asked}>{asked}")) for asked in classes}
            clips[key] = {asked: n for asked, n in counts.items() if n}
            shares[key] = {
                asked: {seen: round(stats.means.mean(f"{name}:{asked}>{seen}"), 4) for seen in classes}
                for asked in clips[key]
            }
        if any(clips.values()):
            found.append(Confusion(name, classes, shares, clips))
    return found


def _paired_row(
    sets: Sets,
    figure: Callable[[PairStats, str, Resampling], Interval],
    name: str,
    key: str,
    *,
    section: str,
    title: str,
    counted: str,
    unit: str = "",
) -> Row | None:
    figures = {s: figure_of(figure(stats.pairs, name, sets.resampling)) for s, stats in sets.shown.items()}
    if all(found.value is None for found in figures.values()):
        return None
    return Row(key, section, title, unit, "higher" if not unit else "like_reference", counted, figures)


def _names(sets: Sets, prefix: str) -> set[str]:
    return {name for stats in sets.stats.values() for name in stats.means.names if name.startswith(f"{prefix}@")}
