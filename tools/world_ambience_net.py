"""A small network that names weather and time of day: whether pictures show what the scenes say.

    python tools/world_ambience_net.py [scenes=600] [minutes=5] [seed=0] [workers=0] [clips=out/ambience_clips.npz]

Trains on four fifths of the scenes (clips of four frames, 64x128) and names the other fifth. `clips` keeps the rendered
clips between runs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from figures import Figure, Figures, wilson
from torch import Tensor, nn
from world_pool import over

from drivegen.core import Ambience, TimeOfDay, Weather
from drivegen.core.arrays import Bytes, Integers
from drivegen.world import WorldConfig, make_scene, render_frame

CAMERA = "CAM_FRONT"
WEATHERS, TIMES = tuple(Weather), tuple(TimeOfDay)
COMBINATIONS = len(WEATHERS) * len(TIMES)
CLIP = WorldConfig(duration_s=1.0, hz=4.0, size=(64, 128))
HELD_OUT_EVERY = 5
BATCH, WIDTH = 32, 24


@dataclass(frozen=True, eq=False)
class Clips:
    """N clips: frames (N, T, H, W, 3), weather and time of day (N,) as indices."""

    frames: Bytes
    weather: Integers
    time: Integers


class AmbienceNet(nn.Module):
    """Convolutions per frame, pooled over the picture and the clip, and a head for each question."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for given, made in ((3, WIDTH), (WIDTH, 2 * WIDTH), (2 * WIDTH, 4 * WIDTH), (4 * WIDTH, 4 * WIDTH)):
            layers += [nn.Conv2d(given, made, 3, stride=2, padding=1), nn.GroupNorm(8, made), nn.SiLU()]
        self.body = nn.Sequential(*layers)
        self.weather = nn.Linear(8 * WIDTH, len(WEATHERS))
        self.time = nn.Linear(8 * WIDTH, len(TIMES))

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of weather (B, 5) and time (B, 3) of frames (B, T, 3, H, W) in [-1, 1]."""
        count = frames.shape[1]
        features = self.body(frames.flatten(0, 1))
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
        clip = pooled.unflatten(0, (-1, count)).mean(dim=1)
        return self.weather(clip), self.time(clip)


def ambience_of(index: int) -> tuple[int, int]:
    """Weather and time of day of a scene: all combinations equally often, in training and held out."""
    return index % len(WEATHERS), index // len(WEATHERS) % len(TIMES)


def held_out(index: int) -> bool:
    """Whether a scene is kept from training: every fifth round of all combinations."""
    return index // COMBINATIONS % HELD_OUT_EVERY == HELD_OUT_EVERY - 1


def clip_of_scene(task: tuple[WorldConfig, int]) -> Bytes:
    """The frames (T, H, W, 3) of a scene."""
    config, index = task
    weather, when = ambience_of(index)
    scene = make_scene(config, index, ambience=Ambience(WEATHERS[weather], TIMES[when]))
    camera = scene.scenario.cameras[CAMERA]
    times = scene.scenario.frame_times_us[CAMERA]
    return np.stack([render_frame(scene, camera, int(t), supersample=config.supersample) for t in times])


def make_clips(scenes: int, seed: int, workers: int, kept: Path | None = None) -> Clips:
    """Render the clips, or take those that an earlier run kept."""
    config = WorldConfig(scenes=scenes, seed=seed, duration_s=CLIP.duration_s, hz=CLIP.hz, size=CLIP.size)
    labels = np.array([ambience_of(index) for index in range(scenes)])
    if kept is not None and kept.is_file():
        frames = np.load(kept)["frames"]
        if len(frames) != scenes:
            raise SystemExit(f"{kept} holds {len(frames)} clips, asked for {scenes}: delete it")
    else:
        frames = np.stack(over(clip_of_scene, [(config, i) for i in range(scenes)], "clips", workers))
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.savez(kept, frames=frames)
    return Clips(frames, labels[:, 0], labels[:, 1])


def train(clips: Clips, chosen: Integers, minutes: float, seed: int) -> AmbienceNet:
    """Train for some minutes on the chosen clips."""
    torch.manual_seed(seed)
    rng = np.random.Generator(np.random.PCG64(seed))
    net = AmbienceNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-3)
    began, step = time.monotonic(), 0
    while (passed := (time.monotonic() - began) / (60 * minutes)) < 1.0:
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * (1.0 - 0.98 * passed)
        batch = rng.choice(chosen, BATCH)
        frames = _tensor(clips.frames[batch])
        if rng.random() < 0.5:
            frames = frames.flip(-1)
        weather, when = net(frames)
        loss = nn.functional.cross_entropy(weather, torch.from_numpy(clips.weather[batch]))
        loss = loss + nn.functional.cross_entropy(when, torch.from_numpy(clips.time[batch]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        if step % 100 == 0:
            print(f"ambience: step {step}, loss {loss.item():.4f}", flush=True)
    return net


def ambience_figures(scenes: int, minutes: float, seed: int, workers: int = 0, kept: Path | None = None) -> Figures:
    """Shares of held-out clips whose weather, time of day and both were named."""
    clips = make_clips(scenes, seed, workers, kept)
    out = np.array([held_out(index) for index in range(scenes)])
    net = train(clips, np.flatnonzero(~out), minutes, seed).eval()
    test = np.flatnonzero(out)
    with torch.inference_mode():
        answers = [net(_tensor(clips.frames[test[i : i + BATCH]])) for i in range(0, len(test), BATCH)]
    weather = torch.cat([a for a, _ in answers]).argmax(dim=1).numpy() == clips.weather[test]
    when = torch.cat([b for _, b in answers]).argmax(dim=1).numpy() == clips.time[test]
    figures = {"ambience_training_clips": Figure(int((~out).sum()), "clips of 4 frames, 64x128", seed=seed)}
    for name, right in (("weather", weather), ("time", when), ("both", weather & when)):
        interval = wilson(int(right.sum()), len(right))
        share = round(float(right.mean()), 4)
        figures[f"ambience_{name}"] = Figure(share, "share of held-out clips named rightly", len(right), seed, interval)
    for index in test[~(weather & when)]:
        w, t = ambience_of(int(index))
        print(f"ambience: scene {index} ({WEATHERS[w]}, {TIMES[t]}) was named wrongly")
    return figures


def _tensor(frames: Bytes) -> Tensor:
    return torch.from_numpy(frames.astype(np.float32)).permute(0, 1, 4, 2, 3) / 127.5 - 1.0


def main(arguments: Sequence[str]) -> None:
    """Print the figures."""
    options = dict(argument.split("=", 1) for argument in arguments)
    kept = Path(options["clips"]) if "clips" in options else None
    numbers = {
        name: int(options.get(name, default)) for name, default in (("scenes", 600), ("seed", 0), ("workers", 0))
    }
    figures = ambience_figures(
        numbers["scenes"], float(options.get("minutes", "5")), numbers["seed"], numbers["workers"], kept
    )
    for name, figure in figures.items():
        print(name, figure.value, figure.unit, figure.count, figure.interval_95)


if __name__ == "__main__":
    main(sys.argv[1:])
