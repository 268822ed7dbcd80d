"""Stores as videos and pictures."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from drivegen.core import (
    Ambience,
    Clip,
    ConfigError,
    DataError,
    FrameKind,
    LabelPolicy,
    Provenance,
    Scenario,
    Track,
    Trajectory,
    forward_camera,
    label_frame,
)
from drivegen.export import export_store
from drivegen.export.export import draw_clip
from drivegen.export.video import write_mp4
from drivegen.store import StoreConfig, StoreWriter

SIZE = (48, 96)


def _clip(clip_id: str, frames: int = 5) -> Clip:
    times = np.array([0, 500_000])
    straight = np.tile([1.0, 0.0, 0.0, 0.0], (2, 1))
    car = Trajectory(times, np.array([[12.0, 0.0, 0.8], [14.0, 1.0, 0.8]]), straight)
    track = Track("car", "car", car, np.tile([4.5, 2.0, 1.6], (2, 1)))
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, height_m=1.5)
    stamps = np.arange(frames) * 100_000
    ego = Trajectory(times, np.zeros((2, 3)), straight)
    scenario = Scenario("s", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": stamps}, (track,))
    grey = np.linspace(60, 160, frames).astype(np.uint8)
    return Clip(
        clip_id=clip_id,
        scenario_id="s",
        camera="CAM_FRONT",
        frames=np.broadcast_to(grey[:, None, None, None], (frames, *SIZE, 3)).copy(),
        labels=tuple(label_frame(scenario, camera, int(t), LabelPolicy()) for t in stamps),
        ambience=Ambience(),
        fps=10.0,
        provenance=Provenance(FrameKind.RENDERED, "reference", 0),
    )


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of three grey clips with one car each."""
    with StoreWriter(tmp_path / "store", StoreConfig(), {}) as writer:
        for clip_id in ("a", "b", "c"):
            writer.write(_clip(clip_id))
    return tmp_path / "store"


def _decode(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name in ("libdav1d", "av1")
        assert container.streams.video[0].average_rate == 10
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_mp4_holds_every_frame_at_the_rate_of_the_clip(store: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    files = export_store(store, "mp4", tmp_path / "out", limit=2, progress=lambda done, n: steps.append((done, n)))
    assert [f.name for f in files] == ["a.mp4", "b.mp4"] and steps == [(1, 2), (2, 2)]
    frames = _decode(files[0])
    assert frames.shape == (5, 288, 576, 3)  # enlarged to at least 512 px
    expected = draw_clip(_clip("a"))
    assert np.abs(frames.astype(int) - expected).mean() < 4


def test_boxes_can_be_left_out(store: Path, tmp_path: Path) -> None:
    bare = _decode(export_store(store, "mp4", tmp_path / "out", boxes=False, limit=1, scale=2)[0])
    assert bare.shape == (5, 96, 192, 3)
    assert np.ptp(bare[0].reshape(-1, 3).mean(axis=1)) < 8
    boxed = draw_clip(_clip("a"), scale=2)
    assert (boxed != draw_clip(_clip("a"), boxes=False, scale=2)).any(axis=-1).mean() > 0.01


def test_mp4_is_the_same_twice(store: Path, tmp_path: Path) -> None:
    first = [f.read_bytes() for f in export_store(store, "mp4", tmp_path / "one")]
    assert first == [f.read_bytes() for f in export_store(store, "mp4", tmp_path / "two")]


def test_odd_sizes_are_padded_and_tiny_ones_refused(tmp_path: Path) -> None:
    write_mp4(tmp_path / "odd.mp4", np.full((2, 65, 99, 3), 128, np.uint8), 10.0)
    assert _decode(tmp_path / "odd.mp4").shape == (2, 66, 100, 3)
    with pytest.raises(DataError, match="too small"):
        write_mp4(tmp_path / "tiny.mp4", np.zeros((2, 32, 32, 3), np.uint8), 10.0)


def test_png_writes_strips_and_a_contact_sheet(store: Path, tmp_path: Path) -> None:
    files = export_store(store, "png", tmp_path / "out")
    assert [f.name for f in files] == ["a.png", "b.png", "c.png", "contact_sheet.png"]
    strip, sheet = cv2.imread(str(files[0])), cv2.imread(str(files[-1]))
    assert strip.shape[1] == 5 * 576 and strip.shape[0] >= 288
    assert sheet.shape[1] >= 3 * 576


def test_exporting_again_replaces_its_own_files_only(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_store(store, "png", out)
    files = export_store(store, "png", out, limit=1)
    assert sorted(p.name for p in out.iterdir()) == ["a.png", "contact_sheet.png", "export.json"]
    (out / "notes.txt").write_text("mine")
    before = files[0].read_bytes()
    with pytest.raises(DataError, match=r"holds other files; got notes\.txt; choose another out"):
        export_store(store, "png", out, boxes=False)
    assert files[0].read_bytes() == before and (out / "notes.txt").read_text() == "mine"


def test_exporting_into_the_store_is_refused(store: Path) -> None:
    with pytest.raises(DataError, match="holds other files"):
        export_store(store, "png", store)


def test_list_of_files_cannot_lead_out_of_the_folder(store: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("keep")
    out = tmp_path / "out"
    out.mkdir()
    (out / "export.json").write_text(json.dumps({"files": ["../precious", "a.png"]}))
    export_store(store, "png", out, limit=1)
    assert (tmp_path / "precious").read_text() == "keep"
    (out / "export.json").write_text("[]")
    with pytest.raises(DataError, match="not the list of an export"):
        export_store(store, "png", out)


def test_bad_requests_are_told(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(DataError, match=r"no such clip.*got z"):
        export_store(store, "png", out, clip_ids=("a", "z"))
    with pytest.raises(DataError, match="no clip to export"):
        export_store(store, "png", out, clip_ids=())
    with pytest.raises(ConfigError, match="format: unknown value; expected one of mp4, png; got gif"):
        export_store(store, "gif", out)  # type: ignore[arg-type]
    for values in ({"limit": 0}, {"scale": 0}):
        with pytest.raises(ConfigError, match="1 or more"):
            export_store(store, "png", out, **values)
    with pytest.raises(DataError, match="not a store"):
        export_store(tmp_path / "nothing", "png", out)
    assert not out.exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="not a folder"):
        export_store(store, "png", tmp_path / "file")
