"""Pictures of interpolated frames beside the recorded or rendered ones."""

from __future__ import annotations

import torch
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core.arrays import Bytes
from drivegen.data import ClipSample
from drivegen.drawing import contact_sheet, enlarge
from drivegen.generation.interpolating import interpolate
from drivegen.generation.pipeline import decode_frames
from drivegen.generation.sampler import SamplerConfig
from drivegen.models import Models
from drivegen.training.pictures import Painter, Painting, side_by_side

# Small frames are easier to look at twice as large.
_ENLARGED = 2


def paint_interpolation(
    models: Models, samples: list[ClipSample], conditions: Conditions, latents: Tensor, sampler: SamplerConfig
) -> Painter:
    """Each gap as two rows: its known ends with the frames drawn between them, reference. So does the short video.

    Args:
        models: with an interpolation model, or prediction layers that serve as one.
        samples: the gaps.
        conditions: theirs.
        latents: (B, 5, C, h, w) theirs, of which the first and the last are known.
    """

    def paint(device: torch.device) -> Painting:
        models.codec.to(device)
        ends = latents[:, [0, -1]].to(device)
        drawn = interpolate(models, conditions.to(device), ends, list(range(len(samples))), sampler)
        frames = decode_frames(models, drawn).numpy()
        videos = [[[enlarge(f, _ENLARGED) for f in clip] for clip in row] for row in (frames, _frames(samples))]
        rows = [frame for drawn_and_real in zip(*videos, strict=True) for clip in drawn_and_real for frame in clip]
        title = "per gap: drawn between the first and the last frame, reference"
        sheet = contact_sheet(rows, columns=frames.shape[1], title=title)
        return Painting(sheet, side_by_side(videos), samples[0].fps)

    return paint


def _frames(samples: list[ClipSample]) -> list[list[Bytes]]:
    return [list(sample.frames) for sample in samples]
