"""A training run from its configuration to a model folder."""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger

from drivegen.core import DataError
from drivegen.training.batches import BatchStream
from drivegen.training.cache_folder import local_rank
from drivegen.training.callbacks import EmaCallback, ProgressReport, RunClock, Validation
from drivegen.training.checkpoint import stamp, starting_step
from drivegen.training.config import TrainConfig
from drivegen.training.datamodule import StageData
from drivegen.training.guard import FiniteGuard
from drivegen.training.pictures import Pictures
from drivegen.training.precision import LIGHTNING_NAMES, Precision, measure_precision
from drivegen.training.prepared import Prepared
from drivegen.training.progress import say
from drivegen.training.run_folder import RunFolder
from drivegen.training.stages import prepare
from drivegen.training.training_data import open_training_data


def run_training(config: TrainConfig) -> Path:
    """Train a stage, or go on where an earlier run of the same command stopped.

    Returns:
        The written model folder, `out/model`.

    Raises:
        ConfigError: `out` holds a run with other settings.
        DataError: data or model cannot be read, a checkpoint does not fit, or a loss is not finite.
        KeyboardInterrupt: SIGINT or SIGTERM came; a checkpoint was saved.
    """
    folder = RunFolder(config)
    if folder.finished:
        say(f"{config.stage}: already trained, {folder.facts()['steps']} steps; resume=false would start again")
        return folder.model
    device = _device(config)
    prepared = _prepared(config, device)
    say(f"{config.stage}: " + ", ".join(f"{key} {value}" for key, value in prepared.facts.items()))
    precision = _decide_precision(config, folder, prepared, device)
    clock, validation = RunClock(config), Validation(prepared.validation, config.validate_every)
    checkpoint = folder.checkpoint if folder.checkpoint.is_file() else None
    start_step = starting_step(checkpoint, prepared.module, config.stage)
    if checkpoint is not None:
        say(f"{config.stage}: going on at step {start_step}")
    data = StageData(prepared.source, config.optim.batch, config.seed, first_step=start_step)
    trainer = _trainer(config, folder, prepared, precision, clock, validation, FiniteGuard(data, folder.checkpoint))
    with _quiet():
        trainer.fit(prepared.module, datamodule=data, ckpt_path=checkpoint, **_safe_loading())
    if clock.interrupted:
        say(f"{config.stage}: stopped at step {trainer.global_step}, saved in {folder.checkpoint}")
        raise KeyboardInterrupt
    if trainer.is_global_zero:
        _export(folder, prepared, _facts(config, prepared, trainer, clock, precision, validation))
    if trainer.world_size > 1:
        trainer.strategy.barrier()
    return folder.model


def build_caches(config: TrainConfig) -> None:
    """Build the caches of a run, where they are not there yet, and nothing else.

    Raises:
        DataError: data or model cannot be read.
    """
    _prepared(config, _device(config))


