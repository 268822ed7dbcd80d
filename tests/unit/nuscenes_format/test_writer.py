"""Our own roots: whole or not there, the same bytes every time, and sound in the devkit's eyes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivegen.core import DataError, Trajectory
from drivegen.nuscenes_format import NuScenesRoot, NuScenesWriter, check_tables


def table(root: Path, name: str) -> list[dict[str, Any]]:
    return json.loads((root / "v1.0-drivegen" / f"{name}.json").read_text())


def hashes(root: Path) -> dict[str, str]:
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_root_is_sound(root: Path, roots: Any) -> None:
    assert check_tables(root, roots.version) == []


def test_same_input_gives_the_same_bytes(root: Path, roots: Any, tmp_path: Path) -> None:
    again = roots.write(tmp_path / "again", visible=None)
    assert hashes(again) == hashes(root)
    assert not list(tmp_path.rglob("*.tmp"))


def test_every_frame_is_a_sample(root: Path, roots: Any) -> None:
    assert len(table(root, "sample")) == roots.frames
    assert all(row["is_key_frame"] for row in table(root, "sample_data"))
    assert not (root / "sweeps").exists()


def test_keyframe_hz_writes_the_sparse_form(roots: Any, tmp_path: Path) -> None:
    root = roots.write(tmp_path, keyframe_hz=2.0)
    keys = [row["is_key_frame"] for row in table(root, "sample_data") if roots.front in row["filename"]]
    assert [index for index, key in enumerate(keys) if key] == [0, 6, 12]
    samples = [row["token"] for row in table(root, "sample")]
    owners = [row["sample_token"] for row in table(root, "sample_data") if roots.front in row["filename"]]
    # A sweep belongs to the key frame that follows it, between which and the one before the devkit interpolates.
    assert [samples.index(token) for token in owners] == [0, *[1] * 6, *[2] * 6]
    assert all((root / row["filename"]).is_file() for row in table(root, "sample_data"))
    assert check_tables(root, roots.version) == []


def test_chains_lead_from_first_to_last(root: Path) -> None:
    rows = {row["token"]: row for row in table(root, "sample_annotation")}
    for instance in table(root, "instance"):
        token, count = instance["first_annotation_token"], 1
        while rows[token]["next"]:
            assert rows[rows[token]["next"]]["prev"] == token
            token, count = rows[token]["next"], count + 1
        assert (token, count) == (instance["last_annotation_token"], instance["nbr_annotations"])


def test_only_tracks_near_the_vehicle_are_annotated(root: Path) -> None:
    assert [row["nbr_annotations"] for row in table(root, "instance")] == [13, 8]


def test_visibility_comes_from_the_boxes_or_from_the_caller(root: Path, roots: Any, tmp_path: Path) -> None:
    assert table(root, "sample_annotation")[0]["visibility_token"] == "4"
    scenario = roots.scenario()
    with NuScenesWriter(tmp_path / "told") as writer:
        writer.add_scene(scenario, roots.pictures(scenario), visibility={(0, "car-1"): 0.5})
    rows = table(tmp_path / "told", "sample_annotation")
    assert [row["visibility_token"] for row in rows[:2]] == ["2", "1"]


def test_splits_lie_where_the_devkit_looks_for_them(roots: Any, tmp_path: Path) -> None:
    from nuscenes.utils.splits import get_scenes_of_split

    scenario = roots.scenario()
    with NuScenesWriter(tmp_path) as writer:
        writer.add_scene(scenario, roots.pictures(scenario))
        with pytest.raises(DataError, match="no such scene"):
            writer.close({"train": ["scene-z"]})
        writer.close({"mine": ["scene-a"]})
    from nuscenes.nuscenes import NuScenes

    nusc = NuScenes(roots.version, str(tmp_path), verbose=False)
    assert get_scenes_of_split("mine", nusc) == ["scene-a"]
    assert NuScenesRoot(tmp_path).splits() == {"mine": ("scene-a",)}


def test_nothing_is_seen_before_close_and_nothing_after_a_failure(roots: Any, tmp_path: Path) -> None:
    scenario = roots.scenario()
    with pytest.raises(RuntimeError), NuScenesWriter(tmp_path) as writer:
        writer.add_scene(scenario, roots.pictures(scenario))
        assert not (tmp_path / roots.version).exists()
        raise RuntimeError
    assert not list(tmp_path.glob("*v1.0*"))
    # What a killed run left does not keep the next one from finishing.
    (tmp_path / f".{roots.version}.tmp").mkdir()
    assert check_tables(roots.write(tmp_path), roots.version) == []


def test_a_finished_root_is_never_overwritten(root: Path, roots: Any) -> None:
    before = hashes(root)
    for version in (roots.version, "v1.0-other"):
        with pytest.raises(DataError, match="finished already"):
            NuScenesWriter(root, version)
    assert hashes(root) == before


def test_a_refused_scene_leaves_the_others(roots: Any, tmp_path: Path) -> None:
    good, bad = roots.scenario("good"), roots.scenario("bad")
    frames = roots.pictures(bad)
    with NuScenesWriter(tmp_path) as writer:
        writer.add_scene(good, roots.pictures(good))
        for name, wrong in {
            "one frame per frame time": {**frames, roots.front: frames[roots.front][:-1]},
            "frame has another size": {**frames, roots.front: [np.zeros((5, 5, 3), np.uint8)] * roots.frames},
            "frames for other cameras": {roots.front: frames[roots.front]},
        }.items():
            with pytest.raises(DataError, match=name):
                writer.add_scene(bad, wrong)
        with pytest.raises(DataError, match="there already"):
            writer.add_scene(good, roots.pictures(good))
    assert NuScenesRoot(tmp_path).scenes == ("good",)


def test_too_many_frames_are_refused(roots: Any, tmp_path: Path) -> None:
    scenario = roots.scenario()
    frames = roots.pictures(scenario)
    frames[roots.front].append(frames[roots.front][0])
    with NuScenesWriter(tmp_path) as writer:
        with pytest.raises(DataError, match="got 14 or more"):
            writer.add_scene(scenario, frames)
        writer.abandon()


@pytest.mark.parametrize("name", ["../out", "a/b", "", "..", "C:x", "new\nline"])
def test_names_that_are_no_file_names_are_refused(name: str, roots: Any, tmp_path: Path) -> None:
    scenario = roots.scenario(name)
    writer = NuScenesWriter(tmp_path)
    with pytest.raises(DataError, match="cannot be part of a file name"):
        writer.add_scene(scenario, roots.pictures(scenario))
    writer.abandon()
    with pytest.raises(DataError, match="not a version's name"):
        NuScenesWriter(tmp_path, name)


def test_settings_are_checked(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="jpg or png"):
        NuScenesWriter(tmp_path, image_format="gif")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="keyframe_hz"):
        NuScenesWriter(tmp_path, keyframe_hz=0.0)


def test_an_empty_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at least one scene"), NuScenesWriter(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_cameras_with_different_numbers_of_frames_are_refused(roots: Any, tmp_path: Path) -> None:
    times = roots.scenario().frame_times_us
    scenario = roots.scenario(frame_times_us={roots.front: times[roots.front][:5], "CAM_LEFT": times["CAM_LEFT"]})
    writer = NuScenesWriter(tmp_path)
    with pytest.raises(DataError, match="same number of frames"):
        writer.add_scene(scenario, roots.pictures(scenario))
    writer.abandon()


def test_png_keeps_every_pixel(roots: Any, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (roots.frames, *roots.size, 3), dtype=np.uint8)
    scenario = roots.scenario()
    with NuScenesWriter(tmp_path, image_format="png") as writer:
        writer.add_scene(scenario, {name: iter(noise) for name in scenario.cameras})
    root = NuScenesRoot(tmp_path)
    frames = [root.read_frame(ref) for ref in root.frame_refs("scene-a", roots.front)]
    assert np.array_equal(np.stack(frames), noise)


def test_a_turning_track_is_annotated_as_core_places_it(roots: Any, tmp_path: Path) -> None:
    # Keys at 2 Hz between the frames' times: the writer's vectorised placement equals core's, one time after another.
    keys = np.array([1_000_000, 1_450_000, 2_100_000])
    half = np.array([0.0, 0.4, 1.1])
    rotations = np.stack([np.cos(half), 0 * half, 0 * half, np.sin(half)], axis=1)
    path = Trajectory(keys, np.array([[9.0, 0, 1], [12.0, 3, 1], [20.0, 4, 1]]), rotations)
    turning = roots.track("turning", "truck", path, (8.0, 2.5, 3.0))
    root = roots.write(tmp_path, roots.scenario(tracks=(turning,)))
    times = {row["token"]: row["timestamp"] for row in table(root, "sample")}
    for row in table(root, "sample_annotation"):
        pose = path.pose_at(times[row["sample_token"]])
        assert np.allclose(row["translation"], pose.translation, atol=1e-6)
        assert np.allclose(row["rotation"], pose.rotation, atol=1e-9)
        assert row["size"] == [2.5, 8.0, 3.0]
