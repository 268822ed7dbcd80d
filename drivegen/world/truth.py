"""What happened, told without pictures: tracks on the ground, the vehicle's way, the map with its lights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from drivegen.core import LightState, RoadMap, Structure, Track, TrafficLight, Trajectory, usual_attribute
from drivegen.core.arrays import Floats, Integers
from drivegen.core.poses import matrix_from_quaternion
from drivegen.world.roads import RoadNetwork, Signal, Terrain
from drivegen.world.traffic import Trace, Traffic

# Cells of the map's heights; the terrain's waves are much longer.
TERRAIN_CELL_M = 10.0


def ego_path(times_us: Integers, terrain: Terrain, traffic: Traffic) -> Trajectory:
    """The vehicle's poses on the ground, pitched and rolled with it."""
    return Trajectory(times_us, *terrain.pose(traffic.ego_xy, traffic.ego_yaw))


def tracks_of(times_us: Integers, scene: str, terrain: Terrain, traffic: Traffic) -> tuple[Track, ...]:
    """The traces of a scene as tracks; ids begin with the scene's name."""
    return tuple(_track(times_us, scene, terrain, trace) for trace in traffic.traces)


def track_id_of(scene: str, trace: Trace) -> str:
    """The id of a trace's track."""
    return f"{scene}-{trace.track_id_suffix}"


def _track(times_us: Integers, scene: str, terrain: Terrain, trace: Trace) -> Track:
    feet, rotations = terrain.pose(trace.xy, trace.yaw, trace.z_m)
    # A box stands upright on the slope: its centre lies half its height along its own z axis.
    upwards: Floats = matrix_from_quaternion(rotations)[..., 2]
    path = Trajectory(times_us[trace.present], feet + 0.5 * trace.size_m[2] * upwards, rotations)
    names = tuple(name or None for name in trace.attribute)
    return Track(
        track_id=track_id_of(scene, trace),
        category=trace.category,
        trajectory=path,
        sizes=np.tile(trace.size_m, (len(feet), 1)),
        attribute=usual_attribute(names),
        appearance=trace.rgb,
        body=trace.body,
        attributes=names if len(set(names)) > 1 else None,
    )


def road_map_of(network: RoadNetwork, structures: tuple[Structure, ...], times_us: Integers) -> RoadMap:
    """All layers of a network's map, with the ground's heights and what the lights show over the scene's time."""
    plain = network.road_map(structures)
    lights = tuple(_light(network, signal, times_us) for signal in network.signals)
    return replace(plain, terrain=network.terrain.grid(network.bounds, TERRAIN_CELL_M), traffic_lights=lights)


def _light(network: RoadNetwork, signal: Signal, times_us: Integers) -> TrafficLight:
    arm = network.junctions[signal.junction].arms[signal.arm]
    return TrafficLight(
        light_id=signal.index,
        xy=tuple((float(pole.xy[0]), float(pole.xy[1])) for pole in signal.poles),
        yaw_rad=tuple(float(pole.yaw) for pole in signal.poles),
        lanes=tuple(int(lane) for lane in arm.incoming),
        changes=_changes(signal, times_us),
    )


def _changes(signal: Signal, times_us: Integers) -> tuple[tuple[int, LightState], ...]:
    """When it shows something new, from the first frame to the last."""
    start, end = int(times_us[0]), int(times_us[-1])
    changes, time_s = [], 0.0
    while start + round(time_s * 1e6) <= end:
        changes.append((start + round(time_s * 1e6), signal.color_at(time_s)))
        # A microsecond beyond the change, so that rounding does not find the old state again.
        time_s += signal.remaining_s(time_s) + 1e-6
    return tuple(changes)
