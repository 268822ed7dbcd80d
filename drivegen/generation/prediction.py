"""Key frames: the first by the image model, the rest by the video model, one call after another.

A call is a pure function of the state that the one before left (`KeyState`), so a clip that is gone on with is the clip
that was never interrupted, and its length costs no memory. Latents are scaled, (B, T, C, h, w). Facts: Blattmann et al.
2023 (arXiv 2304.08818), section 3 and appendix H.1; what the paper does not do is conditioning every frame of the video
on its boxes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core.errors import DataError
from drivegen.core.seeds import derive_seed
from drivegen.generation.clip_conditions import ConditionWindows
from drivegen.generation.drawing_latents import draw_latents
from drivegen.generation.sampler import SamplerConfig
from drivegen.models import Context, ImageLDM, Models, VideoLDM

# An extension is told this many of the newest key frames: the fewest that carry direction (paper, section 3.2).
CONTEXT_FRAMES = 2


@dataclass(frozen=True, eq=False)
class KeyState:
    """How far the key frames of B clips have come: all that the next call needs to know.

    Attributes:
        position: key frames that are there.
        newest: (B, K, C, h, w) scaled latents of the newest of them, K = min(position, 2).
    """

    position: int
    newest: Tensor


@torch.inference_mode()
def generate_latents_image(
    models: Models, conditions: Conditions, seeds: Sequence[int], config: SamplerConfig
) -> Tensor:
    """Every frame by the image model, independently of the others.

    Args:
        conditions: B clips of T frames, on the models' device.
        seeds: B seeds.

    Returns:
        Scaled latents (B, T, C, h, w).

    Raises:
        DataError: the model folder has no image part.
    """
    net = require_image(models)
    return draw_latents(models, net, conditions, None, [derive_seed(seed, "image") for seed in seeds], config)


def begin(
    models: Models, conditions: ConditionWindows, seeds: Sequence[int], config: SamplerConfig, *, stride: int = 1
) -> KeyState:
    """The first key frame, by the image model.

    Args:
        seeds: B seeds; equal ones give equal first frames.
        stride: frames of the clip from one key frame to the next.
    """
    window = conditions.window(0, call_length(models), stride)
    return KeyState(1, generate_latents_image(models, window.frame(0), seeds, config))


def extend(
    models: Models,
    conditions: ConditionWindows,
    state: KeyState,
    seeds: Sequence[int],
    config: SamplerConfig,
    *,
    stride: int = 1,
) -> tuple[KeyState, Tensor]:
    """One call of the video model, which is told the newest key frames: the state after it and what is new.

    Returns:
        The state, and scaled latents (B, N, C, h, w) of N = call length - known key frames.
    """
    known = state.newest.shape[1]
    start = state.position - known
    window = conditions.window(start * stride, call_length(models), stride)
    drawn = predict(models, window, state.newest, [derive_seed(seed, "video", start) for seed in seeds], config)
    return KeyState(start + drawn.shape[1], drawn[:, -CONTEXT_FRAMES:]), drawn[:, known:]


def key_frames(
    models: Models,
    conditions: ConditionWindows,
    state: KeyState,
    seeds: Sequence[int],
    config: SamplerConfig,
    *,
    count: int,
    stride: int = 1,
) -> Iterator[Tensor]:
    """Key frames that follow a state, call by call, until there are `count` in all; (B, N, C, h, w) each."""
    while state.position < count:
        before = state.position
        state, drawn = extend(models, conditions, state, seeds, config, stride=stride)
        yield drawn[:, : count - before]


@torch.inference_mode()
def predict(
    models: Models, conditions: Conditions, known: Tensor, seeds: Sequence[int], config: SamplerConfig
) -> Tensor:
    """One call of the video model: T frames, of which the first ones are known.

    Known frames are put back in latent space at every step and are returned bit for bit.

    Args:
        conditions: B clips of T frames, T the number that the video model was trained on.
        known: (B, K, C, h, w) scaled latents of the first K frames, 0 <= K < T.
        seeds: B seeds of this call.

    Returns:
        Scaled latents (B, T, C, h, w).
    """
    net = require_video(models)
    unknown = known.new_zeros(known.shape[0], conditions.num_frames - known.shape[1], *known.shape[2:])
    context = Context.known(torch.cat([known, unknown], dim=1), range(known.shape[1]))
    return draw_latents(models, net, conditions, context, seeds, config)


def call_length(models: Models) -> int:
    """Frames of one call of the video model: those that it was trained on.

    Raises:
        DataError: no video model, or one whose calls cannot extend a clip.
    """
    require_video(models)
    if models.info.frames <= CONTEXT_FRAMES:
        raise DataError(
            "too few frames per call to extend a clip",
            where=f"frames of model folder {models.info.name}",
            expected=f"more than {CONTEXT_FRAMES}",
            got=models.info.frames,
        )
    return models.info.frames


def require_image(models: Models) -> ImageLDM:
    """The image model of a folder.

    Raises:
        DataError: the folder has none.
    """
    if models.image is None:
        raise DataError(
            "no image model", where=f"model folder {models.info.name}", remedy="train it: drivegen train stage=image"
        )
    return models.image


def require_video(models: Models) -> VideoLDM:
    """The video model of a folder.

    Raises:
        DataError: the folder has none.
    """
    if models.video is None:
        raise DataError(
            "no video model",
            where=f"model folder {models.info.name}",
            remedy="train it (drivegen train stage=video), or draw frames without motion (generator=image_ldm)",
        )
    return models.video
