"""Hydra's part: from conf/*.yaml and overrides to plain mappings. No DictConfig leaves this package."""

from __future__ import annotations

from typing import Any

import hydra
from omegaconf import DictConfig, OmegaConf

# conf/ of the repository, as setup.cfg installs it.
CONFIG_PACKAGE = "drivegen.conf"


def compose(command: str, overrides: list[str]) -> dict[str, Any]:
    """The settings that a command line gives, undecoded: conf/<command>.yaml with overrides."""
    with hydra.initialize_config_module(CONFIG_PACKAGE, version_base="1.3"):
        return plain(hydra.compose(command, overrides))


def plain(config: DictConfig) -> dict[str, Any]:
    """A plain mapping of the settings that belong to the job: all but `debug`, which belongs to the command line.

    Raises:
        omegaconf.errors.MissingMandatoryValue: a value is still ???.
    """
    values = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    if not isinstance(values, dict):
        raise TypeError(f"a configuration is a mapping, not {type(values).__name__}")
    return {str(key): value for key, value in values.items() if key != "debug"}


def setting_keys(command: str) -> list[str]:
    """Every dotted key of a command's configuration."""
    with hydra.initialize_config_module(CONFIG_PACKAGE, version_base="1.3"):
        return _dotted(OmegaConf.to_container(hydra.compose(command)), "")


def _dotted(values: object, prefix: str) -> list[str]:
    if not isinstance(values, dict):
        return []
    keys = []
    for key, value in values.items():
        path = f"{prefix}{key}"
        keys += [path, *_dotted(value, f"{path}.")]
    return keys
