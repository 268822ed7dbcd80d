"""A small recorded root, tiny models with random weights, and hand-made conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from drivegen.conditions import ConditionConfig, Conditions, collate, conditions_of
from drivegen.core import (
    Ambience,
    LabelPolicy,
    Scenario,
    TimeOfDay,
    Track,
    Trajectory,
    Weather,
    forward_camera,
    label_frame,
)
from drivegen.models import AutoencoderConfig, ImageLDMConfig, ModelInfo, Models, TemporalConfig, build_models
from drivegen.models.image_config import EncoderConfig
from drivegen.nuscenes_format import NuScenesWriter

HZ = 10.0
SIZE = (32, 64)
STEP_US = int(1e6 / HZ)
SECONDS = 4

WriteRoot = Callable[..., Path]
MakeConditions = Callable[..., Conditions]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tests share the machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def drive(
    name: str, users: int, ambience: Ambience, cameras: tuple[str, ...] = ("CAM_FRONT",), source: str = "nuscenes:test"
) -> Scenario:
    """A vehicle that drives straight on towards `users` cars, each of another colour."""
    times = np.arange(int(SECONDS * HZ)) * STEP_US
    upright = np.tile([1.0, 0, 0, 0], (len(times), 1))
    ahead = np.stack([times / 1e6 * 2.0, 0 * times, 0 * times], axis=1)
    tracks = []
    for number in range(users):
        place = np.array([14.0 + 7 * (number // 3), 4.0 * (number % 3 - 1), 0.8])
        body = Trajectory(times, ahead * 0.5 + place, upright)
        paint = (0.2 + 0.6 * (number % 2), 0.3, 0.1 * number)
        tracks.append(Track(f"car-{number}", "car", body, np.tile([4.5, 1.9, 1.6], (len(times), 1)), appearance=paint))
    rig = {camera: forward_camera(camera, SIZE, 1.3, 1.5) for camera in cameras}
    return Scenario(
        name,
        Trajectory(times, ahead, upright),
        rig,
        dict.fromkeys(cameras, times),
        tuple(tracks),
        ambience,
        source=source,
        license="CC0-1.0",
    )


def pictures(scenario: Scenario, camera: str) -> list[np.ndarray]:
    """Frames that tell scene, camera and time apart."""
    rng = np.random.default_rng(sum(map(ord, scenario.scenario_id + camera)))
    base = rng.integers(40, 200, (*SIZE, 3))
    return [np.clip(base + 2 * i, 0, 255).astype(np.uint8) for i in range(len(scenario.frame_times_us[camera]))]


@pytest.fixture
def write_root(tmp_path: Path) -> WriteRoot:
    """Writes a nuScenes root of drives."""

    def write(*scenarios: Scenario, name: str = "root") -> Path:
        with NuScenesWriter(tmp_path / name, image_format="png") as writer:
            for scenario in scenarios:
                writer.add_scene(scenario, {camera: pictures(scenario, camera) for camera in scenario.cameras})
            writer.close()
        return tmp_path / name

    return write


@pytest.fixture(scope="session")
def tiny_info() -> ModelInfo:
    """The smallest models that have every part."""
    conditions = ConditionConfig(image_size=SIZE, latent_downsampling=8, max_boxes=6)
    image = ImageLDMConfig(
        conditions=conditions,
        latent_channels=4,
        block_out_channels=(16, 32),
        attention_levels=(False, True),
        layers_per_block=1,
        attention_head_dim=8,
        norm_num_groups=8,
        token_dim=16,
        encoder=EncoderConfig(layers=1, head_dim=8, frequencies=2),
    )
    autoencoder = AutoencoderConfig(
        latent_channels=4, width=16, coarse_width=16, encoder_blocks=(1, 1), decoder_blocks=(1, 1)
    )
    temporal = TemporalConfig(max_frames=4, context_channels=8, embedding_dim=16, head_dim=8)
    return ModelInfo("tiny-random", SIZE, 4, 3.0, autoencoder=autoencoder, image=image, temporal=temporal)


@pytest.fixture(scope="session")
def tiny_models(tiny_info: ModelInfo) -> Models:
    """Random weights whose video part depends on everything: layers that start at zero are filled too."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        models = build_models(tiny_info)
        assert models.image is not None
        assert models.video is not None
        for module in (models.image, models.video.temporal):
            for parameter in module.parameters():
                if not parameter.any():
                    torch.nn.init.normal_(parameter, std=0.02)
    for part in (models.codec, models.image, models.video):
        part.eval()
    return models


@pytest.fixture
def make_conditions(tiny_info: ModelInfo) -> MakeConditions:
    """Makes the conditions of clips of a given length, one per number of cars."""

    def make(frames: int, users: tuple[int, ...] = (2,)) -> Conditions:
        parts = []
        for count in users:
            scenario = drive("s", count, Ambience(list(Weather)[count % 5], TimeOfDay.DAY))
            times = scenario.frame_times_us["CAM_FRONT"][:frames]
            camera = scenario.cameras["CAM_FRONT"]
            labels = [label_frame(scenario, camera, int(time), LabelPolicy()) for time in times]
            assert tiny_info.image is not None
            parts.append(conditions_of(labels, scenario.ambience, None, HZ, tiny_info.image.conditions))
        return collate(parts)

    return make
