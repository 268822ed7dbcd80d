"""`drivegen world`: render a procedural driving world as nuScenes roots."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from drivegen.cli.progress import progress
from drivegen.cli.run import run
from drivegen.world import WorldConfig, write_world


@dataclass(frozen=True)
class WorldCommand(WorldConfig):
    """A world and where it goes."""

    out: Path = Path("out/world")
    """Folder of the root, or of the roots when there are more scenes than `scenes_per_root`."""


def config_class() -> type[WorldCommand]:
    """The command's configuration."""
    return WorldCommand


def job(config: WorldCommand) -> None:
    """Write the roots and say where they are."""
    # `out` is not part of what a world is: the same world may be written anywhere.
    world = WorldConfig(**{field.name: getattr(config, field.name) for field in fields(WorldConfig)})
    with progress("world", "scenes") as report:
        roots = write_world(world, config.out, report)
    for root in roots:
        print(f"nuScenes root: {root}")
    print(f"next: drivegen train stage=autoencoder 'data.roots=[{config.out}]'")


if __name__ == "__main__":
    run("world", config_class, job)
