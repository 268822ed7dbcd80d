"""`drivegen sample`: make a dataset of annotated clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivegen.cli.progress import progress
from drivegen.cli.run import run

if TYPE_CHECKING:
    from drivegen.generation import SampleConfig

LONG_CLIP_FRAMES = 100


def config_class() -> type[SampleConfig]:
    """The command's configuration (imports torch)."""
    from drivegen.generation import SampleConfig

    return SampleConfig


def job(config: SampleConfig) -> None:
    """Sample and say what was made."""
    from drivegen.generation import sample

    # Of clips that take minutes one by one, it is frames that people wait for.
    if config.num_frames >= LONG_CLIP_FRAMES:
        with progress("sample", "frames") as advance:
            report = sample(config, frames=advance)
    else:
        with progress("sample", "clips") as advance:
            report = sample(config, advance)
    print(report)


if __name__ == "__main__":
    run("sample", config_class, job)
