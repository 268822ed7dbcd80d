"""The model card of a recipe: README.md for people, training.json for programs, beside the weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drivegen.core import encode
from drivegen.experiments.experiment_folder import write_json
from drivegen.experiments.recipe_config import TrainCommand
from drivegen.models import available_parts, read_info

CARD, FACTS = "README.md", "training.json"
# Places are of the machine, not of the model.
_PLACES = frozenset({"out", "cache", "model", "data", "validation", "start_from", "public_image_ldm"})


def write_card(
    folder: Path,
    command: TrainCommand,
    trained: Mapping[str, Mapping[str, Any]],
    worlds: Mapping[str, Mapping[str, Any]],
    spent_s: Mapping[str, float],
    hardware: Mapping[str, str],
) -> None:
    """Write README.md and training.json into a model folder.

    Args:
        trained: the `train.json` of every step.
        worlds: scenes, frames and settings of every rendered world.
        spent_s: seconds of every part of the work.
        hardware: what it ran on.
    """
    facts = {
        "recipe": {key: value for key, value in encode(command).items() if key not in _PLACES},
        "hardware": dict(hardware),
        "seconds": {part: round(seconds, 1) for part, seconds in spent_s.items()},
        "worlds": dict(worlds),
        "steps": {name: dict(facts) for name, facts in trained.items()},
    }
    write_json(folder / FACTS, facts)
    (folder / CARD).write_text(_card(folder, command, facts), encoding="utf-8")


def _card(folder: Path, command: TrainCommand, facts: Mapping[str, Any]) -> str:
    info = read_info(folder)
    height, width = info.image_size
    minutes = sum(facts["seconds"].values()) / 60.0
    lines = [
        f"# {info.name}",
        "",
        f"Model folder of drivegen: {', '.join(available_parts(folder))}. "
        f"Frames of {height} x {width} pixels, {info.frames} per clip at {info.fps:g} per second. "
        "Weights are safetensors in half precision; `model.json` says what they are and holds their hashes.",
        "",
        f"* **Licence**: {info.license}",
        f"* **Hardware**: {facts['hardware']['processor']}; accelerator: {facts['hardware']['accelerator']}",
        f"* **Versions**: {facts['hardware']['versions']}",
        f"* **Time**: {minutes:.1f} minutes in all",
        f"* **Seed**: {command.seed}",
        "",
        "## Data",
        "",
        *_data(facts["worlds"], command),
        "",
        "## Training",
        "",
        *_table(facts["steps"], facts["seconds"]),
        "",
        "Held-out figures are of scenes that were not trained on, where *apart* says so; a loss compares with that of "
        "the same step in another run only. What the model is good for is measured by `drivegen evaluate` on clips "
        "that it made.",
        *_videos(folder),
        "",
        "## Use",
        "",
        "```sh",
        "drivegen sample model=THIS_FOLDER out=out/sample",
        "```",
        "",
        f"`{FACTS}` holds all settings and figures.",
    ]
    return "\n".join(lines) + "\n"


def _data(worlds: Mapping[str, Mapping[str, Any]], command: TrainCommand) -> list[str]:
    if not worlds:
        return [f"{len(command.data.roots)} nuScenes root(s) that were there."]
    return [_world_line(name, world) for name, world in worlds.items()]


def _world_line(name: str, world: Mapping[str, Any]) -> str:
    settings = world["settings"]
    height, width = settings["size"]
    return (
        f"* world *{name}*: {world['scenes']} scenes, {world['frames']} frames of {height} x {width} pixels at "
        f"{settings['hz']:g} Hz, seed {settings['seed']}, rendered by this package (`drivegen world`)"
    )


def _table(steps: Mapping[str, Mapping[str, Any]], seconds: Mapping[str, float]) -> list[str]:
    """A row for each step."""
    rows = [
        "| step | stage | minutes | of it training | steps | frames seen | precision | held out | apart |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, facts in steps.items():
        held_out = ", ".join(f"{key} {value:.4g}" for key, value in facts["held_out"].items())
        apart = facts["data"].get("held_out_is_apart", "unknown")
        rows.append(
            f"| {name} | {facts['stage']} | {seconds.get(name, 0.0) / 60.0:.1f} | "
            f"{facts['training_seconds'] / 60.0:.1f} | {facts['steps']} | {facts['frames_seen']} | "
            f"{facts['precision']} | {held_out} | {'yes' if apart is True else 'no' if apart is False else apart} |"
        )
    return rows


def _videos(folder: Path) -> list[str]:
    videos = sorted(path.name for path in folder.glob("*.webp"))
    return ["", *(f"![Samples of held-out scenes at the end of {name[:-5]}]({name})" for name in videos)]
