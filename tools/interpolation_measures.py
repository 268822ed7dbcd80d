"""What a clip drawn between two known frames is worth, beside the true one; for tools/interpolation_figures.py."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from figures import bootstrap_of_means
from figures_json import FigureRow, figure
from torch import Tensor

from drivegen.core import FrameLabels, stream
from drivegen.core.arrays import Booleans, Bytes, Floats
from drivegen.data import ClipSample
from drivegen.drawing import contact_sheet, enlarge
from drivegen.models import GAP_FRAMES, RATE_FACTOR

WIDTH_PX = 256


@dataclass(eq=False)
class Measured:
    """Values of one arm by scenario: {name: {scenario: one per gap}}."""

    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, scenario: str, **found: float) -> None:
        """Add what was measured on a gap; NaN (no objects) is left out."""
        for name, value in found.items():
            if np.isfinite(value):
                self.values.setdefault(name, {}).setdefault(scenario, []).append(value)

    def rows(self, prefix: str, units: dict[str, str], seed: int) -> dict[str, FigureRow]:
        """Figures with intervals over scenarios."""
        result = {}
        for name, by_scenario in self.values.items():
            groups: list[Floats] = [np.array(v) for v in by_scenario.values()]
            every, interval = np.concatenate(groups), bootstrap_of_means(groups, seed) if len(groups) > 1 else None
            result[f"{prefix}/{name}"] = figure(float(every.mean()), units[name], len(every), seed, interval)
        return result


def ratio(above: dict[str, list[float]], below: dict[str, list[float]], seed: int, of: str) -> FigureRow:
    """Mean over mean of the same gaps, with the interval over scenarios drawn for both together."""
    sums = np.array([[np.sum(above[name]), np.sum(below[name])] for name in above])
    drawn = stream(seed, "ratio").integers(0, len(sums), (1000, len(sums)))
    totals = sums[drawn].sum(axis=1)
    low, high = np.quantile(totals[:, 0] / totals[:, 1], [0.025, 0.975])
    whole, count = sums.sum(axis=0), sum(len(values) for values in above.values())
    return figure(whole[0] / whole[1], f"of {of}", count, seed, (low, high) if len(sums) > 1 else None)


def blend(latents: Tensor) -> Tensor:
    """A cross-fade from the first of five latents to the last."""
    share = torch.linspace(0, 1, GAP_FRAMES)[None, :, None, None, None]
    return (1 - share) * latents[:, :1] + share * latents[:, -1:]


def pixels(frames: Bytes, sample: ClipSample, reconstruction: Bytes) -> dict[str, float]:
    """What the three frames between are worth as pictures."""
    between = slice(1, RATE_FACTOR)
    error = np.square(frames[between].astype(np.float64) - sample.frames[between])
    boxes = np.stack([_object_pixels(labels) for labels in sample.labels[between]])
    return {
        "psnr_db": _psnr(error),
        "object_psnr_db": _psnr(error[boxes]) if boxes.any() else float("nan"),
        "detail": _detail(frames[between]) / max(_detail(reconstruction[between]), 1e-9),
    }


def _object_pixels(labels: FrameLabels) -> Booleans:
    """(H, W) True within the visible box of a conditioned object."""
    marked = np.zeros(labels.camera.size, dtype=bool)
    for box in labels.visible_px[labels.conditioned & np.isfinite(labels.visible_px).all(axis=1)]:
        x_min, y_min, x_max, y_max = (int(value) for value in np.round(box))
        marked[y_min:y_max, x_min:x_max] = True
    return marked


def _psnr(squared: Floats) -> float:
    return float(10 * np.log10(255**2 / max(float(squared.mean()), 1e-9)))


def _detail(frames: Bytes) -> float:
    values = frames.astype(np.float64)
    return float(np.abs(np.diff(values, axis=1)).mean() + np.abs(np.diff(values, axis=2)).mean())


def picture(clips: dict[str, Bytes]) -> Bytes:
    """A row of five frames per arm."""
    images, captions = [], []
    for name, frames in clips.items():
        factor = max(1, round(WIDTH_PX / frames.shape[2]))
        images += [enlarge(np.ascontiguousarray(frame), factor) for frame in frames]
        captions += [f"{name}, {'known' if t in (0, GAP_FRAMES - 1) else 'between'}" for t in range(GAP_FRAMES)]
    return contact_sheet(images, columns=GAP_FRAMES, captions=captions)
