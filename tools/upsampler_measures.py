"""What tools/upsampler_figures.py measures of enlarged clips."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from einops import rearrange
from figures import bootstrap_of_means
from figures_json import FigureRow, figure

from drivegen.core.arrays import Bytes, Floats
from drivegen.data import ClipSample
from drivegen.evaluation import FrechetStats, Resampling, distance_interval
from drivegen.generation.tiles import tiles_of
from drivegen.models.perception import PerceptionNet, images_of, resize_frames


@dataclass(eq=False)
class Measured:
    """Sums of one arm, or of the large frames themselves.

    Attributes:
        values: by measure and scenario.
        images, videos: features of frames, and of parts of clips.
    """

    images: FrechetStats
    videos: FrechetStats
    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    @staticmethod
    def nothing(net: PerceptionNet) -> Measured:
        """Before the first clip."""
        return Measured(FrechetStats(net.config.feature_dim), FrechetStats(net.config.clip_feature_dim))

    def look(self, sample: ClipSample, frames: Bytes, net: PerceptionNet) -> None:
        """Add the features of a clip."""
        self.images.add(sample.scenario_id, frame_features(net, frames))
        self.videos.add(sample.scenario_id, video_features(net, frames, 1.0 / sample.fps))

    def compare(self, sample: ClipSample, frames: Bytes, segment_frames: int) -> None:
        """Add what an enlarged clip differs by."""
        error = frames.astype(np.float64) - sample.frames
        flicker = np.abs(np.diff(error, axis=0)).mean(axis=(1, 2, 3))
        borders = np.arange(1, len(error)) % segment_frames == 0
        psnr = 10 * np.log10(255**2 / np.maximum(np.square(error).mean(axis=(1, 2, 3)), 1e-9))
        measures = {"flicker": flicker, "psnr_db": psnr}
        measures |= {"seam": flicker[borders] / flicker[~borders].mean()} if borders.any() else {}
        for name, values in measures.items():
            self.values.setdefault(name, {}).setdefault(sample.scenario_id, []).append(float(values.mean()))


@torch.inference_mode()
def frame_features(net: PerceptionNet, frames: Bytes) -> Floats:
    """Features (T, D) of frames (T, H, W, 3)."""
    seen = net.forward_frames(images_of(resize_frames(frames, net.config.image_size), "cpu"))
    return np.asarray(seen.feature.double().numpy())


@torch.inference_mode()
def video_features(net: PerceptionNet, frames: Bytes, interval_s: float) -> Floats:
    """Features (N, D) of the parts of a clip (T, H, W, 3), each as large as the net watches clips."""
    tiles = tiles_of((frames.shape[1], frames.shape[2]), net.config.clip_size, 0, 1)
    parts = [resize_frames(np.ascontiguousarray(frames[:, t.rows, t.columns]), net.config.clip_size) for t in tiles]
    video = rearrange(images_of(np.concatenate(parts), "cpu"), "(n t) c h w -> n t c h w", n=len(parts))
    return np.asarray(net.forward_clips(video, torch.full((len(parts),), interval_s)).feature.double().numpy())


def figures_of(arm: str, measured: Measured, truth: Measured, seed: int) -> dict[str, FigureRow]:
    """The figures `ARM/NAME` of an arm."""
    figures = {}
    units = {"flicker": "levels of 255", "psnr_db": "dB", "seam": "flicker at borders of windows over flicker within"}
    for name, scenarios in measured.values.items():
        groups: list[Floats] = [np.array(v) for v in scenarios.values()]
        every = np.concatenate(groups)
        interval = bootstrap_of_means(groups, seed) if len(groups) > 1 else None
        figures[f"{arm}/{name}"] = figure(float(every.mean()), units[name], len(every), seed, interval)
    pairs = {"frechet_image": (measured.images, truth.images), "frechet_video": (measured.videos, truth.videos)}
    for name, (stats, reference) in pairs.items():
        distance = distance_interval(stats, reference, Resampling(resamples=200, seed=seed))
        interval = (distance.low, distance.high) if np.isfinite(distance.low) else None
        figures[f"{arm}/{name}"] = figure(distance.value, "Frechet distance", distance.count, seed, interval)
    return figures
