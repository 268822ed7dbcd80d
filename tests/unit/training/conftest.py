"""A small root of two drives, and training runs of tiny networks on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from drivegen.conditions import ConditionConfig
from drivegen.core import Ambience, Scenario, TimeOfDay, Track, Trajectory, Weather, forward_camera
from drivegen.data import DataConfig
from drivegen.models import AutoencoderConfig, EncoderConfig, ImageLDMConfig, TemporalConfig
from drivegen.models.perception import PerceptionConfig
from drivegen.nuscenes_format import NuScenesWriter
from drivegen.training import AutoencoderStage, ImageStage, OptimConfig, TrainConfig, VideoStage
from drivegen.training.perception_arrays import PADDING, PerceptionArrays, empty_frame_arrays
from drivegen.training.perception_batches import FrameBatch
from drivegen.training.perception_config import PerceptionStage

SIZE = (32, 64)
TINY = PerceptionConfig(
    image_size=SIZE, width=16, identity_dim=4, feature_dim=8, clip_size=(16, 32), clip_width=8, clip_feature_dim=8
)
FRAMES = 12
STEP_US = 250_000


def scenario(name: str, speed_mps: float) -> Scenario:
    """A drive along a straight road behind two cars."""
    times = np.arange(FRAMES, dtype=np.int64) * STEP_US
    upright = np.tile([1.0, 0.0, 0.0, 0.0], (FRAMES, 1))
    forward = np.stack([times / 1e6 * speed_mps, 0 * times, 0 * times], axis=1)
    tracks = [
        Track(
            f"{name}-{side}",
            "car",
            Trajectory(times, forward + np.array([12.0, side, 0.8]), upright),
            np.tile([4.5, 1.9, 1.6], (FRAMES, 1)),
            appearance=(0.8, 0.1, 0.1),
        )
        for side in (-2, 2)
    ]
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, 1.5)
    ambience = Ambience(Weather.CLEAR, TimeOfDay.DAY)
    ego = Trajectory(times, forward, upright)
    return Scenario(name, ego, {"CAM_FRONT": camera}, {"CAM_FRONT": times}, tuple(tracks), ambience, license="CC0-1.0")


def frames(seed: int) -> list[np.ndarray]:
    """Smooth pictures that change from frame to frame."""
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    pictures = []
    for time in range(FRAMES):
        waves = [np.sin(rows / 9 + seed), np.cos(columns / 11 + time / 4), np.sin((rows + columns) / 13 + time / 6)]
        pictures.append(np.stack([127 + 100 * wave for wave in waves], axis=-1).astype(np.uint8))
    return pictures


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A nuScenes root of two drives of twelve frames."""
    folder = tmp_path_factory.mktemp("training") / "root"
    with NuScenesWriter(folder, image_format="png") as writer:
        for number in range(2):
            writer.add_scene(scenario(f"drive-{number}", 4.0 + number), {"CAM_FRONT": frames(number)})
        writer.close()
    return folder


@pytest.fixture(scope="session")
def data(root: Path) -> DataConfig:
    """Clips of four frames."""
    return DataConfig(roots=(root,), image_size=SIZE, frames=4, stride=1, clip_stride=2)


MakeConfig = Callable[..., TrainConfig]


@pytest.fixture
def make_config(data: DataConfig, tmp_path: Path) -> MakeConfig:
    """Builds a configuration of a tiny run in the test's folder."""
    optim = OptimConfig(batch=4, lr=2e-3, warmup=1, ema_decay=0.9)
    net = ImageLDMConfig(
        conditions=ConditionConfig(image_size=SIZE, max_boxes=6),
        latent_channels=4,
        block_out_channels=(32, 32),
        attention_levels=(False, True),
        layers_per_block=1,
        attention_head_dim=16,
        norm_num_groups=8,
        token_dim=32,
        encoder=EncoderConfig(layers=1, head_dim=16, frequencies=2),
    )
    autoencoder = AutoencoderConfig(
        latent_channels=4, width=16, coarse_width=16, encoder_blocks=(1, 1), decoder_blocks=(1, 1)
    )
    temporal = TemporalConfig(max_frames=4, context_channels=8, embedding_dim=32, head_dim=16)

    def make(stage: str, **settings: Any) -> TrainConfig:
        base = TrainConfig(
            stage="autoencoder",
            data=data,
            out=tmp_path / stage,
            cache=tmp_path / "cache",
            steps=3,
            precision="float32",
            threads=1,
            accelerator="cpu",
            workers=1,
            sample_every=0,
            sample_clips=2,
            sample_steps=2,
            validate_every=2,
            validation_batches=1,
            log_every=1,
            autoencoder=AutoencoderStage(net=autoencoder, optim=optim),
            image=ImageStage(net=net, optim=optim),
            video=VideoStage(net=temporal, optim=replace(optim, batch=2)),
        )
        return replace(base, stage=stage, **settings)

    return make


