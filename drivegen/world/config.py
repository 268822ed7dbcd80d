"""Settings of the embedded world."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from drivegen.core import ConfigError, Crowdedness, TimeOfDay, Weather

CAMERA_YAW_DEG: dict[str, float] = {
    "CAM_FRONT": 0.0,
    "CAM_FRONT_LEFT": 55.0,
    "CAM_FRONT_RIGHT": -55.0,
    "CAM_BACK": 180.0,
}
"""Cameras that a rig can have, with their heading in the ego frame (counter-clockwise seen from above)."""


class Profile(StrEnum):
    """What lies along the road."""

    URBAN = "urban"
    SUBURBAN = "suburban"
    RURAL = "rural"


@dataclass(frozen=True)
class WorldConfig:
    """How many scenes to make, how long, how large, and what may happen in them."""

    scenes: int = 10
    """Number of scenes."""
    seed: int = 0
    """Root seed; scene i depends on (seed, i) and on what is asked for, never on the other scenes."""
    duration_s: float = 20.0
    """Length of a scene, seconds."""
    hz: float = 12.0
    """Frames per second of each camera."""
    size: tuple[int, int] = (128, 256)
    """Height and width of the images, pixels."""
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
    scenes_per_root: int = 100
    """A nuScenes root holds at most this many scenes (the devkit's tables are single JSON files)."""
    keyframe_hz: float | None = None
    """Rate of annotated samples in the written roots; None annotates every frame."""
    supersample: int = 2
    """Frames are drawn this many times larger and averaged."""
    image_format: Literal["jpg", "png"] = "jpg"
    """Format of the written images."""
    jpeg_quality: int = 95
    """Quality of written JPEG images."""
    workers: int = 1
    """Processes that write_world uses; decides the speed, never the bytes."""

    def __post_init__(self) -> None:
        for name in ("scenes", "duration_s", "hz", "scenes_per_root", "supersample", "workers"):
            if getattr(self, name) <= 0:
                raise ConfigError("must be positive", where=name, got=getattr(self, name))
        if min(self.size) < 16:
            raise ConfigError("image too small", where="size", expected="at least 16 pixels a side", got=self.size)
        unknown = [name for name in self.cameras if name not in CAMERA_YAW_DEG]
        if unknown or not self.cameras:
            raise ConfigError(
                "unknown camera", where="cameras", expected="some of " + ", ".join(CAMERA_YAW_DEG), got=self.cameras
            )
        if len(set(self.cameras)) != len(self.cameras):
            raise ConfigError("cameras repeat", where="cameras", got=self.cameras)
        for name in ("weather", "time_of_day", "profiles"):
            if not getattr(self, name):
                raise ConfigError("nothing to draw from", where=name, expected="at least one value")
        if self.crowdedness is not None and not self.crowdedness:
            raise ConfigError("nothing to draw from", where="crowdedness", expected="at least one level, or null")
        if not 1 <= self.jpeg_quality <= 100:
            raise ConfigError("not a JPEG quality", where="jpeg_quality", expected="1 to 100", got=self.jpeg_quality)

    @property
    def frames(self) -> int:
        """Frames per camera of a scene."""
        return max(1, round(self.duration_s * self.hz))
