"""A text encoder is asked once, when a public model is taken over."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from safetensors.torch import load_file, save_file

from drivegen.conditions import ConditionConfig
from drivegen.core import ConfigError, DataError
from drivegen.models import load_public_image_ldm
from drivegen.models.prompts import all_prompts

CONDITIONS = ConditionConfig(image_size=(32, 64), latent_downsampling=8, max_boxes=3)
WIDTH = 24


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny image LDM with a text encoder's folders, of which only the configuration is there."""
    unet = UNet2DConditionModel(
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        block_out_channels=(16, 32),
        layers_per_block=1,
        cross_attention_dim=WIDTH,
        attention_head_dim=2,
        norm_num_groups=4,
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
    )
    for name, part in (("unet", unet), ("vae", vae), ("scheduler", DDIMScheduler())):
        part.save_pretrained(tmp_path / name)
    (tmp_path / "text_encoder").mkdir()
    (tmp_path / "tokenizer").mkdir()
    write_config(tmp_path, ["CLIPTextModel"])
    return tmp_path


@pytest.fixture
def whole(folder: Path) -> Path:
    """The same with a real, tiny text encoder."""
    transformers = pytest.importorskip("transformers")
    vocabulary = ["<|startoftext|>", "<|endoftext|>", *"abcdefghijklmnopqrstuvwxyz,'"]
    vocabulary += [f"{letter}</w>" for letter in vocabulary[2:]] + ["th"]
    (folder / "tokenizer" / "vocab.json").write_text(json.dumps({w: i for i, w in enumerate(vocabulary)}))
    (folder / "tokenizer" / "merges.txt").write_text("#version: 0.2\nt h\n")
    (folder / "tokenizer" / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "CLIPTokenizer", "model_max_length": 77})
    )
    torch.manual_seed(0)
    shape = {"hidden_size": WIDTH, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    encoder = transformers.CLIPTextModel(
        transformers.CLIPTextConfig(
            vocab_size=len(vocabulary), max_position_embeddings=77, bos_token_id=0, eos_token_id=1, pad_token_id=1,
            **shape,
        )
    )  # fmt: skip
    encoder.save_pretrained(folder / "text_encoder")
    return folder


def write_config(folder: Path, architectures: Any) -> None:
    (folder / "text_encoder" / "config.json").write_text(json.dumps({"architectures": architectures}))


def test_a_missing_library_has_a_remedy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ConfigError, match=r"needs the package transformers.*drivegen\[text\].*image\.text=false"):
        load_public_image_ldm(folder, CONDITIONS)
    models = load_public_image_ldm(folder, CONDITIONS, text=False)
    assert models.image is not None
    assert models.image.config.text is None


def test_the_table_holds_what_the_encoder_says(whole: Path) -> None:
    from transformers import CLIPTextModel, CLIPTokenizer

    models = load_public_image_ldm(whole, CONDITIONS)
    assert models.image is not None
    assert models.image.prompts is not None
    tokenizer = CLIPTokenizer.from_pretrained(whole / "tokenizer")
    encoder = CLIPTextModel.from_pretrained(whole / "text_encoder").eval()
    table = models.image.prompts.embeddings.flatten(0, 2)
    assert table.shape == (120, 77, WIDTH)
    for number in (0, 57, 119):
        ids = tokenizer(all_prompts()[number], padding="max_length", max_length=77, return_tensors="pt").input_ids
        assert ids.shape == (1, 77)
        with torch.no_grad():
            torch.testing.assert_close(table[number], encoder(ids)[0][0], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(table[0], table[57])


def test_weights_that_do_not_fit_are_named(whole: Path) -> None:
    path = whole / "text_encoder" / "model.safetensors"
    tensors = load_file(path)
    gone = next(name for name in tensors if name.endswith("q_proj.bias"))
    tensors["surplus.weight"] = tensors.pop(gone)
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(DataError, match=r"text_encoder: tensors do not fit.*q_proj\.bias.*surplus\.weight"):
        load_public_image_ldm(whole, CONDITIONS)


def test_a_tokenizer_that_cannot_be_read_is_named(whole: Path) -> None:
    (whole / "tokenizer" / "merges.txt").write_text("#version: 0.2\nq q\n")
    with pytest.raises(DataError, match=r"tokenizer: cannot be loaded.*image\.text=false"):
        load_public_image_ldm(whole, CONDITIONS)


def test_only_clip_and_safetensors_are_taken(folder: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(DataError, match=r"text_encoder: no safetensors weights.*never loaded"):
        load_public_image_ldm(folder, CONDITIONS)
    write_config(folder, ["T5EncoderModel"])
    with pytest.raises(DataError, match=r"architectures: not supported.*T5EncoderModel.*image\.text=false"):
        load_public_image_ldm(folder, CONDITIONS)
    (folder / "tokenizer").rmdir()
    with pytest.raises(DataError, match="text encoder without a tokenizer"):
        load_public_image_ldm(folder, CONDITIONS)
