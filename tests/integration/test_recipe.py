"""The recipe that ships, every stage of it, as a command with two processes, at a size of seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from drivegen.models import PARTS, available_parts, load_model

TIMEOUT_S = 900
# Two processes that import torch and Lightning, on a machine that may be busy with other tests.
pytestmark = pytest.mark.timeout(1500)

SHORT_CLIPS = "{frames:2,stride:1,clip_stride:2}"
SETTINGS = (
    "recipe=release_cpu",
    "recipe.worlds.drives.world.scenes=2",
    "recipe.worlds.drives.world.duration_s=1.5",
    "recipe.worlds.drives.world.size=[64,128]",
    "+recipe.worlds.drives.world.supersample=1",
    f"recipe.steps.decoder.settings.data={SHORT_CLIPS}",
    f"recipe.steps.upsampler_video.settings.data={SHORT_CLIPS}",
    "data.image_size=[32,64]",
    "data.frames=2",
    "data.stride=1",
    "steps=2",
    "devices=2",
    "strategy=ddp",
    "accelerator=cpu",
    "precision=float32",
    "threads=1",
    "workers=1",
    "sample_clips=1",
    "sample_steps=1",
    "validation_batches=1",
    "autoencoder.net={latent_channels:4,width:16,coarse_width:16,encoder_blocks:[1,1],decoder_blocks:[1,1]}",
    "autoencoder.optim.batch=2",
    "image.net={block_out_channels:[32,32],attention_levels:[false,true],attention_head_dim:16,norm_num_groups:8,"
    "token_dim:32,latent_channels:4,encoder:{layers:1,head_dim:16,frequencies:2}}",
    "image.optim.batch=2",
    "video.net={context_channels:8,embedding_dim:32,head_dim:16}",
    "video.optim.batch=1",
    "interpolation.net={context_channels:8,embedding_dim:32,head_dim:16}",
    "interpolation.optim.batch=1",
    "interpolation.regimes=[1]",
    "decoder.net.bottleneck=4",
    "decoder.adversarial={from_step:1,net:{width:4,layers:2}}",
    "decoder.optim.batch=1",
    "upsampler.net={block_out_channels:[16,16],attention_head_dim:8,norm_num_groups:4,level_dim:8}",
    "upsampler.temporal={max_frames:4,context_channels:8,embedding_dim:32,head_dim:8}",
    "upsampler.optim.batch=2",
    "upsampler.patch=[16,16]",
)


def test_every_stage_in_two_processes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-m", "drivegen.cli.train", *SETTINGS, f"out={out}"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"model folder: {out / 'model'}\n" in done.stdout
    runs = {path.parent.name[3:]: json.loads(path.read_text()) for path in sorted(out.glob("*/train.json"))}
    assert list(runs) == list(json.loads((out / "recipe.json").read_text())["settings"]["recipe"]["steps"])
    assert all((facts["processes"], facts["steps"]) == (2, 2) for facts in runs.values())
    assert available_parts(out / "model") == PARTS
    models = load_model(out / "model")
    assert models.upsampler is not None and models.upsampler.temporal is not None
    assert models.interpolation is not None and models.decoder is not None
    card = (out / "model" / "README.md").read_text()
    assert all(f"| {name} |" in card for name in runs)
