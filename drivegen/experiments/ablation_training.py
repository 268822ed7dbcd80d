"""The trainings of the ablation: ordinary runs of `drivegen train` in folders of their own, which resume as such."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from drivegen.core import derive_seed
from drivegen.data import ClipDataset
from drivegen.experiments.ablation_arms import PLANS, Arm, Run, runs_of
from drivegen.experiments.ablation_config import AblationConfig
from drivegen.experiments.experiment_folder import read_json
from drivegen.experiments.machine import Machine
from drivegen.models import (
    AutoencoderConfig,
    ImageLDM,
    ImageLDMConfig,
    ModelInfo,
    Models,
    build_models,
    load_model,
    save_model,
)
from drivegen.models.manifest import INFO_FILE
from drivegen.training import TrainConfig, train
from drivegen.training.batches import spread
from drivegen.training.latent_cache import frames_to_video
from drivegen.training.starting_point import fitted_image_config
from drivegen.training.training_data import open_training_data

# Where minutes decide.
_NO_LIMIT = 1_000_000_000
# Clips whose pixels give the pixel arm its scale.
_STATISTICS_CLIPS = 64


@dataclass(frozen=True)
class Trainings:
    """Does what is missing of an arm's trainings and says what they were.

    Attributes:
        config: the experiment.
        base: model folder that gives latent arms their autoencoder.
        out: folder of the experiment.
        workers: processes that build the caches.
        machine: where it computes.
    """

    config: AblationConfig
    base: Path
    out: Path
    workers: int
    machine: Machine

    def model_of(self, run: Run, seed: int) -> Path:
        """The model folder that a run writes; the runs before it come first, and what is finished is taken as it is."""
        settings = self.settings(run, seed)
        if not (settings.out / "train.json").is_file():
            before = PLANS[run].before
            if before is None:
                self._write_start(run, seed, settings)
            else:
                self.model_of(before, seed)
        return train(settings)

    def facts(self, arm: Arm, seed: int) -> dict[str, float | int]:
        """Steps, seconds and frames of all the finished trainings of an arm together."""
        told = [read_json(self._folder(run, seed) / "train.json") for run in runs_of(arm)]
        return {
            "steps": sum(int(facts["steps"]) for facts in told),
            "frames_seen": sum(int(facts["frames_seen"]) for facts in told),
            "training_seconds": round(sum(float(facts["training_seconds"]) for facts in told), 1),
        }

    def settings(self, run: Run, seed: int) -> TrainConfig:
        """A run as `drivegen train` is told it."""
        config, plan = self.config, PLANS[run]
        start = self._start(run, seed) if plan.before is None else self._folder(plan.before, seed) / "model"
        video = config.video
        if run is Run.ATTENTION_ONLY:
            video = replace(video, net=replace(video.net, convolution=False))
        if run is Run.END_TO_END:
            video = replace(video, train="all", image_loss_weight=0.0)
        settings = TrainConfig(
            stage=plan.stage,
            data=config.data,
            out=self._folder(run, seed),
            model=start,
            seed=seed,
            image=config.image,
            video=video,
            precision=config.precision,
            threads=self.machine.threads,
            workers=self.workers,
            accelerator="gpu" if self.machine.device.type == "cuda" else "cpu",
            cache=self.out / "cache",
            sample_every=0,
            sample_clips=2,
            sample_steps=config.sampler.num_inference_steps,
        )
        return replace(settings, steps=self._steps(run), minutes=self._minutes(run))

    def _steps(self, run: Run) -> int:
        """As set, or no limit where minutes decide; what has no image model before it sees that one's frames itself."""
        config = self.config
        if config.minutes is not None:
            return _NO_LIMIT
        if PLANS[run].stage == "image":
            return config.image_steps
        if PLANS[run].before is not None:
            return config.video_steps
        frames_of_image_model = config.image_steps * config.image.optim.batch
        return config.video_steps + round(frames_of_image_model / (config.video.optim.batch * config.data.frames))

    def _minutes(self, run: Run) -> float | None:
        config = self.config
        if config.minutes is None:
            return None
        if PLANS[run].stage == "image":
            return config.minutes * config.image_share
        return config.minutes * (1 - config.image_share) if PLANS[run].before is not None else config.minutes

    def _folder(self, run: Run, seed: int) -> Path:
        return self.out / "runs" / f"{run.value}-{seed}"

    def _start(self, run: Run, seed: int) -> Path:
        """The model folder that a run without a run before it starts from."""
        name = f"fresh-{seed}" if run is Run.END_TO_END else PLANS[run].space
        return self.out / "starts" / name

    def _write_start(self, run: Run, seed: int, settings: TrainConfig) -> None:
        """Write that folder, where it is not there yet."""
        folder = self._start(run, seed)
        if (folder / INFO_FILE).is_file():
            return
        models = autoencoder_alone(self.base)
        if run is Run.END_TO_END:
            models = with_fresh_image_model(models, self.config.image.net, seed)
        elif PLANS[run].space == "pixel":
            clips = ClipDataset(open_training_data(settings).training)
            models = of_pixels(models.info, self.config.pixel_downsampling, clips)
        save_model(folder, models, dtype="float32")


def autoencoder_alone(folder: Path) -> Models:
    """The autoencoder of a model folder, without the models that were trained on it."""
    loaded = load_model(folder, ("autoencoder",))
    trained = {stage: facts for stage, facts in loaded.info.trained.items() if stage == "autoencoder"}
    info = ModelInfo(
        name=loaded.info.name,
        image_size=loaded.info.image_size,
        schedule=loaded.info.schedule,
        autoencoder=loaded.info.autoencoder,
        license=loaded.info.license,
        trained=trained,
    )
    return Models(loaded.codec, None, None, info)


def with_fresh_image_model(models: Models, net: ImageLDMConfig, seed: int) -> Models:
    """An autoencoder with an image model that has learnt nothing."""
    torch.manual_seed(derive_seed(seed, "end_to_end"))
    fitted = fitted_image_config(net, models.info)
    info = replace(models.info, image=fitted, prediction_type=fitted.prediction_type)
    return replace(models, image=ImageLDM(fitted), info=info)


def of_pixels(like: ModelInfo, downsampling: int, clips: ClipDataset) -> Models:
    """An autoencoder that leaves pixels as they are, scaled as they are in some clips.

    Args:
        like: gives the noise schedule and the image size.
        downsampling: pixels per cell, along each side.
        clips: what is trained on.
    """
    net = AutoencoderConfig(kind="pixel", downsampling=downsampling, latent_channels=3 * downsampling**2)
    models = build_models(replace(like, name="pixel", autoencoder=net, trained={}))
    chosen = spread(len(clips), _STATISTICS_CLIPS)
    models.codec.measure_statistics(torch.cat([frames_to_video(clips[int(i)].frames) for i in chosen])[None])
    return models
