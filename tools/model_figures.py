"""What a model folder says about its parts, as figures: sizes, training, and how far the temporal layers are opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from figures_json import FigureRow, figure

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
