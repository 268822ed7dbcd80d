"""Mathematics over denoise(x, sigma) -> x0: schedules, parameterisations, loss, guidance, samplers, noise."""

from drivegen.diffusion.denoise import Denoise, Network, make_denoise
from drivegen.diffusion.guidance import CONTEXT, GuidanceTerm, guided
from drivegen.diffusion.loss import diffusion_loss
from drivegen.diffusion.noise import clip_noise, keep_known, start_sample, step_noise
from drivegen.diffusion.parameterisation import PredictionType, prediction_target, x0_from_prediction
from drivegen.diffusion.samplers import SAMPLERS, ddim, dpmpp_2m, euler, heun
from drivegen.diffusion.schedules import Schedule, ScheduleKind, Spacing
from drivegen.diffusion.training_noise import TrainingNoise

__all__ = [
    "CONTEXT",
    "SAMPLERS",
    "Denoise",
    "GuidanceTerm",
    "Network",
    "PredictionType",
    "Schedule",
    "ScheduleKind",
    "Spacing",
    "TrainingNoise",
    "clip_noise",
    "ddim",
    "diffusion_loss",
    "dpmpp_2m",
    "euler",
    "guided",
    "heun",
    "keep_known",
    "make_denoise",
    "prediction_target",
    "start_sample",
    "step_noise",
    "x0_from_prediction",
]
