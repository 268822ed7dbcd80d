"""Any nuScenes root as scenarios and images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from drivegen.core import Camera, DataError, DrivegenError, Pose, Scenario, Track, Trajectory
from drivegen.core.arrays import Bytes, Integers
from drivegen.nuscenes_format.checks import intrinsics_problem
from drivegen.nuscenes_format.descriptions import ambience_from_description, license_of
from drivegen.nuscenes_format.devkit import choose_version, load_devkit, official_splits
from drivegen.nuscenes_format.files import RootPaths
from drivegen.nuscenes_format.images import read_image
from drivegen.nuscenes_format.maps import read_depth, read_instances
from drivegen.nuscenes_format.motion import make_track
from drivegen.nuscenes_format.names import DEPTH_FOLDER, INSTANCES_FOLDER
from drivegen.nuscenes_format.own_files import OwnFiles
from drivegen.nuscenes_format.scenes import ImageRow, SceneRows, Skipped, index_scenes


@dataclass(frozen=True)
class FrameRef:
    """One image of one camera.

    Attributes:
        timestamp_us: when it was taken.
        path: its file, checked to lie inside the root.
        is_key_frame: whether it is a sample's own image.
        index: its place among its camera's images in the scene.
    """

    timestamp_us: int
    path: Path
    is_key_frame: bool
    index: int


class NuScenesRoot:
    """A nuScenes root: scenes, images and scenarios, with everything that had to be left out in `skipped`.

    Boxes between key frames are interpolated by our own code (linear position, spherical rotation), and image and
    label times are kept apart: the devkit would give an image the boxes of its sample, up to 50 ms off.

    Args:
        root: the folder that holds `v1.0-*`, `samples` and `maps`.
        version: name of the tables' folder; None when there is only one.

    Raises:
        DataError: there is no such root, a table is missing, or its rows do not fit together; the message names file,
            row and field.
    """

    def __init__(self, root: Path, version: str | None = None) -> None:
        self.root = Path(root)
        self.version = choose_version(self.root, version)
        self._paths = RootPaths(self.root)
        self._own = OwnFiles(self.root / self.version, self._paths)
        self._license = license_of(self.root)
        nusc, unusable = load_devkit(self.root, self.version, self._paths)
        self._attributes = {row["token"]: row["name"] for row in nusc.attribute}
        self._scenes, categories = index_scenes(nusc, {problem.row for problem in unusable}, self.version)
        self._skipped: dict[str, Skipped] = {}
        for problem in unusable:
            self._skip(problem.where, problem.message)
        for skipped in categories:
            self._skip(skipped.where, skipped.why)
        self._refs: dict[tuple[str, str], tuple[FrameRef, ...]] = {}
        self._sizes: dict[Path, tuple[int, int]] = {}

    @property
    def scenes(self) -> tuple[str, ...]:
        """Scene names in the order of the table."""
        return tuple(self._scenes)

    @property
    def skipped(self) -> list[Skipped]:
        """What was left out so far; images and cameras join the list when their scene is first read."""
        return list(self._skipped.values())

    def splits(self) -> dict[str, tuple[str, ...]]:
        """Scene names by split, as far as they are in this root: its `splits.json`, else nuScenes' official splits.

        Raises:
            DataError: `splits.json` is no mapping from split to scene names.
        """
        own = self._own.splits()
        named = official_splits() if own is None else own
        here = {split: tuple(name for name in names if name in self._scenes) for split, names in named.items()}
        return here if own is not None else {split: names for split, names in here.items() if names}

    def cameras(self, scene: str) -> tuple[str, ...]:
        """Names of the scene's cameras that have intrinsics; the others are in `skipped`."""
        usable = []
        for name in self._rows(scene).images:
            try:
                self._camera(scene, name)
            except DataError as error:
                self._skip(str(error.where), error.what)
            else:
                usable.append(name)
        return tuple(usable)

    def frame_refs(self, scene: str, camera: str) -> tuple[FrameRef, ...]:
        """The images of a camera, key frames and sweeps, in the order of time; absent files are skipped.

        Raises:
            DataError: unknown scene or camera, a camera without intrinsics, or a file name that leaves the root.
        """
        if (scene, camera) not in self._refs:
            size = self._camera(scene, camera).size
            refs: list[FrameRef] = []
            for image in self._rows(scene).images[camera]:
                path = self._image_path(image, size)
                if path is None:
                    continue
                time = image.data["timestamp"]
                if refs and refs[-1].timestamp_us == time:
                    self._skip(self._where("sample_data", image.number, "timestamp"), "second image of the same time")
                    continue
                refs.append(FrameRef(time, path, image.data["is_key_frame"], len(refs)))
                self._sizes[path] = size
            self._refs[scene, camera] = tuple(refs)
        return self._refs[scene, camera]

    def read_frame(self, ref: FrameRef) -> Bytes:
        """The image (H, W, 3) uint8 RGB.

        Raises:
            DataError: the file is absent, truncated, no image, or of another size than its table says.
        """
        frame = read_image(ref.path)
        size = self._sizes.get(ref.path, frame.shape[:2])
        if frame.shape[:2] != size:
            raise DataError("image has another size", where=ref.path, expected=size, got=frame.shape[:2])
        return frame

    def read_depth(self, ref: FrameRef) -> npt.NDArray[np.float32] | None:
        """Depths (H, W) in metres along the optical axis, infinity where nothing is; None without a map."""
        path = self._map_path(ref, DEPTH_FOLDER)
        return None if path is None else read_depth(path)

    def read_instances(self, ref: FrameRef) -> Integers | None:
        """Mask values (H, W) of the tracks (`mask_value` in `drivegen_tracks.json`), 0 elsewhere; None without."""
        path = self._map_path(ref, INSTANCES_FOLDER)
        return None if path is None else read_instances(path)

    def scenario(self, scene: str) -> Scenario:
        """Everything that happens in a scene; its frame times are those of `frame_refs`.

        Raises:
            DataError: unknown scene, or no camera of it can be used.
        """
        rows = self._rows(scene)
        refs = {name: self.frame_refs(scene, name) for name in self.cameras(scene)}
        refs = {name: found for name, found in refs.items() if found}
        if not refs:
            why = "; ".join(f"{s.where}: {s.why}" for s in self.skipped[-2:])
            raise DataError("no camera of the scene can be used", where=f"{self.root} {scene}", got=why or "no cameras")
        own = self._own.scene(scene)
        described = ambience_from_description(rows.description), f"nuscenes:{self.version}", self._license
        ambience, source, license_name = described if own is None else own
        return Scenario(
            scenario_id=scene,
            ego=_ego(rows),
            cameras={name: self._camera(scene, name) for name in refs},
            frame_times_us={
                name: np.array([ref.timestamp_us for ref in found], dtype=np.int64) for name, found in refs.items()
            },
            tracks=self._tracks(scene),
            ambience=ambience,
            road_map=self._own.road_map(scene),
            source=source,
            license=license_name,
            sightings=self._own.sightings(scene),
        )

    def _camera(self, scene: str, name: str) -> Camera:
        rows = self._rows(scene)
        if name not in rows.images:
            expected = ", ".join(rows.images) or "none: the scene has no cameras"
            raise DataError("no such camera", where=f"{self.root} {scene}", expected=expected, got=name)
        number, calibration = rows.calibrations[name]
        where = f"{self.root}: {self._where('calibrated_sensor', number, 'camera_intrinsic')}"
        problem = intrinsics_problem(calibration["camera_intrinsic"])
        if problem is not None:
            raise DataError(f"{name}: {problem}", where=where)
        first = rows.images[name][0]
        size = first.data["height"], first.data["width"]
        if min(size) <= 0:
            where = f"{self.root}: {self._where('sample_data', first.number, 'height, width')}"
            raise DataError(f"{name}: camera without an image size: {size[0]} x {size[1]}", where=where)
        pose = Pose(calibration["rotation"], calibration["translation"])
        return Camera(name, calibration["camera_intrinsic"], pose, size)

    def _image_path(self, image: ImageRow, size: tuple[int, int]) -> Path | None:
        """The image's file, or None where it has to be left out."""
        where = self._where("sample_data", image.number, "filename")
        path = self._paths.path(image.data["filename"], f"{self.root}: {where}")
        height, width = image.data["height"], image.data["width"]
        if (height, width) != size:
            self._skip(where, f"image of another size than the camera's first: {height} x {width}")
        elif not path.is_file():
            self._skip(where, f"image is absent: {image.data['filename']}")
        else:
            return path
        return None

    def _map_path(self, ref: FrameRef, folder: str) -> Path | None:
        """The map of an image, or None where there is none."""
        name = f"{folder}/{ref.path.parent.name}/{ref.path.stem}.png"
        path = self._paths.path(name, name)
        return path if path.is_file() else None

    def _tracks(self, scene: str) -> tuple[Track, ...]:
        rows = self._rows(scene)
        times, ids = rows.times(), self._own.track_ids(scene)
        tracks = []
        for instance, numbered in rows.annotations.items():
            keys: dict[int, dict[str, object]] = {}
            for number, row in numbered:
                time = rows.samples[row["sample_token"]]
                if time in keys:
                    where = self._where("sample_annotation", number, "instance_token")
                    self._skip(where, "second annotation of the same object at the same time")
                    continue
                keys[time] = {**row, "attribute_names": [self._attributes[t] for t in row["attribute_tokens"]]}
            in_order = sorted(keys)
            try:
                track = make_track(ids.get(instance, instance), [keys[t] for t in in_order], in_order, times)
            except DrivegenError as error:
                where = f"{self.root}: {self._where('sample_annotation', numbered[0][0], 'instance_token')}"
                raise DataError(str(error), where=where) from error
            tracks.append(self._own.with_looks(scene, track))
        return tuple(tracks)

    def _rows(self, scene: str) -> SceneRows:
        if scene not in self._scenes:
            few = ", ".join(self.scenes[:5]) + (", ..." if len(self.scenes) > 5 else "")
            raise DataError("no such scene", where=self.root, expected=f"one of {few}", got=scene)
        return self._scenes[scene]

    def _where(self, table: str, number: int, field: str) -> str:
        return f"{self.version}/{table}.json row {number} field {field}"

    def _skip(self, where: str, why: str) -> None:
        self._skipped.setdefault(where, Skipped(where, why))


def _ego(rows: SceneRows) -> Trajectory:
    """The vehicle's pose at the times of all images."""
    poses = {image.data["timestamp"]: image.ego for images in rows.images.values() for image in images}
    times = sorted(poses)
    positions = np.array([poses[time]["translation"] for time in times], dtype=np.float64)
    rotations = np.array([poses[time]["rotation"] for time in times], dtype=np.float64)
    return Trajectory(np.array(times, dtype=np.int64), positions, rotations)
