"""Settings of a store."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from drivegen.core import ConfigError

MAX_FRAMES_PER_ROW_GROUP = 64
_SPLIT = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class StoreConfig:
    """How clips are laid out in Parquet."""

    image_format: Literal["png", "jpeg"] = "png"
    """PNG keeps every pixel; JPEG is about five times smaller."""
    jpeg_quality: int = 95
    """Quality of JPEG frames, 1 to 100; PNG ignores it."""
    clips_per_shard: int = 64
    """How many clips share one file of each table."""
    split: str = "train"
    """Name of the split that the files belong to."""
    frames_per_row_group: int = 64
    """Frames of one clip in a row group: reading one frame reads its row group."""

    def __post_init__(self) -> None:
        if not _SPLIT.fullmatch(self.split):
            raise ConfigError("wrong name", where="split", expected="lower-case letters, digits, _", got=self.split)
        for name, high in (
            ("jpeg_quality", 100),
            ("clips_per_shard", 100_000),
            ("frames_per_row_group", MAX_FRAMES_PER_ROW_GROUP),
        ):
            value = getattr(self, name)
            if not 1 <= value <= high:
                raise ConfigError("out of range", where=name, expected=f"1 to {high}", got=value)
