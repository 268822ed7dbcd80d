"""The whole evaluation on a painted world, in which the right answer is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivegen.core import Ambience, Clip, ConfigError, DataError, FrameKind, Observer, TimeOfDay, Weather
from drivegen.evaluation.card import GENERATED, PASSED, REFERENCE, Card, read_card
from drivegen.evaluation.clip_measures import MeasureSettings, measure_clip
from drivegen.evaluation.comparable import comparable, comparison
from drivegen.evaluation.config import EvaluateConfig
from drivegen.evaluation.control import ControlGate
from drivegen.evaluation.evaluate import evaluate
from drivegen.evaluation.streams import SetStats

MakeClip = Callable[..., Clip]
WriteClips = Callable[[Path, Sequence[Clip]], Path]


def _config(store: Path, reference: Path, out: Path, **changes: object) -> EvaluateConfig:
    values = {"resamples": 60, "frechet_resamples": 10, "splits": 4, "pictures": 2, "control": ControlGate(0.6, 5)}
    return EvaluateConfig(store=store, reference=reference, out=out, **(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cards(
    tmp_path_factory: pytest.TempPathFactory,
    painted_reference: Path,
    painted_clip: MakeClip,
    write_clips: WriteClips,
    paint_reader: Observer,
) -> dict[str, Card]:
    """Of a perfect generator, and of one that misses a car, paints noise, and gets half of the weather wrong."""
    folder = tmp_path_factory.mktemp("cards")
    snow = Ambience(Weather.SNOW, TimeOfDay.NIGHT)
    made = {
        "perfect": [painted_clip(n, kind=FrameKind.GENERATED) for n in range(12)],
        "poor": [
            painted_clip(
                n, kind=FrameKind.GENERATED, missed=("car-b",), noise=40, shown=snow if n < 6 else None, passed=n >= 4
            )
            for n in range(12)
        ],
    }
    found = {}
    for name, clips in made.items():
        store = write_clips(folder / name, clips)
        config = _config(store, painted_reference, folder / f"{name}-card")
        found[name] = evaluate(config, paint_reader).card
        assert read_card(config.out) == found[name]
        found[f"{name} folder"] = config.out  # type: ignore[assignment]
    return found


def test_a_perfect_generator_is_like_its_reference(cards: dict[str, Card]) -> None:
    card = cards["perfect"]
    assert card.shared_clips == 12 and card.sets[GENERATED].kinds == {"generated": 12}
    for name in ("control@all", "control@car", "weather_agreement", "time_of_day_agreement"):
        assert card.row(name).over_reference[GENERATED].value == 1.0
    assert card.row("control@car").figures[REFERENCE].value == pytest.approx(1.0)
    assert card.row("crowdedness_error").figures[GENERATED].value == 0.0
    assert card.row("frame_distance_of_all").figures[GENERATED].value == pytest.approx(0.0, abs=1e-9)
    assert card.row("frame_distance").over_reference[GENERATED].value == pytest.approx(1.0)
    assert card.row("colour_curve_distance").over_reference[GENERATED].value == pytest.approx(1.0)


def test_a_poor_one_is_told_by_the_measures_that_it_fails(cards: dict[str, Card]) -> None:
    card = cards["poor"]
    car, walker = card.row("control@car"), card.row("control@pedestrian")
    # One car of two: precision 1 at 51 of COCO's 101 recalls.
    assert car.over_reference[GENERATED].value == pytest.approx(51 / 101, abs=1e-5)
    assert walker.over_reference[GENERATED].value == pytest.approx(1.0)
    assert card.row("weather_agreement").figures[GENERATED].value == pytest.approx(0.5)
    assert card.row("crowdedness_error").figures[GENERATED].value == pytest.approx(1.0)
    assert card.row("crowdedness_bias").figures[GENERATED].value == pytest.approx(-1.0)
    assert (card.row("frame_distance").over_reference[GENERATED].value or 0) > 1.1
    low, high = car.over_reference[GENERATED].interval or (0.0, 0.0)
    assert (low, high) == pytest.approx((51 / 101, 51 / 101), abs=1e-5)  # every scenario misses the same
    assert car.figures[GENERATED].count == 96
    weather = next(table for table in card.confusions if table.name == "weather")
    assert weather.shares[GENERATED]["clear"]["snow"] == pytest.approx(0.5)
    assert sum(weather.clips[GENERATED].values()) == 12


def test_filtered_clips_are_a_set_of_their_own(cards: dict[str, Card]) -> None:
    card = cards["poor"]
    assert card.sets[PASSED].clips == 8 and card.sets[GENERATED].verdicts == {"failed": 4, "passed": 8}
    assert card.row("weather_agreement").figures[PASSED].value == pytest.approx(0.75)
    assert PASSED not in cards["perfect"].sets


def test_the_folder_holds_page_and_pictures(cards: dict[str, Card]) -> None:
    folder = Path(str(cards["poor folder"]))
    page = (folder / "card.md").read_text()
    for name in ("overview", "control", "curves", "confusions", "side_by_side"):
        picture = cv2.imread(str(folder / f"{name}.png"))
        assert f"({name}.png)" in page and picture.std() > 5 and min(picture.shape[:2]) > 200
    assert "| clips that show their weather (+) |" in page and "12 generated clips (48 frames)" in page
    assert str(folder) not in page + (folder / "card.json").read_text()


def test_rare_classes_and_weak_judges_give_no_ratio(
    tmp_path: Path, painted_reference: Path, painted_clip: MakeClip, write_clips: WriteClips, paint_reader: Observer
) -> None:
    store = write_clips(tmp_path / "s", [painted_clip(n, kind=FrameKind.GENERATED) for n in range(3)])
    config = _config(store, painted_reference, tmp_path / "out", control=ControlGate(0.6, 13), pictures=0)
    card = evaluate(config, paint_reader).card
    assert card.row("control@pedestrian").over_reference == {}
    assert card.row("control@pedestrian").note == "not measurable: fewer than 13 labels in reference"
    assert card.row("control@car").over_reference[GENERATED].value == 1.0
    assert card.notes[0].startswith("Held to the 3 reference clips whose scenarios were generated too")
    # The reference that is shown is the one that it is held to.
    assert card.row("control@car").figures[REFERENCE].count == 3 * 4 * 2
    assert card.row("weather_agreement").figures[REFERENCE].count == 3 and card.sets[REFERENCE].clips == 12

    class Blind(type(paint_reader)):  # type: ignore[misc]
        """Sees every second frame's objects."""

        def observe(self, frames, boxes_px, fps, window_frames=16):  # type: ignore[no-untyped-def]
            dark = frames.copy()
            dark[::2, 1:] = 50
            return super().observe(dark, boxes_px, fps, window_frames)

    row = evaluate(replace(config, out=tmp_path / "blind"), Blind()).card.row("control@all")
    assert row.over_reference == {} and row.note.endswith("reference AP50 is under 0.6")
    assert (row.figures[REFERENCE].value or 0) == pytest.approx(0.5, abs=0.02)


