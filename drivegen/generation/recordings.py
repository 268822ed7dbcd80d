"""Requests from nuScenes roots: windows of recorded drives, dealt out in a shuffled but fixed order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from drivegen.core.ambience import Ambience
from drivegen.core.arrays import Bytes
from drivegen.core.cameras import Camera
from drivegen.core.crowdedness import mean_road_users
from drivegen.core.errors import ConfigError, DataError, DrivegenError
from drivegen.core.labels import label_frame
from drivegen.core.provenance import FrameKind
from drivegen.core.scenario import Scenario
from drivegen.core.seeds import stream
from drivegen.data import ClipIndex, DataConfig, Drive, fit_camera, fit_image
from drivegen.generation.config import REFERENCE_SIZE, SampleConfig
from drivegen.generation.identity import content_hash
from drivegen.generation.requests import Asked, Request, asked_of, clip_id_of, clip_seed, safe_name
from drivegen.nuscenes_format import FrameRef, NuScenesRoot

# A step in time longer than this many of the usual ones is a hole in the recording, not a motion.
MAX_STEP = 1.5

DriveKey = tuple[int, str, str]
"""Position of the root, scene, camera."""


@dataclass(frozen=True)
class Window:
    """T frames of one camera of one scene."""

    drive: DriveKey
    refs: tuple[FrameRef, ...]


@dataclass(frozen=True, eq=False)
class RecordedFrames:
    """Frames as the images of a root show them."""

    root: NuScenesRoot
    camera: Camera
    refs: tuple[FrameRef, ...]
    kind: FrameKind

    def read(self, size: tuple[int, int]) -> tuple[Camera, Bytes]:
        """See `ReferenceFrames.read`."""
        camera, window = fit_camera(self.camera, size)
        return camera, np.stack([fit_image(self.root.read_frame(ref), window, size) for ref in self.refs])


class NuScenesSource:
    """Requests from the windows of nuScenes roots.

    Windows do not overlap; they come in an order shuffled by the seed and are used again, with other noise, when there
    are fewer of them than clips. Crowdedness chooses among them; weather and time of day replace those of the scenario
    for the models, but recorded frames cannot change theirs, so for reference frames they choose too.

    Raises:
        DataError: a root cannot be read, or no window has enough frames.
    """

    def __init__(self, config: SampleConfig) -> None:
        assert config.root is not None  # SampleConfig has checked it
        self._config = config
        self._data = DataConfig(
            roots=(config.root,),
            version=config.version,
            cameras=config.cameras,
            split=config.split,
            frames=1,
            clip_stride=1,
            label_policy=config.label_policy,
            # What a paint colour seems to be is for the models; labels of recorded frames stay as annotated.
            estimate_appearance=config.generator != "reference",
        )
        self._index = ClipIndex.from_config(self._data)
        self._scenario = lru_cache(maxsize=8)(self._read_scenario)
        self._drive = lru_cache(maxsize=8)(self._open_drive)
        self._windows = self._shuffled(self._all_windows())
        self._fitting: dict[Asked, _Fitting] = {}

    def __len__(self) -> int:
        return self._config.clips

    def __iter__(self) -> Iterator[Request]:
        used: Counter[Asked] = Counter()
        for index in range(len(self)):
            asked = asked_of(self._config, index)
            window = self._fit(asked).nth(used[self._choosing(asked)])
            used[self._choosing(asked)] += 1
            yield self._request(window, asked, index)

    def identity(self) -> dict[str, str]:
        """Name and content hash of the tables of each root."""
        return {
            f"{number:02d}-{safe_name(root.root.resolve().name)}": content_hash(_table_files(root))
            for number, root in enumerate(self._index.roots)
        }

    def skipped(self) -> tuple[str, ...]:
        """Rows and frames that were refused."""
        notes = [*self._index.skipped, *(note for root in self._index.roots for note in root.skipped)]
        return tuple(dict.fromkeys(f"{note.where}: {note.why}" for note in notes))

    # -- windows --------------------------------------------------------------------------------------------------

    def _all_windows(self) -> list[Window]:
        windows: list[Window] = []
        longest = 0
        for key in dict.fromkeys(window.drive for window in self._index.windows):
            refs = self._index.roots[key[0]].frame_refs(key[1], key[2])
            found, frames = windows_of(refs, self._config.num_frames, self._config.fps)
            windows.extend(Window(key, chosen) for chosen in found)
            longest = max(longest, frames)
        if not windows:
            raise DataError(
                "no recorded stretch is long enough",
                where=self._config.root,
                expected=f"{self._config.num_frames} frames near {self._config.fps:g} frames/s",
                got=f"at most {longest}",
                remedy="lower frames or raise fps",
            )
        return windows

    def _shuffled(self, windows: list[Window]) -> list[Window]:
        """Moments in an order shuffled by the seed, the cameras of a moment one after another."""
        moments: dict[tuple[int, str, int], list[Window]] = defaultdict(list)
        count: Counter[DriveKey] = Counter()
        for window in windows:
            moments[(*window.drive[:2], count[window.drive])].append(window)
            count[window.drive] += 1
        keys = list(moments)
        order = stream(self._config.seed, "windows").permutation(len(keys))
        return [window for position in order for window in moments[keys[int(position)]]]

    # -- choosing -------------------------------------------------------------------------------------------------

    def _choosing(self, asked: Asked) -> Asked:
        """The asked values that choose among windows, as opposed to being handed to the models."""
        return asked if self._config.generator == "reference" else Asked(level=asked.level)

    def _fit(self, asked: Asked) -> _Fitting:
        key = self._choosing(asked)
        if key not in self._fitting:
            self._fitting[key] = _Fitting(self._windows, lambda window: self._fits(window, key), self._refusal(key))
        return self._fitting[key]

    def _fits(self, window: Window, asked: Asked) -> bool:
        brought = self._scenario(*window.drive[:2]).ambience
        if asked.weather not in (None, brought.weather) or asked.time_of_day not in (None, brought.time_of_day):
            return False
        return asked.level is None or asked.level == self._config.crowdedness_levels.level(self._users(window))

    def _users(self, window: Window) -> float:
        scenario = self._scenario(*window.drive[:2])
        camera, _ = fit_camera(scenario.cameras[window.drive[2]], self._config.image_size or REFERENCE_SIZE)
        policy = self._config.label_policy
        return mean_road_users([label_frame(scenario, camera, ref.timestamp_us, policy) for ref in window.refs])

    def _refusal(self, asked: Asked) -> Callable[[], DrivegenError]:
        """What to say when no window fits."""

        def refusal() -> DrivegenError:
            ambiences = {self._scenario(*window.drive[:2]).ambience for window in self._windows}
            wanted = Ambience(asked.weather, asked.time_of_day)
            if not any(asked.ambience(ambience) == ambience for ambience in ambiences):
                return ConfigError(
                    "recorded frames cannot change their weather or light",
                    where="weather, time_of_day",
                    expected="one of " + ", ".join(sorted(_ambience_text(a) for a in ambiences)),
                    got=_ambience_text(wanted),
                    remedy="leave them out, or let a model make the frames (generator=video_ldm)",
                )
            levels = {str(self._config.crowdedness_levels.level(self._users(window))) for window in self._windows}
            return DataError(
                "no recorded stretch is as crowded as asked",
                where=f"crowdedness, {self._config.root}",
                expected="one of " + ", ".join(sorted(levels)),
                got=asked.level,
            )

        return refusal

    # -- requests -------------------------------------------------------------------------------------------------

    def _request(self, window: Window, asked: Asked, index: int) -> Request:
        root, _, camera = window.drive
        drive = self._drive(window.drive)
        brought = drive.scenario
        ambience = asked.ambience(brought.ambience)
        source = brought.source
        if ambience != brought.ambience:
            source = f"{source} (recorded as {_ambience_text(brought.ambience)})"
        scenario = replace(brought, scenario_id=safe_name(brought.scenario_id), ambience=ambience, source=source)
        return Request(
            clip_id=clip_id_of(scenario.scenario_id, camera, index),
            scenario=scenario,
            camera=camera,
            frame_times_us=tuple(ref.timestamp_us for ref in window.refs),
            fps=drive.fps(tuple(ref.index for ref in window.refs)),
            seed=clip_seed(self._config, index),
            requested=asked.requested,
            sample_index=index,
            reference=RecordedFrames(self._index.roots[root], brought.cameras[camera], window.refs, _kind(brought)),
        )

    def _read_scenario(self, root: int, scene: str) -> Scenario:
        return self._index.roots[root].scenario(scene)

    def _open_drive(self, key: DriveKey) -> Drive:
        return Drive(self._index.roots[key[0]], key[1], key[2], self._data)


class _Fitting:
    """The windows that fit, found as far as they are needed, then used again from the first."""

    def __init__(
        self, windows: list[Window], fits: Callable[[Window], bool], refusal: Callable[[], DrivegenError]
    ) -> None:
        self._rest = iter(windows)
        self._fits, self._refusal = fits, refusal
        self._found: list[Window] = []

    def nth(self, n: int) -> Window:
        """Fitting window n.

        Raises:
            DrivegenError: none fits.
        """
        while len(self._found) <= n:
            window = next((w for w in self._rest if self._fits(w)), None)
            if window is None:
                break
            self._found.append(window)
        if not self._found:
            raise self._refusal()
        return self._found[n % len(self._found)]


def windows_of(refs: tuple[FrameRef, ...], frames: int, fps: float) -> tuple[list[tuple[FrameRef, ...]], int]:
    """Windows of `frames` frames, one after another, at the rate nearest to `fps` that the recording has.

    Returns:
        The windows, and how many frames at that rate the recording has in all.
    """
    if len(refs) < 2:
        return ([refs] if len(refs) == frames else []), len(refs)
    times = np.array([ref.timestamp_us for ref in refs])
    step_us = float(np.median(np.diff(times)))
    stride = max(1, round(1e6 / fps / step_us))
    span = (frames - 1) * stride + 1
    windows = []
    for start in range(0, len(refs) - span + 1, frames * stride):
        chosen = slice(start, start + span, stride)
        if (np.diff(times[chosen]) <= MAX_STEP * stride * step_us).all():
            windows.append(refs[chosen])
    return windows, (len(refs) - 1) // stride + 1


def _kind(scenario: Scenario) -> FrameKind:
    """Roots that the embedded world has written say so; every other image is taken for a real camera's."""
    return FrameKind.RENDERED if scenario.source.startswith("world") else FrameKind.RECORDED


def _table_files(root: NuScenesRoot) -> list[Path]:
    return sorted((root.root / root.version).glob("*.json"))


def _ambience_text(ambience: Ambience) -> str:
    return f"{ambience.weather or 'unknown weather'}, {ambience.time_of_day or 'unknown time of day'}"
