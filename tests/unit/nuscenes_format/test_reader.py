"""What a root gives back: scenarios, images, and a count of everything left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivegen.core import Ambience, DataError, LabelPolicy, TimeOfDay, label_frame
from drivegen.nuscenes_format import NuScenesRoot, open_roots


def test_an_own_root_gives_the_scenario_back(root: Path, roots: Any) -> None:
    before, after = roots.scenario(), NuScenesRoot(root).scenario("scene-a")
    assert after.ambience == before.ambience
    assert (after.source, after.license) == (before.source, before.license)
    assert json.dumps(after.road_map.to_dict()) == json.dumps(before.road_map.to_dict())
    assert [t.track_id for t in after.tracks] == ["car-1", "walker"]
    car = after.tracks[0]
    assert (car.category, car.attribute, car.appearance, car.body) == (
        "car",
        "vehicle.moving",
        (0.8, 0.1, 0.05),
        "sedan",
    )
    assert np.allclose(car.trajectory.positions[: roots.frames], before.tracks[0].trajectory.positions, atol=1e-6)


def test_images_come_in_the_order_of_time(roots: Any, tmp_path: Path) -> None:
    root = NuScenesRoot(roots.write(tmp_path, keyframe_hz=2.0))
    refs = root.frame_refs("scene-a", roots.front)
    assert [ref.index for ref in refs] == list(range(roots.frames))
    assert [ref.index for ref in refs if ref.is_key_frame] == [0, 6, 12]
    assert [ref.timestamp_us for ref in refs] == root.scenario("scene-a").frame_times_us[roots.front].tolist()
    assert [round(float(root.read_frame(ref).mean())) for ref in refs] == [10 * ref.index for ref in refs]


def test_key_frames_alone_give_the_boxes_in_between(roots: Any, tmp_path: Path) -> None:
    dense, sparse = roots.scenario(), NuScenesRoot(roots.write(tmp_path, keyframe_hz=2.0)).scenario("scene-a")
    for time in dense.frame_times_us[roots.front].tolist():
        truth = dense.tracks[0].trajectory.pose_at(time)
        assert np.allclose(sparse.tracks[0].trajectory.pose_at(time).translation, truth.translation, atol=1e-5)


def test_boxes_agree_with_the_devkit(root: Path, roots: Any) -> None:
    from nuscenes.nuscenes import NuScenes

    nusc = NuScenes(roots.version, str(root), verbose=False)
    scenario = NuScenesRoot(root).scenario("scene-a")
    camera = scenario.cameras[roots.front]
    for sample in nusc.sample:
        token = sample["data"][roots.front]
        _, boxes, intrinsics = nusc.get_sample_data(token)
        assert np.allclose(intrinsics, camera.intrinsics)
        labels = label_frame(scenario, camera, nusc.get("sample_data", token)["timestamp"], LabelPolicy())
        ours = labels.boxes_ego.transformed(camera.ego_from_camera.inverse())
        theirs = sorted(box.center.tolist() for box in boxes)
        assert np.allclose(sorted(ours.centers.tolist()), theirs, atol=1e-5)


def test_somebody_elses_root_is_known_by_its_description(root: Path, roots: Any) -> None:
    (root / roots.version / "drivegen_scenes.json").unlink()
    (root / roots.version / "drivegen_tracks.json").unlink()
    roots.edit(root, "scene", lambda rows: rows[0].update(description="Night, parked cars"))
    scenario = NuScenesRoot(root).scenario("scene-a")
    assert scenario.ambience == Ambience(None, TimeOfDay.NIGHT)
    assert (scenario.source, scenario.license) == (f"nuscenes:{roots.version}", "see source dataset")
    assert scenario.tracks[0].appearance is None
    assert len(scenario.tracks[0].track_id) == 32


def test_a_root_without_annotations_has_no_tracks(root: Path, roots: Any) -> None:
    for name in ("sample_annotation", "instance", "category", "attribute", "visibility"):
        roots.edit(root, name, lambda rows: [])
    scenario = NuScenesRoot(root).scenario("scene-a")
    assert scenario.tracks == ()
    assert len(scenario.frame_times_us[roots.front]) == roots.frames


def test_official_splits_hold_for_official_scenes(roots: Any, tmp_path: Path) -> None:
    names = ("scene-0061", "scene-0103", "mine")
    root = NuScenesRoot(roots.write(tmp_path, *[roots.scenario(name) for name in names]))
    splits = root.splits()
    assert splits["mini_train"] == ("scene-0061",)
    assert splits["mini_val"] == ("scene-0103",)
    assert "mine" not in {name for scenes in splits.values() for name in scenes}


def test_lidar_rows_without_files_do_not_matter(root: Path, roots: Any) -> None:
    lidar = "f" * 32
    roots.edit(root, "sensor", lambda rows: rows.append({"token": lidar, "channel": "LIDAR_TOP", "modality": "lidar"}))
    row = {"token": lidar, "sensor_token": lidar, "translation": [0, 0, 2], "rotation": [1, 0, 0, 0]}
    roots.edit(root, "calibrated_sensor", lambda rows: rows.append({**row, "camera_intrinsic": []}))

    def add_sweep(rows: list[dict[str, Any]]) -> None:
        name = "samples/LIDAR_TOP/a.pcd.bin"
        rows.append({**rows[0], "token": lidar, "calibrated_sensor_token": lidar, "filename": name, "height": 0})

    roots.edit(root, "sample_data", add_sweep)
    opened = NuScenesRoot(root)
    assert opened.cameras("scene-a") == (roots.front, "CAM_LEFT")
    opened.scenario("scene-a")
    assert opened.skipped == []


def test_unknown_categories_are_counted_by_name(root: Path, roots: Any) -> None:
    roots.edit(
        root, "category", lambda rows: [r.update(name="animal") for r in rows if r["name"].endswith("adult")] and None
    )
    opened = NuScenesRoot(root)
    assert [t.track_id for t in opened.scenario("scene-a").tracks] == ["car-1"]
    (skipped,) = opened.skipped
    assert skipped.where.endswith("category.json animal")
    assert "8 annotations" in skipped.why


def test_unknown_names_are_told(root: Path) -> None:
    opened = NuScenesRoot(root)
    with pytest.raises(DataError, match="no such scene"):
        opened.scenario("scene-b")
    with pytest.raises(DataError, match="no such camera"):
        opened.frame_refs("scene-a", "CAM_BACK")


def test_roots_and_folders_of_roots(roots: Any, tmp_path: Path) -> None:
    for name in ("b", "a"):
        roots.write(tmp_path / "many" / name, roots.scenario(name))
    roots.write(tmp_path / "one", roots.scenario("c"))
    (tmp_path / "many" / "notes").mkdir()
    opened = open_roots([tmp_path / "many", tmp_path / "one"])
    assert [root.scenes for root in opened] == [("a",), ("b",), ("c",)]
    assert [root.scenes for root in open_roots([tmp_path / "many"], roots.version)] == [("a",), ("b",)]


def test_what_is_no_root_is_told(root: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, message in ((tmp_path / "nowhere", "no such nuScenes root"), (tmp_path / "empty", "no nuScenes root")):
        with pytest.raises(DataError, match=message):
            open_roots([path])
    with pytest.raises(DataError, match="no tables in this nuScenes root"):
        NuScenesRoot(tmp_path / "empty")
    with pytest.raises(DataError, match=r"no such version.*expected v1\.0-drivegen; got v1\.0-mini"):
        NuScenesRoot(root, "v1.0-mini")
    (root / "v1.0-other").mkdir()
    with pytest.raises(DataError, match=r"several versions.*name one"):
        NuScenesRoot(root)
