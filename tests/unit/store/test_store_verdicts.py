"""What the audit found: comes back equal, stands in the columns, and is refused where it contradicts itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow as pa
import pytest

from drivegen.core import Achieved, Clip, DataError, ObjectVerdict, TimeOfDay, Verdict, Weather
from drivegen.store import StoreConfig, StoreReader, StoreWriter, verify_store
from drivegen.store.parquet import read_rows, write_clips
from drivegen.store.verify_rows import check_shard

MakeClip = Callable[..., Clip]
SHARD = "train-00000-of-00001.parquet"


def _judged(clip: Clip, **changes: Any) -> Clip:
    """The clip with a verdict on each object that is scored: found at 0.75 with the right class, but for the second."""
    objects = []
    for labels in clip.labels:
        iou = np.where(labels.scored, 0.75, np.nan)
        detected = np.where(labels.scored, 1.0, np.nan)
        agrees = detected.copy()
        second = np.flatnonzero(labels.scored)[1:2]
        iou[second], detected[second], agrees[second] = 0.125, 0.0, np.nan
        objects.append(ObjectVerdict(iou, detected, agrees))
    verdict = Verdict(
        auditor="perception",
        passed=False,
        scores={"detected_fraction": 0.5},
        reasons=("missing_objects", "weather"),
        achieved=Achieved(Weather.FOG, TimeOfDay.NIGHT, 2.5),
        objects=tuple(objects),
        nearest_training_clip="drive-7-CAM_FRONT-00003",
        attempts=3,
    )
    return replace(clip, verdict=replace(verdict, **changes))


def _written(root: Path, *clips: Clip) -> StoreReader:
    with StoreWriter(root, StoreConfig(), {}) as writer:
        for clip in clips:
            writer.write(clip)
    assert verify_store(root) == []
    return StoreReader(root)


def test_a_verdict_comes_back(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = _judged(make_clip())
    got = _written(tmp_path, clip).clip(clip.clip_id).verdict
    assert replace(got, objects=()) == replace(clip.verdict, objects=())
    assert len(got.objects) == len(clip.verdict.objects) == 3
    assert any(labels.scored.sum() > 1 for labels in clip.labels) and not all(
        labels.scored.all() for labels in clip.labels
    )
    for a, b in zip(got.objects, clip.verdict.objects, strict=True):
        for field in ("iou", "detected", "class_agrees"):
            np.testing.assert_array_equal(getattr(a, field), getattr(b, field))


def test_columns_say_it_flat_and_nested(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = _judged(make_clip("judged"))
    _written(tmp_path, clip, make_clip("plain"))
    clips = pandas.read_parquet(tmp_path / "clips").set_index("clip_id")
    judged, plain = clips.loc["judged"], clips.loc["plain"]
    assert list(judged["qc_reasons"]) == ["missing_objects", "weather"] and list(plain["qc_reasons"]) == []
    assert (judged["qc_pass"], judged["qc_attempts"]) == (False, 3) and plain["qc_attempts"] == 1
    assert (judged["weather_achieved"], judged["crowdedness_achieved"]) == ("fog", 2.5)
    assert judged["nearest_training_clip"] == "drive-7-CAM_FRONT-00003"
    assert plain[["nearest_training_clip", "weather_achieved", "crowdedness_achieved"]].isna().all()
    objects = pandas.read_parquet(tmp_path / "objects").query("clip_id == 'judged'")
    assert (objects["qc_iou"].notna() == objects["scored"]).all()
    missed = objects[objects["qc_detected"].eq(False)]
    assert len(missed) and missed["qc_class_agrees"].isna().all() and (missed["qc_iou"] == 0.125).all()


def test_a_clip_without_boxes_keeps_what_was_seen_in_it(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = _judged(make_clip(labelled=False), objects=())
    assert _written(tmp_path, clip).clip(clip.clip_id).verdict == clip.verdict


def test_card_and_description_know_the_audit(tmp_path: Path, make_clip: MakeClip) -> None:
    passed = _judged(make_clip("b"), passed=True, reasons=(), achieved=Achieved(Weather.RAIN, None, 1.5))
    _written(tmp_path, _judged(make_clip("a")), passed, make_clip("c", verdict=Verdict()))
    card = (tmp_path / "README.md").read_text()
    assert "| weather | rain 3 | rain 3 | fog 1, rain 1 |" in card
    assert "Auditor none, perception: failed 1, not judged 1, passed 1." in card
    assert "Reasons: missing_objects 1, weather 1" in card
    assert "2 clips were made again, 4 times in all" in card
    assert "2.0 road users per frame |" in card
    description = json.loads((tmp_path / "croissant.json").read_text())
    fields = {f["@id"]: f for table in description["recordSet"] for f in table["field"]}
    assert fields["clips/qc_reasons"]["repeated"] is True and fields["clips/qc_reasons"]["dataType"] == "sc:Text"
    assert fields["objects/qc_detected"]["dataType"] == "sc:Boolean" and "clips/qc_scores" not in fields


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"passed": True}, "a clip that passed has no reasons"),
        ({"attempts": 0}, "made at least once"),
        ({"achieved": Achieved(None, None, float("inf"))}, "not a number of road users"),
        ({"objects": (ObjectVerdict(*np.full((3, 3), np.nan)),)}, "one set of objects per frame"),
        ({"objects": (ObjectVerdict(*np.full((3, 2), np.nan)),) * 3}, "one verdict per object"),
        ({"objects": (ObjectVerdict(*np.ones((3, 3))),) * 3}, "judged that is not scored"),
    ],
)
def test_verdicts_that_contradict_themselves_are_refused(
    tmp_path: Path, make_clip: MakeClip, changes: dict[str, Any], message: str
) -> None:
    with StoreWriter(tmp_path, StoreConfig(), {}) as writer:
        writer.write(make_clip("good"))
        with pytest.raises(DataError, match=message):
            writer.write(_judged(make_clip("bad"), **changes))
    assert StoreReader(tmp_path).clip_ids == ("good",)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("iou", 1.5, "an overlap is not within 0 to 1"),
        ("iou", np.nan, "judged in one column and not in another"),
        ("detected", 0.5, "a flag is neither 0 nor 1"),
    ],
)
def test_object_verdicts_that_contradict_themselves_are_refused(
    tmp_path: Path, make_clip: MakeClip, field: str, value: float, message: str
) -> None:
    clip = _judged(make_clip("bad"))
    first = clip.verdict.objects[0]
    broken = np.where(clip.labels[0].scored, value, np.nan)
    objects = (replace(first, **{field: broken}), *clip.verdict.objects[1:])
    with StoreWriter(tmp_path, StoreConfig(), {}) as writer:
        writer.write(make_clip("good"))
        with pytest.raises(DataError, match=message):
            writer.write(replace(clip, verdict=replace(clip.verdict, objects=objects)))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("qc_pass", True, "qc_reasons: the clip passed, but"),
        ("qc_attempts", 0, "qc_attempts: expected at least 1; got 0"),
        ("qc_attempts", None, "qc_attempts: value is missing"),
        ("qc_reasons", None, "qc_reasons: value is missing"),
        ("qc_reasons", [None], "qc_reasons: a reason is missing"),
        ("weather_achieved", "hail", "weather_achieved: unknown value 'hail'"),
        ("time_of_day_achieved", "noon", "time_of_day_achieved: unknown value 'noon'"),
        ("crowdedness_achieved", float("inf"), "crowdedness_achieved: value is not finite"),
    ],
)
def test_clip_verdicts_are_verified(
    tmp_path: Path, make_clip: MakeClip, name: str, value: object, message: str
) -> None:
    _written(tmp_path, _judged(make_clip()))
    assert message in _told_after(tmp_path, "clips", lambda row: row.update({name: value}))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("qc_iou", 7.0, "an overlap is not within 0 to 1"),
        ("qc_detected", None, "judged in one column and not in another"),
        ("scored", False, "an object was judged that is not scored"),
    ],
)
def test_object_verdicts_are_verified(
    tmp_path: Path, make_clip: MakeClip, name: str, value: object, message: str
) -> None:
    _written(tmp_path, _judged(make_clip()))

    def spoil(row: dict[str, Any]) -> None:
        next(item for item in row["objects"] if item["scored"]).update({name: value})

    assert message in _told_after(tmp_path, "frames", spoil)


def _told_after(root: Path, table: Any, edit: Callable[[dict[str, Any]], None]) -> str:
    """What is told of the rows after their first was changed."""
    manifest = StoreReader(root).manifest
    path = root / table / SHARD
    rows = read_rows(path, table)
    values = rows.to_pylist()
    edit(values[0])
    write_clips(path, table, [pa.Table.from_pylist(values, schema=rows.schema)], 64)
    paths: Any = {name: root / name / SHARD for name in ("clips", "frames", "objects")}
    return "\n".join(map(str, check_shard(paths, manifest, [])))
