"""How well frames are drawn between two known ones: against what lies between them in truth, and a picture.

    python tools/interpolation_figures.py data=ROOT arm.own=MODEL arm.shared=MODEL ... [name=value ...]

Every arm is a model folder that can interpolate, with a set of temporal layers for it or with one that prediction
shares. Beside them stand `blend` (a cross-fade of the two known latents), `nearest` (the nearer one again; the earlier
one half way), and `reconstruction` (the true latents, decoded: the best that any arm can do). Values:

    split=test         split of the roots; none: all scenes
    regimes=4,1        recorded frames between neighbouring frames of a gap, one number per regime
    gaps=48            at most so many gaps of each regime, spread evenly
    clips=32           at most so many clips for the loss of prediction; 0 leaves it out
    steps=20           denoising steps
    out=FILE           the JSON file; the picture is written beside it
    seed=0             of noise and intervals

Figures are `RATE_fps/ARM/NAME`, over the three frames between: mean squared error of latents; PSNR of frames; PSNR
within the visible boxes of conditioned objects; `detail`, the sum of differences between neighbouring pixels over that
of the reconstruction (a cross-fade shows everything twice, and half as strongly). `ARM/latent_mse_over_blend` is
paired. `prediction/ARM/loss` is the denoising loss of prediction from one known frame: what sharing costs it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from figures_json import VIDEO_LDM, FigureRow, put
from interpolation_measures import Measured, blend, picture, pixels, ratio
from options import run_tool
from small_png import write_small_png
from torch import Tensor

from drivegen.conditions import Conditions, collate, conditions_of
from drivegen.core import ConfigError, decode, derive_seed, encode
from drivegen.core.arrays import Bytes
from drivegen.data import ClipDataset, ClipIndex, ClipSample, DataConfig, common_splits
from drivegen.diffusion import Schedule, diffusion_loss
from drivegen.generation.decoding import decode_frame_by_frame
from drivegen.generation.interpolating import interpolate, require_interpolation
from drivegen.generation.sampler import SamplerConfig
from drivegen.models import GAP_FRAMES, Context, Models, load_model
from drivegen.nuscenes_format import open_roots
from drivegen.training.batches import spread
from drivegen.training.latent_cache import frames_to_video

ARM = "arm."
BATCH = 8
UNITS = {"latent_mse": "squared", "psnr_db": "dB", "object_psnr_db": "dB", "detail": "of the reconstruction"}
# Noise levels at which the loss of prediction is taken, as shares of the schedule.
LEVELS = (0.2, 0.5, 0.8)


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    data: tuple[Path, ...]
    arm: dict[str, Path]
    split: str | None = "test"
    regimes: tuple[int, ...] = (4, 1)
    gaps: int = 48
    clips: int = 32
    steps: int = 20
    seed: int = 0
    out: Path = VIDEO_LDM


def run(arguments: Arguments) -> None:
    """Measure every arm on the same gaps, regime after regime, then prediction on the same clips."""
    models = {name: load_model(folder) for name, folder in arguments.arm.items()}
    for arm in models.values():
        require_interpolation(arm)
    seed, sheets = arguments.seed, []
    figures: dict[str, FigureRow] = {}
    for stride in arguments.regimes:
        samples = _samples(arguments, models, GAP_FRAMES, stride, arguments.gaps)
        measured, sheet = measure_gaps(models, samples, arguments)
        rate = f"{np.median([sample.fps for sample in samples]):.2g}_fps"
        for name, arm_values in measured.items():
            figures |= arm_values.rows(f"{rate}/{name}", UNITS, seed)
        for name in models:
            row = ratio(measured[name].values["latent_mse"], measured["blend"].values["latent_mse"], seed, "blend's")
            figures[f"{rate}/{name}/latent_mse_over_blend"] = row
        sheets.append(sheet)
    if arguments.clips:
        figures |= prediction_figures(arguments, models)
    put(arguments.out, "interpolation", figures)
    width = max(sheet.shape[1] for sheet in sheets)
    padded = [np.pad(s, ((0, 0), (0, width - s.shape[1]), (0, 0)), mode="edge") for s in sheets]
    write_small_png(arguments.out.with_name(f"{arguments.out.stem}_interpolation.png"), np.concatenate(padded), 1400)
    for name, row in figures.items():
        print(f"{name}: {row['value']} {row['unit']}")


def measure_gaps(
    models: dict[str, Models], samples: list[ClipSample], arguments: Arguments
) -> tuple[dict[str, Measured], Bytes]:
    """All arms on the gaps, and a picture of the gap whose ends differ most."""
    measured = {name: Measured() for name in ("reconstruction", "blend", "nearest", *models)}
    change = [float(np.abs(s.frames[0].astype(float) - s.frames[-1]).mean()) for s in samples]
    pictured, sheet = int(np.argmax(change)), np.zeros((0, 0, 3), np.uint8)
    for start in range(0, len(samples), BATCH):
        batch = samples[start : start + BATCH]
        drawn = {name: _drawn(arm, batch, start, arguments) for name, arm in models.items()}
        first = next(iter(models.values()))
        truth = _latents(first, batch)
        candidates = {"reconstruction": truth, "blend": blend(truth), "nearest": truth[:, [0, 0, 0, 4, 4]], **drawn}
        own = {name: _latents(arm, batch) for name, arm in models.items()}
        codecs = {name: models.get(name, first) for name in candidates}
        decoded = {n: decode_frame_by_frame(codecs[n], latents).numpy() for n, latents in candidates.items()}
        for i, sample in enumerate(batch):
            for name, latents in candidates.items():
                error = float((latents[i] - own.get(name, truth)[i])[1:-1].square().mean())
                against = pixels(decoded[name][i], sample, decoded["reconstruction"][i])
                measured[name].add(sample.scenario_id, latent_mse=error, **against)
            if start + i == pictured:
                sheet = picture({"input": sample.frames, **{n: f[i] for n, f in decoded.items()}})
        print(f"{min(start + BATCH, len(samples))} gaps", file=sys.stderr)
    return measured, sheet


def prediction_figures(arguments: Arguments, models: dict[str, Models]) -> dict[str, FigureRow]:
    """The loss of prediction of every arm, with the same noise for all, and over the first arm's."""
    info = next(iter(models.values())).info
    figures: dict[str, FigureRow] = {}
    losses: dict[str, dict[str, list[float]]] = {}
    recorded = _samples(arguments, models, 2, 1, 1)[0].fps
    samples = _samples(arguments, models, info.frames, max(1, round(recorded / info.fps)), arguments.clips)
    for name, arm in models.items():
        measured = Measured()
        for number, sample in enumerate(samples):
            measured.add(sample.scenario_id, loss=_prediction_loss(arm, sample, number))
        figures |= measured.rows(f"prediction/{name}", {"loss": "mean squared error"}, arguments.seed)
        losses[name] = measured.values["loss"]
    first, *others = losses
    for name in others:
        row = ratio(losses[name], losses[first], arguments.seed, f"{first}'s")
        figures[f"prediction/{name}/loss_over_{first}"] = row
    return figures


