"""A small root of two drives, and training runs of tiny networks on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivegen.conditions import ConditionConfig
from drivegen.core import Ambience, Scenario, TimeOfDay, Track, Trajectory, Weather, forward_camera
from drivegen.data import DataConfig
from drivegen.models import AutoencoderConfig, EncoderConfig, ImageLDMConfig, TemporalConfig
from drivegen.nuscenes_format import NuScenesWriter
from drivegen.training import AutoencoderStage, ImageStage, OptimConfig, TrainConfig, VideoStage

SIZE = (32, 64)
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
