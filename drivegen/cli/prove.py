"""`drivegen prove`: does a generated dataset help a detector?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivegen.cli.progress import progress
from drivegen.cli.run import run

if TYPE_CHECKING:
    from drivegen.experiments import ProveConfig


def config_class() -> type[ProveConfig]:
    """The command's configuration (imports torch)."""
    from drivegen.experiments import ProveConfig

    return ProveConfig


def job(config: ProveConfig) -> None:
    """Train, test, compare, and say what came out."""
    from drivegen.experiments import prove

    with progress("prove", "steps") as advance:
        report = prove(config, advance)
    print(report)


if __name__ == "__main__":
    run("prove", config_class, job)
