"""Networks (autoencoder, condition encoder, image and video latent diffusion models) and model folders on disk."""

from drivegen.models.autoencoder import AutoencoderConfig, LightAutoencoder, build_autoencoder
from drivegen.models.codec import LatentCodec
from drivegen.models.condition_encoder import ConditionEncoder
from drivegen.models.context import Context
from drivegen.models.folders import (
    Models,
    available_parts,
    build_models,
    default_model_folder,
    load_model,
    model_sha256,
    read_info,
    save_model,
    temporal_tensors,
)
from drivegen.models.image_config import EncoderConfig, ImageLDMConfig, PredictionType
from drivegen.models.image_ldm import ImageLDM
from drivegen.models.info import ModelInfo, ScheduleInfo
from drivegen.models.manifest import PARTS, Part
from drivegen.models.parameters import count_parameters, load_tensors
from drivegen.models.public_image_ldm import load_public_image_ldm
from drivegen.models.temporal import TemporalConfig
from drivegen.models.video_ldm import VideoLDM

__all__ = [
    "PARTS",
    "AutoencoderConfig",
    "ConditionEncoder",
    "Context",
    "EncoderConfig",
    "ImageLDM",
    "ImageLDMConfig",
    "LatentCodec",
    "LightAutoencoder",
    "ModelInfo",
    "Models",
    "Part",
    "PredictionType",
    "ScheduleInfo",
    "TemporalConfig",
    "VideoLDM",
    "available_parts",
    "build_autoencoder",
    "build_models",
    "count_parameters",
    "default_model_folder",
    "load_model",
    "load_public_image_ldm",
    "load_tensors",
    "model_sha256",
    "read_info",
    "save_model",
    "temporal_tensors",
]
