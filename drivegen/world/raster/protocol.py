"""What the rasteriser needs to know of a scene."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from drivegen.core.arrays import Floats
from drivegen.core.scenario import Scenario
from drivegen.world.geometry import Mesh
from drivegen.world.geometry.mesh import Floats32


class DrawnTile(Protocol):
    """A piece of scenery, `scenery.Tile`; its place follows from its mesh."""

    @property
    def mesh(self) -> Mesh:
        """In the global frame."""

    @property
    def detail_m(self) -> float:
        """Distance from the camera up to which it is drawn, for a camera of DETAIL_FOCAL_PX; inf for always."""


class DrawnHead(Protocol):
    """The head of a traffic light, `scenery.SignalHead`."""

    @property
    def signal(self) -> int:
        """Row of `DrawnScene.signal_lamps`."""

    @property
    def mesh(self) -> Mesh:
        """In the global frame; its lamps are RED, AMBER, GREEN or WALK, STOP."""


class DrawnStage(Protocol):
    """Everything that stands still, `scenery.Stage`."""

    @property
    def tiles(self) -> Sequence[Any]:
        """Of DrawnTile."""

    @property
    def signal_heads(self) -> Sequence[Any]:
        """Of DrawnHead."""


class DrawnScene(Protocol):
    """A scene that can be drawn; hashable by identity and weakly referenced (a frozen dataclass with eq=False is).

    Tracks are drawn with `bodies.body_mesh(track.body, size, track.appearance, ...)` while their trajectory covers the
    time; their trajectory's positions are those of the boxes' centres.
    """

    @property
    def scenario(self) -> Scenario:
        """Tracks, the vehicle's motion, cameras."""

    @property
    def stage(self) -> Any:
        """A DrawnStage."""

    def lamps_at(self, track_id: str, timestamp_us: int) -> Floats32:
        """How strongly each lamp (LAMP_COUNT,) of a track shines, 0 to 1."""

    def signal_lamps(self, timestamp_us: int) -> Floats32:
        """How strongly each lamp shines (signals, LAMP_COUNT): RED, AMBER, GREEN and WALK, STOP of each signal."""

    def stage_lamps(self, timestamp_us: int) -> Floats32:
        """How strongly each lamp (LAMP_COUNT,) of the tiles shines: STREET, 1 at night."""

    @property
    def ego_body(self) -> tuple[str, Floats, tuple[float, float, float]]:
        """Body, size (3,) m and display colour of the vehicle that carries the cameras; it is not drawn but throws a
        shadow. Its box stands on the ground with its centre over the ego pose."""
