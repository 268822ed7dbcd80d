"""Scenes: a road, its surroundings, its traffic and its cameras over time, as a pure function of (seed, index)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from drivegen.core import (
    Ambience,
    Camera,
    Crowdedness,
    CrowdednessLevels,
    DataError,
    LabelPolicy,
    Pose,
    RoadMap,
    Scenario,
    TimeOfDay,
    Track,
    Trajectory,
    Weather,
    forward_camera,
    stream,
)
from drivegen.core.arrays import Floats, Integers
from drivegen.core.poses import quaternion_from_yaw
from drivegen.world.agents import Candidate, draw_candidates
from drivegen.world.config import CAMERA_YAW_DEG, Profile, WorldConfig
from drivegen.world.drive import Drive, drive, motion_of
from drivegen.world.ground_plan import GroundPlan, plan_ground
from drivegen.world.lighting import Look, make_look
from drivegen.world.network import Network, make_network
from drivegen.world.scenery import Scenery, make_scenery
from drivegen.world.stage import StaticMeshes, static_meshes
from drivegen.world.visibility import Motion, count_bounds, mean_within

BEHIND_M, AHEAD_M = 100.0, 200.0
TRACKED_M = 110.0
ATTEMPTS = 12
SEARCH_STEPS = 8
POLICY, LEVELS = LabelPolicy(), CrowdednessLevels()
# Where in each level's range to aim: away from its edges, so that a small miss still lands inside.
_AIMS = {
    Crowdedness.EMPTY: (0.0, 0.0),
    Crowdedness.SPARSE: (0.9, 2.6),
    Crowdedness.MODERATE: (3.5, 7.3),
    Crowdedness.CROWDED: (8.8, 16.0),
}


@dataclass(frozen=True, eq=False)
class WorldScene:
    """A scenario with everything that its pictures need.

    Attributes:
        scenario: agents, ego, cameras, ambience and road map.
        network, plan, scenery: the road, the ground's patches and the structures.
        look: the light.
        render_seed: seed of what is random in the pictures (windows, flakes, sensor noise).
        crowdedness: the level that the scene was made for and has.
    """

    scenario: Scenario
    network: Network
    plan: GroundPlan
    scenery: Scenery
    look: Look
    render_seed: int
    crowdedness: Crowdedness

    @cached_property
    def meshes(self) -> StaticMeshes:
        """Meshes of the structures, made when the first frame is drawn."""
        return static_meshes(self.scenery, self.render_seed)

    @cached_property
    def tracks_by_id(self) -> dict[str, Track]:
        """The scenario's tracks by their id."""
        return {track.track_id: track for track in self.scenario.tracks}


def make_scene(
    config: WorldConfig, index: int, *, ambience: Ambience | None = None, crowdedness: Crowdedness | None = None
) -> WorldScene:
    """Make scene `index` of a world.

    Args:
        ambience: weather and time of day that are asked for; what it leaves open is drawn.
        crowdedness: the level that is asked for; None draws one of the configuration's.

    Raises:
        DataError: no road of this world reaches the level within a bounded number of tries.
    """
    drawn = _ambience(config, index, ambience)
    levels = list(config.crowdedness or Crowdedness)
    level = crowdedness or levels[int(stream(config.seed, "level", index).integers(len(levels)))]
    for attempt in range(ATTEMPTS):
        scene = _attempt(config, index, attempt, drawn, level)
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


def _ambience(config: WorldConfig, index: int, asked: Ambience | None) -> Ambience:
    rng = stream(config.seed, "ambience", index)
    weather: Weather = config.weather[int(rng.integers(len(config.weather)))]
    time: TimeOfDay = config.time_of_day[int(rng.integers(len(config.time_of_day)))]
    if asked is None:
        return Ambience(weather, time)
    return Ambience(asked.weather or weather, asked.time_of_day or time)


def _profile(config: WorldConfig, rng: np.random.Generator, level: Crowdedness, attempt: int) -> Profile:
    """Busy scenes are mostly in town; after some failed tries always, where the configuration has it."""
    names = list(config.profiles)
    if attempt >= 3 and Profile.URBAN in names and level is not Crowdedness.EMPTY:
        return Profile.URBAN
    busy = {Profile.URBAN: 0.6, Profile.SUBURBAN: 0.28, Profile.RURAL: 0.12}
    quiet = {Profile.URBAN: 0.36, Profile.SUBURBAN: 0.34, Profile.RURAL: 0.30}
    share = busy if level in (Crowdedness.MODERATE, Crowdedness.CROWDED) else quiet
    weights = np.array([share[name] for name in names])
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]


def _attempt(
    config: WorldConfig, index: int, attempt: int, ambience: Ambience, level: Crowdedness
) -> WorldScene | None:
    """One try; None when the level is out of reach on this road."""

    def named(name: str) -> np.random.Generator:
        return stream(config.seed, name, index, attempt)

    rng = named("road")
    profile = _profile(config, rng, level, attempt)
    speed = float(rng.uniform(11.0, 18.0) if profile is Profile.RURAL else rng.uniform(5.0, 13.0))
    reach = speed * config.duration_s * 1.05
    network = make_network(rng, profile, -BEHIND_M, reach + AHEAD_M)
    ego_d = float(rng.choice(network.section.lane_offsets(1)))
    cameras = _cameras(config, named("camera"))
    dense = bool(rng.random() < {Crowdedness.MODERATE: 0.2, Crowdedness.CROWDED: 0.5}.get(level, 0.0))
    candidates: list[Candidate] = []
    if level is not Crowdedness.EMPTY:
        # Oncoming drivers start further away than the ego ever looks.
        span = (-60.0, reach + 90.0)
        candidates = draw_candidates(network, named("traffic"), span, ego_d=ego_d, ego_speed=speed, dense=dense)
    found = _reach_level(config, network, candidates, ego_d, speed, cameras["CAM_FRONT"], level, named("aim"))
    if found is None:
        return None
    plan = plan_ground(network, named("ground"))
    scenery = make_scenery(network, named("scenery"))
    scenario = _scenario(config, index, ambience, network, found, plan, scenery, cameras)
    look = make_look(ambience, stream(config.seed, "look", index))
    seed = int(stream(config.seed, "render", index).integers(2**31))
    return WorldScene(scenario, network, plan, scenery, look, seed, level)


