"""Requests in, annotated clips out: the plan of what to make, the generators that make it, and the sampler's loop."""

from drivegen.generation.config import ClipConfig, SampleAuditConfig, SampleConfig
from drivegen.generation.pipeline import decode_frames, generate_clip_latents, generate_latents_image
from drivegen.generation.report import SampleReport
from drivegen.generation.requests import Request
from drivegen.generation.sample import sample
from drivegen.generation.sampler import SamplerConfig
from drivegen.generation.sources import plan

__all__ = [
    "ClipConfig",
    "Request",
    "SampleAuditConfig",
    "SampleConfig",
    "SampleReport",
    "SamplerConfig",
    "decode_frames",
    "generate_clip_latents",
    "generate_latents_image",
    "plan",
    "sample",
]
