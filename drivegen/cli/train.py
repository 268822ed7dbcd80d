"""`drivegen train`: train a stage of the models, or a perception net, on nuScenes roots."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from drivegen.cli.run import run

if TYPE_CHECKING:
    from drivegen.training import TrainConfig


def config_class() -> type[TrainConfig]:
    """The command's configuration (imports torch and Lightning)."""
    from drivegen.training import TrainConfig

    return TrainConfig


def job(config: TrainConfig) -> None:
    """Train and say where the model folder is and what comes next."""
    from drivegen.training import train

    folder = train(config)
    # Under DDP every rank comes here.
    if os.environ.get("LOCAL_RANK", "0") == os.environ.get("NODE_RANK", "0") == "0":
        print(f"model folder: {folder}")
        # Behind a frozen encoder the later stages are still there.
        last = "video" if config.stage == "autoencoder" and config.autoencoder.freeze_encoder else config.stage
        print(f"next: {NEXT[last].format(folder=folder)}")


# What a model folder that ends with a stage is good for.
NEXT = {
    "autoencoder": "drivegen train stage=image model={folder} with the same data.roots and another out",
    "image": "drivegen train stage=video model={folder} with the same data.roots and another out",
    "video": "drivegen sample model={folder}",
    "perception": "drivegen audit store=... audit.perception.net={folder}",
}


if __name__ == "__main__":
    run("train", config_class, job)
