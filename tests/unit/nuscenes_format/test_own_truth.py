"""What our own roots add to nuScenes: sightings, attributes over time, map layers, depth and instance maps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivegen.core import (
    DataError,
    LabelPolicy,
    LightState,
    RoadMap,
    Sightings,
    TerrainGrid,
    TrafficLight,
    label_frame,
)
from drivegen.nuscenes_format import FrameFiles, NuScenesRoot, NuScenesWriter, encode_depth, encode_instances
from drivegen.nuscenes_format.maps import read_depth, read_instances
from drivegen.nuscenes_format.sightings_file import read_sightings, sightings_bytes


def with_truth(roots: Any) -> Any:
    """The usual scenario; masks see half of the car, a quarter of it from the side, and never the walker."""
    scenario = roots.scenario()
    ids = tuple(track.track_id for track in scenario.tracks)
    sightings = {}
    for camera, share in ((roots.front, 0.5), ("CAM_LEFT", 0.25)):
        times = scenario.frame_times_us[camera]
        fraction, visible = np.zeros((len(times), 3)), np.full((len(times), 3, 4), np.nan)
        fraction[:, 0], visible[:, 0] = share, (20.0, 8.0, 28.5, 14.0)
        sightings[camera] = Sightings(times, ids, fraction, visible)
    car, *others = scenario.tracks
    attributes = ("vehicle.moving",) * 6 + ("vehicle.stopped",) * 7
    road_map = replace(
        scenario.road_map,
        terrain=TerrainGrid((-50.0, -50.0), 100.0, np.array([[0.0, 1.0], [2.0, 3.5]])),
        traffic_lights=(TrafficLight(0, ((1.0, 2.0),), (0.5,), (), ((5, LightState.RED),)),),
    )
    car = replace(car, attribute="vehicle.stopped", attributes=attributes)
    return replace(scenario, tracks=(car, *others), sightings=sightings, road_map=road_map)


@pytest.fixture
def written(roots: Any, tmp_path: Path) -> tuple[Any, Path]:
    scenario = with_truth(roots)
    return scenario, roots.write(tmp_path / "root", scenario, visible=None)


def test_sightings_come_back(written: tuple[Any, Path]) -> None:
    before, root = written
    after = NuScenesRoot(root).scenario("scene-a")
    assert after.sightings is not None
    for camera, theirs in before.sightings.items():
        ours = after.sightings[camera]
        assert ours.track_ids == theirs.track_ids
        np.testing.assert_array_equal(ours.times_us, theirs.times_us)
        np.testing.assert_array_equal(ours.fraction, theirs.fraction)
        np.testing.assert_array_equal(ours.visible_px, theirs.visible_px)
        time = int(theirs.times_us[3])
        labels = label_frame(after, after.cameras[camera], time, LabelPolicy())
        expected = label_frame(before, before.cameras[camera], time, LabelPolicy())
        assert labels.visibility_measured
        assert labels.track_ids == expected.track_ids
        np.testing.assert_array_equal(labels.visible_fraction, expected.visible_fraction)


def test_cameras_may_see_different_tracks_or_none(tmp_path: Path) -> None:
    def seen(*ids: str) -> Sightings:
        return Sightings(np.array([5, 9]), ids, np.full((2, len(ids)), 0.5), np.ones((2, len(ids), 4)))

    path = tmp_path / "a.npz"
    path.write_bytes(sightings_bytes({"A": seen("x", "y"), "B": seen("y", "z"), "C": seen()}))
    read = read_sightings(path)
    assert {name: s.fraction[1].tolist() for name, s in read.items()} == {
        "A": [0.5, 0.5, 0.0], "B": [0.0, 0.5, 0.5], "C": [0.0, 0.0, 0.0],
    }  # fmt: skip
    path.write_bytes(sightings_bytes({"A": seen()}))
    assert read_sightings(path)["A"].fraction.shape == (2, 0)


def test_visibility_levels_are_those_of_the_masks(written: tuple[Any, Path]) -> None:
    _, root = written
    rows = json.loads((root / "v1.0-drivegen" / "sample_annotation.json").read_text())
    # v40-60 for the car, which the front camera sees best; v0-40 for the walker.
    assert [row["visibility_token"] for row in rows] == ["2"] * 13 + ["1"] * 8


def test_attributes_over_time_come_back(written: tuple[Any, Path]) -> None:
    before, root = written
    car, walker = NuScenesRoot(root).scenario("scene-a").tracks
    assert car.attribute == "vehicle.stopped"
    times = before.frame_times_us["CAM_FRONT"].tolist()
    assert tuple(car.attribute_at(time) for time in times) == before.tracks[0].attributes
    assert walker.attributes is None


def test_map_layers_come_back(written: tuple[Any, Path]) -> None:
    before, root = written
    after = NuScenesRoot(root).scenario("scene-a").road_map
    assert after is not None
    assert after.to_dict() == before.road_map.to_dict()
    assert isinstance(after, RoadMap)


@pytest.mark.parametrize("wrong", [b"", b"PK\x03\x04 nonsense", b"no zip"])
def test_damaged_sightings_are_told(written: tuple[Any, Path], wrong: bytes) -> None:
    _, root = written
    (root / "sightings" / "scene-a.npz").write_bytes(wrong)
    with pytest.raises(DataError, match=r"scene-a\.npz.*not sightings"):
        NuScenesRoot(root).scenario("scene-a")


def test_depth_and_instance_maps_lie_beside_the_images(roots: Any, tmp_path: Path) -> None:
    scenario = roots.scenario()
    depth = np.full(roots.size, 12.345, dtype=np.float32)
    depth[0] = np.inf
    depth[1] = 2000.0
    index = np.full(roots.size, -1)
    index[5] = 1
    frames = {
        name: [FrameFiles(image, encode_depth(depth), encode_instances(index)) for image in images]
        for name, images in roots.pictures(scenario).items()
    }
    with NuScenesWriter(tmp_path) as writer:
        writer.add_scene(scenario, frames, visibility={})
    root = NuScenesRoot(tmp_path)
    ref = root.frame_refs("scene-a", "CAM_LEFT")[4]
    read, values = root.read_depth(ref), root.read_instances(ref)
    assert read is not None
    assert values is not None
    np.testing.assert_allclose(read[2:], 12.345, atol=0.00501)
    assert np.isinf(read[:2]).all()
    assert values[5].tolist() == [2] * roots.size[1]
    assert values[6].max() == 0
    tracks = json.loads((tmp_path / "v1.0-drivegen" / "drivegen_tracks.json").read_text())["scene-a"]
    assert {name: entry["mask_value"] for name, entry in tracks.items()} == {"car-1": 1, "walker": 2}


def test_roots_without_maps_have_none(root: Path, roots: Any) -> None:
    opened = NuScenesRoot(root)
    ref = opened.frame_refs("scene-a", roots.front)[0]
    assert opened.read_depth(ref) is None
    assert opened.read_instances(ref) is None
    assert opened.scenario("scene-a").sightings is None


def test_what_is_no_map_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(DataError, match="not a map"):
        read_depth(tmp_path / "a.png")
    with pytest.raises(DataError, match="cannot be read"):
        read_instances(tmp_path / "b.png")
    with pytest.raises(DataError, match="too many instances"):
        encode_instances(np.array([[70000]]))