def _painted(clips: int = 6, length: int = 5, seed: int = 0) -> PerceptionArrays:
    """Clips in which a red car drives to the right and a blue truck stands; the sky's grey tells the weather.

    The last frame of every clip is empty, and no two frames are the same.
    """
    draws = np.random.default_rng(seed)
    count = clips * length
    frames = np.full((count, *SIZE, 3), 40, np.uint8)
    arrays = empty_frame_arrays(count)
    for row in range(count):
        clip, time = divmod(row, length)
        weather = clip % 5
        frames[row, :6], frames[row, -1, -1] = 30 + 40 * weather, row
        arrays["weather"][row], arrays["time_of_day"][row], arrays["road_users"][row] = weather, clip % 3, 0
        if time == length - 1:
            continue
        left = draws.integers(4, 12) + 4 * time
        car = (left, 12, left + 12, 20)
        truck = (46, 10 + clip % 3, 58, 26)
        for place, (box, colour, category) in enumerate(((car, (220, 20, 20), 0), (truck, (20, 20, 220), 1))):
            x_min, y_min, x_max, y_max = (int(value) for value in box)
            frames[row, y_min:y_max, x_min:x_max] = colour
            arrays["boxes_px"][row, place] = box
            arrays["category"][row, place], arrays["role"][row, place] = category, 2
            arrays["depth_m"][row, place], arrays["alpha_rad"][row, place] = 10.0 + 10 * place, 0.5
            arrays["track"][row, place] = 4096 * clip + place
        arrays["road_users"][row] = 2
    return PerceptionArrays(
        frames=frames,
        clip_frames=np.arange(count).reshape(clips, length),
        interval_s=np.full(clips, 0.1, np.float32),
        speed_mps=np.tile(np.linspace(4.0, 8.0, length - 1, dtype=np.float32), (clips, 1)),
        yaw_rate_radps=np.full((clips, length - 1), 0.1, np.float32),
        **arrays,
    )


def _boxes(*objects: tuple[Any, ...]) -> FrameBatch:
    """One frame with objects (box, category, role, depth)."""
    arrays = empty_frame_arrays(1)
    assert (arrays["role"] == PADDING).all()
    for place, (box, category, role, depth) in enumerate(objects):
        arrays["boxes_px"][0, place], arrays["category"][0, place] = box, category
        arrays["role"][0, place], arrays["depth_m"][0, place] = role, depth
        arrays["alpha_rad"][0, place], arrays["track"][0, place] = 0.3, place
    tensors = {name: torch.from_numpy(value) for name, value in arrays.items()}
    return FrameBatch(frames=torch.zeros(1, *SIZE, 3, dtype=torch.uint8), **tensors)


@pytest.fixture
def painted() -> Callable[..., PerceptionArrays]:
    """Perception data made by hand: bright boxes on dark frames."""
    return _painted


@pytest.fixture
def boxes() -> Callable[..., FrameBatch]:
    """One frame with the objects that are given."""
    return _boxes


@pytest.fixture
def perception_stage() -> PerceptionStage:
    """A tiny net and short clips."""
    optim = OptimConfig(batch=4, lr=3e-3, warmup=1, ema_decay=0.9)
    return PerceptionStage(net=TINY, optim=optim, clips_per_step=8, clip_frames=4, max_stride=2)
