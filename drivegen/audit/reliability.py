"""How far a judge is to be trusted, by what it did on clean reference clips.

A judge that always finds near cars and seldom people tells much by missing a car, and little by missing a person. The
counts behind that are kept in a file beside the judge's weights, `reliability.json`, and turn what it sees of another
clip into surprise: minus the logarithm of how often the same happens where nothing is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from drivegen.audit.objects import Findings, MatchConfig, category_ids, explained
from drivegen.core.ambience import Weather
from drivegen.core.arrays import Floats, Integers
from drivegen.core.categories import CATEGORIES
from drivegen.core.clips import Clip
from drivegen.core.errors import DataError
from drivegen.core.labels import FrameLabels
from drivegen.core.observations import ClipObservation

FORMAT: Final = "drivegen-reliability-3"
# Name of the file inside the judge's folder.
RELIABILITY_FILE: Final = "reliability.json"
HEIGHTS: Final = (12.0, 16.0, 24.0, 40.0)
"""Between these heights, pixels of an image `MatchConfig.base_height_px` tall, objects count together."""
SHARES: Final = (0.7, 0.95)
"""Between these shares of an object that are visible, objects count together."""
SIZES: Final = (16.0,)
"""Between these heights, in the same pixels, detections count together."""
CONFIDENCES: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Between these confidences, detections count together."""
# A cell of a table counts as if so many more had behaved as its neighbours do on the average.
_PRIOR = 12.0
# Nothing is more surprising than this, however rare: some thousand objects tell no more.
_MOST = 6.0
# Of a judge of which nothing is known: nine in ten do as they should.
_UNKNOWN = 0.1


@dataclass(frozen=True, eq=False)
class Views:
    """How well N objects can be seen.

    Attributes:
        heights_px: (N,) of their visible boxes, in an image of the base height.
        shares: (N,) of them that are visible.
    """

    heights_px: Floats
    shares: Floats

    @staticmethod
    def of(labels: FrameLabels, rows: Integers, match: MatchConfig) -> Views:
        """Of some rows of a frame's labels."""
        return Views(base_heights(labels.visible_px[rows], labels, match), labels.visible_fraction[rows])

    def bins(self) -> tuple[Integers, Integers]:
        """Which of HEIGHTS and SHARES they lie between, (N,) each."""
        return np.digitize(self.heights_px, HEIGHTS), np.digitize(self.shares, SHARES)