def _prepared(config: TrainConfig, device: torch.device) -> Prepared:
    cores = len(os.sched_getaffinity(0))
    torch.set_num_threads(config.threads or max(1, cores // config.devices))
    return prepare(config, open_training_data(config), config.workers or cores, device)


def _trainer(
    config: TrainConfig,
    folder: RunFolder,
    prepared: Prepared,
    precision: Precision,
    clock: RunClock,
    validation: Validation,
    guard: FiniteGuard,
) -> pl.Trainer:
    logger = TensorBoardLogger(folder.logs.parent, name=folder.logs.name, version="")
    checkpoint = _LastCheckpoint(
        config.stage,
        dirpath=folder.checkpoint.parent,
        filename=folder.checkpoint.stem,
        save_top_k=1,
        train_time_interval=timedelta(minutes=config.checkpoint_minutes),
        enable_version_counter=False,
    )
    pictures = Pictures(prepared.painter, folder.samples, config.sample_every)
    progress = ProgressReport(config, clock, validation, config.optim.batch * prepared.frames_per_sample)
    callbacks = [guard, clock, EmaCallback(prepared.module), validation, pictures, progress, checkpoint]
    with _quiet():
        return pl.Trainer(
            accelerator=config.accelerator,
            devices=config.devices,
            strategy=_strategy(config),
            precision=LIGHTNING_NAMES[precision],
            max_steps=config.steps,
            max_epochs=-1,
            gradient_clip_val=config.optim.grad_clip,
            callbacks=callbacks,
            logger=logger,
            log_every_n_steps=config.log_every,
            limit_val_batches=0,
            num_sanity_val_steps=0,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )


class _LastCheckpoint(ModelCheckpoint):
    """Saves now and then by time, and once more when training ends for whatever reason it chose itself."""

    def __init__(self, stage: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.stage = stage

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Say what it is a checkpoint of."""
        stamp(checkpoint, self.stage)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        trainer.save_checkpoint(Path(str(self.dirpath)) / f"{self.filename}.ckpt")


def _strategy(config: TrainConfig) -> Any:
    if config.devices == 1 and config.strategy == "auto":
        return "auto"
    # Which nulls of the conditions a batch needs is a matter of chance: some parameters get no gradient.
    return "ddp_find_unused_parameters_true"


def _decide_precision(config: TrainConfig, folder: RunFolder, prepared: Prepared, device: torch.device) -> Precision:
    """The asked precision, or the faster one; decided once per run and kept."""
    earlier = folder.decisions()
    if earlier is not None:
        return _known_precision(earlier.get("precision"), folder)
    seconds: dict[str, float] = {}
    precision: Precision
    if config.precision == "auto":
        batch = prepared.source.fetch(BatchStream(prepared.source, config.optim.batch, config.seed).first_items())
        precision, seconds = measure_precision(prepared.module, batch, device)
        say(f"{config.stage}: {precision}; seconds per step " + ", ".join(f"{k} {v:.3f}" for k, v in seconds.items()))
    else:
        precision = config.precision
    folder.write_decisions({"precision": precision, "seconds_per_step": seconds})
    return precision


def _known_precision(value: object, folder: RunFolder) -> Precision:
    if value == "float32":
        return "float32"
    if value == "bf16":
        return "bf16"
    raise DataError("unknown precision", where=folder.path / "run.json", got=value, remedy="resume=false starts again")


def _facts(
    config: TrainConfig,
    prepared: Prepared,
    trainer: pl.Trainer,
    clock: RunClock,
    precision: Precision,
    validation: Validation,
) -> dict[str, Any]:
    steps = trainer.global_step
    samples = steps * config.optim.batch * trainer.world_size
    return {
        "stage": config.stage,
        "steps": steps,
        "training_seconds": round(clock.elapsed_s, 1),
        "frames_seen": samples * prepared.frames_per_sample,
        "frames_per_second": round(samples * prepared.frames_per_sample / max(clock.elapsed_s, 1e-6), 1),
        "held_out": {name: round(value, 5) for name, value in validation.latest.items()},
        "precision": precision,
        "processes": trainer.world_size,
        "threads": torch.get_num_threads(),
        "seed": config.seed,
        "data": prepared.facts,
    }


def _export(folder: RunFolder, prepared: Prepared, facts: dict[str, Any]) -> None:
    """Write the model folder with the averaged weights, then train.json."""
    start = time.monotonic()
    prepared.module.to("cpu").eval()
    prepared.module.ema.to(torch.device("cpu"))
    prepared.module.ema.copy_to_module()
    sha256 = prepared.save(folder.model, facts)
    folder.write_facts({**facts, "model_sha256": sha256, "export_seconds": round(time.monotonic() - start, 1)})


def _safe_loading() -> dict[str, Any]:
    """Checkpoints are loaded as tensors and plain values only; Lightning before 2.6 reads this from the environment."""
    import inspect

    if "weights_only" in inspect.signature(pl.Trainer.fit).parameters:
        return {"weights_only": True}
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    return {}


def _device(config: TrainConfig) -> torch.device:
    if config.accelerator == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", local_rank())


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Lightning's hints, which are about choices that were made on purpose here."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
