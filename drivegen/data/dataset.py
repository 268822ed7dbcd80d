"""Clips as training samples: frames and labels at one size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from drivegen.core import Ambience, Camera, DataError, FrameLabels, RoadMap, Scenario, label_frame
from drivegen.core.arrays import Bytes
from drivegen.data.appearance import with_appearance
from drivegen.data.config import DataConfig
from drivegen.data.image_window import CropWindow, fit_camera, fit_image
from drivegen.data.index import ClipIndex, ClipWindow
from drivegen.nuscenes_format import FrameRef, NuScenesRoot


@dataclass(frozen=True, eq=False)
class ClipSample:
    """One clip.

    Attributes:
        clip_key: unique name within the index.
        frames: (T, H, W, 3) uint8 RGB.
        labels: T frames' labels at the size of `frames`.
        ambience: weather and time of day.
        road_map: what stands still; None when unknown.
        fps: frames per second of the clip.
        scenario_id, camera: what it shows.
        source, license: where the scenario comes from.
    """

    clip_key: str
    frames: Bytes
    labels: tuple[FrameLabels, ...]
    ambience: Ambience
    road_map: RoadMap | None
    fps: float
    scenario_id: str
    camera: str
    source: str
    license: str


class Drive:
    """One camera of one scene, ready to give frames and labels at the size of the samples.

    Args:
        root: the opened root.
        scene, camera: their names.
        config: size, label policy and whether to estimate appearance.
    """

    def __init__(self, root: NuScenesRoot, scene: str, camera: str, config: DataConfig) -> None:
        self.root, self.config = root, config
        self.refs: dict[int, FrameRef] = {ref.index: ref for ref in root.frame_refs(scene, camera)}
        scenario = root.scenario(scene)
        fitted = fit_camera(scenario.cameras[camera], config.image_size)
        self.camera: Camera = fitted[0]
        self.window: CropWindow = fitted[1]
        self.scenario: Scenario = self._with_appearance(scenario, camera) if config.estimate_appearance else scenario

    def frame(self, index: int) -> Bytes:
        """The frame (H, W, 3) uint8.

        Raises:
            DataError: the file is missing, truncated or of another size than its camera says.
        """
        ref = self.refs[index]
        try:
            return fit_image(self.root.read_frame(ref), self.window, self.config.image_size)
        except DataError as error:
            if error.where is None:
                raise DataError(error.what, where=ref.path, expected=error.expected, got=error.got) from error
            raise

    def labels(self, index: int) -> FrameLabels:
        """The frame's labels at the size of the samples."""
        time = self.refs[index].timestamp_us
        return label_frame(self.scenario, self.camera, time, self.config.label_policy)

    def fps(self, indices: tuple[int, ...]) -> float:
        """Frames per second of a clip: one over its median step; of a single frame, that of the recording."""
        chosen = indices if len(indices) > 1 else tuple(sorted(self.refs))
        times = np.array([self.refs[index].timestamp_us for index in chosen])
        return 1e6 / float(np.median(np.diff(times))) if len(times) > 1 else 1.0

    def _with_appearance(self, scenario: Scenario, camera: str) -> Scenario:
        """Key frames alone are looked at: they suffice, and the reference sets have ten times as many sweeps."""
        by_time = {ref.timestamp_us: ref for ref in self.refs.values() if ref.is_key_frame}

        def read(_: str, time: int) -> Bytes | None:
            try:
                return self.root.read_frame(by_time[time])
            except DataError:
                return None

        return with_appearance(scenario, read, {camera: sorted(by_time)}, self.config.label_policy)


class ClipDataset:
    """The clips of an index as samples (map style; torch's DataLoader takes it as it is)."""

    def __init__(self, index: ClipIndex) -> None:
        self.index = index
        # Neighbouring clips share a drive, whose tables are costly to gather.
        self._drive = lru_cache(maxsize=4)(self._open_drive)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, i: int) -> ClipSample:
        """Clip i.

        Raises:
            DataError: a frame cannot be read.
        """
        if not -len(self) <= i < len(self):
            raise IndexError(i)
        window = self.index.windows[i]
        drive = self._drive(*window.drive)
        return ClipSample(
            clip_key=clip_key(window),
            frames=np.stack([drive.frame(index) for index in window.frame_indices]),
            labels=tuple(drive.labels(index) for index in window.frame_indices),
            ambience=drive.scenario.ambience,
            road_map=drive.scenario.road_map,
            fps=drive.fps(window.frame_indices),
            scenario_id=drive.scenario.scenario_id,
            camera=window.camera,
            source=drive.scenario.source,
            license=drive.scenario.license,
        )

    def _open_drive(self, root: int, scene: str, camera: str) -> Drive:
        return Drive(self.index.roots[root], scene, camera, self.index.config)


def clip_key(window: ClipWindow) -> str:
    """Unique name of a clip within an index."""
    step = window.frame_indices[1] - window.frame_indices[0] if len(window.frame_indices) > 1 else 1
    first = window.frame_indices[0]
    return f"{window.root}/{window.scene}/{window.camera}/{first}x{len(window.frame_indices)}@{step}"
