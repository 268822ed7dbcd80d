"""Scenes: roads, surroundings, traffic and cameras over time, as a pure function of (seed, index)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from drivegen.core import (
    Ambience,
    Camera,
    Crowdedness,
    DataError,
    Scenario,
    Sightings,
    Weather,
    stream,
)
from drivegen.core.arrays import Integers
from drivegen.world import crowd
from drivegen.world.cameras import FRONT, make_rig
from drivegen.world.config import MAX_DURATION_S, WorldConfig
from drivegen.world.head_count import count_users
from drivegen.world.lamps import lamp_times
from drivegen.world.profile import Profile
from drivegen.world.raster.sightings import sightings
from drivegen.world.roads import Turn, make_network
from drivegen.world.scene import WorldScene
from drivegen.world.scenery import make_stage
from drivegen.world.splits import drawn_ambience, drawn_level
from drivegen.world.traffic import Density, EgoPlan, Traffic, simulate
from drivegen.world.truth import ego_path, road_map_of, tracks_of

ATTEMPTS = 8
# Up to this height masks have four samples per pixel; in larger pictures one is as fine.
FINE_HEIGHT_PX = 256
# Roads beyond what the ego is expected to drive.
SPARE_M = 25.0
# As far as one network goes.
MOST_REACH_M = 4_400.0
_SPEED_MPS = {Profile.URBAN: (7.0, 13.5), Profile.SUBURBAN: (9.0, 15.5), Profile.RURAL: (13.0, 22.0)}
_TURNS = {"left": Turn.LEFT, "right": Turn.RIGHT, "straight": Turn.STRAIGHT}


def make_scene(
    config: WorldConfig,
    index: int,
    *,
    ambience: Ambience | None = None,
    crowdedness: Crowdedness | None = None,
    ego: EgoPlan | None = None,
) -> WorldScene:
    """Make scene `index` of a world.

    Args:
        ambience: weather and time of day that are asked for; what it leaves open is drawn.
        crowdedness: the level that is asked for; None draws one of the configuration's.
        ego: what the ego does; None takes the configuration's plan.

    Raises:
        DataError: no road of this world reaches the level within a bounded number of tries.
    """
    drawn = drawn_ambience(config, index)
    shown = Ambience(
        (ambience and ambience.weather) or drawn.weather, (ambience and ambience.time_of_day) or drawn.time_of_day
    )
    level = crowdedness or drawn_level(config, index)
    for attempt in range(ATTEMPTS):
        scene = _Attempt(config, index, attempt, shown, level, ego or config.ego).run()
        if scene is not None:
            return scene
    raise DataError(
        "crowdedness was not reached",
        where=scenario_id(config, index),
        expected=f"{level.value} within {ATTEMPTS} tries",
        remedy="ask for another level, more profiles or another seed",
    )


def scenario_id(config: WorldConfig, index: int) -> str:
    """Name of a scene."""
    return f"world-{config.seed}-{index:05d}"


def frame_times(config: WorldConfig, index: int) -> Integers:
    """Times (T,) of the frames of every camera, microseconds."""
    start = 1_600_000_000_000_000 + index * 1_000_000_000
    return start + np.arange(config.frames, dtype=np.int64) * round(1e6 / config.hz)


class _Attempt:
    """One try at a scene: a place, and traffic as dense there as is asked for."""

    def __init__(
        self, config: WorldConfig, index: int, attempt: int, ambience: Ambience, level: Crowdedness, ego: EgoPlan
    ) -> None:
        self._config, self._index, self._number = config, index, attempt
        self._ambience, self._level = ambience, level
        self._name, self._times = scenario_id(config, index), frame_times(config, index)
        rng = self._stream("place")
        self._profile = _draw_profile(config, rng, level, attempt)
        self._ego = _with_speed(ego, self._profile, rng)
        turn = _TURNS.get(self._ego.action or "")
        self._network = make_network(self._stream("road"), self._profile, _reach_m(config, self._ego), first_turn=turn)
        self._stage = make_stage(self._network, self._stream("stage"), snowy=ambience.weather is Weather.SNOW)
        self._rig = make_rig(config.cameras, config.size, self._stream("rig"))
        self._road_map = road_map_of(self._network, self._stage.structures, self._times)

    def run(self) -> WorldScene | None:
        """The scene; None when the level is out of reach here."""
        mix = crowd.draw_mix(self._stream("mix"), self._level)
        search = crowd.Search(self._level, crowd.aim(self._stream("aim"), self._level), self._profile)
        front, few = crowd.probe_camera(self._rig[FRONT]), crowd.probe_times(self._times)
        for step, strength in enumerate(search.strengths()):
            scene = self._scene(self._traffic(mix.density(strength), step))
            count = self._count(scene, front, _seen(scene, front, few, samples=1))
            if search.takes(count):
                found = self._sightings(scene)
                count = self._count(scene, self._rig[FRONT], found[FRONT])
                if crowd.fits(count, self._level):
                    return replace(scene, scenario=self._finished(scene.scenario, found))
            search.saw(count)
        return None

    def _stream(self, name: str, step: int = 0) -> np.random.Generator:
        return stream(self._config.seed, name, self._index, self._number, step)

    def _traffic(self, density: Density, step: int) -> Traffic:
        step_s = 1e-6 * round(1e6 / self._config.hz)
        return simulate(
            self._network, self._stream("traffic", step),
            frames=self._config.frames, step_s=step_s, density=density, ego=self._ego,
        )  # fmt: skip

    def _scene(self, traffic: Traffic) -> WorldScene:
        terrain, times = self._network.terrain, self._times
        scenario = Scenario(
            scenario_id=self._name,
            ego=ego_path(times, terrain, traffic),
            cameras=self._rig,
            frame_times_us=dict.fromkeys(self._rig, times),
            tracks=tracks_of(times, self._name, terrain, traffic),
            ambience=self._ambience,
            road_map=self._road_map,
            source="world",
            license="Apache-2.0",
        )
        lamps, ego_lamps = lamp_times(times, self._name, traffic)
        return WorldScene(
            scenario, self._network, self._stage, lamps, ego_lamps, self._config.seed, self._index, self._level
        )

    def _count(self, scene: WorldScene, camera: Camera, seen: Sightings) -> float:
        return count_users(scene.scenario, camera, seen, crowd.POLICY)

    def _sightings(self, scene: WorldScene) -> dict[str, Sightings]:
        """What every camera sees in every frame."""
        samples = 2 if self._config.size[0] <= FINE_HEIGHT_PX else 1
        found = {name: _seen(scene, camera, self._times, samples) for name, camera in self._rig.items()}
        return {name: _as_written(seen) for name, seen in found.items()}

    def _finished(self, scenario: Scenario, found: dict[str, Sightings]) -> Scenario:
        """With sightings, and with the cameras that were asked for alone."""
        names = self._config.cameras
        return replace(
            scenario,
            cameras={name: scenario.cameras[name] for name in names},
            frame_times_us={name: scenario.frame_times_us[name] for name in names},
            sightings={name: found[name] for name in names},
        )


def _seen(scene: WorldScene, camera: Camera, times_us: Integers, samples: int) -> Sightings:
    """Sightings; where there is nobody, nothing need be drawn."""
    if scene.scenario.tracks:
        return sightings(scene, camera, times_us, samples=samples)
    frames = len(times_us)
    return Sightings(times_us, (), np.zeros((frames, 0)), np.zeros((frames, 0, 4)))


def _as_written(seen: Sightings) -> Sightings:
    """Of tracks that are ever seen, with shares as files keep them, so that labels are the same before and after."""
    columns = np.flatnonzero(seen.fraction.any(axis=0))
    return Sightings(
        seen.times_us,
        tuple(seen.track_ids[i] for i in columns),
        seen.fraction[:, columns].astype(np.float32),
        seen.visible_px[:, columns],
    )


def _draw_profile(config: WorldConfig, rng: np.random.Generator, level: Crowdedness, attempt: int) -> Profile:
    """Busy scenes are mostly in town; after some failed tries always, where the configuration has it."""
    names = list(config.profiles)
    draw = float(rng.random())
    if attempt >= 2 and Profile.URBAN in names and level in (Crowdedness.MODERATE, Crowdedness.CROWDED):
        return Profile.URBAN
    busy = {Profile.URBAN: 0.68, Profile.SUBURBAN: 0.26, Profile.RURAL: 0.06}
    quiet = {Profile.URBAN: 0.36, Profile.SUBURBAN: 0.34, Profile.RURAL: 0.30}
    share = busy if level in (Crowdedness.MODERATE, Crowdedness.CROWDED) else quiet
    weights = np.cumsum([share[name] for name in names])
    return names[int(np.searchsorted(weights / weights[-1], draw, side="right"))]


def _with_speed(ego: EgoPlan, profile: Profile, rng: np.random.Generator) -> EgoPlan:
    """The plan with a speed, where it leaves that open."""
    drawn = float(rng.uniform(*_SPEED_MPS[profile]))
    return replace(ego, speed_mps=drawn) if ego.speed_mps is None else ego


def _reach_m(config: WorldConfig, ego: EgoPlan) -> float:
    """How far the ego gets at most."""
    duration_s = min(config.duration_s, MAX_DURATION_S)
    way = (ego.speed_mps or 0.0) * duration_s
    if ego.trajectory:
        points = np.array([[0.0, 0.0, 0.0, 0.0], *ego.trajectory])[:, 1:3]
        way = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    return min(way + SPARE_M, MOST_REACH_M)
