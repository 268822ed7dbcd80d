"""What the traffic gives: where everybody was in each frame, and which lamps were lit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Colour

Lamps = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Trace:
    """One agent over T' of a clip's T frames.

    Attributes:
        track_id_suffix: unique in its traffic, and the same for the whole clip, such as `car-017`.
        category: one of `core.CATEGORIES`.
        body: name in `bodies.BODIES`.
        size_m: (3,) length, width, height.
        rgb: display colour of its paint or cloth.
        start, stop: the frames in which it is there, [start, stop); T' = stop - start >= 1.
        xy: (T', 2) the footprint's middle, global frame, metres.
        yaw: (T',) heading, radians, unwrapped.
        z_m: (T',) height of its feet or wheels above the terrain: KERB_M on raised sidewalks.
        attribute: (T') nuScenes attribute names, such as vehicle.moving; empty for what has none.
        travelled_m: (T',) way it has gone since it appeared, for gaits and wheels.
        lamps: (T', LAMP_COUNT) switch of each lamp in [0, 1], indexed by `geometry.Lamp`.
        steer_rad: (T',) angle of the front wheels, left positive; zero for what has none.
    """

    track_id_suffix: str
    category: str
    body: str
    size_m: Floats
    rgb: Colour
    start: int
    stop: int
    xy: Floats
    yaw: Floats
    z_m: Floats
    attribute: tuple[str, ...]
    travelled_m: Floats
    lamps: Lamps
    steer_rad: Floats

    @property
    def present(self) -> slice:
        """The frames in which it is there."""
        return slice(self.start, self.stop)


@dataclass(frozen=True, eq=False)
class Traffic:
    """Everybody's motion over T frames, ego included.

    Attributes:
        traces: everybody but the ego, in an order that depends on the seed alone.
        ego_xy: (T, 2) its middle on the ground plane, global frame, metres.
        ego_yaw: (T,) heading, radians, unwrapped.
        ego_speed: (T,) metres per second.
        ego_lamps: (T, LAMP_COUNT) as in Trace.
    """

    traces: tuple[Trace, ...]
    ego_xy: Floats
    ego_yaw: Floats
    ego_speed: Floats
    ego_lamps: Lamps
