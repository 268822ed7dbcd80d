"""Which lamps shine at a time: those of vehicles over the clip, and those of traffic lights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core import LightState, TimeOfDay, Weather
from drivegen.core.arrays import Integers
from drivegen.world.geometry import LAMP_COUNT, Lamp
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.roads import Signal
from drivegen.world.shading import Look
from drivegen.world.traffic import Traffic
from drivegen.world.truth import track_id_of

# Head-lights by day, as a share of those at night.
DAYTIME_RUNNING = 0.3
# Pedestrians are told to go while the arm that they cross is red for at least this long.
WALK_S = 5.0
_SHOWN = {LightState.RED: Lamp.RED, LightState.AMBER: Lamp.AMBER, LightState.GREEN: Lamp.GREEN}


@dataclass(frozen=True, eq=False)
class LampTimes:
    """The switches of one vehicle's lamps.

    Attributes:
        start_us, step_us: time of its first frame, and between frames.
        states: (T', LAMP_COUNT) switch of each lamp in [0, 1].
    """

    start_us: int
    step_us: int
    states: Floats32

    def at(self, timestamp_us: int, look: Look) -> Floats32:
        """How strongly each lamp (LAMP_COUNT,) shines: head and tail lights as the light outside asks for."""
        frame = round((timestamp_us - self.start_us) / self.step_us)
        state = self.states[min(max(frame, 0), len(self.states) - 1)].copy()
        if not _lights_on(look):
            state[Lamp.HEAD] *= DAYTIME_RUNNING
            state[Lamp.TAIL] = 0.0
        return state


def lamp_times(times_us: Integers, scene: str, traffic: Traffic) -> tuple[dict[str, LampTimes], LampTimes]:
    """Lamps of every track by its id, and those of the ego."""
    step = int(times_us[1] - times_us[0]) if len(times_us) > 1 else 1
    tracks = {
        track_id_of(scene, trace): LampTimes(int(times_us[trace.start]), step, trace.lamps) for trace in traffic.traces
    }
    return tracks, LampTimes(int(times_us[0]), step, traffic.ego_lamps)


def signal_lamps(signals: tuple[Signal, ...], time_s: float) -> Floats32:
    """Lamps (signals, LAMP_COUNT) of traffic lights; each also tells the pedestrians that cross its arm."""
    states = np.zeros((len(signals), LAMP_COUNT), dtype=np.float32)
    for row, signal in enumerate(signals):
        light = signal.color_at(time_s)
        states[row, _SHOWN[light]] = 1.0
        walk = light is LightState.RED and signal.until_green_s(time_s) > WALK_S
        states[row, Lamp.WALK if walk else Lamp.STOP] = 1.0
    return states


def _lights_on(look: Look) -> bool:
    """Whether drivers have their lights on."""
    gloomy = look.weather in (Weather.RAIN, Weather.SNOW, Weather.FOG)
    return gloomy or look.time_of_day is not TimeOfDay.DAY
