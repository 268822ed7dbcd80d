"""How clips are cut for the clip branch."""

from __future__ import annotations

import pytest

from drivegen.models.perception.windows import spans_of


@pytest.mark.parametrize("window", [1, 2, 5, 8, 16])
@pytest.mark.parametrize("frames", [1, 2, 3, 8, 15, 16, 17, 29, 32, 33, 60, 61])
def test_every_step_comes_from_one_span_that_shows_it(frames: int, window: int) -> None:
    spans = spans_of(frames, window)
    steps = [step for span in spans for step in range(*span.steps)]
    assert sorted(steps) == list(range(frames - 1))
    for span in spans:
        assert 0 <= span.start < span.stop <= frames
        assert all(span.start <= step and step + 1 < span.stop for step in range(*span.steps))


@pytest.mark.parametrize(
    ("frames", "window", "expected"),
    [
        (29, 16, [(0, 16)]),
        (60, 16, [(0, 16), (16, 32), (32, 48)]),
        (32, 16, [(0, 16), (16, 32)]),
        (5, 16, [(0, 5)]),
        (1, 16, [(0, 1)]),
    ],
)
def test_windows_follow_one_another(frames: int, window: int, expected: list[tuple[int, int]]) -> None:
    assert [(s.start, s.stop) for s in spans_of(frames, window) if s.described] == expected


def test_a_bridge_sees_both_of_its_windows() -> None:
    bridge = spans_of(32, 16)[1]
    assert (bridge.start, bridge.stop, bridge.steps, bridge.described) == (12, 20, (15, 16), False)
