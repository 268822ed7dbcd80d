"""float32 or bfloat16: measured, because it depends on the machine and on the network."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any, Literal

import torch

from drivegen.training.stage_module import StageModule

Precision = Literal["float32", "bf16"]

_WARM_UP_STEPS = 1
_MEASURED_STEPS = 4
# bfloat16 costs accuracy: it must be faster by this factor to be chosen.
_WORTHWHILE = 1.1

LIGHTNING_NAMES: dict[Precision, str] = {"float32": "32-true", "bf16": "bf16-mixed"}


def measure_precision(module: StageModule, batch: Any, device: torch.device) -> tuple[Precision, dict[str, float]]:
    """Time training steps without updates in both precisions.

    Args:
        batch: a batch as the loader gives it.

    Returns:
        The faster precision, and seconds per step of each.
    """
    module.to(device)
    on_device = module.transfer_batch_to_device(batch, device, 0)
    choices: tuple[Precision, ...] = ("float32", "bf16")
    seconds: dict[str, float] = dict.fromkeys(choices, float("inf"))
    # In turns and the best of each, so that a moment in which the machine is busy does not decide.
    for number in range(_WARM_UP_STEPS + _MEASURED_STEPS):
        for name in choices:
            taken = _seconds_of_a_step(module, on_device, device, name, seed=number)
            if number >= _WARM_UP_STEPS:
                seconds[name] = min(seconds[name], taken)
    module.zero_grad(set_to_none=True)
    best: Precision = "bf16" if seconds["bf16"] * _WORTHWHILE < seconds["float32"] else "float32"
    return best, seconds


def _seconds_of_a_step(
    module: StageModule, batch: Any, device: torch.device, precision: Precision, *, seed: int
) -> float:
    generator = torch.Generator(device).manual_seed(seed)
    start = time.perf_counter()
    autocast = torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else nullcontext()
    with autocast:
        loss = module.losses(batch, generator)["loss"]
    loss.backward()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start