@dataclass(frozen=True, eq=False)
class Reliability:
    """Counts over the clean clips.

    Attributes:
        evidence: (classes, heights, shares, confidences) scored objects, by how sure the judge's surest detection there
            is.
        by_weather: (weathers and one more, classes, heights, confidences) the same objects by the weather that they are
            seen through; the last one is unknown weather.
        seen_as: (classes, classes) objects of one class that were found, by the class that they were found as.
        explained: (classes, sizes, confidences, 2) things detected that some object explains, and all; tall enough ones
            only.
        observer_sha256: whose they are; empty where nothing is known.
    """

    evidence: Floats
    by_weather: Floats
    seen_as: Floats
    explained: Floats
    observer_sha256: str = ""

    @staticmethod
    def unknown() -> Reliability:
        """Nothing is known of the judge: each of its slips is as surprising as any other."""
        count, levels = len(CATEGORIES), len(CONFIDENCES) + 1
        return Reliability(
            np.zeros((count, len(HEIGHTS) + 1, len(SHARES) + 1, levels)),
            np.zeros((len(Weather) + 1, count, len(HEIGHTS) + 1, levels)),
            np.zeros((count, count)),
            np.zeros((count, len(SIZES) + 1, levels, 2)),
        )

    def plus(self, other: Reliability) -> Reliability:
        """The counts of both: of two judges there is no such thing.

        Raises:
            DataError: they are of two judges.
        """
        if self.observer_sha256 != other.observer_sha256 and self.evidence.any() and other.evidence.any():
            raise DataError("two judges", where="Reliability", expected=self.observer_sha256, got=other.observer_sha256)
        return Reliability(
            self.evidence + other.evidence,
            self.by_weather + other.by_weather,
            self.seen_as + other.seen_as,
            self.explained + other.explained,
            other.observer_sha256 or self.observer_sha256,
        )

    def missing(self, categories: Integers, views: Views, confidence: Floats, weather: Weather | None = None) -> Floats:
        """How surprising it is that the judge is no surer of objects (N,) of these classes and views.

        No more than it is for such objects seen as freely, and no more than it is in such weather, of which whatever is
        as tall tells where few of the class were met in it: a judge that never missed a bus may miss one in fog.

        Args:
            confidence: (N,) that something is there (`audit.objects.Findings`).
            weather: that they are seen through; None: unknown.
        """
        level = np.digitize(confidence, CONFIDENCES)
        if not self.evidence.any():
            return _surprise(np.where(level < np.digitize(0.3, CONFIDENCES), _UNKNOWN, 1.0))
        # Of views in which a class was seldom met, what the judge does in others is the best guess.
        of_class = _smoothed(self.evidence.sum(axis=(1, 2)), self.evidence.sum(axis=(0, 1, 2)))
        of_height = _smoothed(self.evidence.sum(axis=2), of_class[:, None])
        table = _smoothed(self.evidence, of_height[:, :, None])
        seen_as_freely = _share_up_to(table)[categories, *views.bins(), level]
        of_weather = _smoothed(self.by_weather.sum(axis=(1, 2)), self.by_weather.sum(axis=(0, 1, 2)))
        as_tall = _smoothed(self.by_weather.sum(axis=1), of_weather[:, None])
        table = _smoothed(self.by_weather, as_tall[:, None])
        in_weather = _share_up_to(table)[_row_of(weather), categories, views.bins()[0], level]
        return _surprise(np.maximum(seen_as_freely, in_weather))

    def confused(self, categories: Integers, seen: Integers) -> Floats:
        """How surprising it is that found objects (N,) look like these classes (N,): 0 for the usual one."""
        if not self.seen_as.any():
            return _surprise(np.where(categories == seen, 1.0, _UNKNOWN))
        count = len(CATEGORIES)
        right = np.trace(self.seen_as) / max(self.seen_as.sum(), 1.0)
        common = np.full((count, count), (1.0 - right) / (count - 1))
        np.fill_diagonal(common, right)
        table = _smoothed(self.seen_as, common)
        return _surprise(table[categories, seen] / table[categories].max(axis=1))

    def unlabelled(self, categories: Integers, heights_px: Floats, confidence: Floats) -> Floats:
        """How surprising it is that no object explains detections (N,) of these classes, heights and confidences.

        Args:
            heights_px: (N,) in an image of the base height.
        """
        if not self.explained.any():
            return _surprise(1.0 - np.clip(confidence, 0.0, 1.0))
        there, total = self.explained[..., 0], self.explained[..., 1]
        common = (there.sum(axis=(0, 1)) + _PRIOR / 2) / (total.sum(axis=(0, 1)) + _PRIOR)
        share = (there + _PRIOR * common) / (total + _PRIOR)
        places = np.digitize(heights_px, SIZES), np.digitize(confidence, CONFIDENCES)
        return _surprise(1.0 - share[categories, *places])

    def save(self, path: Path) -> None:
        """Write a file that `load` reads, all of it or nothing."""
        tables = {name: getattr(self, name).astype(int).tolist() for name in _TABLES}
        facts = {
            "format": FORMAT, "observer_sha256": self.observer_sha256, "classes": list(CATEGORIES),
            "bounds": _bounds(), **tables,
        }  # fmt: skip
        temporary = path.with_name(f".{path.name}.partial")
        temporary.write_text(json.dumps(facts) + "\n", encoding="utf-8")
        temporary.replace(path)

    @staticmethod
    def load(path: Path) -> Reliability:
        """Read a file that `save` wrote.

        Raises:
            DataError: absent, or something else.
        """
        try:
            facts: Any = json.loads(Path(path).read_text(encoding="utf-8"))
            known = [facts["format"], facts["classes"], facts["bounds"]]
            tables = {name: np.array(facts[name], dtype=np.float64) for name in _TABLES}
            sha256 = str(facts["observer_sha256"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                "not a judge's reliability", where=path, got=f"{type(error).__name__}: {error}", remedy=_REMEDY
            ) from error
        empty = Reliability.unknown()
        fits = all(
            value.shape == getattr(empty, name).shape and (value >= 0).all() and np.isfinite(value).all()
            for name, value in tables.items()
        )
        if not fits or known != [FORMAT, list(CATEGORIES), _bounds()]:
            raise DataError("counts of another version", where=path, expected=FORMAT, got=known[0], remedy=_REMEDY)
        return Reliability(**tables, observer_sha256=sha256)


_TABLES = ("evidence", "by_weather", "seen_as", "explained")
_REMEDY = "measure it: drivegen audit store=REFERENCE out=FILE"


def reliability_of(
    clip: Clip, observation: ClipObservation, findings: Sequence[Findings], match: MatchConfig, observer_sha256: str
) -> Reliability:
    """What one clean clip tells of the judge; counts of clips add up (`Reliability.plus`)."""
    tables = Reliability.unknown()
    for labels, seen, found in zip(clip.labels, observation.frames, findings, strict=True):
        scored, classes = np.flatnonzero(labels.scored), category_ids(labels)
        views = Views.of(labels, scored, match)
        levels = np.digitize(found.confidence[scored], CONFIDENCES)
        _count(tables.evidence, classes[scored], *views.bins(), levels)
        weather = np.full_like(levels, _row_of(clip.ambience.weather))
        _count(tables.by_weather, weather, classes[scored], views.bins()[0], levels)
        there = scored[found.category_ids[scored] >= 0]
        _count(tables.seen_as, classes[there], found.category_ids[there])
        things, known = explained(labels, seen.detections, match)
        for which, some in enumerate((things[known], things)):
            sizes = np.digitize(base_heights(some.boxes_px, labels, match), SIZES)
            levels = np.digitize(some.scores, CONFIDENCES)
            _count(tables.explained, some.category_ids, sizes, levels, np.full_like(levels, which))
    return replace(tables, observer_sha256=observer_sha256)


def base_heights(boxes_px: Floats, labels: FrameLabels, match: MatchConfig) -> Floats:
    """Heights (N,) of boxes (N, 4) in a frame, in pixels of an image of the base height."""
    heights: Floats = (boxes_px[:, 3] - boxes_px[:, 1]) * match.base_height_px / labels.camera.size[0]
    return heights


def _bounds() -> dict[str, list[float]]:
    """Between which values things count together."""
    return {
        "heights_px": list(HEIGHTS),
        "shares": list(SHARES),
        "sizes_px": list(SIZES),
        "confidences": list(CONFIDENCES),
    }


def _row_of(weather: Weather | None) -> int:
    """Place of a weather in `Reliability.by_weather`."""
    return len(Weather) if weather is None else list(Weather).index(weather)


def _share_up_to(table: Floats) -> Floats:
    """Share of a row's counts that lie at a level or below."""
    shares: Floats = table.cumsum(axis=-1) / table.sum(axis=-1, keepdims=True)
    return shares


def _count(table: Floats, *places: Integers) -> None:
    """One more at each of the places, which may repeat."""
    np.add.at(table, tuple(places), 1)


def _smoothed(counts: Floats, common: Floats) -> Floats:
    """Counts plus a few that are spread along the last axis as `common` is."""
    return counts + _PRIOR * common / common.sum(axis=-1, keepdims=True)


def _surprise(share: Floats) -> Floats:
    """Minus the logarithm of how often it happens."""
    return -np.log(np.clip(share, np.exp(-_MOST), 1.0))
