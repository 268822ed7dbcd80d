"""Paint colours from pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from drivegen.data import ClipDataset, ClipIndex, DataConfig, central_colour

WriteRoot = Callable[..., Path]


def test_the_middle_of_the_box_counts() -> None:
    frame = np.zeros((20, 20, 3), np.uint8)
    frame[5:15, 5:15] = (255, 51, 0)
    assert central_colour(frame, np.array([2.0, 2.0, 18.0, 18.0])) == pytest.approx((1.0, 0.2, 0.0))


def test_unknown_tracks_take_the_colour_that_is_seen(write_root: WriteRoot) -> None:
    config = DataConfig(roots=(write_root(["a", "b"]),), image_size=(16, 32), frames=4)
    red, green = (ClipDataset(ClipIndex.from_config(config))[i] for i in (0, 3))
    assert red.labels[0].appearance[0] == pytest.approx([200 / 255, 30 / 255, 30 / 255], abs=0.02)
    assert green.labels[0].appearance[0] == pytest.approx([30 / 255, 200 / 255, 30 / 255], abs=0.02)


def test_it_can_be_switched_off(write_root: WriteRoot) -> None:
    config = DataConfig(roots=(write_root(["a"]),), image_size=(16, 32), frames=4, estimate_appearance=False)
    assert np.isnan(ClipDataset(ClipIndex.from_config(config))[0].labels[0].appearance).all()