def _cameras(config: WorldConfig, rng: np.random.Generator) -> dict[str, Camera]:
    """The rig, and CAM_FRONT in any case: crowdedness is what it sees."""
    fov = np.radians(rng.uniform(56.0, 78.0))
    height, pitch = float(rng.uniform(1.3, 1.9)), float(np.radians(rng.uniform(-1.0, 4.0)))
    found = {}
    for name in dict.fromkeys(("CAM_FRONT", *config.cameras)):
        camera = forward_camera(name, config.size, float(fov), height, pitch)
        yaw = Pose.from_yaw(np.radians(CAMERA_YAW_DEG[name]), np.zeros(3))
        found[name] = Camera(name, camera.intrinsics, yaw @ camera.ego_from_camera, config.size)
    return found


def _reach_level(
    config: WorldConfig,
    network: Network,
    candidates: list[Candidate],
    ego_d: float,
    speed: float,
    camera: Camera,
    level: Crowdedness,
    rng: np.random.Generator,
) -> Drive | None:
    """Take as many candidates as it needs; bisection over their order."""
    aim = float(rng.uniform(*_AIMS[level]))
    bounds = LEVELS.bounds(level)
    slack = 0.12 * (_AIMS[level][1] - _AIMS[level][0])
    low, high, share = 0.0, 1.0, 0.0 if level is Crowdedness.EMPTY else 0.5
    probe = np.unique(np.linspace(0, config.frames - 1, min(config.frames, 6)).astype(int))
    for step in range(SEARCH_STEPS):
        taken = [c for c in candidates if c.order < share]
        result = drive(network, taken, ego_d=ego_d, ego_speed=speed, frames=config.frames, step_s=1.0 / config.hz)
        seen = _near(motion_of(network, result), result)
        least, most = count_bounds(seen.at(probe), camera, POLICY)
        guess = float(0.6 * least.mean() + 0.4 * most.mean())
        close = abs(guess - aim) <= slack or step >= 3
        if close and bounds[0] <= guess < bounds[1] and mean_within(seen, camera, POLICY, bounds):
            return result
        low, high = (share, high) if guess < aim else (low, share)
        share = 0.5 * (low + high) if high < 1.0 or step < 2 else 1.0
    return None


def _near(motion: Motion, result: Drive) -> Motion:
    """In the ego frame, those that ever come near it."""
    local = motion.local(result.ego_xy, result.ego_yaw)
    keep = np.linalg.norm(local.xy, axis=-1).min(axis=1) < TRACKED_M if len(local.sizes) else np.zeros(0, bool)
    return local.at(slice(None), keep)


def _scenario(
    config: WorldConfig,
    index: int,
    ambience: Ambience,
    network: Network,
    result: Drive,
    plan: GroundPlan,
    scenery: Scenery,
    cameras: dict[str, Camera],
) -> Scenario:
    times = frame_times(config, index)
    name = scenario_id(config, index)
    level = np.zeros((config.frames, 1))
    ego = Trajectory(times, np.concatenate([result.ego_xy, level], axis=1), quaternion_from_yaw(result.ego_yaw))
    return Scenario(
        scenario_id=name,
        ego=ego,
        cameras={camera: cameras[camera] for camera in config.cameras},
        frame_times_us=dict.fromkeys(config.cameras, times),
        tracks=_tracks(times, name, network, result),
        ambience=ambience,
        road_map=RoadMap(plan.road, plan.sidewalks, plan.crossings, plan.lane_lines, scenery.structures()),
        source="world",
        license="Apache-2.0",
    )


def _tracks(times: Integers, name: str, network: Network, result: Drive) -> tuple[Track, ...]:
    motion = motion_of(network, result)
    if not len(motion.sizes):
        return ()
    distance = np.linalg.norm(motion.xy - result.ego_xy, axis=-1).min(axis=1)
    tracks = []
    for i in np.flatnonzero(distance < TRACKED_M):
        actor = result.actors[i]
        height = np.full((len(times), 1), 0.5 * motion.sizes[i, 2])
        path = Trajectory(times, np.concatenate([motion.xy[i], height], axis=1), quaternion_from_yaw(motion.yaw[i]))
        tracks.append(
            Track(
                track_id=f"{name}-{i:04d}",
                category=actor.category,
                trajectory=path,
                sizes=np.tile(motion.sizes[i], (len(times), 1)),
                attribute=_attribute(actor, motion.xy[i]),
                appearance=actor.rgb,
                body=actor.body,
            )
        )
    return tuple(tracks)


def _attribute(actor: Candidate, xy: Floats) -> str | None:
    """nuScenes' attribute of a track."""
    moves = bool(np.linalg.norm(xy[-1] - xy[0]) > 0.2)
    if actor.category == "pedestrian":
        return "pedestrian.moving" if moves else "pedestrian.standing"
    if actor.category in ("bicycle", "motorcycle"):
        return "cycle.with_rider"
    if actor.category in ("traffic_cone", "barrier"):
        return None
    if actor.speed <= 0.0:
        return "vehicle.parked"
    return "vehicle.moving" if moves else "vehicle.stopped"
