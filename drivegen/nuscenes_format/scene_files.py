"""One scenario as files of a root and as text of its tables.

Everything but the tables can be written by any process: file names depend on the scenario alone. What comes back is
text that the root's one `NuScenesWriter` appends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from drivegen.core import DataError, Scenario, encode
from drivegen.core.arrays import Bytes
from drivegen.nuscenes_format.annotation_rows import annotation_rows
from drivegen.nuscenes_format.files import dump_json, unsafe_name, write_atomic
from drivegen.nuscenes_format.images import encode_image
from drivegen.nuscenes_format.names import DEPTH_FOLDER, INSTANCES_FOLDER, ROAD_MAPS_FOLDER, SIGHTINGS_FOLDER
from drivegen.nuscenes_format.rows import SampleGrid, instance_token, sample_grid, scene_rows
from drivegen.nuscenes_format.sightings_file import sightings_bytes


@dataclass(frozen=True)
class RootSettings:
    """How a root is written.

    Attributes:
        image_format: `jpg` or `png`.
        jpeg_quality: 1 to 100.
        keyframe_hz: rate of the samples, whose boxes are annotated; None makes every frame a sample.
    """

    image_format: Literal["jpg", "png"] = "jpg"
    jpeg_quality: int = 95
    keyframe_hz: float | None = None

    def __post_init__(self) -> None:
        if self.image_format not in ("jpg", "png"):
            raise DataError("unknown image format", where="image_format", expected="jpg or png", got=self.image_format)
        if self.keyframe_hz is not None and not self.keyframe_hz > 0:
            raise DataError("rate must be positive", where="keyframe_hz", got=self.keyframe_hz)


@dataclass(frozen=True)
class FrameFiles:
    """A frame with maps that go beside its image.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        depth: a PNG file's bytes, see `maps.encode_depth`; None without.
        instances: a PNG file's bytes, see `maps.encode_instances`; None without.
    """

    image: Bytes
    depth: bytes | None = None
    instances: bytes | None = None


Frames = Mapping[str, Iterable[Bytes | FrameFiles]]


@dataclass(frozen=True)
class SceneText:
    """What a scene adds to a root's tables.

    Attributes:
        name: the scene's.
        cameras: its cameras.
        tables: rows of each table, one line of JSON each.
        attributes: names of attributes that its annotations use.
        ambience: its entry of `drivegen_scenes.json`.
        tracks: its entry of `drivegen_tracks.json`.
    """

    name: str
    cameras: tuple[str, ...]
    tables: dict[str, list[str]] = field(repr=False)
    attributes: frozenset[str]
    ambience: dict[str, Any]
    tracks: dict[str, Any] = field(repr=False)


def write_scene(
    root: Path,
    scenario: Scenario,
    frames: Frames,
    settings: RootSettings,
    visibility: Mapping[tuple[int, str], float] | None = None,
) -> SceneText:
    """Write a scene's images, maps and sightings below a root, and return its rows.

    Args:
        frames, visibility: see `NuScenesWriter.add_scene`.

    Raises:
        DataError: see `NuScenesWriter.add_scene`.
    """
    _check(scenario, frames)
    grid = sample_grid(scenario, settings.keyframe_hz)

    def image_name(camera: str, index: int) -> str:
        folder = "samples" if grid.is_sample(index) else "sweeps"
        return f"{folder}/{camera}/{_stem(scenario, camera, index)}.{settings.image_format}"

    tables: dict[str, list[str]] = {}
    instances = set()
    for table, row in (*scene_rows(scenario, grid, image_name), *annotation_rows(scenario, grid, visibility)):
        tables.setdefault(table, []).append(dump_json(row))
        if table == "instance":
            instances.add(row["token"])
    for camera in scenario.cameras:
        _write_frames(root, scenario, camera, frames[camera], settings, grid)
    name = scenario.scenario_id
    if scenario.road_map is not None:
        text = dump_json(scenario.road_map.to_dict())
        write_atomic(root / ROAD_MAPS_FOLDER / f"{name}.json", text.encode())
    if scenario.sightings is not None:
        write_atomic(root / SIGHTINGS_FOLDER / f"{name}.npz", sightings_bytes(scenario.sightings))
    return SceneText(
        name=name,
        cameras=tuple(scenario.cameras),
        tables=tables,
        attributes=frozenset(
            attribute
            for track in scenario.tracks
            for attribute in (track.attribute, *(track.attributes or ()))
            if attribute
        ),
        ambience={**encode(scenario.ambience), "source": scenario.source, "license": scenario.license},
        tracks={
            track.track_id: {
                "instance_token": instance_token(name, track.track_id),
                "appearance": None if track.appearance is None else [float(v) for v in track.appearance],
                "body": track.body,
                "mask_value": index + 1,
            }
            for index, track in enumerate(scenario.tracks)
            if instance_token(name, track.track_id) in instances
        },
    )


def _stem(scenario: Scenario, camera: str, index: int) -> str:
    return f"{scenario.scenario_id}__{camera}__{int(scenario.frame_times_us[camera][index])}"


def _check(scenario: Scenario, frames: Frames) -> None:
    name = scenario.scenario_id
    for text in (name, *scenario.cameras):
        if unsafe_name(text):
            raise DataError("name cannot be part of a file name", where=name, got=repr(text))
    if not scenario.cameras or set(frames) != set(scenario.cameras):
        raise DataError("frames for other cameras", where=name, expected=sorted(scenario.cameras), got=sorted(frames))
    counts = {camera: len(times) for camera, times in scenario.frame_times_us.items()}
    if len(set(counts.values())) != 1 or 0 in counts.values():
        raise DataError("cameras need the same number of frames, one or more", where=name, got=counts)


def _write_frames(
    root: Path,
    scenario: Scenario,
    camera: str,
    frames: Iterable[Bytes | FrameFiles],
    settings: RootSettings,
    grid: SampleGrid,
) -> None:
    where = f"{scenario.scenario_id} {camera}"
    size, expected = scenario.cameras[camera].size, len(scenario.frame_times_us[camera])
    made: set[Path] = set()
    count = 0
    for index, given in enumerate(frames):
        count = index + 1
        if count > expected:
            break
        frame = given if isinstance(given, FrameFiles) else FrameFiles(given)
        if frame.image.shape[:2] != size:
            raise DataError("frame has another size", where=f"{where} {index}", expected=size, got=frame.image.shape)
        stem = _stem(scenario, camera, index)
        image = encode_image(frame.image, settings.image_format, settings.jpeg_quality)
        folder = "samples" if grid.is_sample(index) else "sweeps"
        files = [(f"{folder}/{camera}/{stem}.{settings.image_format}", image)]
        files += [
            (f"{below}/{camera}/{stem}.png", data)
            for below, data in ((DEPTH_FOLDER, frame.depth), (INSTANCES_FOLDER, frame.instances))
            if data is not None
        ]
        for file, data in files:
            path = root / file
            if path.parent not in made:
                path.parent.mkdir(parents=True, exist_ok=True)
                made.add(path.parent)
            path.write_bytes(data)
    if count != expected:
        got = f"{count} or more" if count > expected else count
        raise DataError("one frame per frame time", where=where, expected=expected, got=got)
