"""`drivegen export`: turn a store into videos or pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drivegen.cli.run import run
from drivegen.core import ConfigError
from drivegen.export import export_store


@dataclass(frozen=True)
class ExportCommand:
    """Which store becomes what."""

    store: Path
    """The dataset."""
    format: Literal["mp4", "png"] = "mp4"
    """mp4: one AV1 video per clip; png: one filmstrip per clip and a contact sheet."""
    out: Path | None = None
    """Folder of the files; None: `<store>-<format>` beside the store."""
    boxes: bool = True
    """Draw the 3D boxes."""
    limit: int | None = None
    """Clips at most; None: all."""
    scale: int = 4
    """Enlargement of the frames."""

    def __post_init__(self) -> None:
        if self.scale < 1:
            raise ConfigError("must be at least 1", where="scale", got=self.scale)
        if self.limit is not None and self.limit < 1:
            raise ConfigError("must be at least 1", where="limit", got=self.limit)

    @property
    def folder(self) -> Path:
        """Where the files go."""
        return self.out if self.out is not None else self.store.parent / f"{self.store.name}-{self.format}"


def config_class() -> type[ExportCommand]:
    """The command's configuration."""
    return ExportCommand


def job(config: ExportCommand) -> None:
    """Export and say what was written."""
    paths = export_store(
        config.store, config.format, config.folder, boxes=config.boxes, limit=config.limit, scale=config.scale
    )
    print(f"{len(paths)} files in {config.folder}")


if __name__ == "__main__":
    run("export", config_class, job)
