"""A scene: a scenario with everything that its pictures need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from drivegen.core import Crowdedness, Scenario, stream
from drivegen.core.arrays import Floats
from drivegen.world.geometry import LAMP_COUNT, Colour, Lamp
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.lamps import LampTimes, signal_lamps
from drivegen.world.roads import RoadNetwork
from drivegen.world.scenery import Stage
from drivegen.world.shading import Look, Sky, make_look, make_sky
from drivegen.world.traffic import EGO_SIZE

_EGO_BODY, _EGO_RGB = "sedan", (0.45, 0.47, 0.5)


@dataclass(frozen=True, eq=False)
class WorldScene:
    """A scenario with everything that its pictures need; satisfies `raster.DrawnScene`.

    Attributes:
        scenario: agents, ego, cameras, ambience, road map and sightings.
        network: the roads.
        stage: everything that stands still.
        lamps: lamps of each track over time, by its id.
        ego_lamps: those of the ego.
        seed, index: which scene it is; everything random in its pictures follows from them.
        crowdedness: the level that the scene was made for and has.
    """

    scenario: Scenario
    network: RoadNetwork
    stage: Stage
    lamps: dict[str, LampTimes]
    ego_lamps: LampTimes
    seed: int
    index: int
    crowdedness: Crowdedness

    @cached_property
    def look(self) -> Look:
        """The light."""
        return make_look(self.scenario.ambience, stream(self.seed, "look", self.index))

    @cached_property
    def sky(self) -> Sky:
        """What is above the horizon, made when the first frame is drawn."""
        return make_sky(self.look, stream(self.seed, "sky", self.index))

    @cached_property
    def render_seed(self) -> int:
        """Seed of what is random in the pictures: flakes, sensor noise."""
        return int(stream(self.seed, "render", self.index).integers(2**31))

    @property
    def start_us(self) -> int:
        """When the scene begins; signals count from there."""
        return int(self.scenario.ego.timestamps_us[0])

    @property
    def ego_body(self) -> tuple[str, Floats, Colour]:
        """Body, size (3,) in metres and colour of the vehicle that carries the cameras."""
        return _EGO_BODY, np.array(EGO_SIZE), _EGO_RGB

    def lamps_at(self, track_id: str, timestamp_us: int) -> Floats32:
        """How strongly each lamp (LAMP_COUNT,) of a track shines, 0 to 1."""
        return self.lamps[track_id].at(timestamp_us, self.look)

    def ego_lamps_at(self, timestamp_us: int) -> Floats32:
        """The same of the ego."""
        return self.ego_lamps.at(timestamp_us, self.look)

    def signal_lamps(self, timestamp_us: int) -> Floats32:
        """How strongly each lamp (signals, LAMP_COUNT) of the traffic lights shines."""
        return signal_lamps(self.network.signals, 1e-6 * (timestamp_us - self.start_us))

    def stage_lamps(self, timestamp_us: int) -> Floats32:
        """How strongly each lamp (LAMP_COUNT,) of what stands still shines: the street lamps."""
        state = np.zeros(LAMP_COUNT, dtype=np.float32)
        state[Lamp.STREET] = self.look.lamps
        return state
