"""How well autoencoders give recorded or rendered video back: flicker, Frechet distances, PSNR, and a picture.

    python tools/decoder_figures.py data=ROOT arm.frame_by_frame=MODEL arm.temporal=MODEL ... [name=value ...]

Every arm is a model folder; where it holds temporal layers of the decoder, clips are decoded in windows. Values:

    section=decoder    section of the figures: decoder or autoencoder
    split=test         split of the roots; none: all scenes
    frames=16          frames of a clip, which is also the window of the Frechet video distance
    stride=1           recorded frames from one frame of a clip to the next
    clips=192          at most so many clips, spread evenly
    out=FILE           the JSON file; pictures are written beside it
    seed=0             of the intervals

The figures of an arm are `ARM/NAME`. Flicker is the mean absolute error of the difference between neighbouring frames,
in levels of 255: what the eye sees of it where nothing moves. Frechet distances are between the features of the clips
and of their reconstructions, as the evaluation net gives them; no training and no choice of a checkpoint sees that net.
`ARM/NAME_times_lower` is the first arm's figure over the arm's.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from figures import bootstrap_of_means
from figures_json import VIDEO_LDM, FigureRow, figure, put
from options import run_tool
from small_png import write_small_png

from drivegen.core.arrays import Bytes, Floats
from drivegen.data import ClipDataset, ClipIndex, ClipSample, DataConfig, common_splits
from drivegen.drawing import contact_sheet, enlarge
from drivegen.evaluation.bootstrap import Interval, Resampling, group_draws, interval_of
from drivegen.evaluation.frechet import FrechetStats, frechet_distance
from drivegen.generation.decoding import decode_video
from drivegen.models import Models, available_parts, load_model
from drivegen.models.perception import PerceptionObserver, default_perception_folder, load_observer
from drivegen.nuscenes_format import open_roots
from drivegen.training.batches import spread

ARM = "arm."
PICTURED_FRAMES = 4
WIDTH_PX = 256
DISTANCES = ("frechet_image", "frechet_video")


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    data: tuple[Path, ...]
    arm: dict[str, Path]
    section: str = "decoder"
    split: str | None = "test"
    frames: int = 16
    stride: int = 1
    clips: int = 192
    out: Path = VIDEO_LDM
    seed: int = 0


@dataclass(eq=False)
class Measured:
    """Sums of one arm, or of the clips themselves.

    Attributes:
        flicker, psnr_db: values of its clips by scenario.
        images, videos: features of frames and of whole clips.
    """

    flicker: dict[str, list[float]] = field(default_factory=dict)
    psnr_db: dict[str, list[float]] = field(default_factory=dict)
    images: FrechetStats | None = None
    videos: FrechetStats | None = None

    def look(self, sample: ClipSample, frames: Bytes, observer: PerceptionObserver) -> None:
        """Add the features of a clip."""
        nothing = [np.zeros((0, 4))] * len(frames)
        seen = observer.observe(frames, nothing, sample.fps, window_frames=len(frames))
        features = np.stack([frame.feature for frame in seen.frames])
        self.images = self.images or FrechetStats(features.shape[1])
        self.videos = self.videos or FrechetStats(seen.window_features.shape[1])
        self.images.add(sample.scenario_id, features)
        self.videos.add(sample.scenario_id, seen.window_features)

    def compare(self, sample: ClipSample, frames: Bytes) -> None:
        """Add what a reconstruction differs by."""
        error = frames.astype(np.float64) - sample.frames
        flicker = float(np.abs(np.diff(error, axis=0)).mean())
        psnr = float(np.mean(10 * np.log10(255**2 / np.maximum(np.square(error).mean(axis=(1, 2, 3)), 1e-9))))
        self.flicker.setdefault(sample.scenario_id, []).append(flicker)
        self.psnr_db.setdefault(sample.scenario_id, []).append(psnr)


def run(arguments: Arguments) -> None:
    """Measure every arm on the same clips, one clip at a time."""
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arms = {name: _load(folder) for name, folder in arguments.arm.items()}
    observer = load_observer(default_perception_folder("evaluation"))
    dataset = _clips(arguments, next(iter(arms.values())).info.image_size)
    truth, measured = Measured(), {name: Measured() for name in arms}
    for number, i in enumerate(spread(len(dataset), arguments.clips)):
        sample = dataset[int(i)]
        truth.look(sample, sample.frames, observer)
        decoded = {name: reconstructed(models, sample.frames) for name, models in arms.items()}
        for name, frames in decoded.items():
            measured[name].look(sample, frames, observer)
            measured[name].compare(sample, frames)
        if number == 0:
            picture = _picture({"input": sample.frames, **decoded})
            write_small_png(arguments.out.with_name(f"{arguments.out.stem}_{arguments.section}.png"), picture, 1400)
        print(f"{number + 1} clips", file=sys.stderr)
    figures: dict[str, FigureRow] = {}
    for name, models in arms.items():
        figures |= _figures(name, measured[name], truth, arguments.seed) | _training(name, models)
    for name in list(arms)[1:]:
        figures |= _ratios(figures, next(iter(arms)), name)
    put(arguments.out, arguments.section, figures)
    for name, row in figures.items():
        print(f"{name}: {row['value']} {row['unit']}")


@torch.inference_mode()
def reconstructed(models: Models, frames: Bytes) -> Bytes:
    """Frames (T, H, W, 3) through the autoencoder."""
    video = torch.from_numpy(frames.copy()).permute(0, 3, 1, 2)[None].float() / 127.5 - 1.0
    return np.asarray(decode_video(models, models.codec.encode(video))[0].numpy())


def _figures(arm: str, measured: Measured, truth: Measured, seed: int) -> dict[str, FigureRow]:
    figures = {}
    for name, unit, values in (
        ("flicker", "levels of 255", measured.flicker),
        ("psnr_db", "dB", measured.psnr_db),
    ):
        groups: list[Floats] = [np.array(v) for v in values.values()]
        every = np.concatenate(groups)
        interval = bootstrap_of_means(groups, seed) if len(groups) > 1 else None
        figures[f"{arm}/{name}"] = figure(float(every.mean()), unit, len(every), seed, interval)
    for name, stats, reference in (
        ("frechet_image", measured.images, truth.images),
        ("frechet_video", measured.videos, truth.videos),
    ):
        if stats is None or reference is None:
            continue
        distance = _distance(stats, reference, seed)
        interval = (distance.low, distance.high) if np.isfinite(distance.low) else None
        figures[f"{arm}/{name}"] = figure(distance.value, "Frechet distance", distance.count, seed, interval)
    return figures


def _distance(stats: FrechetStats, reference: FrechetStats, seed: int) -> Interval:
    """Clips and reconstructions are drawn together: they are pairs."""
    resampling = Resampling(resamples=200, seed=seed)
    draws = group_draws(stats.present, resampling)
    replicates = [frechet_distance(stats.moments(w), reference.moments(w)) for w in draws]
    value = frechet_distance(stats.moments(), reference.moments())
    groups = int(stats.present.sum())
    return interval_of(value, np.array(replicates), resampling, count=stats.count, groups=groups, recentre=True)


def _ratios(figures: dict[str, FigureRow], first: str, arm: str) -> dict[str, FigureRow]:
    """By how much the first arm's distances and flicker are larger than an arm's."""
    ratios = {}
    for name in ("flicker", *DISTANCES):
        above, below = figures[f"{first}/{name}"]["value"], figures[f"{arm}/{name}"]["value"]
        if below > 0:
            count = figures[f"{arm}/{name}"]["count"]
            ratios[f"{arm}/{name}_times_lower"] = figure(above / below, f"times lower than {first}", count)
    return ratios


def _training(arm: str, models: Models) -> dict[str, FigureRow]:
    facts = models.info.trained.get("decoder" if models.decoder is not None else "autoencoder", {})
    names = {"steps": "steps", "training_seconds": "s", "frames_seen": "frames"}
    return {
        f"{arm}/{name}": figure(facts[name], unit, seed=facts.get("seed"))
        for name, unit in names.items()
        if name in facts
    }


def _picture(videos: dict[str, Bytes]) -> Bytes:
    """A row per video: some of its frames, and one row of pixels over time, in which flicker shows as bands."""
    images, captions = [], []
    for name, frames in videos.items():
        factor = max(1, round(WIDTH_PX / frames.shape[2]))
        shown = [enlarge(np.ascontiguousarray(frames[t]), factor) for t in range(PICTURED_FRAMES)]
        over_time = np.ascontiguousarray(frames[:, round(0.6 * frames.shape[1])])
        height, width = shown[0].shape[:2]
        images += [*shown, np.asarray(cv2.resize(over_time, (width, height), interpolation=cv2.INTER_NEAREST))]
        captions += [f"{name.replace('_', ' ')}, frame {t}" for t in range(PICTURED_FRAMES)]
        captions.append("one row of pixels, time downwards")
    return contact_sheet(images, columns=PICTURED_FRAMES + 1, captions=captions)


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
    parts = [part for part in available_parts(folder) if part in ("autoencoder", "decoder")]
    return load_model(folder, parts)


if __name__ == "__main__":
    sys.exit(run_tool(run, Arguments, sys.argv[1:], __doc__))
