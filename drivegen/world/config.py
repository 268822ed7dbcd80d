"""Settings of the embedded world."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Literal

from drivegen.core import ConfigError, Crowdedness, TimeOfDay, Weather
from drivegen.world.profile import Profile
from drivegen.world.traffic.plans import EgoPlan

CAMERA_YAW_DEG: dict[str, float] = {
    "CAM_FRONT": 0.0,
    "CAM_FRONT_LEFT": 55.0,
    "CAM_FRONT_RIGHT": -55.0,
    "CAM_BACK": 180.0,
    "CAM_BACK_LEFT": 110.0,
    "CAM_BACK_RIGHT": -110.0,
}
"""Cameras that a rig can have, with their heading in the ego frame (counter-clockwise seen from above), as nuScenes."""

MAX_DURATION_S = 300.0
"""Longest scene: as far as one network of roads reaches."""
MOST_HZ = 1000.0
"""Fastest camera; times are whole microseconds."""
SIDE_PX = (16, 8192)
"""Shortest and longest side of an image."""
MOST_SUPERSAMPLE = 8
"""Most samples of a pixel in each direction."""


@dataclass(frozen=True)
class WorldConfig:
    """How many scenes to make, how long, how large, and what may happen in them."""

    scenes: int = 10
    """Number of scenes."""
    seed: int = 0
    """Root seed; scene i depends on (seed, i) and on what is asked for, never on the other scenes."""
    duration_s: float = 20.0
    """Length of a scene, seconds, at most 300."""
    hz: float = 12.0
    """Frames per second of each camera, at most 1000."""
    size: tuple[int, int] = (128, 256)
    """Height and width of the images, pixels, 16 to 8192."""
    cameras: tuple[str, ...] = ("CAM_FRONT",)
    """The rig; names from CAMERA_YAW_DEG."""
    weather: tuple[Weather, ...] = tuple(Weather)
    """Weathers to draw from, equally likely."""
    time_of_day: tuple[TimeOfDay, ...] = tuple(TimeOfDay)
    """Times of day to draw from, equally likely."""
    crowdedness: tuple[Crowdedness, ...] | None = None
    """Levels to draw from, equally likely; None draws from all."""
    profiles: tuple[Profile, ...] = tuple(Profile)
    """What may lie along the road."""
    ego: EgoPlan = field(default_factory=EgoPlan)
    """What the ego does in every scene."""
    scenes_per_root: int = 100
    """A nuScenes root holds at most this many scenes (the devkit's tables are single JSON files)."""
    keyframe_hz: float | None = None
    """Rate of annotated samples in the written roots, at most `hz`; None annotates every frame."""
    supersample: int = 2
    """Every pixel has this many samples in each direction, at most 8."""
    image_format: Literal["jpg", "png"] = "jpg"
    """Format of the written images."""
    jpeg_quality: int = 95
    """Quality of written JPEG images."""
    depth: bool = False
    """Write a depth map beside every image."""
    instances: bool = False
    """Write an instance map beside every image."""
    workers: int = 0
    """Processes that write_world uses, 0 for one per core; decides the speed, never the bytes."""

    def __post_init__(self) -> None:
        for name in ("scenes", "scenes_per_root"):
            if getattr(self, name) < 1:
                raise ConfigError("must be positive", where=name, expected="1 or more", got=getattr(self, name))
        if self.workers < 0:
            raise ConfigError("must not be negative", where="workers", expected="0 or more", got=self.workers)
        self._check_range("duration_s", MAX_DURATION_S)
        self._check_range("hz", MOST_HZ)
        self._check_range("keyframe_hz", self.hz)
        self._check_range("supersample", MOST_SUPERSAMPLE)
        if not all(SIDE_PX[0] <= side <= SIDE_PX[1] for side in self.size):
            expected = f"{SIDE_PX[0]} to {SIDE_PX[1]} pixels a side"
            raise ConfigError("not a size of images", where="size", expected=expected, got=list(self.size))
        self._check_choices()
        if not 1 <= self.jpeg_quality <= 100:
            raise ConfigError("not a JPEG quality", where="jpeg_quality", expected="1 to 100", got=self.jpeg_quality)

    def _check_range(self, name: str, most: float) -> None:
        value = getattr(self, name)
        # Written so that NaN is out of range, too.
        if value is not None and not 0 < value <= most:
            raise ConfigError("out of range", where=name, expected=f"more than 0 and at most {most:g}", got=value)

    def _check_choices(self) -> None:
        unknown = [name for name in self.cameras if name not in CAMERA_YAW_DEG]
        if unknown or not self.cameras:
            raise ConfigError(
                "unknown camera",
                where="cameras",
                expected="some of " + ", ".join(CAMERA_YAW_DEG),
                got=list(self.cameras),
            )
        if len(set(self.cameras)) != len(self.cameras):
            raise ConfigError("cameras repeat", where="cameras", expected="each once", got=", ".join(self.cameras))
        for name in ("weather", "time_of_day", "profiles"):
            if not getattr(self, name):
                raise ConfigError("nothing to draw from", where=name, expected="at least one value")
        if self.crowdedness is not None and not self.crowdedness:
            raise ConfigError("nothing to draw from", where="crowdedness", expected="at least one level, or null")

    @property
    def frames(self) -> int:
        """Frames per camera of a scene."""
        return max(1, round(self.duration_s * self.hz))

    @property
    def levels(self) -> tuple[Crowdedness, ...]:
        """The levels of crowdedness that are drawn from."""
        return self.crowdedness or tuple(Crowdedness)

    @property
    def processes(self) -> int:
        """Processes that writing uses: `workers`, or one per core that this process may run on."""
        if self.workers:
            return self.workers
        affinity = getattr(os, "sched_getaffinity", None)
        return len(affinity(0)) if affinity else os.cpu_count() or 1
