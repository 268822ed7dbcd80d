"""The detector that is trained for every arm, and its training: the frame branch of a perception net, plain steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import nn

from drivegen.core import DataError, derive_seed
from drivegen.experiments.arms import ArmBatches, SetName
from drivegen.experiments.config import DetectorName
from drivegen.models.perception import LoadedPerception, PerceptionConfig, build_perception, load_perception
from drivegen.models.perception.frame_branch import FrameBranch
from drivegen.training import OptimConfig
from drivegen.training.ema import Ema
from drivegen.training.perception_arrays import PerceptionArrays
from drivegen.training.perception_batches import FrameBatch, frame_batch, mirror_frames, to_images
from drivegen.training.perception_config import PerceptionWeights
from drivegen.training.perception_losses import frame_losses
from drivegen.training.schedule import lr_scale

# Half of the judges' width: what is compared is the data, and small detectors learn in minutes.
_WIDTH: Final = 24
_KINDS: Final[Mapping[DetectorName, PerceptionConfig]] = {
    "compact": PerceptionConfig(kind="residual", width=_WIDTH),
    "transformer": PerceptionConfig(kind="transformer", width=_WIDTH),
}
# The losses of a detector; the other heads of the branch are left as they are.
_LOSSES: Final = ("classes", "boxes")
# The loss that is reported is the mean over so many last steps.
_LAST_STEPS: Final = 50
_WARM_UP_STEPS, _MEASURED_STEPS = 3, 12


@dataclass(frozen=True)
class Training:
    """How a training went.

    Attributes:
        steps: optimiser steps.
        loss: mean of the last steps.
        seconds: wall-clock time.
    """

    steps: int
    loss: float
    seconds: float


def build_detector(
    name: DetectorName, image_size: tuple[int, int], seed: int, start: Path | None = None
) -> FrameBranch:
    """A detector with fresh weights, the same for equal seeds, or with those of a perception folder.

    Raises:
        DataError: the folder cannot be read, or holds the net that evaluates.
    """
    if start is not None:
        return loaded_start(start).net.frame_branch.requires_grad_(True)
    shape = _KINDS[name]
    config = PerceptionConfig(kind=shape.kind, width=shape.width, image_size=image_size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "detector"))
        return build_perception(config).frame_branch


def loaded_start(folder: Path) -> LoadedPerception:
    """A perception folder to go on from.

    Raises:
        DataError: it cannot be read, or holds the net that evaluates.
    """
    loaded = load_perception(folder)
    if loaded.info.role == "evaluation":
        remedy = "name another, such as the audit net"
        raise DataError("what the evaluation net sees must stay its own", where=folder, remedy=remedy)
    return loaded


def train_detector(
    net: FrameBranch,
    arrays: Mapping[SetName, PerceptionArrays],
    batches: ArmBatches,
    optim: OptimConfig,
    *,
    steps: int,
    seed: int,
    device: torch.device,
    advance: Callable[[], None] = lambda: None,
) -> Training:
    """Train in place; the net ends with the moving average of its weights.

    What a step sees and draws depends on the seed and on the step alone. AdamW, warm-up and half a cosine as in
    `drivegen train`; half of the frames are mirrored.

    Args:
        advance: called after every step.
    """
    net.to(device).train()
    optimiser = torch.optim.AdamW(
        net.parameters(), lr=optim.lr, betas=optim.betas, weight_decay=optim.weight_decay, foreach=True
    )
    ema = Ema(net, optim.ema_decay)
    start, last = time.monotonic(), []
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = optim.lr * lr_scale(step, step / steps, optim)
        loss = detection_loss(net, _batch(arrays, batches, step, device), derive_seed(seed, "train", step))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), optim.grad_clip)
        optimiser.step()
        ema.update()
        if step >= steps - _LAST_STEPS:
            last.append(float(loss.detach()))
        advance()
    ema.copy_to_module()
    return Training(steps, sum(last) / max(len(last), 1), time.monotonic() - start)


def seconds_per_step(
    net: FrameBranch,
    arrays: Mapping[SetName, PerceptionArrays],
    batches: ArmBatches,
    optim: OptimConfig,
    device: torch.device,
) -> float:
    """Wall-clock seconds of a training step, measured on a net that is thrown away."""
    train_detector(net, arrays, batches, optim, steps=_WARM_UP_STEPS, seed=0, device=device)
    measured = train_detector(net, arrays, batches, optim, steps=_MEASURED_STEPS, seed=0, device=device)
    return measured.seconds / _MEASURED_STEPS


def detection_loss(net: FrameBranch, batch: FrameBatch, seed: int) -> torch.Tensor:
    """Class maps and boxes of frames, some of them mirrored as the seed has it."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.rand(len(batch.frames), generator=generator) < 0.5
    batch, images = mirror_frames(batch, to_images(batch.frames), chosen.to(batch.frames.device))
    losses, weights = frame_losses(net(images), batch), vars(PerceptionWeights())
    return torch.stack([weights[name] * losses[name] for name in _LOSSES]).sum()


def _batch(
    arrays: Mapping[SetName, PerceptionArrays], batches: ArmBatches, step: int, device: torch.device
) -> FrameBatch:
    parts = [frame_batch(arrays[name], rows) for name, rows in batches.step(step)]
    return FrameBatch(*(torch.cat(values).to(device) for values in zip(*parts, strict=True)))