def test_long_drives_show_drift(
    tmp_path: Path, painted_clip: MakeClip, write_clips: WriteClips, paint_reader: Observer
) -> None:
    reference = [painted_clip(n, frames=8) for n in range(6)]
    fading = [np.linspace(0, 90, 8)[:, None, None, None] for _ in reference]
    drifting = [
        replace(
            clip,
            frames=(clip.frames * 1.0 - away).clip(0, 255).astype(np.uint8),
            provenance=replace(clip.provenance, kind=FrameKind.GENERATED),
        )
        for clip, away in zip(reference, fading, strict=True)
    ]
    stores = write_clips(tmp_path / "g", drifting), write_clips(tmp_path / "r", reference)
    config = _config(*stores, tmp_path / "out", measures=MeasureSettings(chunk_frames=4), pictures=0)
    card = evaluate(config, paint_reader).card
    assert (card.row("drift").figures[GENERATED].value or 0) > 2
    curve = next(curve for curve in card.curves if curve.name == "drift")
    assert [point.x for point in curve.lines[GENERATED]] == [0.5, 1.5]
    assert (tmp_path / "out" / "drift.png").is_file()


def test_one_scenario_is_too_few_for_a_floor(
    tmp_path: Path, painted_clip: MakeClip, write_clips: WriteClips, paint_reader: Observer
) -> None:
    store = write_clips(tmp_path / "g", [painted_clip(0, kind=FrameKind.GENERATED)])
    reference = write_clips(tmp_path / "r", [painted_clip(0)])
    card = evaluate(_config(store, reference, tmp_path / "out"), paint_reader).card
    assert not [row for row in card.rows if row.name.startswith("frame_distance")]
    assert any(note.startswith("The reference has scenarios in fewer than 4 groups") for note in card.notes)
    assert card.row("control@car").figures[GENERATED].interval is None


