"""The metric card: every figure of an evaluation with what it was measured on, as plain data.

The card is all there is: its Markdown page and its plots are drawn from it, and two cards are compared without clips.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from drivegen.core import ConfigError, DataError, decode, encode
from drivegen.evaluation.bootstrap import Interval

CARD_VERSION: Final = 1
CARD_FILE: Final = "card.json"

REFERENCE: Final = "reference"
RECONSTRUCTED: Final = "reconstructed"
GENERATED: Final = "generated"
PASSED: Final = "passed"
SETS: Final = (REFERENCE, RECONSTRUCTED, GENERATED, PASSED)
"""passed: the generated clips that the audit lets through."""

Better = Literal["higher", "lower", "like_reference"]


@dataclass(frozen=True)
class Figure:
    """A value with its interval.

    Attributes:
        value: None where nothing could be measured.
        interval: bounds of its confidence interval; None where there are too few scenarios for one.
        count: what it was measured on; the row's unit of counting says of what.
        groups: groups of scenarios that these are from, at most 100.
    """

    value: float | None
    interval: tuple[float, float] | None = None
    count: int = 0
    groups: int = 0


@dataclass(frozen=True)
class Row:
    """One measure of all sets.

    Attributes:
        name: unique, such as frame_distance or control@car.
        section, title, unit: for people; the unit is empty for numbers without one.
        better: which way is good.
        counted: what `count` counts.
        figures: by set.
        over_reference: the figure over that of reference, drawn together; absent where it would mean nothing.
        headline: whether it belongs on the first picture.
        note: what has to be known to read it.
    """

    name: str
    section: str
    title: str
    unit: str
    better: Better
    counted: str
    figures: dict[str, Figure]
    over_reference: dict[str, Figure] = field(default_factory=dict)
    headline: bool = False
    note: str = ""


@dataclass(frozen=True)
class Point:
    """One point of a curve."""

    x: float
    figure: Figure


@dataclass(frozen=True)
class Curve:
    """A measure against something, one line per set."""

    name: str
    title: str
    x_title: str
    y_title: str
    lines: dict[str, tuple[Point, ...]]


@dataclass(frozen=True)
class Confusion:
    """What clips labelled as one class look like: shares[set][labelled][seen], and clips of each labelled class."""

    name: str
    classes: tuple[str, ...]
    shares: dict[str, dict[str, dict[str, float]]]
    clips: dict[str, dict[str, int]]


@dataclass(frozen=True)
class SetFacts:
    """What a set is.

    Attributes:
        name: of its folder.
        manifest_sha256: hash of its manifest, which holds the hash of every file.
        kinds: clips that are rendered, recorded, generated.
        clips, frames: how many.
        fps, sizes, lengths: rates, sizes (h, w) and numbers of frames that occur.
        verdicts: clips that the audit passed, failed, did not judge.
        model: id and sha256 of the model that made it; empty for reference.
    """

    name: str
    manifest_sha256: str
    kinds: dict[str, int]
    clips: int
    frames: int
    fps: tuple[float, ...]
    sizes: tuple[tuple[int, int], ...]
    lengths: tuple[int, ...]
    verdicts: dict[str, int]
    model: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JudgeFacts:
    """Which net looked.

    Attributes:
        name, kind, role: of its folder; a judge given in Python has its class as name.
        sha256: of its weights.
        resize_filter: how frames are brought to its size.
    """

    name: str
    kind: str
    role: str
    sha256: str
    resize_filter: str


@dataclass(frozen=True)
class Card:
    """An evaluation.

    Attributes:
        version: of this format.
        drivegen_version: that measured.
        judge: the net.
        networks: sha256 of further feature networks, by name.
        settings: all that decides a figure beside clips and judge.
        sets: what was measured, by set.
        shared_clips: generated clips of which the reference shows the same scenario, camera and start.
        rows, curves, confusions: the figures.
        notes: what has to be known to read them.
    """

    version: int
    drivegen_version: str
    judge: JudgeFacts
    networks: dict[str, str]
    settings: dict[str, Any]
    sets: dict[str, SetFacts]
    shared_clips: int
    rows: tuple[Row, ...]
    curves: tuple[Curve, ...]
    confusions: tuple[Confusion, ...]
    notes: tuple[str, ...] = ()

    def row(self, name: str) -> Row:
        """A row by name.

        Raises:
            KeyError: no such row.
        """
        return {row.name: row for row in self.rows}[name]


def figure_of(interval: Interval) -> Figure:
    """A figure of an interval; rounded to 6 digits, so that a card does not depend on the order of a sum."""
    if not np.isfinite(interval.value):
        return Figure(None, None, interval.count, interval.groups)
    known = np.isfinite(interval.low) and np.isfinite(interval.high)
    bounds = (_rounded(interval.low), _rounded(interval.high)) if known else None
    return Figure(_rounded(interval.value), bounds, interval.count, interval.groups)


def write_card(card: Card, folder: Path) -> Path:
    """Write `card.json` under a temporary name and rename it.

    Raises:
        DataError: it cannot be written.
    """
    path = folder / CARD_FILE
    text = json.dumps(encode(card), indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise DataError("card cannot be written", where=path, got=error.strerror or error) from error
    return path


def read_card(path: Path) -> Card:
    """Read a card, or the card of a folder.

    Raises:
        DataError: no card, or one of another version.
    """
    path = path / CARD_FILE if path.is_dir() else path
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError("no metric card", where=path, got=error.strerror or error) from error
    except ValueError as error:
        raise DataError("not a metric card", where=path, got=str(error)) from error
    version = values.get("version") if isinstance(values, dict) else None
    if version != CARD_VERSION:
        raise DataError("another version of card", where=path, expected=CARD_VERSION, got=version)
    try:
        return decode(Card, values)
    except ConfigError as error:
        raise DataError(error.what, where=f"{path}: {error.where}", expected=error.expected, got=error.got) from error


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
