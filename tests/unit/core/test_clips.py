from collections.abc import Callable

import numpy as np
import pytest

from drivegen.core import Ambience, Clip, DataError, FrameKind, LabelPolicy, Provenance, Scenario, Track, label_frame


def _clip(scenario: Scenario, frames: np.ndarray, n_labels: int) -> Clip:
    camera = scenario.cameras["CAM_FRONT"]
    labels = tuple(label_frame(scenario, camera, t * 250_000, LabelPolicy()) for t in range(n_labels))
    provenance = Provenance(FrameKind.RENDERED, "reference", 0)
    return Clip("c", "s", "CAM_FRONT", frames, labels, Ambience(), 4.0, provenance)


def test_crowdedness_of_a_clip(standing: Callable[..., Track], make_scenario: Callable[..., Scenario]) -> None:
    scenario = make_scenario(standing("a", "car", 10.0))
    assert _clip(scenario, np.zeros((2, 128, 256, 3), np.uint8), 2).crowdedness == 1.0


@pytest.mark.parametrize(
    ("shape", "dtype", "message"),
    [
        ((2, 128, 256, 3), np.float32, r"expected uint8 \(T, H, W, 3\); got float32"),
        ((2, 3, 128, 256), np.uint8, "wrong frames"),
        ((3, 128, 256, 3), np.uint8, "one set of labels per frame; expected 3; got 2"),
        ((2, 64, 128, 3), np.uint8, "labels are at another size"),
    ],
)
def test_frames_must_match_labels(
    shape: tuple[int, ...], dtype: type, message: str, make_scenario: Callable[..., Scenario]
) -> None:
    with pytest.raises(DataError, match=message):
        _clip(make_scenario(), np.zeros(shape, dtype), 2)
