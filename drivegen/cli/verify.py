"""`drivegen verify`: check a store, or the tables of a nuScenes root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drivegen.cli.run import run
from drivegen.core import ConfigError, DataError

# More problems than this are counted, not listed: they mostly repeat.
LISTED_PROBLEMS = 50


@dataclass(frozen=True)
class VerifyCommand:
    """What to check: exactly one of a store and a nuScenes root."""

    store: Path | None = None
    """A dataset that `drivegen sample` wrote."""
    root: Path | None = None
    """A nuScenes root."""
    version: str | None = None
    """Tables of the root; None takes the only v1.0-* folder there."""

    def __post_init__(self) -> None:
        if (self.store is None) == (self.root is None):
            raise ConfigError("nothing to check", where="store, root", expected="one of store=... and root=...")
        if self.version is not None and self.root is None:
            raise ConfigError("only a root has versions", where="version", remedy="give root=...")


def config_class() -> type[VerifyCommand]:
    """The command's configuration."""
    return VerifyCommand


def job(config: VerifyCommand) -> None:
    """List the problems.

    Raises:
        DataError: there are any.
    """
    if config.store is not None:
        _finish(_check_store(config.store), config.store)
    elif config.root is not None:
        _finish(_check_root(config.root, config.version), config.root)


def _check_store(store: Path) -> Sequence[object]:
    from drivegen.store import verify_store

    return verify_store(store)


def _check_root(root: Path, version: str | None) -> Sequence[object]:
    from drivegen.nuscenes_format import check_tables

    return check_tables(root, version or _only_version(root))


def _only_version(root: Path) -> str:
    versions = sorted(path.name for path in root.glob("v1.0-*") if path.is_dir())
    if len(versions) != 1:
        raise DataError(
            "which version to check is unclear",
            where=root,
            expected="one v1.0-* folder",
            got=", ".join(versions) or "none",
            remedy="give version=..." if versions else "check root=...",
        )
    return versions[0]


def _finish(problems: Sequence[object], place: Path) -> None:
    for problem in problems[:LISTED_PROBLEMS]:
        print(problem)
    if len(problems) > LISTED_PROBLEMS:
        print(f"... and {len(problems) - LISTED_PROBLEMS} more")
    if problems:
        raise DataError("does not verify", where=place, got=f"{len(problems)} problems")
    print(f"{place}: verified, no problems")


if __name__ == "__main__":
    run("verify", config_class, job)
