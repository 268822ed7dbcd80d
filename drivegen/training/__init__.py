"""Training of the stages with Lightning: autoencoder, image model, temporal layers. The only Lightning import."""

from __future__ import annotations

from pathlib import Path

from drivegen.training.config import AutoencoderStage, ImageStage, OptimConfig, Stage, TrainConfig, VideoStage

__all__ = ["AutoencoderStage", "ImageStage", "OptimConfig", "Stage", "TrainConfig", "VideoStage", "train"]


def train(config: TrainConfig) -> Path:
    """Train a stage and write `out/model`; see `run.run_training`."""
    # Lightning takes seconds to import, and describing a configuration does not need it.
    from drivegen.training.run import run_training

    return run_training(config)
