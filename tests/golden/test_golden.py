"""Today's answers are those that were frozen."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("regenerate", FOLDER / "regenerate.py")
assert _spec is not None
assert _spec.loader is not None
regenerate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(regenerate)


@pytest.mark.parametrize("name", regenerate.ANSWERS)
def test_the_answer_is_the_frozen_one(name: str) -> None:
    frozen = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    _same(regenerate.ANSWERS[name](), frozen, name)


def _same(answer: Any, frozen: Any, where: str) -> None:
    assert type(answer) is type(frozen), where
    if isinstance(frozen, dict):
        assert answer.keys() == frozen.keys(), where
        for key, value in frozen.items():
            _same(answer[key], value, f"{where}.{key}")
    elif isinstance(frozen, list):
        assert len(answer) == len(frozen), where
        for i, (a, f) in enumerate(zip(answer, frozen, strict=True)):
            _same(a, f, f"{where}[{i}]")
    elif isinstance(frozen, float):
        np.testing.assert_allclose(answer, frozen, rtol=0, atol=1e-6, err_msg=where)
    else:
        assert answer == frozen, where


def test_the_frozen_projection_is_a_projection() -> None:
    frozen = json.loads((FOLDER / "projection.json").read_text(encoding="utf-8"))
    assert frozen["in_image"][:3] == [True, True, True]
    assert frozen["in_image"][4] is False
    assert 0 < frozen["visible_fraction"][1] < 1
