"""The tables that the compiled simulation works on: one record per lane, point, driver, path, walker, log entry.

Structured arrays, because one argument per table keeps the kernels' signatures short. Stations and offsets in metres,
angles in radians, speeds in metres per second; -1 stands for "none" in every index.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[Any]
"""A structured array; see the dtypes below."""
Row = Any
"""A row of one: the type checker knows nothing of its fields."""

CHAIN = 9
"""Lanes that a driver knows: the one it left, the one it is on, and those ahead."""
BRANCHES = 6
"""Largest number of successors of a lane, and of neighbors at one end of a path."""
CROSSINGS = 3
"""Largest number of zebra crossings on one lane."""

UNBORN, ALIVE, GONE, HELD = 0, 1, 2, 3
"""States of an agent; HELD is the ego before it comes in."""
NO_CONTROL, SIGNALS, ALL_WAY_STOP = 0, 1, 2
"""How a lane's junction is controlled."""
RED, AMBER, GREEN = 0, 1, 2

LANE = np.dtype(
    [
        ("first", "i8"), ("count", "i8"), ("step", "f8"), ("length", "f8"), ("lead_in", "f8"), ("width", "f8"),
        ("connector", "i8"), ("junction", "i8"), ("arm", "i8"), ("control", "i8"), ("signal", "i8"), ("turn", "i8"),
        ("stop", "f8"), ("left", "i8"), ("right", "i8"), ("successors", "i8", (BRANCHES,)), ("branches", "i8"),
        ("crossings", "i8", (CROSSINGS,)), ("cross_from", "f8", (CROSSINGS,)), ("cross_to", "f8", (CROSSINGS,)),
        ("sharp", "i8"), ("ride", "f8"),
    ],
    align=True,
)  # fmt: skip
"""A lane: its points are POINT rows first .. first + count at even steps; `lead_in` is the straight piece put before a
lane that begins at the map's edge; turn 1 left, -1 right; `sharp` 1 where long vehicles do not go; `ride` how far right
of its middle cyclists ride."""

POINT = np.dtype([("x", "f8"), ("y", "f8"), ("yaw", "f8"), ("limit", "f8")], align=True)
"""A point of a lane's or path's middle line; `limit` is the speed that the road and its curvature allow there."""

DRIVER = np.dtype(
    [
        ("state", "i8"), ("dice", "i8"), ("chain", "i8", (CHAIN,)), ("s", "f8"), ("v", "f8"), ("accel", "f8"),
        # Lateral place: from d_from to d_to over `over` metres of way, of which `gone` are done.
        ("d_from", "f8"), ("d_to", "f8"), ("gone", "f8"), ("over", "f8"), ("home", "f8"),
        # The front axle, the rear axle, and the axle of the trailer.
        ("x", "f8"), ("y", "f8"), ("rear_x", "f8"), ("rear_y", "f8"), ("tow_x", "f8"), ("tow_y", "f8"),
        ("steer", "f8"), ("travelled", "f8"),
        ("length", "f8"), ("width", "f8"), ("wheelbase", "f8"), ("front", "f8"), ("reach", "f8"),
        ("tow_length", "f8"), ("tow_width", "f8"), ("tow_base", "f8"), ("hitch", "f8"),
        ("eager", "f8"), ("headway", "f8"), ("standstill", "f8"), ("power", "f8"), ("comfort", "f8"), ("top", "f8"),
        ("cyclist", "i8"), ("inside", "i8"), ("via", "i8"), ("halted", "f8"), ("granted", "i8"),
        ("yields", "i8"), ("changed", "f8"), ("wish", "i8"), ("blinks", "i8"), ("stuck", "f8"), ("long", "i8"),
    ],
    align=True,
)  # fmt: skip
"""A driver or cyclist; row 0 is the ego. `front` is the overhang before the front axle, `reach` the length of the
whole train behind the front bumper, `inside` the junction it is in, `via` its connector there, `halted` when it came to
stand at an all-way stop (-1: not), `stuck` for how long it has stood, `hitch` the distance of the tow ball behind the
rear axle."""

PATH = np.dtype(
    [
        ("first", "i8"), ("count", "i8"), ("step", "f8"), ("length", "f8"), ("half", "f8"), ("crossing", "i8"),
        ("signal", "i8"), ("neighbors", "i8", (2, BRANCHES)), ("branches", "i8", (2,)), ("lift", "f8"),
        ("kerb", "f8", (2,)),
    ],
    align=True,
)  # fmt: skip
"""A stretch of sidewalk or a crossing. neighbors[e]: what follows at end e (0 start, 1 end), coded 2 path + its end.
`half` is half the usable width; `lift` the height of the kerb; `kerb` the stations where a crossing leaves one kerb
and reaches the other."""

WALKER = np.dtype(
    [
        ("state", "i8"), ("dice", "i8"), ("path", "i8"), ("along", "i8"), ("s", "f8"), ("d", "f8"), ("home", "f8"),
        ("x", "f8"), ("y", "f8"), ("yaw", "f8"), ("v", "f8"), ("pace", "f8"), ("z", "f8"), ("travelled", "f8"),
        ("length", "f8"), ("width", "f8"), ("crossing", "i8"), ("stands", "i8"), ("since", "f8"),
    ],
    align=True,
)  # fmt: skip
"""A pedestrian; `along` 1 or -1 along its path, `d` its offset to the left of its way, `home` the one it likes,
`crossing` the one it is on or steps onto, `since` for how long it has waited at a kerb, `stands` 1 when it stays."""

LOG = np.dtype(
    [
        ("frame", "i4"), ("agent", "i4"), ("x", "f8"), ("y", "f8"), ("yaw", "f8"), ("v", "f4"), ("travelled", "f4"),
        ("steer", "f4"), ("accel", "f4"), ("blinks", "i4"), ("tow_x", "f8"), ("tow_y", "f8"), ("tow_yaw", "f8"),
        ("z", "f4"),
    ],
    align=True,
)  # fmt: skip
"""One agent in one frame: the middle of its box and of its trailer's."""

BOX = np.dtype(
    [("x", "f8"), ("y", "f8"), ("c", "f8"), ("s", "f8"), ("half_l", "f8"), ("half_w", "f8"), ("v", "f8"),
     ("owner", "i8"), ("radius", "f8")],
    align=True,
)  # fmt: skip
"""An oriented footprint; c and s are the cosine and sine of its heading; owner is a driver's row, or -1."""
