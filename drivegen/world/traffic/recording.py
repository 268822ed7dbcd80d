"""From the simulation's log to traces: lamps, attributes, trailers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivegen.core.arrays import Booleans, Floats
from drivegen.world.geometry import LAMP_COUNT, Lamp
from drivegen.world.traffic.cast import Crew, Member
from drivegen.world.traffic.tables import Table
from drivegen.world.traffic.things import Thing
from drivegen.world.traffic.traces import Lamps, Trace

BRAKE_MPS2 = -0.8
STANDING_MPS = 0.15
MOVING_MPS = 0.25
BLINK_HZ = 1.5
_CYCLES = ("bicycle", "motorcycle")


def traces_of(log: Table, crews: Sequence[Crew], people: Sequence[Crew], drivers: int, step_s: float) -> list[Trace]:
    """A trace for everybody in the log but the ego, trailers right after their pullers.

    Args:
        crews: what the drivers look like, the one in row 1 first.
        people: what the walkers look like.
        drivers: number of rows of drivers, the ego's included; walkers' numbers begin there.
    """
    order = np.lexsort((log["frame"], log["agent"]))
    log = log[order]
    agents, starts = np.unique(log["agent"], return_index=True)
    ends = np.append(starts[1:], len(log))
    found: list[Trace] = []
    for agent, start, end in zip(agents.tolist(), starts.tolist(), ends.tolist(), strict=True):
        if agent == 0:
            continue
        rows = log[start:end]
        if agent >= drivers:
            found.append(_walker(rows, people[agent - drivers].member, f"w{agent - drivers:04d}"))
            continue
        crew = crews[agent - 1]
        found.append(_driver(rows, crew.member, f"d{agent:04d}", step_s))
        if crew.towed is not None:
            found.append(_trailer(rows, crew.towed, f"d{agent:04d}", step_s))
    return found


def lamps_of(rows: Table, step_s: float, member: Member | None) -> Lamps:
    """(T', LAMP_COUNT) the lamps of a driver (the ego where no member is given)."""
    lamps = np.zeros((len(rows), LAMP_COUNT), np.float32)
    cycles = member is not None and member.category == "bicycle"
    lamps[:, Lamp.HEAD] = 0.4 if cycles else 1.0
    lamps[:, Lamp.TAIL] = 1.0
    if not cycles:
        lamps[:, Lamp.BRAKE] = _steady((rows["accel"] < BRAKE_MPS2) | (rows["v"] < STANDING_MPS))
        on = (rows["frame"] * step_s * BLINK_HZ) % 1.0 < 0.5
        lamps[:, Lamp.LEFT] = on & (rows["blinks"] > 0)
        lamps[:, Lamp.RIGHT] = on & (rows["blinks"] < 0)
    return lamps


def _steady(on: Booleans) -> Booleans:
    """Close gaps of up to two frames, so that brake lights do not flicker."""
    wide = np.pad(on, 2)
    spread = np.lib.stride_tricks.sliding_window_view(wide, 3).any(axis=1)
    result: Booleans = np.lib.stride_tricks.sliding_window_view(spread, 3).all(axis=1) | on
    return result


def _driver(rows: Table, member: Member, name: str, step_s: float) -> Trace:
    if member.category in _CYCLES:
        attribute = ("cycle.with_rider",) * len(rows)
    else:
        attribute = tuple(np.where(rows["v"] > MOVING_MPS, "vehicle.moving", "vehicle.stopped").tolist())
    return _trace(rows, member, f"{member.category}-{name}", attribute, lamps_of(rows, step_s, member))


def _trailer(rows: Table, member: Member, name: str, step_s: float) -> Trace:
    own = rows.copy()
    own["x"], own["y"], own["yaw"], own["steer"] = rows["tow_x"], rows["tow_y"], rows["tow_yaw"], 0.0
    lamps = lamps_of(rows, step_s, member)
    lamps[:, Lamp.HEAD] = 0.0
    attribute = tuple(np.where(rows["v"] > MOVING_MPS, "vehicle.moving", "vehicle.stopped").tolist())
    return _trace(own, member, f"trailer-{name}", attribute, lamps)


def _walker(rows: Table, member: Member, name: str) -> Trace:
    attribute = tuple(np.where(rows["v"] > MOVING_MPS, "pedestrian.moving", "pedestrian.standing").tolist())
    lamps = np.zeros((len(rows), LAMP_COUNT), np.float32)
    return _trace(rows, member, f"pedestrian-{name}", attribute, lamps)


def _trace(rows: Table, member: Member, name: str, attribute: tuple[str, ...], lamps: Lamps) -> Trace:
    first, count = int(rows["frame"][0]), len(rows)
    return Trace(
        track_id_suffix=name,
        category=member.category,
        body=member.body,
        size_m=member.size_m,
        rgb=member.rgb,
        start=first,
        stop=first + count,
        xy=np.stack([rows["x"], rows["y"]], axis=1),
        yaw=np.unwrap(rows["yaw"]),
        z_m=rows["z"].astype(np.float64),
        attribute=attribute,
        travelled_m=rows["travelled"].astype(np.float64),
        lamps=lamps,
        steer_rad=rows["steer"].astype(np.float64),
    )


def standing_traces(things: Sequence[Thing], ego_xy: Floats, reach_m: float) -> list[Trace]:
    """Traces of what stands, for the frames from the first to the last in which the ego is within reach."""
    found: list[Trace] = []
    for n, thing in enumerate(things):
        near = np.flatnonzero(np.hypot(*(ego_xy - thing.xy).T) < reach_m)
        if len(near) == 0:
            continue
        start, stop = int(near[0]), int(near[-1]) + 1
        count = stop - start
        found.append(
            Trace(
                track_id_suffix=f"{thing.member.category}-s{n:04d}",
                category=thing.member.category,
                body=thing.member.body,
                size_m=thing.member.size_m,
                rgb=thing.member.rgb,
                start=start,
                stop=stop,
                xy=np.repeat(thing.xy[None], count, axis=0),
                yaw=np.full(count, thing.yaw),
                z_m=np.full(count, thing.z_m),
                attribute=(thing.attribute,) * count,
                travelled_m=np.zeros(count),
                lamps=np.zeros((count, LAMP_COUNT), np.float32),
                steer_rad=np.zeros(count),
            )
        )
    return found
