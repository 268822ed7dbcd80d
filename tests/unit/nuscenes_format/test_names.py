"""The closed tables agree with the devkit's, and tokens are what they promise."""

from __future__ import annotations

import pytest

from drivegen.core import CATEGORIES
from drivegen.nuscenes_format.names import DETECTION_CLASS, GENERAL_CATEGORY, make_token, visibility_token


def test_detection_classes_are_the_devkits() -> None:
    from nuscenes.eval.detection.utils import category_to_detection_name
    from nuscenes.utils.color_map import get_colormap

    names = [*get_colormap(), "vehicle.emergency.police", "movable_object.debris", "static_object.bicycle_rack"]
    assert {name: DETECTION_CLASS.get(name) for name in names} == {n: category_to_detection_name(n) for n in names}


def test_every_category_survives_the_round_trip() -> None:
    assert [DETECTION_CLASS[GENERAL_CATEGORY[name]] for name in CATEGORIES] == list(CATEGORIES)


@pytest.mark.parametrize(
    ("fraction", "token"),
    [(0.0, "1"), (0.39, "1"), (0.4, "2"), (0.59, "2"), (0.6, "3"), (0.8, "4"), (1.0, "4"), (-0.0, "1")],
)
def test_visibility_levels(fraction: float, token: str) -> None:
    assert visibility_token(fraction) == token


def test_tokens_are_fixed_and_do_not_run_together() -> None:
    assert make_token("a", "b") == make_token("a", "b")
    assert len(make_token("a")) == 32
    assert make_token("a", "bc") != make_token("ab", "c")
    assert make_token("scene", 1) == make_token("scene", "1")
