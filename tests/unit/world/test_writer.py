"""Written worlds: roots, splits, maps, resume, refusal, the same bytes with several workers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivegen.core import Crowdedness, DataError, LabelPolicy, label_frame
from drivegen.nuscenes_format import NuScenesRoot, check_tables
from drivegen.world import WorldConfig, make_scene, split_of, write_world
from drivegen.world.writer import settings_hash

CONFIG = WorldConfig(
    scenes=3, duration_s=0.3, hz=10.0, size=(32, 64), crowdedness=(Crowdedness.SPARSE, Crowdedness.MODERATE), workers=1
)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of three scenes with everything beside its images."""
    out = tmp_path_factory.mktemp("world") / "world"
    assert write_world(replace(CONFIG, depth=True, instances=True), out) == [out]
    return out


def test_a_root_reads_back(written: Path) -> None:
    assert check_tables(written, "v1.0-drivegen") == []
    root = NuScenesRoot(written)
    assert root.scenes == tuple(f"world-0-{i:05d}" for i in range(3))
    made, read = make_scene(CONFIG, 1).scenario, root.scenario("world-0-00001")
    assert read.ambience == made.ambience
    assert len(read.frame_times_us["CAM_FRONT"]) == CONFIG.frames
    assert read.road_map is not None
    assert made.road_map is not None
    assert json.dumps(read.road_map.to_dict()) == json.dumps(made.road_map.to_dict())
    frame = root.read_frame(root.frame_refs("world-0-00001", "CAM_FRONT")[0])
    assert frame.shape == (32, 64, 3)


def test_labels_are_the_same_from_disk(written: Path) -> None:
    made, read = make_scene(CONFIG, 1).scenario, NuScenesRoot(written).scenario("world-0-00001")
    seen = 0
    for time in made.frame_times_us["CAM_FRONT"]:
        ours, theirs = (label_frame(s, s.cameras["CAM_FRONT"], int(time), LabelPolicy()) for s in (read, made))
        assert ours.visibility_measured
        assert ours.track_ids == theirs.track_ids
        assert ours.attributes == theirs.attributes
        np.testing.assert_array_equal(ours.visible_fraction, theirs.visible_fraction)
        np.testing.assert_allclose(ours.amodal_px, theirs.amodal_px, atol=1e-3)
        seen += len(ours)
    assert seen


def test_instance_maps_show_the_tracks_that_labels_call_visible(written: Path) -> None:
    root = NuScenesRoot(written)
    tracks = json.loads((written / "v1.0-drivegen" / "drivegen_tracks.json").read_text())
    found = 0
    for scene in root.scenes:
        scenario = root.scenario(scene)
        values = {track_id: entry["mask_value"] for track_id, entry in tracks[scene].items()}
        for ref in root.frame_refs(scene, "CAM_FRONT"):
            mask, depth = root.read_instances(ref), root.read_depth(ref)
            assert mask is not None
            assert depth is not None
            assert mask.shape == depth.shape == (32, 64)
            labels = label_frame(scenario, scenario.cameras["CAM_FRONT"], ref.timestamp_us, LabelPolicy())
            for i, track_id in enumerate(labels.track_ids):
                there = mask == values[track_id]
                if not there.any():
                    continue
                found += 1
                assert labels.visible_fraction[i] > 0
                near = 0.5 * float(np.linalg.norm(labels.boxes_ego.sizes[i])) + 0.5
                assert np.abs(depth[there] - labels.depth_m[i]).max() <= near
    assert found


def test_every_scene_is_in_a_split(written: Path) -> None:
    splits = NuScenesRoot(written).splits()
    for index in range(3):
        assert f"world-0-{index:05d}" in splits[split_of(CONFIG, index)]
    notes = json.loads((written / "v1.0-drivegen" / "held_out.json").read_text())
    assert set(notes) == {"combinations", "test"}
    assert set(notes["test"]) == set(splits["test"])


def test_workers_change_no_byte(written: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, depth=True, instances=True, workers=2)
    write_world(config, tmp_path / "two")
    assert files_of(written) == files_of(tmp_path / "two")
    assert settings_hash(config) == settings_hash(replace(config, workers=5))


def test_many_scenes_make_several_roots_and_reruns_keep_them(tmp_path: Path) -> None:
    config = replace(CONFIG, scenes_per_root=2)
    told: list[tuple[int, int]] = []
    roots = write_world(config, tmp_path, lambda done, total: told.append((done, total)))
    assert told == [(i, 3) for i in range(4)]
    assert [r.name for r in roots] == ["root-00000", "root-00001"]
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.jpg")}
    assert write_world(config, tmp_path) == roots
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.jpg")} == before


def test_a_world_may_end_early_and_go_on_later(tmp_path: Path) -> None:
    config = replace(CONFIG, scenes_per_root=1)
    answers = iter([True, False])
    some = write_world(config, tmp_path / "some", go_on=lambda: next(answers))
    assert [root.name for root in some] == ["root-00000"]
    assert not (tmp_path / "some" / "root-00001").exists()
    # What is there is not asked about, and what comes later is what would have come at once.
    answers = iter([True, True])
    assert len(write_world(config, tmp_path / "some", go_on=lambda: next(answers))) == 3
    assert len(write_world(config, tmp_path / "some", go_on=lambda: pytest.fail("nothing is missing"))) == 3


def test_other_settings_and_foreign_roots_are_refused(tmp_path: Path) -> None:
    write_world(replace(CONFIG, scenes=1), tmp_path / "a")
    with pytest.raises(DataError, match="duration_s"):
        write_world(replace(CONFIG, scenes=1, duration_s=0.5), tmp_path / "a")
    (tmp_path / "b" / "v1.0-mini").mkdir(parents=True)
    with pytest.raises(DataError, match="choose another folder"):
        write_world(replace(CONFIG, scenes=1), tmp_path / "b")


def test_a_file_is_no_place_for_a_world(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataError, match=r"cannot be written to.*out="):
            write_world(replace(CONFIG, scenes=1), out)


def test_roots_do_not_lie_inside_of_roots(tmp_path: Path) -> None:
    (tmp_path / "one" / "v1.0-drivegen").mkdir(parents=True)
    with pytest.raises(DataError, match="another world is there"):
        write_world(replace(CONFIG, scenes_per_root=1), tmp_path / "one")
    (tmp_path / "many" / "root-00000").mkdir(parents=True)
    with pytest.raises(DataError, match="another world is there"):
        write_world(CONFIG, tmp_path / "many")


def test_an_interrupted_world_is_finished(tmp_path: Path) -> None:
    config = replace(CONFIG, scenes=2)

    def stop(done: int, _: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_world(config, tmp_path / "a", stop)
    assert not list((tmp_path / "a").glob("v1.0-*"))
    write_world(config, tmp_path / "a")
    write_world(config, tmp_path / "b")
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")


def test_the_devkit_draws_the_boxes(written: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from nuscenes.nuscenes import NuScenes

    nusc = NuScenes("v1.0-drivegen", str(written), verbose=False)
    token = nusc.sample[0]["data"]["CAM_FRONT"]
    picture = tmp_path / "drawn.png"
    nusc.render_sample_data(token, out_path=str(picture), verbose=False)
    assert picture.stat().st_size > 1000
