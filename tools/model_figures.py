"""What a model folder says about its parts, as figures: sizes, training, alpha, and the recipe that made it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from figures_json import FigureRow, figure

from drivegen.core import DataError
from drivegen.experiments.recipe_card import FACTS
from drivegen.models import VideoLDM, available_parts, count_parameters, load_model
from drivegen.models.manifest import PART_FILES, Part

MEGABYTE = 1e6


def model_figures(folder: Path) -> dict[str, dict[str, FigureRow]]:
    """Figures of the sections `image` and `temporal`, as far as the folder has these parts.

    Raises:
        DataError: not a model folder.
    """
    parts = available_parts(folder)
    wanted: list[Part] = [part for part in parts if part in ("image", "video")]
    models = load_model(folder, wanted)
    trained, figures = models.info.trained, dict[str, dict[str, FigureRow]]()
    if models.image is not None:
        figures["image"] = _training(trained.get("image", {})) | {
            "parameters": figure(count_parameters(models.image), "parameters, condition encoder included"),
            "file": figure(_megabytes(folder, "image"), "MB on disk"),
        }
    if models.video is not None:
        figures["temporal"] = _training(trained.get("video", {})) | _temporal(models.video, folder)
    return figures


def recipe_figures(folder: Path) -> dict[str, FigureRow]:
    """What the model card of a recipe says of every step.

    Raises:
        DataError: the folder was not made by a recipe.
    """
    path = folder / FACTS
    if not path.is_file():
        raise DataError("not made by a recipe", where=folder, expected=f"{FACTS} beside the weights")
    facts = json.loads(path.read_text(encoding="utf-8"))
    figures = {
        "processor": figure(facts["hardware"]["processor"], facts["hardware"]["accelerator"]),
        "minutes": figure(sum(facts["seconds"].values()) / 60.0, "minutes in all, data and caches included"),
    }
    for name, world in facts["worlds"].items():
        figures[f"world_{name}"] = figure(world["scenes"], f"scenes, {world['frames']:,} frames")
    for name, step in facts["steps"].items():
        held_out = ", ".join(f"{key} {value:.4g}" for key, value in step["held_out"].items())
        figures |= {
            f"{name}/minutes": figure(facts["seconds"][name] / 60.0, "min"),
            f"{name}/training": figure(step["training_seconds"] / 60.0, "min"),
            f"{name}/steps": figure(step["steps"], "optimiser steps", seed=step.get("seed")),
            f"{name}/frames_seen": figure(step["frames_seen"], "frames"),
            f"{name}/held_out": figure(held_out, "on scenes that are not trained on"),
        }
    return figures


def _temporal(video: VideoLDM, folder: Path) -> dict[str, FigureRow]:
    """Sizes of the temporal layers, and what alpha has become: 1 is the image model alone."""
    alphas = video.alphas()
    before = video.config.initial_spatial_weight
    return {
        "parameters": figure(count_parameters(video.temporal), "parameters of the temporal layers"),
        "file": figure(_megabytes(folder, "video"), "MB on disk, a file of their own"),
        "alpha_at_first": figure(before, "weight of the image model at every site"),
        "alpha_mean": figure(float(alphas.mean()), "mean over sites and frames", alphas.numel()),
        "alpha_least": figure(float(alphas.min()), "most temporal site and frame", alphas.numel()),
        "alpha_most": figure(float(alphas.max()), "least temporal site and frame", alphas.numel()),
    }


def _training(facts: dict[str, Any]) -> dict[str, FigureRow]:
    """What a stage wrote down about itself."""
    units = {"steps": "optimiser steps", "frames_seen": "frames", "training_seconds": "s", "frames_per_second": "1/s"}
    told = {name: figure(facts[name], unit, seed=facts.get("seed")) for name, unit in units.items() if name in facts}
    losses = facts.get("held_out", {})
    return told | {f"held_out_{name}": figure(value, "on held-out clips") for name, value in losses.items()}


def _megabytes(folder: Path, part: Part) -> float:
    return (folder / PART_FILES[part]).stat().st_size / MEGABYTE
