"""The whole auditor: with what a perfect judge sees, and with a small net that has learnt nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivegen.audit import (
    AuditConfig,
    Auditor,
    PerceptionAuditConfig,
    PerceptionAuditor,
    Thresholds,
    TrainingIndex,
    build_training_index,
    make_auditor,
    make_observer,
    observe_clip,
)
from drivegen.audit.looking import window_length
from drivegen.core import Ambience, Clip, DataError, Observer, Verdict, Weather, decode, encode
from drivegen.models.perception import (
    PerceptionConfig,
    PerceptionInfo,
    build_perception,
    save_perception,
)

TINY = PerceptionConfig(
    image_size=(64, 128), width=8, identity_dim=4, feature_dim=8, clip_size=(32, 64), clip_width=8, clip_feature_dim=8
)
# Bounds for a judge that sees all; off: what a street of noise cannot show.
LENIENT = Thresholds(
    missed_surprise=0.5,
    track_missed_surprise=1.5,
    class_surprise=1.5,
    hallucination_surprise=0.5,
    weather_margin=-2.0,
    time_of_day_margin=-2.0,
    identity_drift=0.6,
    colour_jump=None,
    motion_ratio=None,
    repeated_share=0.2,
    flicker_ratio=None,
    disorder=None,
    order_probability=0.2,
    nearest_training_ratio=None,
)


@pytest.fixture(scope="module")
def net_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit-net") / "net"
    save_perception(folder, build_perception(TINY), PerceptionInfo("tiny", TINY, role="audit"))
    return folder


@pytest.fixture(scope="module")
def observer(net_folder: Path) -> Observer:
    return make_observer(with_net(net_folder))


def with_net(folder: Path, **values: Any) -> AuditConfig:
    return AuditConfig(perception=PerceptionAuditConfig(net=folder, device="cpu", **values))


def judge(clip: Clip, seen: Any, thresholds: Thresholds = LENIENT, index: TrainingIndex | None = None) -> Verdict:
    """The verdict over an observation made by hand; nobody looks."""

    class Nobody:
        sha256 = "nobody"

        def observe(self, *_: object, **__: object) -> Any:
            raise AssertionError("a verdict needs no second look")

    return PerceptionAuditor(Nobody(), PerceptionAuditConfig(thresholds=thresholds), None, index).verdict(clip, seen)


def test_a_clip_that_shows_its_labels_passes(hand: Any) -> None:
    labels = hand.street(6)
    verdict = judge(hand.clip(labels), hand.seen(labels))
    assert (verdict.auditor, verdict.passed, verdict.reasons) == ("perception", True, ())
    assert verdict.achieved.weather is Weather.RAIN
    assert verdict.achieved.crowdedness == 3.0
    assert len(verdict.objects) == 6
    assert verdict.nearest_training_clip is None
    assert all(value == round(value, 4) for value in verdict.scores.values())


def test_reasons_name_what_is_wrong(hand: Any) -> None:
    labels = hand.street(6)
    clip, seen = hand.clip(labels), hand.seen(labels)
    snow = replace(clip, ambience=Ambience(Weather.SNOW, clip.ambience.time_of_day))
    assert judge(snow, seen).reasons == ("weather_margin",)
    unseen = hand.seen(hand.street(6, without="car"))
    # As many users, one of them not there.
    unseen = replace(seen, frames=unseen.frames)
    verdict = judge(clip, unseen)
    assert verdict.passed is False
    assert set(verdict.reasons) == {"missed_surprise", "track_missed_surprise"}
    fewer = hand.clip(hand.street(6, without="car"))
    identities = hand.seen(fewer.labels).identities
    extra = judge(fewer, replace(seen, identities=identities))
    assert extra.reasons == ("hallucination_surprise",)


def test_a_blank_frame_comes_first(hand: Any) -> None:
    labels = hand.street(4)
    clip = hand.clip(labels)
    frames = clip.frames.copy()
    frames[2] = 0
    verdict = judge(replace(clip, frames=frames), hand.seen(labels))
    assert verdict.reasons[0] == "blank_frames"
    assert verdict.scores["blank_frames_count"] == 1


def test_an_unlabelled_clip_has_no_objects(hand: Any) -> None:
    labels = hand.street(4)
    verdict = judge(hand.clip(labels, labelled=False), hand.seen(labels))
    assert verdict.objects == ()
    assert "detected_fraction" not in verdict.scores


def test_the_nearest_training_clip(hand: Any) -> None:
    labels = hand.street(4)
    features = np.array([[0, 0, 0, 0], [1, 1, 1, 0]], dtype=np.float16)
    index = TrainingIndex(("far", "near"), features, "nobody")
    copied = judge(hand.clip(labels), hand.seen(labels), replace(LENIENT, nearest_training_ratio=0.6), index)
    assert copied.nearest_training_clip == "near"
    assert copied.scores["nearest_training_ratio"] == 0.5
    assert copied.reasons == ("nearest_training_ratio",)
    assert judge(hand.clip(labels), hand.seen(labels), LENIENT, index).passed


@pytest.mark.parametrize("frames", [1, 2, 5])
@pytest.mark.parametrize("road", ["street", "road"])
def test_a_net_looks_at_any_clip(frames: int, road: str, observer: Observer, hand: Any) -> None:
    clip = hand.clip(getattr(hand, road)(frames, ego_mps=4.0))
    auditor: Auditor = PerceptionAuditor(observer)
    verdict = auditor.audit(clip)
    assert verdict.scores == auditor.audit(clip).scores
    assert verdict.achieved.weather is not None
    assert all(np.isfinite(value) for value in verdict.scores.values())
    assert len(verdict.objects) == frames


def test_a_second_look_is_not_needed(observer: Observer, hand: Any) -> None:
    clip = hand.clip(hand.street(3))
    auditor = PerceptionAuditor(observer)
    assert auditor.verdict(clip, observe_clip(observer, clip)).scores == auditor.audit(clip).scores


def test_windows_cover_nearly_all_frames() -> None:
    assert [window_length(n) for n in (1, 8, 16, 23, 24, 29, 60, 64)] == [1, 8, 16, 23, 12, 14, 15, 16]


def test_the_net_of_the_configuration(net_folder: Path, hand: Any) -> None:
    config = decode(AuditConfig, encode(with_net(net_folder)))
    assert config == with_net(net_folder)
    assert make_auditor(config).audit(hand.clip(hand.road(2))).auditor == "perception"


def test_an_observer_in_the_nets_place(observer: Observer, tmp_path: Path, hand: Any) -> None:
    auditor = make_auditor(with_net(tmp_path / "nowhere"), observer)
    assert auditor.audit(hand.clip(hand.road(2))).auditor == "perception"


def test_a_missing_net_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no audit net.*audit\.kind=frames"):
        make_auditor(with_net(tmp_path / "nowhere"))


def test_the_evaluation_net_must_not_filter(tmp_path: Path) -> None:
    save_perception(tmp_path / "net", build_perception(TINY), PerceptionInfo("e", TINY, role="evaluation"))
    with pytest.raises(DataError, match="the evaluation net must not filter"):
        make_auditor(with_net(tmp_path / "net"))


def test_the_index_must_be_the_judges(observer: Observer, net_folder: Path, tmp_path: Path, hand: Any) -> None:
    clip = hand.clip(hand.road(2))
    mine = build_training_index(observer, [("a", clip.frames, 4.0), ("b", clip.frames[::-1], 4.0)])
    other = replace(mine, features_sha256="another")
    assert make_auditor(with_net(net_folder), None, mine).audit(clip).nearest_training_clip == "a"
    # The model's index is another judge's: nothing can be said. Asked for by name, it is a mistake.
    assert make_auditor(with_net(net_folder), None, other).audit(clip).nearest_training_clip is None
    other.save(tmp_path / "other.safetensors")
    with pytest.raises(DataError, match="made by another judge"):
        make_auditor(with_net(net_folder, training_index=tmp_path / "other.safetensors"))


def test_predictions_in_the_nets_place(net_folder: Path, tmp_path: Path, hand: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    labels = hand.street(3)
    rows = [
        {"clip_id": "c", "frame_index": t, "score": 0.9, "category": frame.categories[i]}
        | dict(zip(("x_min_px", "y_min_px", "x_max_px", "y_max_px"), map(float, frame.visible_px[i]), strict=True))
        for t, frame in enumerate(labels)
        for i in np.flatnonzero(frame.scored)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "mine.parquet")
    auditor = make_auditor(with_net(net_folder, predictions=tmp_path / "mine.parquet"))
    assert auditor.audit(hand.clip(labels)).scores["detected_fraction"] == 1
