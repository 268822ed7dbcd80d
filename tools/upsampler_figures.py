"""How well upsamplers enlarge recorded or rendered video: flicker, Frechet distances, PSNR, seams, and a picture.

    python tools/upsampler_figures.py data=ROOT arm.image=MODEL arm.video=MODEL [name=value ...]

Every arm is a model folder with an upsampler, with temporal layers or without; `bicubic` is measured beside them.
Values:

    given=shrunk       what is enlarged: shrunk (the large frames averaged down, as in the paper's table 3) or decoded
                       (the same through the autoencoder; figures are then `decoded/ARM/NAME`)
    split=test         split of the roots; none: all scenes
    frames=16          frames of a clip, which is also the window of the Frechet video distance
    stride=1           recorded frames from one frame of a clip to the next
    clips=48           at most so many clips, spread evenly
    steps=8            denoising steps
    augmentation=0.05  standard deviation of the noise on the small frames
    precision=float32  or bf16, which is faster on processors that have it
    out=FILE           the JSON file; the picture is written beside it
    seed=0             of the noise and of the intervals

The figures of an arm are `ARM/NAME`. Flicker is the mean absolute error of the difference between neighbouring frames,
in levels of 255; `seam` is flicker where a window of frames ends over flicker within. Frechet distances are between the
features of the large frames and of the enlarged ones, as the evaluation net gives them; it watches clips at the size of
a part of them, so every clip is cut into such parts rather than shrunk: detail is what this is about. No training and
no choice of a checkpoint sees that net. `ARM/NAME_over_image` is the image arm's figure over the arm's.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import torch
from figures_json import VIDEO_LDM, FigureRow, figure, put
from options import run_tool
from small_png import write_small_png
from torch import Tensor
from upsampler_measures import Measured, figures_of

from drivegen.core import ConfigError, derive_seed
from drivegen.core.arrays import Bytes
from drivegen.data import ClipDataset, ClipIndex, DataConfig, common_splits
from drivegen.drawing import contact_sheet, enlarge
from drivegen.generation.decoding import decode_video, to_levels
from drivegen.generation.upsampling import require_upsampler, upsample_frames
from drivegen.generation.upsampling_config import UpsamplingConfig
from drivegen.models import Models, Upsampler, available_parts, load_model
from drivegen.models.perception import default_perception_folder, load_perception
from drivegen.nuscenes_format import open_roots
from drivegen.training.batches import spread
from drivegen.training.latent_cache import frames_to_video
from drivegen.training.upsampler_module import shrink

SECTION = "upsampler"
ARM = "arm."
BICUBIC, IMAGE = "bicubic", "image"
PICTURED_FRAMES = 3
WIDTH_PX = 384


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    data: tuple[Path, ...]
    arm: dict[str, Path]
    given: Literal["shrunk", "decoded"] = "shrunk"
    split: str | None = "test"
    frames: int = 16
    stride: int = 1
    clips: int = 48
    steps: int = 8
    augmentation: float = 0.05
    precision: Literal["float32", "bf16"] = "float32"
    out: Path = VIDEO_LDM
    seed: int = 0

    def __post_init__(self) -> None:
        if BICUBIC in self.arm:
            raise ConfigError("is measured anyway", where=f"arm.{BICUBIC}", remedy="give the arm another name")

    @property
    def sampling(self) -> UpsamplingConfig:
        """How frames are enlarged."""
        return UpsamplingConfig(num_inference_steps=self.steps, augmentation=self.augmentation)


def run(arguments: Arguments) -> None:
    """Measure every arm on the same clips, one clip at a time."""
    arms = {name: _load(folder) for name, folder in arguments.arm.items()}
    first = next(iter(arms.values()))
    judge = load_perception(default_perception_folder("evaluation")).net.eval()
    dataset = _clips(arguments, require_upsampler(first).config.large_size(first.info.image_size))
    truth, measured = Measured.nothing(judge), {name: Measured.nothing(judge) for name in (BICUBIC, *arms)}
    for number, i in enumerate(spread(len(dataset), arguments.clips)):
        sample = dataset[int(i)]
        small = given_frames(first, sample.frames, decoded=arguments.given == "decoded")
        drawn = {BICUBIC: bicubic(require_upsampler(first), small)}
        drawn |= {name: upsampled(models, small, int(i), arguments) for name, models in arms.items()}
        truth.look(sample, sample.frames, judge)
        for name, frames in drawn.items():
            measured[name].look(sample, frames, judge)
            measured[name].compare(sample, frames, arguments.sampling.segment_frames)
        if number == 0:
            path = arguments.out.with_name(f"{arguments.out.stem}_{_prefix(arguments, SECTION, '_')}.png")
            write_small_png(path, _picture({**drawn, "reference": sample.frames}), 1600)
        print(f"{number + 1} clips", file=sys.stderr)
    figures: dict[str, FigureRow] = {}
    for name, sums in measured.items():
        figures |= figures_of(name, sums, truth, arguments.seed) | _training(name, arms.get(name))
    for name in arms if IMAGE in arms else ():
        figures |= _ratios(figures, name)
    figures = {_prefix(arguments, name, "/"): row for name, row in figures.items()}
    put(arguments.out, SECTION, figures)
    for name, row in figures.items():
        print(f"{name}: {row['value']} {row['unit']}")


@torch.inference_mode()
def given_frames(models: Models, large: Bytes, *, decoded: bool) -> Tensor:
    """The small frames (1, T, h, w, 3) uint8 of large ones (T, H, W, 3)."""
    small = shrink(frames_to_video(large)[None], require_upsampler(models).config.factor)
    return decode_video(models, models.codec.encode(small)) if decoded else to_levels(small)


@torch.inference_mode()
def bicubic(net: Upsampler, small: Tensor) -> Bytes:
    """Small frames (1, T, h, w, 3) enlarged by cubic interpolation, (T, H, W, 3)."""
    return np.asarray(to_levels(net.enlarge(frames_to_video(small)))[0].numpy())


def upsampled(models: Models, small: Tensor, clip: int, arguments: Arguments) -> Bytes:
    """Small frames (1, T, h, w, 3) enlarged by an arm, (T, H, W, 3)."""
    with torch.autocast("cpu", torch.bfloat16, enabled=arguments.precision == "bf16"):
        seed = derive_seed(arguments.seed, "upsampler figures", clip)
        return np.asarray(upsample_frames(models, small, [seed], arguments.sampling)[0].numpy())


def _ratios(figures: dict[str, FigureRow], arm: str) -> dict[str, FigureRow]:
    """By how much the image arm's figures are larger than an arm's."""
    ratios = {}
    for name in ("flicker", "frechet_image", "frechet_video") if arm != IMAGE else ():
        above, below = figures[f"{IMAGE}/{name}"]["value"], figures[f"{arm}/{name}"]
        if below["value"] > 0:
            ratio = above / below["value"]
            ratios[f"{arm}/{name}_over_image"] = figure(ratio, f"{name} of image over its own", below["count"])
    return ratios


def _training(arm: str, models: Models | None) -> dict[str, FigureRow]:
    facts = {} if models is None else models.info.trained.get("upsampler", {})
    names = {"steps": "steps", "training_seconds": "s", "frames_seen": "frames"}
    return {
        f"{arm}/{name}": figure(facts[name], unit, seed=facts.get("seed"))
        for name, unit in names.items()
        if name in facts
    }


def _picture(videos: dict[str, Bytes]) -> Bytes:
    """A row per video: the middle of some of its frames, and one row of pixels over time, where flicker shows."""
    images, captions = [], []
    for name, frames in videos.items():
        _, height, width, _ = frames.shape
        middle = frames[:, height // 4 : height // 4 + height // 2, width // 4 : width // 4 + width // 2]
        factor = max(1, round(WIDTH_PX / middle.shape[2]))
        shown = [enlarge(np.ascontiguousarray(frame), factor) for frame in middle[:PICTURED_FRAMES]]
        over_time = np.ascontiguousarray(middle[:, round(0.6 * middle.shape[1])])
        size = (shown[0].shape[1], shown[0].shape[0])
        images += [*shown, np.asarray(cv2.resize(over_time, size, interpolation=cv2.INTER_NEAREST))]
        captions += [f"{name.replace('_', ' ')}, frame {t}" for t in range(len(shown))]
        captions.append("one row of pixels, time downwards")
    return contact_sheet(images, columns=len(images) // len(videos), captions=captions)


def _prefix(arguments: Arguments, name: str, separator: str) -> str:
    """Decoded frames' figures and pictures stand beside those of shrunk ones."""
    if arguments.given == "shrunk":
        return name
    return f"{name}_{arguments.given}" if separator == "_" else f"{arguments.given}/{name}"


def _clips(arguments: Arguments, image_size: tuple[int, int]) -> ClipDataset:
    roots = open_roots(arguments.data)
    config = DataConfig(
        roots=arguments.data,
        image_size=image_size,
        frames=arguments.frames,
        stride=arguments.stride,
        split=arguments.split if arguments.split in common_splits(roots) else None,
        estimate_appearance=False,
    )
    if config.split != arguments.split:
        print(f"no split {arguments.split}: all scenes are taken", file=sys.stderr)
    return ClipDataset(ClipIndex.from_config(config, roots))


def _load(folder: Path) -> Models:
    models = load_model(folder, [p for p in available_parts(folder) if p in ("autoencoder", "decoder", "upsampler")])
    require_upsampler(models)
    return models


if __name__ == "__main__":
    sys.exit(run_tool(run, Arguments, sys.argv[1:], __doc__))
