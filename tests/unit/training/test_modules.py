"""Known frames, frozen parts, losses that fall."""

from __future__ import annotations

import torch

from drivegen.models import VideoLDM, build_models
from drivegen.training import TrainConfig
from drivegen.training.autoencoder_module import AutoencoderModule
from drivegen.training.diffusion_modules import draw_known_frames
from drivegen.training.starting_point import starting_models


def test_known_frames_come_first_and_as_often_as_asked() -> None:
    known = draw_known_frames(torch.zeros(4000, 5, 1), (0.2, 0.5, 0.3), torch.Generator().manual_seed(0))
    counts = known.sum(dim=1)
    shares = [(counts == s).float().mean().item() for s in range(3)]
    assert all(abs(share - p) < 0.03 for share, p in zip(shares, (0.2, 0.5, 0.3), strict=True))
    assert torch.equal(known, torch.arange(5)[None] < counts[:, None])


def test_one_frame_stays_unknown() -> None:
    known = draw_known_frames(torch.zeros(50, 2, 1), (0.0, 0.0, 1.0), torch.Generator().manual_seed(0))
    assert known.sum(dim=1).max() == 1


def test_autoencoder_learns_one_batch(make_config: object) -> None:
    config: TrainConfig = make_config("autoencoder")  # type: ignore[operator]
    net = starting_models(config).codec.autoencoder
    module = AutoencoderModule(net, config.autoencoder, seed=0)
    batch = torch.randint(0, 256, (2, 4, 4, 3), dtype=torch.uint8).repeat_interleave(8, 1).repeat_interleave(8, 2)
    optimizer = module.configure_optimizers()
    losses = []
    for _ in range(25):
        loss = module.losses(batch, torch.Generator().manual_seed(0))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def test_the_video_model_trains_its_temporal_layers_alone(make_config: object) -> None:
    from dataclasses import replace

    from drivegen.training.diffusion_modules import VideoModule

    config: TrainConfig = make_config("autoencoder")  # type: ignore[operator]
    models = starting_models(config)
    from drivegen.training.starting_point import fitted_image_config

    net = fitted_image_config(config.image.net, models.info)
    whole = build_models(replace(models.info, image=net, temporal=config.video.net))
    assert isinstance(whole.video, VideoLDM)
    from drivegen.diffusion import Schedule

    module = VideoModule(whole.video, Schedule(), config.video, seed=0)
    trained = {id(p) for group in module.configure_optimizers().param_groups for p in group["params"]}
    assert trained == {id(p) for p in whole.video.temporal.parameters()}
    assert all(name.startswith("temporal.") for name in module.ema.average)
