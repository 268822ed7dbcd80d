"""From counts to average precisions, differences and intervals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from drivegen.core import CATEGORY_ID, Clip, DataError, Detections, stream
from drivegen.evaluation import ApStats, Resampling
from drivegen.experiments.arms import CONTRASTS, Arm
from drivegen.experiments.cells import keys_of
from drivegen.experiments.comparison import ALL_CLASSES, Floor, Row, compare, row_as_dict
from drivegen.experiments.counts import RunCounts, load_counts, save_counts
from drivegen.experiments.verdict import Verdict, judge

MakeClip = Callable[..., Clip]
CLIPS = 16
RESAMPLING = Resampling(resamples=100)
FLOOR = Floor(labels=5, groups=2)


def _stats(make_clip: MakeClip, found: float, seed: int) -> ApStats:
    """A detector that finds a share of the objects exactly, and now and then something that is not there."""
    draws, stats = stream(seed, "detector"), ApStats()
    for number in range(CLIPS):
        clip = make_clip(f"s-{number}")
        keys = keys_of(str(clip.ambience.weather), str(clip.ambience.time_of_day), "sparse")
        for labels in clip.labels:
            hit = draws.random(len(labels)) < found
            boxes = [*labels.visible_px[hit], np.array([0.0, 0.0, 5.0, 5.0])]
            classes = [CATEGORY_ID[name] for name, there in zip(labels.categories, hit, strict=True) if there]
            scores = draws.uniform(0.3, 1.0, len(boxes))
            detections = Detections.of_boxes(np.array(boxes), scores, np.array([*classes, 0]))
            stats.add_frame(clip.scenario_id, labels, detections, keys)
    return stats


def _runs(make_clip: MakeClip, found: dict[Arm, float]) -> dict[Arm, list[RunCounts]]:
    return {
        arm: [RunCounts.of(_stats(make_clip, share, 10 * place + seed)) for seed in range(3)]
        for place, (arm, share) in enumerate(found.items())
    }


@pytest.fixture(scope="module")
def rows(make_clip: MakeClip) -> tuple[Row, ...]:
    """A generated set that helps a lot on top of reference, and is bad on its own."""
    found = {
        Arm.REFERENCE: 0.6,
        Arm.REFERENCE_REPEATED: 0.6,
        Arm.GENERATED: 0.2,
        Arm.REFERENCE_AND_GENERATED: 0.95,
    }
    return compare(_runs(make_clip, found), RESAMPLING, FLOOR)


def test_counts_survive_the_disk(make_clip: MakeClip, tmp_path: Path) -> None:
    stats = _stats(make_clip, 0.7, 1)
    save_counts(tmp_path / "run.npz", RunCounts.of(stats))
    counts = load_counts(tmp_path / "run.npz")
    assert counts.keys == stats.keys
    for key in ("all", "weather:clear", "cell:clear/day/sparse"):
        np.testing.assert_array_equal(counts.scores(key), stats.scores_by_group(key))
        np.testing.assert_array_equal(counts.labels_of(key), stats.labels_by_group(key))
    np.testing.assert_array_equal(counts.present, stats.present)
    (tmp_path / "run.npz").write_bytes(b"PK nonsense")
    with pytest.raises(DataError, match="delete it"):
        load_counts(tmp_path / "run.npz")


def test_figures_are_those_of_the_accumulator(rows: tuple[Row, ...], make_clip: MakeClip) -> None:
    stats = _stats(make_clip, 0.6, 1)
    by_class = {row.category: row for row in rows if row.key == "all"}
    for name in ("car", "pedestrian"):
        expected = float(stats.average_precision(category=name)[0])
        assert by_class[name].by_run[Arm.REFERENCE][1] == pytest.approx(expected)
        assert by_class[name].labels == stats.positives()[CATEGORY_ID[name]]
    mean = np.mean([by_class[name].by_run[Arm.REFERENCE][1] for name in ("car", "pedestrian")])
    assert by_class[ALL_CLASSES].by_run[Arm.REFERENCE][1] == pytest.approx(float(mean))
    assert rows[0].category == ALL_CLASSES
    assert rows[0].key == "all"


def test_verdicts_of_a_large_effect(rows: tuple[Row, ...]) -> None:
    asked, noise, alone = CONTRASTS
    assert judge(rows[0].differences[asked]) is Verdict.GAIN
    assert judge(rows[0].differences[noise]) is Verdict.NO_GAIN
    assert judge(rows[0].differences[alone]) is Verdict.HARM
    # The interval of a difference lies around the difference of the means.
    arms = rows[0].arms
    gap = arms[asked.better].value - arms[asked.base].value
    assert rows[0].differences[asked].value == pytest.approx(gap)


def test_equal_runs_differ_by_nothing(make_clip: MakeClip) -> None:
    run = [RunCounts.of(_stats(make_clip, 0.6, seed)) for seed in range(3)]
    for row in compare(dict.fromkeys(Arm, run), RESAMPLING, FLOOR):
        for difference in row.differences.values():
            assert (difference.value, difference.low, difference.high) == (0.0, 0.0, 0.0)
            assert judge(difference) is Verdict.NO_GAIN
        # The figures themselves are uncertain all the same.
        assert row.arms[Arm.REFERENCE].high > row.arms[Arm.REFERENCE].low


def test_cells_are_reported_where_there_is_enough(rows: tuple[Row, ...], make_clip: MakeClip) -> None:
    keys = {row.key for row in rows}
    assert {"all", "weather:clear", "weather:cloudy", "time_of_day:day", "crowdedness:sparse"} <= keys
    assert "cell:clear/day/sparse" in keys
    # Sizes and distances are counted too, but are no cells of ambience.
    assert not any(key.startswith(("size", "distance")) for key in keys)
    run = [RunCounts.of(_stats(make_clip, 0.5, seed)) for seed in range(2)]
    runs = dict.fromkeys(Arm, run)
    many = max(row.labels for row in compare(runs, RESAMPLING, FLOOR))
    assert compare(runs, RESAMPLING, Floor(labels=many + 1, groups=2)) == ()
    assert compare(runs, RESAMPLING, Floor(labels=1, groups=101)) == ()


def test_a_row_is_plain_json(rows: tuple[Row, ...]) -> None:
    row = row_as_dict(rows[0])
    assert set(row["ap50"]) == {arm.value for arm in Arm}
    assert row["difference"]["reference_and_generated - reference_repeated"]["low"] > 0
    assert len(row["ap50_by_run"]["generated"]) == 3
