"""Where requests come from: the embedded world, pinned scenarios of a catalogue, or recordings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from drivegen.core.ambience import Ambience, TimeOfDay, Weather
from drivegen.core.arrays import Bytes
from drivegen.core.cameras import Camera
from drivegen.core.config import decode
from drivegen.core.crowdedness import Crowdedness
from drivegen.core.errors import ConfigError, DataError
from drivegen.core.provenance import FrameKind
from drivegen.data import fit_camera
from drivegen.generation.beginnings import SharedBeginnings
from drivegen.generation.config import SampleConfig
from drivegen.generation.identity import content_hash
from drivegen.generation.recordings import NuScenesSource
from drivegen.generation.requests import Asked, Request, ScenarioSource, asked_of, clip_id_of, clip_seed
from drivegen.world import WorldConfig, WorldScene, make_scene, render_frame


def plan(config: SampleConfig) -> ScenarioSource:
    """The requests of a run.

    Raises:
        ConfigError: settings that contradict one another.
        DataError: the input cannot be read, or has nothing that fits.
    """
    source = SOURCES[config.scenarios](config)
    return SharedBeginnings(source, config) if config.futures > 1 or config.start_frame is not None else source


@dataclass(frozen=True, eq=False)
class RenderedFrames:
    """Frames as the world's renderer draws them."""

    scene: WorldScene
    camera: Camera
    times_us: tuple[int, ...]
    kind: FrameKind = FrameKind.RENDERED

    def read(self, size: tuple[int, int]) -> tuple[Camera, Bytes]:
        """See `ReferenceFrames.read`."""
        camera, _ = fit_camera(self.camera, size)
        return camera, np.stack([render_frame(self.scene, camera, time) for time in self.times_us])


class WorldSource:
    """Requests from the embedded world: moment i is its scene i, filmed by every asked camera."""

    def __init__(self, config: SampleConfig) -> None:
        self._config = config
        self._world = world_config(config, config.seed)

    def __len__(self) -> int:
        return self._config.clips

    def __iter__(self) -> Iterator[Request]:
        cameras = self._world.cameras
        for moment in range(-(-len(self) // len(cameras))):
            asked = asked_of(self._config, moment)
            scene = scene_of(self._world, moment, asked)
            for number, camera in enumerate(cameras):
                index = moment * len(cameras) + number
                if index < len(self):
                    yield world_request(self._config, scene, camera, asked, index)

    def identity(self) -> dict[str, str]:
        """The world is a part of the package: nothing more to say."""
        return {"source": "world"}

    def skipped(self) -> tuple[str, ...]:
        """Nothing can be wrong with it."""
        return ()


@dataclass(frozen=True)
class PinnedScenario:
    """A scenario of a catalogue: a scene of the embedded world, by its seed and index."""

    kind: Literal["world"]
    seed: int
    index: int
    weather: Weather | None = None
    time_of_day: TimeOfDay | None = None
    crowdedness: Crowdedness | None = None
    note: str = ""
    """What a person will see; not read."""

    def __post_init__(self) -> None:
        if self.index < 0:
            raise ConfigError("must not be negative", where="index", got=self.index)


@dataclass(frozen=True)
class Catalogue:
    """A file of pinned scenarios."""

    format_version: Literal[1]
    scenarios: tuple[PinnedScenario, ...]
    name: str = ""

    def __post_init__(self) -> None:
        if not self.scenarios:
            raise ConfigError("no scenarios", where="scenarios", expected="at least one")


class FileSource:
    """Requests from a catalogue, its scenarios in order and then again with other noise.

    Asked weather, time of day and crowdedness take the place of the pinned ones.
    """

    def __init__(self, config: SampleConfig) -> None:
        self._config = config

    def __len__(self) -> int:
        return self._config.clips

    def __iter__(self) -> Iterator[Request]:
        cameras = world_config(self._config, 0).cameras
        for index in range(len(self)):
            moment, number = divmod(index, len(cameras))
            pinned = self.catalogue.scenarios[moment % len(self.catalogue.scenarios)]
            asked = asked_of(self._config, moment)
            shown = Asked(
                asked.weather or pinned.weather,
                asked.time_of_day or pinned.time_of_day,
                asked.level or pinned.crowdedness,
            )
            scene = scene_of(world_config(self._config, pinned.seed), pinned.index, shown)
            yield world_request(self._config, scene, cameras[number], shown, index)

    def identity(self) -> dict[str, str]:
        """The catalogue by its content."""
        return {"source": "catalogue", "sha256": content_hash([self._path])}

    def skipped(self) -> tuple[str, ...]:
        """A catalogue is read whole or refused."""
        return ()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The file, decoded.

        Raises:
            DataError: it is not JSON.
            ConfigError: an unknown key or value; the message gives its path.
        """
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError("not a catalogue", where=self._path, expected="a JSON file", got=error) from error
        return decode(Catalogue, content, str(self._path))

    @property
    def _path(self) -> Path:
        if self._config.file is None:
            raise ConfigError("scenarios=file needs it", where="file")
        return self._config.file


SOURCES: dict[str, Callable[[SampleConfig], ScenarioSource]] = {
    "world": WorldSource,
    "nuscenes": NuScenesSource,
    "file": FileSource,
}


def world_config(config: SampleConfig, seed: int) -> WorldConfig:
    """The world that lasts as long as a clip and is filmed at its rate."""
    cameras = config.cameras or WorldConfig().cameras
    return WorldConfig(seed=seed, duration_s=config.num_frames / config.fps, hz=config.fps, cameras=cameras)


def scene_of(world: WorldConfig, index: int, asked: Asked) -> WorldScene:
    """A scene of the world that shows what was asked for."""
    ambience = Ambience(asked.weather, asked.time_of_day)
    return make_scene(world, index, ambience=ambience, crowdedness=asked.level)


def world_request(config: SampleConfig, scene: WorldScene, camera: str, asked: Asked, index: int) -> Request:
    """The request to make one clip of a scene."""
    scenario = scene.scenario
    times = tuple(int(time) for time in scenario.frame_times_us[camera][: config.num_frames])
    if len(times) < config.num_frames:
        raise DataError("scene is too short", where=scenario.scenario_id, expected=config.num_frames, got=len(times))
    return Request(
        clip_id=clip_id_of(scenario.scenario_id, camera, index),
        scenario=scenario,
        camera=camera,
        frame_times_us=times,
        fps=config.fps,
        seed=clip_seed(config, index),
        requested=asked.requested,
        sample_index=index,
        reference=RenderedFrames(scene, scenario.cameras[camera], times),
    )
