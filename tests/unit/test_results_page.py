"""tools/video_ldm_page.py and tools/figures_json.py: the page of Video LDM is made of what is there."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The page's tool, which is no part of the package."""
    monkeypatch.syspath_prepend(str(TOOLS))
    import video_ldm_page

    return video_ldm_page


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Where tools put their figures."""
    monkeypatch.syspath_prepend(str(TOOLS))
    import figures_json

    return figures_json


def test_every_section_stands_before_anything_was_run(page: ModuleType, store: ModuleType, tmp_path: Path) -> None:
    out = tmp_path / "video_ldm.json"
    page.main([f"out={out}"])
    text = out.with_suffix(".md").read_text()
    assert [f"## {number}. " in text for number in range(1, 11)] == [True] * 9 + [False]
    assert text.count(page.NOT_RUN) == len(store.SECTIONS)
    assert {key for section in page.SECTIONS for key in section.keys} == set(store.SECTIONS)


def test_figures_come_from_the_file_and_pictures_from_beside_it(
    page: ModuleType, store: ModuleType, tmp_path: Path
) -> None:
    out = tmp_path / "video_ldm.json"
    row = store.figure(np.float32(2 / 3), "Frechet distance", 64, 0, (0.5, np.float64(1.0)))
    store.put(out, "upsampler", {"video/frechet_video": row})
    store.put(out, "upsampler", {"image/frechet_video": store.figure(1234.5, "Frechet distance"), "steps": {
        "value": 1500, "unit": "optimiser steps"}})  # fmt: skip
    picture = tmp_path / "shot.png"
    page.write_small_png(picture, np.zeros((4, 8, 3), np.uint8))
    page.main([f"out={out}", f"picture.upsampler={picture}"])
    text = out.with_suffix(".md").read_text()
    assert "| video | 0.667 [0.5, 1] (64) |" in text
    assert "| image | 1,234 |" in text
    assert "* steps: 1,500 optimiser steps" in text
    assert "](video_ldm_upsampler.png)" in text
    assert text.count(page.NOT_RUN) == len(store.SECTIONS) - 1


def test_figures_are_kept_by_section_and_checked(store: ModuleType, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    store.put(out, "noise", {"a": store.figure(1, "x"), "b": store.figure(True, "y")})
    store.put(out, "image", {"a": store.figure("no", "z")})
    store.put(out, "noise", {"a": store.figure(2, "x")})
    held = json.loads(out.read_text())
    assert list(held) == ["image", "noise"]
    assert held["noise"]["a"] == {"value": 2, "unit": "x", "count": None, "seed": None, "interval": None}
    assert held["noise"]["b"]["value"] is True
    store.put(out, "noise", {"c": store.figure(3.0, "x")}, anew=True)
    assert list(store.read(out)["noise"]) == ["c"]
    with pytest.raises(ValueError, match="no section 'nose'"):
        store.put(out, "nose", {})
    with pytest.raises(ValueError, match=r"'d': lacks \['unit'\]"):
        store.put(out, "noise", {"d": {"value": 1}})
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.put(out, "noise", {"d": store.figure(float("nan"), "x")})
    # Nothing is left behind but the file, which is as it was.
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["figures.json"]
    assert list(store.read(out)["noise"]) == ["c"]


def test_an_ablation_becomes_figures(page: ModuleType, tmp_path: Path) -> None:
    arms = {
        arm: {"steps": 8.0, "frames_seen": 64.0, "training_seconds": 2.5, "parameters": 100.0}
        for arm in ("ours", "end_to_end")
    }
    estimate = {"value": 5.0, "low": 4.0, "high": 6.0}
    rows = [
        {"arm": "ours", "measure": "video", "distance": estimate, "difference": None},
        {"arm": "end_to_end", "measure": "video", "distance": estimate, "difference": estimate,
         "finding": "worse than ours", "paper_finding": "worse than ours"},
    ]  # fmt: skip
    facts = {"seeds": [3, 4, 5], "clips": 64, "frames": 8, "scenarios": 32, "rows": rows, "arms": arms}
    (tmp_path / "ablation.json").write_text(json.dumps({**facts, "reconstructed": {"video": 0.1, "image": 0.2}}))
    figures = page.ablation_figures(tmp_path)
    assert figures["end_to_end/frechet_video"]["interval"] == [4.0, 6.0]
    assert figures["end_to_end/frechet_video_finding"]["value"] == "worse than ours"
    assert "ours/frechet_video_finding" not in figures
    assert figures["ours/parameters"]["value"] == 100
