"""The audit of pixels: what it refuses and what its numbers mean."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.audit import AuditConfig, FrameAuditConfig, make_auditor
from drivegen.audit.frames import flicker
from drivegen.core import (
    Ambience,
    Clip,
    ConfigError,
    FrameKind,
    LabelPolicy,
    Provenance,
    Scenario,
    Trajectory,
    decode,
    forward_camera,
    label_frame,
)

SIZE = (32, 64)


def clip_of(frames: np.ndarray) -> Clip:
    times = np.arange(len(frames)) * 100_000
    still = Trajectory(times, np.zeros((len(times), 3)), np.tile([1.0, 0, 0, 0], (len(times), 1)))
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, 1.5)
    scenario = Scenario("s", still, {"CAM_FRONT": camera}, {"CAM_FRONT": times}, ())
    labels = tuple(label_frame(scenario, camera, int(time), LabelPolicy()) for time in times)
    provenance = Provenance(FrameKind.RENDERED, "reference", 0)
    return Clip("c", "s", "CAM_FRONT", frames, labels, Ambience(), 10.0, provenance)


def noise(frames: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (frames, *SIZE, 3), dtype=np.uint8)


def test_none_does_not_judge() -> None:
    verdict = make_auditor(AuditConfig(kind="none")).audit(clip_of(noise()))
    assert (verdict.auditor, verdict.passed, verdict.scores) == ("none", None, {})


def test_ordinary_frames_pass_with_finite_scores() -> None:
    verdict = make_auditor(AuditConfig(kind="frames")).audit(clip_of(noise()))
    assert verdict.passed is True
    assert verdict.auditor == "frames"
    assert all(np.isfinite(value) for value in verdict.scores.values())
    assert verdict.scores["luma_mean_255"] == pytest.approx(127.5, abs=3)
    assert verdict.scores["blank_frames_count"] == 0


@pytest.mark.parametrize("value", [0, 128, 255])
def test_one_constant_frame_fails_the_clip(value: int) -> None:
    frames = noise()
    frames[1] = value
    verdict = make_auditor(AuditConfig(kind="frames")).audit(clip_of(frames))
    assert verdict.passed is False
    assert verdict.scores["blank_frames_count"] == 1
    assert verdict.reasons == ("blank_frames",)


def test_saturated_frame_fails() -> None:
    # What not-a-number becomes as bytes: black and white, with plenty of contrast.
    frames = np.where(noise() > 127, 255, 0).astype(np.uint8)
    frames[..., 1:] = frames[..., :1]
    verdict = make_auditor(AuditConfig(kind="frames")).audit(clip_of(frames))
    assert verdict.passed is False
    assert verdict.scores["saturated_fraction"] == 1.0


def test_flicker_ignores_exposure_and_sees_noise() -> None:
    still = np.tile(np.linspace(20, 200, 64, dtype=np.float32), (4, 32, 1))
    brighter = still + np.arange(4, dtype=np.float32)[:, None, None] * 5
    assert flicker(still) == 0
    assert flicker(brighter) == pytest.approx(0, abs=1e-4)
    assert flicker(still[:1]) == 0
    assert flicker(noise(4)[..., 0].astype(np.float32)) > 50


def test_blur_lowers_sharpness() -> None:
    auditor = make_auditor(AuditConfig(kind="frames"))
    sharp = noise()
    soft = ((sharp.astype(np.uint16) + np.roll(sharp, 1, axis=2) + np.roll(sharp, 1, axis=1)) // 3).astype(np.uint8)
    name = "sharpness_mean_255sq"
    assert auditor.audit(clip_of(soft)).scores[name] < auditor.audit(clip_of(sharp)).scores[name]


def test_bad_settings_name_their_path() -> None:
    with pytest.raises(ConfigError, match=r"audit\.kind.*none, frames"):
        decode(AuditConfig, {"kind": "frame"}, "audit")
    with pytest.raises(ConfigError, match=r"audit\.frames\.max_saturated_fraction"):
        decode(AuditConfig, {"frames": {"max_saturated_fraction": 2}}, "audit")
    assert FrameAuditConfig().min_contrast > 0
