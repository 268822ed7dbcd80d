"""The judge judged: faults are caught by the checks that are there for them, and counts are what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from drivegen.audit.calibration import calibrated
from drivegen.audit.config import PerceptionAuditConfig
from drivegen.audit.detectors import DetectorObserver
from drivegen.audit.faults import FAULTS
from drivegen.audit.perception import PerceptionAuditor
from drivegen.audit.sanity import Examined, Judged, Share, examine, rejudged, sanity_table, summarise
from drivegen.audit.thresholds import CHECKS, Thresholds
from drivegen.audit.training_index import build_training_index
from drivegen.core import Ambience, Clip, ClipObservation, Detections, Observer, TimeOfDay, Weather, stream
from drivegen.core.arrays import Bytes, Floats
from drivegen.models.perception import PerceptionConfig, PerceptionObserver, build_perception

MakePainted = Callable[..., Clip]
NEVER = Thresholds(**{name: 1e9 if bound == "most" else -1e9 for name, bound in CHECKS.items()})


def streets(make: MakePainted, count: int) -> list[Clip]:
    """Clips of streets with cars and pedestrians drawn at random."""
    clips = []
    for i in range(count):
        rng = stream(5, "street", i)
        objects = [
            ("car" if rng.uniform() < 0.6 else "pedestrian", float(rng.uniform(14, 30)), float(side * (2.5 + 2 * k)))
            for k, side in enumerate((-1, 1, -1, 1))
        ]
        ambience = Ambience(list(Weather)[rng.integers(5)], list(TimeOfDay)[rng.integers(3)])
        clips.append(
            make(
                f"street-{i}",
                size=(64, 128),
                frames=6,
                objects=objects,
                ambience=ambience,
                speed_mps=float(rng.uniform(2, 4)),
            )
        )
    return clips


class Counting(Observer):
    """Passes on what another observer sees and counts how often it is asked."""

    def __init__(self, observer: Observer) -> None:
        self.observer, self.looks = observer, 0

    @property
    def sha256(self) -> str:
        return self.observer.sha256

    def observe(
        self, frames: Bytes, boxes_px: Sequence[Floats], fps: float, window_frames: int = 16
    ) -> ClipObservation:
        self.looks += 1
        return self.observer.observe(frames, boxes_px, fps, window_frames)


def test_an_observer_that_sees_well_catches_the_faults(painted_clip: MakePainted, paint_observer: Observer) -> None:
    clips = streets(painted_clip, 20)
    auditor = PerceptionAuditor(paint_observer)
    examined = [examine(clip, auditor, 0) for clip in clips]
    thresholds, facts = calibrated(examined, target=0.05)
    table = summarise([rejudged(one, thresholds) for one in examined])
    assert facts.alarms == table.false_alarms.value
    assert table.found.value > 0.95
    assert table.false_alarms.value <= 0.05
    shares = {row.fault: row.caught.value for row in table.rows}
    assert set(shares) == set(FAULTS)
    # Without training clips nothing is a copy of one.
    assert np.isnan(shares.pop("copied_clip"))
    assert min(shares.values()) >= 0.8, shares
    for row in table.rows:
        assert row.caught.count + row.not_applicable == len(clips)
        assert set(row.figures) == set(FAULTS[row.fault].checks)
        # Judged on the same clips without the fault, the same checks are silent.
        assert sum(row.fired_clean.values()) <= 1


@pytest.mark.parametrize("region_width", [0, 8])
def test_one_look_serves_all_labellings_and_equals_a_look_of_its_own(
    painted_clip: MakePainted, region_width: int
) -> None:
    net = build_perception(PerceptionConfig(width=8, clip_width=8, region_width=region_width))
    counting = Counting(PerceptionObserver(net, "fresh"))
    auditor = PerceptionAuditor(counting)
    clip = painted_clip(frames=4)
    found = examine(clip, auditor, 3)
    pixel_faults = [name for name in found.faulty if FAULTS[name].changes == "pixels"]
    assert pixel_faults and len(found.faulty) > len(pixel_faults)
    assert counting.looks == 1 + len(pixel_faults)
    assert found.clean.scores == auditor.audit(clip).scores
    for name, judged in found.faulty.items():
        faulty = FAULTS[name](clip, 3)
        assert faulty is not None
        verdict = auditor.audit(faulty)
        assert (judged.scores, judged.reasons) == (verdict.scores, verdict.reasons), name


def test_a_copy_of_a_training_clip_is_near_it(painted_clip: MakePainted) -> None:
    torch.manual_seed(0)
    observer = PerceptionObserver(build_perception(PerceptionConfig(width=8, clip_width=8)), "fresh")
    clip, *others = streets(painted_clip, 5)
    index = build_training_index(observer, ((one.clip_id, one.frames, one.fps) for one in others))
    auditor = PerceptionAuditor(observer, training_index=index)
    found = examine(clip, auditor, 0, {"copied_clip": FAULTS["copied_clip"]})
    copy, clean = (judged.scores["nearest_training_ratio"] for judged in (found.faulty["copied_clip"], found.clean))
    assert copy < 0.5 * clean
    known = auditor.with_index(index.with_clip(clip.clip_id, auditor.observer.observe(
        clip.frames, [np.zeros((0, 4))] * len(clip.frames), clip.fps, len(clip.frames)).window_features))  # fmt: skip
    assert known.audit(clip).nearest_training_clip == clip.clip_id
    assert known.audit(clip).scores["nearest_training_ratio"] < 0.01
    assert auditor.audit(clip).nearest_training_clip != clip.clip_id


def test_a_blind_detector_is_found_out(painted_clip: MakePainted, paint_observer: Observer) -> None:
    def blind(frame: Bytes) -> Detections:
        return Detections.empty()

    config = PerceptionAuditConfig(thresholds=Thresholds(missed_surprise=0.5))
    auditor = PerceptionAuditor(DetectorObserver(paint_observer, blind, "blind"), config)
    table = sanity_table([painted_clip()], auditor, 0)
    assert table.found.hits == 0 and table.found.count > 20
    assert table.false_alarms.value == 1.0


def test_thresholds_are_applied_again_without_a_look(painted_clip: MakePainted, paint_observer: Observer) -> None:
    strict = PerceptionAuditConfig(thresholds=replace(NEVER, missed_surprise=-1.0))
    clip = painted_clip(frames=4)
    found = examine(clip, PerceptionAuditor(paint_observer, strict), 0)
    assert found.clean.reasons == ("missed_surprise",)
    assert rejudged(found, NEVER).clean.reasons == ()
    assert rejudged(rejudged(found, NEVER), strict.thresholds) == found
    blank = replace(found, clean=Judged(found.clean.scores, ("blank_frames", "missed_surprise")))
    assert rejudged(blank, NEVER).clean.reasons == ("blank_frames",)


def examined(name: str, clean: tuple[str, ...], **faulty: tuple[str, ...]) -> Examined:
    scores = {"weather_margin": 2.0}
    return Examined(
        name, name, Judged(scores, clean),
        {fault: Judged({"weather_margin": -4.0}, reasons) for fault, reasons in faulty.items()},
        {"car": (5, 4, 3, 2)},
    )  # fmt: skip


def test_the_table_counts() -> None:
    table = summarise(
        [
            examined("a", (), relabelled_weather=("weather_margin",)),
            examined("b", ("disorder",), relabelled_weather=("disorder",)),
            examined("c", ()),
        ]
    )
    row = next(row for row in table.rows if row.fault == "relabelled_weather")
    # Failing for another reason is not being caught.
    assert (row.caught, row.not_applicable) == (Share(1, 2), 1)
    assert (row.fired, row.fired_clean) == ({"weather_margin": 1, "disorder": 1}, {"disorder": 1})
    assert row.figures == {"weather_margin": (2.0, -4.0)}
    assert (table.false_alarms, table.false_alarms_by_check) == (Share(1, 3), {"disorder": 1})
    assert (table.found, table.found_by_class) == (Share(12, 15), {"car": Share(12, 15)})
    assert table.right_by_class == {"car": Share(6, 9)}
    assert next(row for row in table.rows if row.fault == "frozen_video").caught == Share(0, 0)


@pytest.mark.parametrize(("hits", "count", "low", "high"), [(0, 10, 0.0, 0.2775), (95, 100, 0.8882, 0.9785)])
def test_wilsons_interval(hits: int, count: int, low: float, high: float) -> None:
    assert Share(hits, count).interval_95 == pytest.approx((low, high), abs=1e-3)
    assert np.isnan(Share(0, 0).value) and Share(0, 0).interval_95 == (0.0, 1.0)