@torch.inference_mode()
def _prediction_loss(models: Models, sample: ClipSample, number: int) -> float:
    if models.video is None:
        raise ConfigError("no video model", where="arm", got=models.info.name)
    latents, schedule = _latents(models, [sample]), decode(Schedule, encode(models.info.schedule))
    known = torch.zeros(latents.shape[:2], dtype=torch.bool)
    known[:, 0] = True
    losses = []
    for level in LEVELS:
        loss = diffusion_loss(
            models.video,
            schedule,
            models.info.prediction_type,
            latents,
            conditions_of_clip(models, sample),
            Context.masked(latents, known),
            generator=torch.Generator().manual_seed(number),
            weight_mask=(~known).float(),
            timesteps=torch.tensor([level * (schedule.num_train_timesteps - 1)]),
        )
        losses.append(float(loss))
    return float(np.mean(losses))


def conditions_of_clip(models: Models, sample: ClipSample) -> Conditions:
    """The conditions of a clip as a model wants them."""
    sizes = require_interpolation(models).image.config.conditions
    made = conditions_of(sample.labels, sample.ambience, sample.road_map, sample.fps, sizes)
    return made.pad_boxes(sizes.max_boxes)


def _drawn(models: Models, samples: list[ClipSample], first: int, arguments: Arguments) -> Tensor:
    sampler = SamplerConfig(num_inference_steps=arguments.steps)
    seeds = [derive_seed(arguments.seed, "gap", first + i) for i in range(len(samples))]
    conditions = collate([conditions_of_clip(models, sample) for sample in samples])
    return interpolate(models, conditions, _latents(models, samples)[:, [0, -1]], seeds, sampler)


@torch.inference_mode()
def _latents(models: Models, samples: list[ClipSample]) -> Tensor:
    return models.codec.encode(frames_to_video(np.stack([sample.frames for sample in samples])))


def _samples(arguments: Arguments, models: dict[str, Models], frames: int, stride: int, limit: int) -> list[ClipSample]:
    roots = open_roots(arguments.data)
    config = DataConfig(
        roots=arguments.data,
        image_size=next(iter(models.values())).info.image_size,
        frames=frames,
        stride=stride,
        split=arguments.split if arguments.split in common_splits(roots) else None,
        estimate_appearance=False,
    )
    dataset = ClipDataset(ClipIndex.from_config(config, roots))
    return [dataset[int(i)] for i in spread(len(dataset), limit)]


if __name__ == "__main__":
    sys.exit(run_tool(run, Arguments, sys.argv[1:], __doc__))
