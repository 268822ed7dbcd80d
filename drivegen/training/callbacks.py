"""What happens around the steps: the clock, the average of the weights, validation, progress."""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

import pytorch_lightning as pl
import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from drivegen.training.config import TrainConfig
from drivegen.training.schedule import lr_scale, run_fraction
from drivegen.training.stage_module import StageModule

_PLAIN_INTERVAL_S = 15.0


class RunClock(pl.Callback):
    """Sets the learning rate from how much of the run is over, and ends the run when its time is up or a signal came.

    Attributes:
        elapsed_s: training time of all runs together.
        interrupted: whether SIGINT or SIGTERM asked to stop.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        self.elapsed_s = 0.0
        self.interrupted = False
        self.fraction = 0.0
        self._last: float | None = None
        self._handlers: dict[int, Any] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock and take over the signals (Lightning puts the former handlers back at its end)."""
        self._last = time.monotonic()
        # A run that goes on is not at its beginning: what is left of it is told from here.
        self._tick(trainer)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._on_signal)

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Set the learning rate of this step."""
        self._tick(trainer)
        optim = self.config.optim
        scale = lr_scale(trainer.global_step, self.fraction, optim)
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = optim.lr * scale
        # Lightning writes what the last step of every `log_every` logs.
        if (trainer.global_step + 1) % self.config.log_every == 0:
            pl_module.log("train/lr", optim.lr * scale, batch_size=1)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Stop when the time is up."""
        self._tick(trainer)
        if self.fraction >= 1.0 or self.interrupted:
            trainer.should_stop = True

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Give the signals back."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()

    def state_dict(self) -> dict[str, Any]:
        """Kept in checkpoints."""
        return {"elapsed_s": self.elapsed_s}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Taken up on resume."""
        self.elapsed_s = float(state_dict["elapsed_s"])

    def _tick(self, trainer: pl.Trainer) -> None:
        now = time.monotonic()
        self.elapsed_s += now - (self._last if self._last is not None else now)
        self._last = now
        if trainer.world_size > 1:
            # All processes must agree on the rate and on when to stop: the latest clock and any signal count.
            shared = torch.tensor([self.elapsed_s, float(self.interrupted)], dtype=torch.float64)
            shared = trainer.strategy.reduce(shared.to(trainer.strategy.root_device), reduce_op="max").cpu()
            self.elapsed_s, self.interrupted = float(shared[0]), bool(shared[1] > 0)
        self.fraction = run_fraction(trainer.global_step, self.config.steps, self.elapsed_s, self.config.minutes)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            # Asked twice: the user does not want to wait for the step to end.
            raise KeyboardInterrupt
        self.interrupted = True


def was_interrupted(trainer: pl.Trainer) -> bool:
    """Whether a signal ended the training: what can wait is then left out, so that the checkpoint comes soon."""
    return any(isinstance(callback, RunClock) and callback.interrupted for callback in trainer.callbacks)


class EmaCallback(pl.Callback):
    """Updates the module's average after every step and keeps it in checkpoints."""

    def __init__(self, module: StageModule) -> None:
        self.ema = module.ema

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Move the average to where the module is."""
        self.ema.to(pl_module.device)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Take up the weights of this step."""
        self.ema.update()

    def state_dict(self) -> dict[str, Any]:
        """Kept in checkpoints."""
        return self.ema.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Taken up on resume."""
        self.ema.load_state_dict(state_dict)


class Validation(pl.Callback):
    """Losses of the averaged weights on held-out data, with the same noise every time.

    Attributes:
        latest: losses by name of the last time.
    """

    def __init__(self, batches: list[Any], every: int) -> None:
        self.batches, self.every = batches, every
        self.latest: dict[str, float] = {}

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Measure now and then."""
        if trainer.global_step % self.every == 0:
            self._measure(trainer, pl_module)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Measure once more."""
        if not was_interrupted(trainer):
            self._measure(trainer, pl_module)

    def _measure(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not trainer.is_global_zero or not self.batches or not isinstance(pl_module, StageModule):
            return
        pl_module.eval()
        with pl_module.ema.applied(), trainer.precision_plugin.forward_context():
            self.latest = pl_module.validation_losses(self.batches)
        pl_module.train()
        if trainer.logger is not None:
            values = {f"validation/{name}": value for name, value in self.latest.items()}
            trainer.logger.log_metrics(values, step=trainer.global_step)


class ProgressReport(pl.Callback):
    """Steps, rate, losses and time left: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, config: TrainConfig, clock: RunClock, validation: Validation, frames_per_step: int) -> None:
        self.config, self.clock, self.validation = config, clock, validation
        self.frames_per_step = frames_per_step
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._started = (0, 0.0, 0.0)
        self._last_line = time.monotonic()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show the bar."""
        self._started = (trainer.global_step, self.clock.elapsed_s, self.clock.fraction)
        if trainer.is_global_zero and sys.stderr.isatty():
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[t]}"),
            )
            self._bar = Progress(*columns, console=Console(stderr=True))
            self._task = self._bar.add_task(f"train {self.config.stage}", total=1.0, t="")
            self._bar.start()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Show where the run is, and log the rate."""
        if trainer.global_step % self.config.log_every == 0:
            pl_module.log("train/frames_per_second", self._rate(trainer), batch_size=1)
        if not trainer.is_global_zero:
            return
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self.clock.fraction, t=self._text(trainer, outputs))
        elif time.monotonic() - self._last_line >= _PLAIN_INTERVAL_S or trainer.should_stop:
            self._last_line = time.monotonic()
            print(f"train {self.config.stage}: {self._text(trainer, outputs)}", file=sys.stderr, flush=True)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Take the bar away, so that the message stands alone."""
        self.on_train_end(trainer, pl_module)

    def _text(self, trainer: pl.Trainer, outputs: Any) -> str:
        _, first_s, first_fraction = self._started
        seconds, rate = self.clock.elapsed_s - first_s, self._rate(trainer)
        progress = self.clock.fraction - first_fraction
        left = (1.0 - self.clock.fraction) * seconds / progress if progress > 0 else float("nan")
        loss = float(outputs["loss"]) if isinstance(outputs, dict) and "loss" in outputs else float("nan")
        held_out = "".join(
            f", held-out {k} {v:.4f}" for k, v in self.validation.latest.items() if k in ("loss", "psnr_db")
        )
        return f"step {trainer.global_step}, loss {loss:.4f}{held_out}, {rate:.1f} frames/s, {left:.0f} s left"

    def _rate(self, trainer: pl.Trainer) -> float:
        """Frames per second of all processes since this run began or went on."""
        first_step, first_s, _ = self._started
        seconds = max(self.clock.elapsed_s - first_s, 1e-6)
        return (trainer.global_step - first_step) * self.frames_per_step * trainer.world_size / seconds
