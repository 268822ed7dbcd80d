"""Networks (autoencoder, condition encoder, image and video latent diffusion models) and model folders on disk."""

from drivegen.models.autoencoder import AutoencoderConfig, LightAutoencoder, build_autoencoder
from drivegen.models.codec import LatentCodec
from drivegen.models.condition_encoder import ConditionEncoder
from drivegen.models.context import Context
from drivegen.models.discriminators import DiscriminatorConfig, PatchDiscriminator, hinge_loss
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
from drivegen.models.image_config import EncoderConfig, ImageLDMConfig, PredictionType, TextConfig
from drivegen.models.image_ldm import ImageLDM
from drivegen.models.info import ModelInfo, ScheduleInfo
from drivegen.models.interpolation import (
    GAP_FRAMES,
    RATE_FACTOR,
    InterpolationConfig,
    build_interpolation,
    gap_context,
)
from drivegen.models.manifest import PARTS, Part
from drivegen.models.parameters import count_parameters, load_tensors
from drivegen.models.public_image_ldm import load_public_image_ldm
from drivegen.models.temporal import TemporalConfig
from drivegen.models.temporal_decoder import TemporalDecoder, TemporalDecoderConfig
from drivegen.models.upsampler import SmallFrames, Upsampler
from drivegen.models.upsampler_config import UpsamplerConfig
from drivegen.models.vector_quantised import Codebook, QuantisedAutoencoder
from drivegen.models.video_ldm import VideoLDM

__all__ = [
    "GAP_FRAMES",
    "PARTS",
    "RATE_FACTOR",
    "AutoencoderConfig",
    "Codebook",
    "ConditionEncoder",
    "Context",
    "DiscriminatorConfig",
    "EncoderConfig",
    "ImageLDM",
    "ImageLDMConfig",
    "InterpolationConfig",
    "LatentCodec",
    "LightAutoencoder",
    "ModelInfo",
    "Models",
    "Part",
    "PatchDiscriminator",
    "PredictionType",
    "QuantisedAutoencoder",
    "ScheduleInfo",
    "SmallFrames",
    "TemporalConfig",
    "TemporalDecoder",
    "TemporalDecoderConfig",
    "TextConfig",
    "Upsampler",
    "UpsamplerConfig",
    "VideoLDM",
    "available_parts",
    "build_autoencoder",
    "build_interpolation",
    "build_models",
    "count_parameters",
    "default_model_folder",
    "gap_context",
    "hinge_loss",
    "load_model",
    "load_public_image_ldm",
    "load_tensors",
    "model_sha256",
    "read_info",
    "save_model",
    "temporal_tensors",
]
