"""The nets that ship to judge: they load, they are two, and what they see in rendered frames is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivegen.audit import PerceptionAuditor
from drivegen.audit.faults import FAULTS
from drivegen.core import Clip, TimeOfDay, Weather, label_boxes
from drivegen.generation import SampleConfig, sample
from drivegen.generation.config import SampleAuditConfig
from drivegen.models.perception import default_perception_folder, load_observer, load_perception
from drivegen.store import StoreReader

# The region branch took more than was planned: decision 13.
MAX_PARAMETERS = 5_000_000
CLIPS = 8


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Rendered clips of scenes that no net was trained on, in all kinds of weather and light."""
    out: Path = tmp_path_factory.mktemp("judged") / "store"
    audit = SampleAuditConfig(kind="none")
    sample(SampleConfig(clips=CLIPS, seed=77, generator="reference", image_size=(128, 256), audit=audit, out=out))
    return list(StoreReader(out).clips())


def test_two_nets_of_different_making() -> None:
    audit, evaluation = (load_perception(default_perception_folder(role)) for role in ("audit", "evaluation"))
    assert (audit.info.role, evaluation.info.role) == ("audit", "evaluation")
    assert audit.info.config.kind != evaluation.info.config.kind
    assert audit.sha256 != evaluation.sha256
    assert sum(p.numel() for net in (audit.net, evaluation.net) for p in net.parameters()) <= MAX_PARAMETERS


@pytest.mark.parametrize("role", ["audit", "evaluation"])
def test_they_name_time_of_day_and_weather(role: str, clips: list[Clip]) -> None:
    observer = load_observer(default_perception_folder(role))
    right = 0
    for clip in clips:
        seen = observer.observe(clip.frames, label_boxes(clip.labels), clip.fps)
        times = list(TimeOfDay)
        weathers = list(Weather)
        mean_time = np.mean([frame.time_of_day for frame in seen.frames], axis=0)
        mean_weather = np.mean([frame.weather for frame in seen.frames], axis=0)
        right += times[int(mean_time.argmax())] is clip.ambience.time_of_day
        right += weathers[int(mean_weather.argmax())] is clip.ambience.weather
    assert right >= 2 * len(clips) - 2


def test_labels_that_do_not_fit_are_missed_more_often(clips: list[Clip]) -> None:
    auditor = PerceptionAuditor(load_observer(default_perception_folder("audit")))
    judged = [(clip, FAULTS["shifted_labels"](clip, 0)) for clip in clips]
    pairs = [(auditor.audit(clip), auditor.audit(shifted)) for clip, shifted in judged if shifted is not None]
    clean, faulty = ([verdict.scores["detected_fraction"] for verdict in column] for column in zip(*pairs, strict=True))
    assert len(clean) >= 4
    assert np.mean(clean) > 2 * np.mean(faulty)


def test_the_wrong_time_of_day_does_not_pass(clips: list[Clip]) -> None:
    auditor = PerceptionAuditor(load_observer(default_perception_folder("audit")))
    relabelled = [FAULTS["relabelled_time"](clip, 0) for clip in clips]
    verdicts = [auditor.audit(clip) for clip in relabelled if clip is not None]
    assert sum("time_of_day_margin" in verdict.reasons for verdict in verdicts) >= len(clips) - 1
