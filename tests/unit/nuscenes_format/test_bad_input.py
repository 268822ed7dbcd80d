"""Damaged roots: each damage is refused or skipped with one line that names file, row and field."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivegen.core import DataError
from drivegen.nuscenes_format import NuScenesRoot, check_tables
from drivegen.nuscenes_format.names import TABLES

Damage = Callable[[list[dict[str, Any]]], Any]


def change(field: str, value: Any, row: int = 3) -> Damage:
    return lambda rows: rows[row].__setitem__(field, value)


def refused(root: Path) -> str:
    """The one line with which a root is refused."""
    with pytest.raises(DataError) as caught:
        NuScenesRoot(root)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", TABLES)
def test_a_missing_table_is_named(root: Path, roots: Any, name: str) -> None:
    (root / roots.version / f"{name}.json").unlink()
    assert f"v1.0-drivegen/{name}.json: table is missing" in refused(root)
    assert check_tables(root, roots.version)[0].file == f"v1.0-drivegen/{name}.json"


@pytest.mark.parametrize("text", ["", "{", '{"token": 1}', '"text"', "[1, 2]", "null", "[[]]", "\ufeffnot json"])
def test_a_table_that_is_no_list_of_rows_is_named(root: Path, roots: Any, text: str) -> None:
    (root / roots.version / "sample.json").write_text(text)
    assert "v1.0-drivegen/sample.json: table" in refused(root)


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ("instance", "category_token"),
        ("instance", "last_annotation_token"),
        ("sample", "scene_token"),
        ("sample", "next"),
        ("sample_data", "sample_token"),
        ("sample_data", "ego_pose_token"),
        ("sample_data", "calibrated_sensor_token"),
        ("sample_annotation", "sample_token"),
        ("sample_annotation", "instance_token"),
        ("sample_annotation", "visibility_token"),
        ("calibrated_sensor", "sensor_token"),
        ("scene", "log_token"),
    ],
)
def test_a_dangling_token_is_named(root: Path, roots: Any, table: str, field: str) -> None:
    row = 0 if table in ("scene", "instance", "calibrated_sensor") else 3
    roots.edit(root, table, change(field, "no-such-token", row))
    assert f"v1.0-drivegen/{table}.json row {row} field {field}: dangling token 'no-such-token'" in refused(root)
    (problem,) = check_tables(root, roots.version)
    assert (problem.row, problem.field, problem.fatal) == (row, field, True)


@pytest.mark.parametrize(
    ("table", "damage", "message"),
    [
        ("sample", change("token", "x"), "row 5 field token: duplicate token x"),
        ("sample", lambda rows: rows[2].pop("token"), "row 2 field token: not a token: None"),
        ("sample", lambda rows: rows[2].pop("timestamp"), "row 2 field timestamp: field is missing"),
        ("sample", change("timestamp", "soon"), "row 3 field timestamp: expected int, got 'soon'"),
        ("sample", change("timestamp", True), "row 3 field timestamp: expected int, got True"),
        ("sample", change("scene_token", None), "row 3 field scene_token: not a token: None"),
        ("sample_annotation", change("attribute_tokens", ["x"]), "row 3 field attribute_tokens: dangling token 'x'"),
        ("sample_annotation", change("attribute_tokens", None), "expected a list of tokens, got None"),
        ("ego_pose", change("translation", [0, float("nan"), 0]), "row 3 field translation: value is not finite"),
        ("ego_pose", change("rotation", [0, 0, 0, 0]), "row 3 field rotation: rotation of length zero"),
        ("ego_pose", change("rotation", [1, 0, 0]), "row 3 field rotation: expected 4 numbers"),
        ("calibrated_sensor", change("translation", None, 0), "row 0 field translation: expected 3 numbers, got None"),
        ("scene", change("name", "../../etc/cron.d/x", 0), "row 0 field name: name cannot be part of a file name"),
        ("sensor", change("channel", "a/b", 0), "row 0 field channel: name cannot be part of a file name"),
        ("map", change("log_tokens", [], 0), "log.json row 0 field token: no row of map.json names this log"),
        ("map", change("filename", "maps/gone.png", 0), "row 0 field filename: map image is missing"),
        ("map", change("filename", "/etc/passwd", 0), "row 0 field filename: file name leaves the root"),
        ("sample_data", change("filename", "../../etc/passwd"), "row 3 field filename: file name leaves the root"),
        ("sample_data", change("filename", "/etc/passwd"), "row 3 field filename: file name leaves the root"),
        ("sample_data", change("filename", "..\\..\\secret"), "row 3 field filename: file name leaves the root"),
        ("sample_data", change("filename", ""), "row 3 field filename: file name leaves the root"),
        ("sample_data", change("is_key_frame", 1), "row 3 field is_key_frame: expected bool, got 1"),
    ],
)
def test_a_wrong_row_is_named(root: Path, roots: Any, table: str, damage: Damage, message: str) -> None:
    if "duplicate" in message:
        roots.edit(root, table, change("token", "x", 5))
    roots.edit(root, table, damage)
    text = refused(root)
    assert message in text
    assert str(root) in text
    assert check_tables(root, roots.version)


def test_scene_names_may_not_repeat(roots: Any, tmp_path: Path) -> None:
    root = roots.write(tmp_path, roots.scenario("a"), roots.scenario("b"))
    roots.edit(root, "scene", change("name", "a", 1))
    assert "scene.json row 1 field name: scene name repeats: 'a'" in refused(root)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("translation", [1.0, float("nan"), 0.0], "not finite"),
        ("translation", None, "expected 3 numbers"),
        ("size", [1.0, 0.0, 2.0], "size must be positive"),
        ("size", [1.0, -3.0, 2.0], "size must be positive"),
        ("size", ["1", "2", "3"], "expected 3 numbers"),
        ("size", [float("inf"), 1.0, 2.0], "not finite"),
        ("rotation", [0.0, 0.0, 0.0, 0.0], "rotation of length zero"),
        ("rotation", [1.0, 0.0], "expected 4 numbers"),
    ],
)
def test_an_impossible_annotation_is_skipped_and_counted(
    root: Path, roots: Any, field: str, value: Any, why: str
) -> None:
    roots.edit(root, "sample_annotation", change(field, value))
    opened = NuScenesRoot(root)
    (skipped,) = opened.skipped
    assert skipped.where == f"v1.0-drivegen/sample_annotation.json row 3 field {field}"
    assert why in skipped.why
    # The other annotations of the track stand; the gap of two frames is interpolated.
    times = set(opened.scenario("scene-a").tracks[0].trajectory.timestamps_us.tolist())
    assert set(roots.scenario().frame_times_us[roots.front].tolist()) - times == {1_250_000}
    (problem,) = check_tables(root, roots.version)
    assert not problem.fatal


def test_a_second_annotation_at_one_time_is_skipped(root: Path, roots: Any) -> None:
    roots.edit(root, "sample_annotation", lambda rows: rows[4].update(sample_token=rows[3]["sample_token"]))
    opened = NuScenesRoot(root)
    for _ in range(2):
        opened.scenario("scene-a")
    (skipped,) = opened.skipped
    assert "row 4" in skipped.where


def test_an_absent_image_is_skipped_and_counted(root: Path, roots: Any) -> None:
    gone = sorted((root / "samples" / roots.front).iterdir())[4]
    gone.unlink()
    opened = NuScenesRoot(root)
    scenario = opened.scenario("scene-a")
    refs = opened.frame_refs("scene-a", roots.front)
    assert [ref.index for ref in refs] == list(range(roots.frames - 1))
    assert len(scenario.frame_times_us[roots.front]) == len(refs)
    (skipped,) = opened.skipped
    assert gone.name in skipped.why
    assert "sample_data.json row 4 field filename" in skipped.where


def test_without_any_image_the_scene_is_refused(root: Path, roots: Any) -> None:
    for path in root.glob("samples/*/*.jpg"):
        path.unlink()
    with pytest.raises(DataError, match=r"scene-a: no camera of the scene can be used; got .*image is absent"):
        NuScenesRoot(root).scenario("scene-a")


def test_a_damaged_image_is_refused_when_it_is_read(root: Path, roots: Any) -> None:
    opened = NuScenesRoot(root)
    refs = opened.frame_refs("scene-a", roots.front)
    data = refs[0].path.read_bytes()
    damages = {0: data[: len(data) // 2], 1: b"", 2: b"not an image at all", 3: data[:2]}
    for index, damage in damages.items():
        refs[index].path.write_bytes(damage)
        with pytest.raises(DataError) as caught:
            opened.read_frame(refs[index])
        assert refs[index].path.name in str(caught.value)
    refs[4].path.unlink()
    with pytest.raises(DataError, match="image cannot be read"):
        opened.read_frame(refs[4])
    assert opened.read_frame(refs[5]).shape == (*roots.size, 3)


def test_a_truncated_png_is_refused(roots: Any, tmp_path: Path) -> None:
    opened = NuScenesRoot(roots.write(tmp_path, image_format="png"))
    path = opened.frame_refs("scene-a", roots.front)[0].path
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="truncated"):
        opened.read_frame(opened.frame_refs("scene-a", roots.front)[0])


def test_an_image_of_another_size_is_refused(root: Path, roots: Any) -> None:
    roots.edit(root, "sample_data", lambda rows: [row.update(height=30) for row in rows] and None)
    opened = NuScenesRoot(root)
    with pytest.raises(DataError, match="image has another size"):
        opened.read_frame(opened.frame_refs("scene-a", roots.front)[0])


@pytest.mark.parametrize("value", [[], [[1, 0, 0], [0, 1, 0]], [[0, 0, 0], [0, 5, 0], [0, 0, 1]]])
def test_a_camera_without_intrinsics_is_refused_and_the_others_stay(root: Path, roots: Any, value: Any) -> None:
    roots.edit(root, "calibrated_sensor", change("camera_intrinsic", value, 0))
    opened = NuScenesRoot(root)
    with pytest.raises(DataError, match=r"calibrated_sensor\.json row 0 field camera_intrinsic.*CAM_FRONT: camera"):
        opened.frame_refs("scene-a", roots.front)
    assert opened.cameras("scene-a") == ("CAM_LEFT",)
    assert list(opened.scenario("scene-a").cameras) == ["CAM_LEFT"]
    (skipped,) = opened.skipped
    assert "calibrated_sensor.json row 0" in skipped.where
    (problem,) = check_tables(root, roots.version)
    assert problem.field == "camera_intrinsic"


def test_without_any_usable_camera_the_scene_is_refused(root: Path, roots: Any) -> None:
    roots.edit(root, "calibrated_sensor", lambda rows: [row.update(camera_intrinsic=[]) for row in rows] and None)
    with pytest.raises(DataError, match=r"no camera of the scene can be used; got .*calibrated_sensor\.json row"):
        NuScenesRoot(root).scenario("scene-a")


def test_a_camera_without_an_image_size_is_refused(root: Path, roots: Any) -> None:
    roots.edit(root, "sample_data", lambda rows: [row.update(height=0) for row in rows[:13]] and None)
    opened = NuScenesRoot(root)
    with pytest.raises(DataError, match="CAM_FRONT: camera without an image size"):
        opened.frame_refs("scene-a", roots.front)


def test_a_link_out_of_the_root_is_refused(root: Path, roots: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    path = sorted((root / "samples" / roots.front).iterdir())[0]
    secret.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(secret)
    opened = NuScenesRoot(root)
    with pytest.raises(DataError, match=r"sample_data\.json row 0 field filename: file name leaves the root"):
        opened.frame_refs("scene-a", roots.front)
    (problem,) = check_tables(root, roots.version)
    assert problem.row == 0


def test_a_linked_folder_out_of_the_root_is_refused_and_a_linked_root_is_not(
    root: Path, roots: Any, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    assert len(NuScenesRoot(link).frame_refs("scene-a", roots.front)) == roots.frames
    (root / "samples").rename(tmp_path / "elsewhere")
    (root / "samples").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="leaves the root"):
        NuScenesRoot(root).scenario("scene-a")


def test_calibration_may_not_change_within_a_scene(root: Path, roots: Any) -> None:
    def add(rows: list[dict[str, Any]]) -> None:
        rows.append({**rows[0], "token": "e" * 32, "translation": [9.0, 0.0, 1.0]})

    roots.edit(root, "calibrated_sensor", add)
    roots.edit(root, "sample_data", change("calibrated_sensor_token", "e" * 32))
    assert "sample_data.json row 3 field calibrated_sensor_token: calibration of CAM_FRONT changes" in refused(root)


@pytest.mark.parametrize(
    ("file", "value"),
    [
        ("drivegen_scenes.json", []),
        ("drivegen_scenes.json", {"scene-a": {"weather": "hail", "time_of_day": "day", "source": "", "license": ""}}),
        ("drivegen_scenes.json", {"scene-a": {"weather": "rain"}}),
        ("drivegen_tracks.json", {"scene-a": {"car-1": 5}}),
        ("drivegen_tracks.json", {"scene-a": 5}),
        ("splits.json", {"train": "scene-a"}),
    ],
)
def test_our_own_files_are_checked(root: Path, roots: Any, file: str, value: Any) -> None:
    (root / roots.version / file).write_text(json.dumps(value))
    with pytest.raises(DataError, match=file):
        opened = NuScenesRoot(root)
        opened.scenario("scene-a")
        opened.splits()


@pytest.mark.parametrize("text", ["{", "[]", '{"road": []}', '{"road": [{"type": "Circle"}]}'])
def test_a_damaged_road_map_is_refused(root: Path, text: str) -> None:
    (root / "maps" / "drivegen" / "scene-a.json").write_text(text)
    with pytest.raises(DataError, match=r"maps/drivegen/scene-a\.json"):
        NuScenesRoot(root).scenario("scene-a")


def test_what_the_devkit_refuses_is_one_line_too(root: Path, roots: Any) -> None:
    # A lidar segmentation table without its folder ends the devkit with a traceback.
    (root / roots.version / "lidarseg.json").write_text("[]")
    assert "nuscenes-devkit cannot load the tables" in refused(root)


def test_check_tables_of_nothing(tmp_path: Path) -> None:
    (problem,) = check_tables(tmp_path, "v1.0-mini")
    assert "no such folder" in str(problem)
    assert np.all([p.fatal for p in check_tables(tmp_path, "../x")])
