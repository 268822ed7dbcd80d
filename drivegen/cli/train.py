"""`drivegen train`: train a stage of the models or a perception net on nuScenes roots, or run a recipe of stages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from drivegen.cli.run import run

if TYPE_CHECKING:
    from drivegen.experiments.recipe_config import TrainCommand


def config_class() -> type[TrainCommand]:
    """The command's configuration (imports torch)."""
    from drivegen.experiments.recipe_config import TrainCommand

    return TrainCommand


def job(config: TrainCommand) -> None:
    """Train and say where the model folder is and what comes next."""
    if config.recipe is not None:
        _run_recipe(config)
        return
    from drivegen.training import train

    folder = train(config.stage_config())
    if _speaks():
        print(f"model folder: {folder}")
        # Behind a frozen encoder the later stages are still there.
        last = "video" if config.stage == "autoencoder" and config.autoencoder.freeze_encoder else config.stage
        print(f"next: {NEXT[last].format(folder=folder)}")


def _run_recipe(config: TrainCommand) -> None:
    from drivegen.experiments.recipe import run_recipe

    folder = run_recipe(config)
    if _speaks():
        print(f"model folder: {folder}")
        print(f"next: drivegen sample model={folder}")


def _speaks() -> bool:
    """Whether this process is the one that talks: under DDP every rank comes here."""
    return os.environ.get("LOCAL_RANK", "0") == os.environ.get("NODE_RANK", "0") == "0"


# What a model folder that ends with a stage is good for.
NEXT = {
    "autoencoder": "drivegen train stage=image model={folder} with the same data.roots and another out",
    "image": "drivegen train stage=video model={folder} with the same data.roots and another out",
    "video": "drivegen sample model={folder}; or stage=interpolation model={folder}, for higher frame rates",
    "interpolation": "drivegen sample model={folder} interpolate=1 frames=29 fps=12",
    "upsampler": "drivegen sample model={folder} upsample=true; or stage=upsampler upsampler.phase=video"
    " model={folder}, against flicker",
    "decoder": "drivegen sample model={folder}, once it has an image and a video model",
    "perception": "drivegen audit store=... audit.perception.net={folder}",
}


if __name__ == "__main__":
    run("train", config_class, job)