def test_what_cannot_be_compared_is_refused(
    tmp_path: Path, painted_reference: Path, painted_clip: MakeClip, write_clips: WriteClips, paint_reader: Observer
) -> None:
    generated = [painted_clip(n, kind=FrameKind.GENERATED) for n in range(2)]
    store = write_clips(tmp_path / "g", generated)
    with pytest.raises(DataError, match="reference frames are rendered or recorded; got generated"):
        evaluate(_config(painted_reference, store, tmp_path / "out"), paint_reader)
    slow = write_clips(tmp_path / "slow", [replace(clip, fps=2.0) for clip in generated])
    with pytest.raises(DataError, match=r"frame rates differ; .* got 2 and 4; make both with the same fps"):
        evaluate(_config(slow, painted_reference, tmp_path / "out"), paint_reader)
    with pytest.raises(ConfigError, match="workers: an observer looks in this process"):
        evaluate(_config(store, painted_reference, tmp_path / "out", workers=2), paint_reader)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "store: missing key"),
        ({"store": Path("a")}, "reference: missing key"),
        ({"compare": (Path("a"),)}, "compare: too few cards"),
        ({"compare": (Path("a"), Path("b")), "store": Path("c")}, "compares cards, not datasets"),
        ({"store": Path("a"), "reference": Path("b"), "splits": 1}, "splits: too few; expected >= 2; got 1"),
        ({"store": Path("a"), "reference": Path("b"), "predictions": Path("p")}, "one detector judges both datasets"),
    ],
)
def test_settings_that_cannot_be_met(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        EvaluateConfig(**values)  # type: ignore[arg-type]


def test_cards_compare_only_when_nothing_but_the_generated_set_differs(cards: dict[str, Card]) -> None:
    a, b = cards["perfect"], cards["poor"]
    page = comparison([a, b])
    line = next(line for line in page.splitlines() if line.startswith("| AP50, car |"))
    assert line.endswith("*worse* |") and "perfect" in page.splitlines()[0]
    others = {
        "judge: paint and other": replace(b, judge=replace(b.judge, sha256="other")),
        "settings.measures": replace(b, settings=b.settings | {"measures": {}}),
        "reference manifest": replace(b, sets=b.sets | {REFERENCE: replace(b.sets[REFERENCE], manifest_sha256="x")}),
        "generated clips: 12 and 5": replace(b, sets=b.sets | {GENERATED: replace(b.sets[GENERATED], clips=5)}),
    }
    for reason, other in others.items():
        with pytest.raises(DataError, match=f"the cards are not comparable; got .*{reason}"):
            comparable(a, other)


def test_only_cards_are_read_as_cards(tmp_path: Path, cards: dict[str, Card]) -> None:
    with pytest.raises(DataError, match="no metric card"):
        read_card(tmp_path)
    path = tmp_path / "card.json"
    values = json.loads((Path(str(cards["perfect folder"])) / "card.json").read_text())
    for change, message in (
        ({"version": 9}, "another version of card"),
        ({"rows": 3}, "rows: wrong type"),
        ({"odd": 3}, "odd: unknown key"),
    ):
        path.write_text(json.dumps(values | change))
        with pytest.raises(DataError, match=message):
            read_card(path)


def test_state_does_not_grow_with_clips(painted_clip: MakeClip, paint_reader: Observer) -> None:
    stats = SetStats()
    clips = [painted_clip(n) for n in range(4)]
    sizes = []
    for _ in range(3):
        for clip in clips:
            stats.add(measure_clip(clip, paint_reader, MeasureSettings()))
        sizes.append((_numbers(stats), stats.clips))
    assert [clips for _, clips in sizes] == [4, 8, 12]
    assert len({numbers for numbers, _ in sizes}) == 1
    # Two halves that other processes saw add up to the same.
    halves = [SetStats(), SetStats()]
    for index, clip in enumerate(clips * 3):
        halves[index % 2].add(measure_clip(clip, paint_reader, MeasureSettings()))
    halves[0].merge(halves[1])
    assert halves[0].frames == stats.frames and halves[0].kinds == stats.kinds
    np.testing.assert_allclose(
        halves[0].features["frames"].moments().covariance, stats.features["frames"].moments().covariance, atol=1e-12
    )
    np.testing.assert_array_equal(halves[0].precision.positives(), stats.precision.positives())


def _numbers(value: object, seen: set[int] | None = None) -> int:
    """Numbers in all arrays that an object reaches."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, dict):
        return sum(_numbers(v, seen) for v in value.values())
    return sum(_numbers(v, seen) for v in vars(value).values()) if hasattr(value, "__dict__") else 0
