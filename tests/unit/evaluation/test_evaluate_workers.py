"""A net's folder as judge: in this process or in others, by the command or in Python, the card is the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from drivegen.cli.evaluate import job
from drivegen.core import Clip, DataError, FrameKind
from drivegen.evaluation.card import RECONSTRUCTED, read_card
from drivegen.evaluation.config import EvaluateConfig
from drivegen.models import LatentCodec, ModelInfo, Models, build_autoencoder, save_model
from drivegen.models.autoencoder import AutoencoderConfig
from drivegen.models.perception import PerceptionConfig, PerceptionInfo, build_perception, save_perception

MakeClip = Callable[..., Clip]
WriteClips = Callable[[Path, Sequence[Clip]], Path]
SMALL = {"resamples": 20, "frechet_resamples": 4, "splits": 2, "threads": 1}


def _small_net(folder: Path) -> Path:
    torch.manual_seed(0)
    config = PerceptionConfig(width=8, clip_width=8, identity_dim=4, feature_dim=6, clip_feature_dim=5)
    save_perception(folder, build_perception(config), PerceptionInfo("small", config, role="evaluation"))
    return folder


def test_workers_give_the_same_card(
    tmp_path: Path, painted_clip: MakeClip, write_clips: WriteClips, capsys: pytest.CaptureFixture[str]
) -> None:
    store = write_clips(tmp_path / "g", [painted_clip(n, kind=FrameKind.GENERATED, frames=2) for n in range(4)])
    reference = write_clips(tmp_path / "r", [painted_clip(n, frames=2) for n in range(4)])
    net = _small_net(tmp_path / "net")
    config = AutoencoderConfig()
    codec = LatentCodec(build_autoencoder(config), config.latent_channels)
    save_model(tmp_path / "model", Models(codec, None, None, ModelInfo("fresh", autoencoder=config)))
    cards = []
    for workers in (1, 2):
        out = tmp_path / f"out-{workers}"
        # Pictures are drawn once; they take time.
        common = {"store": store, "reference": reference, "net": net, "reconstructed": tmp_path / "model", "out": out}
        job(EvaluateConfig(**common, workers=workers, pictures=2 - workers, **SMALL))  # type: ignore[arg-type]
        cards.append(read_card(out))
        assert f"metric card    {out / 'card.md'}" in capsys.readouterr().out
    assert cards[0] == cards[1]
    assert cards[0].judge.name == "small" and cards[0].sets[RECONSTRUCTED].model["id"] == "fresh"
    # An autoencoder that was never trained gives nothing back.
    distance = cards[0].row("frame_distance").over_reference[RECONSTRUCTED].value
    assert distance is not None and np.isfinite(distance) and distance > 1.0
    job(EvaluateConfig(compare=(tmp_path / "out-1", tmp_path / "out-2")))
    assert "| measure | unit | reference | g | g |" in capsys.readouterr().out


def test_a_folder_that_is_no_net_is_told(tmp_path: Path, painted_reference: Path) -> None:
    config = EvaluateConfig(store=painted_reference, reference=painted_reference, net=tmp_path, out=tmp_path / "out")
    with pytest.raises(DataError, match=r"not a perception folder; .* drivegen train stage=perception"):
        job(config)
