"""Training with Lightning: autoencoder, image model, temporal layers, perception nets. The only Lightning import.

Names are imported when first asked for: the processes that build caches need neither networks nor Lightning.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drivegen.training.config import (
        AutoencoderStage,
        ImageStage,
        InterpolationStage,
        OptimConfig,
        PerceptionStage,
        Stage,
        TrainConfig,
        VideoStage,
    )

__all__ = [
    "AutoencoderStage",
    "ImageStage",
    "InterpolationStage",
    "OptimConfig",
    "PerceptionStage",
    "Stage",
    "TrainConfig",
    "VideoStage",
    "build_caches",
    "train",
]


def train(config: TrainConfig) -> Path:
    """Train a stage and write `out/model`; see `run.run_training`."""
    from drivegen.training.run import run_training

    return run_training(config)


def build_caches(config: TrainConfig) -> None:
    """Build what a stage caches before its first step, where it is not there yet; see `run.build_caches`."""
    from drivegen.training import run

    run.build_caches(config)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("drivegen.training.config"), name)
