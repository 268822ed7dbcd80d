"""A scenario: everything that happens over time, before any pixel."""

from __future__ import annotations

from dataclasses import dataclass, field

from drivegen.core.ambience import Ambience
from drivegen.core.arrays import Integers
from drivegen.core.cameras import Camera
from drivegen.core.errors import DataError
from drivegen.core.road_map import RoadMap
from drivegen.core.sightings import Sightings
from drivegen.core.tracks import Track, Trajectory


@dataclass(frozen=True, eq=False)
class Scenario:
    """Agents, ego motion, cameras and ambience over time.

    Attributes:
        scenario_id: unique name; safe as part of a file name.
        ego: global_from_ego over time.
        cameras: the rig, by camera name.
        frame_times_us: for each camera name, when it takes its frames (T,), strictly increasing.
        tracks: the agents.
        ambience: weather and time of day.
        road_map: what stands still; None when unknown.
        source: where it comes from, such as world or nuscenes:v1.0-mini.
        license: licence of the layout's source (SPDX where there is one).
        sightings: by camera name, what a renderer's instance masks show of the tracks; None (or a camera that is not
            there): visibility follows from the boxes.
    """

    scenario_id: str
    ego: Trajectory
    cameras: dict[str, Camera]
    frame_times_us: dict[str, Integers]
    tracks: tuple[Track, ...]
    ambience: Ambience = field(default_factory=Ambience)
    road_map: RoadMap | None = None
    source: str = "unknown"
    license: str = "unknown"
    sightings: dict[str, Sightings] | None = None

    def __post_init__(self) -> None:
        if set(self.cameras) != set(self.frame_times_us):
            raise DataError(
                "cameras and frame times differ",
                where=self.scenario_id,
                expected=sorted(self.cameras),
                got=sorted(self.frame_times_us),
            )
        ids = [track.track_id for track in self.tracks]
        if len(set(ids)) != len(ids):
            raise DataError("track ids repeat", where=self.scenario_id)
