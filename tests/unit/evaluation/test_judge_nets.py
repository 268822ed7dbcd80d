"""What the tool measures of a judge: an oracle is right everywhere, one that sees nothing by chance alone."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from drivegen.core import (
    CATEGORY_ID,
    Ambience,
    Clip,
    ClipObservation,
    Detections,
    FrameKind,
    FrameObservation,
    LabelPolicy,
    Provenance,
    Scenario,
    Track,
    Trajectory,
    forward_camera,
    label_boxes,
    label_frame,
)
from drivegen.core.arrays import Bytes, Floats

FPS, FRAMES = 4.0, 9
TOOL = Path(__file__).resolve().parents[3] / "tools" / "judge_nets_look.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("judge_nets_look", TOOL)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


# Half a second apart: longer gaps are not interpolated.
TIMES_US = np.arange(0, 3_000_001, 500_000)
UPRIGHT = np.tile([1.0, 0, 0, 0], (len(TIMES_US), 1))


def track(name: str, category: str, y_m: float) -> Track:
    path = Trajectory(TIMES_US, np.tile([22.0, y_m, 0.8], (len(TIMES_US), 1)), UPRIGHT)
    return Track(name, category, path, np.tile([4.0, 2.0, 1.6], (len(TIMES_US), 1)))


@pytest.fixture
def clip() -> Clip:
    """The vehicle drives at 2 m/s towards two parked cars and a pedestrian."""
    ego = Trajectory(TIMES_US, np.outer(TIMES_US / 1e6, [2.0, 0, 0]), UPRIGHT)
    camera = forward_camera("CAM_FRONT", (128, 256), 1.2, height_m=1.5)
    stamps = (np.arange(FRAMES) * 1e6 / FPS).astype(np.int64)
    tracks = (track("a", "car", 6.0), track("b", "car", -6.0), track("c", "pedestrian", 0.0))
    scenario = Scenario("scene", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": stamps}, tracks, Ambience())
    labels = tuple(label_frame(scenario, camera, int(t), LabelPolicy()) for t in stamps)
    frames = np.zeros((FRAMES, 128, 256, 3), np.uint8)
    frames[:] = (10 * np.arange(FRAMES, dtype=np.uint8))[:, None, None, None]
    return Clip(
        "clip", "scene", "CAM_FRONT", frames, labels, Ambience(), FPS, Provenance(FrameKind.RENDERED, "reference", 0)
    )


class Oracle:
    """Knows the labels; a blind one sees every object alike, at half its depth, and takes every order for natural."""

    sha256 = "oracle"

    def __init__(self, clip: Clip, tool: ModuleType, *, blind: bool) -> None:
        self._clip, self._tool, self._blind = clip, tool, blind

    def observe(
        self, frames: Bytes, boxes_px: Sequence[Floats], fps: float, window_frames: int = 16
    ) -> ClipObservation:
        natural = self._blind or bool((np.diff(frames[:, 0, 0, 0].astype(int)) > 0).all())
        seen = tuple(self._frame(i) for i in range(len(frames)))
        names = ["a", "b", "c"]
        same = np.full((3, 3), 3**-0.5, np.float32)
        basis = same if self._blind else np.eye(3, dtype=np.float32)
        identities = tuple(basis[[names.index(t) for t in labels.track_ids]] for labels in self._clip.labels)
        motion = np.zeros(len(frames) - 1)
        return ClipObservation(
            seen, identities, motion, motion, np.array([0.9 if natural else 0.1]), np.zeros((1, 2), np.float32), 16
        )

    def _frame(self, number: int) -> FrameObservation:
        labels = self._clip.labels[number]
        found = Detections(
            labels.visible_px,
            np.full(len(labels), 0.9),
            np.array([CATEGORY_ID[name] for name in labels.categories]),
            labels.depth_m * (0.5 if self._blind else 1.0),
            self._tool.observation_angles(labels) + (np.pi if self._blind else 2 * np.pi),
        )
        unknown = np.full(5, np.nan), np.full(3, np.nan)
        return FrameObservation(found, *unknown, float("nan"), np.zeros(2, np.float32))


@pytest.mark.parametrize("blind", [False, True])
def test_an_oracle_is_right_and_a_blind_judge_guesses(tool: ModuleType, clip: Clip, blind: bool) -> None:
    assert [labels.scored.tolist() for labels in clip.labels] == [[True] * 3] * FRAMES
    judge = Oracle(clip, tool, blind=blind)
    seen = judge.observe(clip.frames, label_boxes(clip.labels), FPS)
    found = tool.retrievals(clip, seen) | tool.orders(clip, seen, judge, seed=0)
    # Of 9 frames at 4 Hz, five have one a second later; three objects in each, of which two are cars.
    assert {name: mean.weight for name, mean in found.items() if name.startswith("retrieval")} == {
        "retrieval": 15, "retrieval_by_chance": 15, "retrieval_in_class": 10, "retrieval_in_class_by_chance": 10,
    }  # fmt: skip
    assert found["retrieval_by_chance"].value == pytest.approx(1 / 3)
    assert found["retrieval_in_class_by_chance"].value == pytest.approx(1 / 2)
    right = {name: found[name].value for name in ("retrieval", "retrieval_in_class", "order_shuffled")}
    by_chance = {"retrieval": 1 / 3, "retrieval_in_class": 1 / 2, "order_shuffled": 0.0}
    assert right == pytest.approx(by_chance if blind else dict.fromkeys(right, 1.0))
    assert found["order_natural"].value == found["order_natural_moving"].value == 1.0
    pairs = tool.in_space(clip, seen)
    assert len(pairs["log_depth"].true) == len(pairs["heading_rad"].true) == 27
    np.testing.assert_allclose(pairs["log_depth"].measured - pairs["log_depth"].true, np.log(0.5) if blind else 0.0)
    np.testing.assert_allclose(np.abs(pairs["heading_rad"].measured), np.pi if blind else 0.0, atol=1e-6)
