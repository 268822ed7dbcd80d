"""Which parts of Video LDM matter? The arms of its table 1 (right), trained equally long and measured alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from drivegen.conditions import ConditionConfig
from drivegen.core import ConfigError, Observer, derive_seed, encode
from drivegen.core.arrays import Bytes
from drivegen.data import ClipIndex
from drivegen.evaluation import Resampling
from drivegen.experiments.ablation_arms import MODELS, PLANS, Arm, Run
from drivegen.experiments.ablation_clips import (
    HeldOutClips,
    draw_clips,
    held_out_index,
    look,
    open_held_out,
    reconstruct,
)
from drivegen.experiments.ablation_comparison import MEASURES, compare, distance
from drivegen.experiments.ablation_config import AblationConfig, EvaluateCommand
from drivegen.experiments.ablation_files import RECONSTRUCTED, REFERENCE, AblationFolder, Seen, Trial
from drivegen.experiments.ablation_report import AblationReport, make_report
from drivegen.experiments.ablation_training import Trainings
from drivegen.experiments.machine import Machine, computing
from drivegen.generation.prediction import require_video
from drivegen.generation.sampler import SamplerConfig
from drivegen.models import ModelInfo, count_parameters, default_model_folder, load_model, model_sha256, read_info
from drivegen.models.perception import default_perception_folder, load_observer
from drivegen.training.cache_folder import root_fingerprint
from drivegen.training.starting_point import fitted_image_config

# Called as report(done, total) in trials.
Progress = Callable[[int, int], None]

# Settings that decide where it runs, how often and what is shown, never a trial. What is read is told by its hash.
_FREE = frozenset({"arms", "seeds", "model"})
# Clips that are kept to be shown.
_PICTURES = 2


@dataclass(frozen=True, eq=False)
class Experiment:
    """All that a trial needs.

    Attributes:
        config: the experiment.
        seed: the first of its seeds.
        resamples: of the held-out scenarios.
        folder: where it keeps what is done.
        trainings: of the arms.
        index: the clips that are measured on.
        judge: gives the features.
        machine: where it computes.
    """

    config: AblationConfig
    seed: int
    resamples: int
    folder: AblationFolder
    trainings: Trainings
    index: ClipIndex
    judge: Observer
    machine: Machine

    def clips(self, sizes: ConditionConfig | None = None) -> HeldOutClips:
        """The held-out clips with conditions of the size that a model takes; None: that of the latent arms."""
        if sizes is None:
            sizes = fitted_image_config(self.config.image.net, read_info(self.trainings.base)).conditions
        return open_held_out(self.index, self.trainings.out / "cache", sizes, self.trainings.workers)

    def trials(self) -> list[Trial]:
        """All trials, seed by seed."""
        return [Trial(arm, self.seed + n) for n in range(self.config.seeds) for arm in self.config.compared]


def ablate(
    command: EvaluateCommand, advance: Progress = lambda done, total: None, judge: Observer | None = None
) -> AblationReport:
    """For each seed and arm: train, draw, look, keep; then compare.

    What an earlier start has finished is not done again, and a training that was stopped goes on.

    Args:
        advance: called with the trials done and all of them.
        judge: None: the net of `command.net`, or the package's evaluation net.

    Raises:
        ConfigError: no ablation; `out` holds another one; there is no such device; the data is of another size.
        DataError: data, model or net cannot be read, or nothing is held out.
        KeyboardInterrupt: SIGINT or SIGTERM came; the same command goes on.
    """
    with computing(command.threads, command.device) as machine:
        experiment = _open(command, machine, judge)
        _look_at_real_clips(experiment)
        trials = experiment.trials()
        for done, trial in enumerate(trials):
            advance(done, len(trials))
            if not experiment.folder.has(trial):
                do_trial(experiment, trial)
        advance(len(trials), len(trials))
        return _report(experiment)


def do_trial(experiment: Experiment, trial: Trial) -> None:
    """Train an arm, draw its clips, have them looked at, and keep that."""
    run = MODELS[trial.arm]
    models = load_model(experiment.trainings.model_of(run, trial.seed), ("video",))
    models.codec.to(experiment.machine.device)
    video = require_video(models).to(experiment.machine.device)
    clips, sampler = experiment.clips(video.image.config.conditions), sampler_of(experiment.config, trial.arm)
    drawn = []
    for rows in _batches(len(clips), experiment.config.batch):
        conditions = clips.conditions_of(rows, experiment.machine.device)
        seeds = [derive_seed(trial.seed, "clip", row) for row in range(rows.start, rows.stop)]
        image_first = PLANS[run].before is not None
        drawn.append(draw_clips(models, conditions, seeds, sampler, image_first=image_first))
    seen = look(experiment.judge, np.concatenate(drawn), clips.fps, _PICTURES)
    learnt = video if run is Run.END_TO_END or experiment.config.video.train == "all" else video.temporal
    facts = experiment.trainings.facts(trial.arm, trial.seed)
    experiment.folder.keep(trial, seen, {**facts, "parameters": count_parameters(learnt)})


def sampler_of(config: AblationConfig, arm: Arm) -> SamplerConfig:
    """How an arm draws: all alike, but for the guidance by known frames."""
    if arm is not Arm.CONTEXT_GUIDED:
        return config.sampler
    return replace(config.sampler, guidance_context=config.context_guidance)


def _open(command: EvaluateCommand, machine: Machine, judge: Observer | None) -> Experiment:
    config = command.ablation
    if config is None:
        raise ConfigError("no ablation", where="ablation", remedy="drivegen evaluate ablation=tiny")
    base = config.model or default_model_folder()
    _check_size(read_info(base), config)
    judge = judge or load_observer(command.net or default_perception_folder("evaluation"), machine.device.type)
    trainings = Trainings(config, base, command.out, command.workers, machine)
    index = held_out_index(config, trainings.settings(Run.VIDEO, command.seed))
    settings = {key: value for key, value in encode(config).items() if key not in _FREE}
    settings["data"]["roots"] = [root_fingerprint(root) for root in index.roots]
    settings |= {"threads": machine.threads, "device": machine.device.type, "seed": command.seed}
    settings |= {"model_sha256": model_sha256(base), "judge_sha256": judge.sha256}
    folder = AblationFolder(command.out, settings)
    return Experiment(config, command.seed, command.frechet_resamples, folder, trainings, index, judge, machine)


def _look_at_real_clips(experiment: Experiment) -> None:
    """The held-out clips themselves, and after the autoencoder that latent arms share."""
    if experiment.folder.has_real(RECONSTRUCTED):
        return
    models, clips = load_model(experiment.trainings.base, ("autoencoder",)), experiment.clips()
    models.codec.to(experiment.machine.device)
    again = [reconstruct(models, clips.frames[rows]) for rows in _batches(len(clips), experiment.config.batch)]
    for name, frames in ((REFERENCE, clips.frames), (RECONSTRUCTED, np.concatenate(again))):
        experiment.folder.keep_real(name, look(experiment.judge, frames, clips.fps, _PICTURES))


def _report(experiment: Experiment) -> AblationReport:
    config, folder, trials = experiment.config, experiment.folder, experiment.trials()
    seen = {arm: [folder.seen(trial) for trial in trials if trial.arm is arm] for arm in config.compared}
    reference, reconstructed = folder.real(REFERENCE), folder.real(RECONSTRUCTED)
    clips = experiment.clips()
    scenarios = [str(name) for name in clips.scenarios]
    rows = compare(seen, reference, scenarios, Resampling(resamples=experiment.resamples, seed=experiment.seed))
    facts = {
        "seeds": sorted({trial.seed for trial in trials}),
        "clips": len(clips),
        "frames": config.shown_frames,
        "fps": round(clips.fps, 3),
        "scenarios": len(set(scenarios)),
        "arms": {arm.value: _mean_facts([folder.facts(t) for t in trials if t.arm is arm]) for arm in config.compared},
        "reconstructed": {m: distance(reconstructed, reference, scenarios, m) for m in MEASURES},
        "judge_sha256": experiment.judge.sha256,
        "resamples": experiment.resamples,
        "threads": experiment.machine.threads,
        "device": experiment.machine.device.type,
    }
    return make_report(folder.path, rows, facts, _shown(reference, reconstructed, seen))


def _check_size(base: ModelInfo, config: AblationConfig) -> None:
    if tuple(base.image_size) != tuple(config.data.image_size):
        raise ConfigError(
            "the autoencoder is of another size",
            where="data.image_size",
            expected=list(base.image_size),
            got=list(config.data.image_size),
            remedy="set data.image_size, or name a model of the data's size",
        )


def _mean_facts(facts: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return {key: round(float(np.mean([held[key] for held in facts])), 1) for key in facts[0]}


def _shown(reference: Seen, reconstructed: Seen, seen: Mapping[Arm, Sequence[Seen]]) -> dict[str, Bytes]:
    """The first held-out clip as it is, after the autoencoder, and by the first seed of every arm."""
    real = {"reference": reference.pictures[0], "through the autoencoder": reconstructed.pictures[0]}
    return real | {arm.words: held[0].pictures[0] for arm, held in seen.items()}


def _batches(count: int, batch: int) -> list[slice]:
    return [slice(start, min(start + batch, count)) for start in range(0, count, batch)]
