"""Prompts of weather, time of day and crowdedness beside the tokens of the image model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core import Crowdedness, DataError, TimeOfDay, Weather
from drivegen.models import ImageLDM, ImageLDMConfig, Models, TextConfig, VideoLDM, load_model, save_model
from drivegen.models.prompts import PromptTable, all_prompts, prompt_of

WIDTH, TOKENS = 16, 3


def answers() -> Tensor:
    """(120, L, D): token and channel 0 hold the number of the prompt."""
    values = torch.randn(120, TOKENS, WIDTH, generator=torch.Generator().manual_seed(0))
    values[:, 0, 0] = torch.arange(120.0)
    return values


def with_prompts(config: ImageLDMConfig) -> ImageLDM:
    torch.manual_seed(0)
    image = ImageLDM(replace(config, text=TextConfig(tokens=TOKENS))).eval()
    assert image.prompts is not None
    image.prompts.fill(answers())
    return image


def test_prompts_say_what_is_known() -> None:
    text = prompt_of(Weather.RAIN, TimeOfDay.NIGHT, Crowdedness.CROWDED)
    assert all(word in text for word in ("rain", "at night", "dense traffic"))
    assert "traffic" not in prompt_of(Weather.RAIN, None, None)
    assert prompt_of(None, None, None) == ""


def test_every_combination_has_its_own_prompt() -> None:
    prompts = all_prompts()
    assert len(prompts) == len(set(prompts)) == 120


def test_a_clip_finds_the_answer_to_its_own_prompt(make_conditions: Callable[..., Conditions]) -> None:
    table = PromptTable(TextConfig(tokens=TOKENS), WIDTH)
    table.fill(answers())
    c = replace(make_conditions(4), weather=torch.tensor([2, 0, 5, 4]), time_of_day=torch.tensor([1, 0, 3, 2]))
    # Levels begin at 0.5, 3 and 8 road users.
    c = replace(c, crowdedness=torch.tensor([0.4, 3.0, 7.9, 20.0]))
    c = replace(c, crowdedness_known=torch.tensor([True, True, False, True]))
    expected = [
        prompt_of(Weather.RAIN, TimeOfDay.DUSK, Crowdedness.EMPTY),
        prompt_of(Weather.CLEAR, TimeOfDay.DAY, Crowdedness.MODERATE),
        "",
        prompt_of(Weather.FOG, TimeOfDay.NIGHT, Crowdedness.CROWDED),
    ]
    found = [all_prompts()[int(number)] for number in table(c)[:, 0, 0]]
    assert found == expected
    assert [all_prompts()[int(n)] for n in table(c.unconditional())[:, 0, 0]] == [""] * 4


def test_prompts_stand_beside_our_tokens(
    image_config: ImageLDMConfig, make_conditions: Callable[..., Conditions], make_sample: Callable[..., tuple]
) -> None:
    image, c, (sample, t) = with_prompts(image_config), make_conditions(), make_sample()
    tokens, mask, _ = image.encode_conditions(sample, c)
    ours, our_mask, _ = image.encoder(c)
    assert image.prompts is not None
    assert torch.equal(tokens[:, :TOKENS], image.prompts(c).repeat_interleave(3, dim=0))
    torch.testing.assert_close(tokens[:, TOKENS:], ours)
    assert torch.equal(mask, torch.cat([torch.ones(6, TOKENS, dtype=torch.bool), our_mask], dim=1))
    with torch.no_grad():
        before = image(sample, t, c)
        image.prompts.fill(answers().flip(0))
        assert not torch.allclose(before, image(sample, t, c))


def test_training_leaves_the_answers_alone(image_config: ImageLDMConfig) -> None:
    image = with_prompts(image_config).requires_grad_(True)
    assert all("prompts" not in name for name, _ in image.named_parameters())
    assert "prompts.embeddings" in image.state_dict()


def test_a_model_folder_keeps_them(
    models: Models, image_config: ImageLDMConfig, make_conditions: Callable[..., Conditions],
    make_sample: Callable[..., tuple], tmp_path: Path,
) -> None:  # fmt: skip
    image, c, (sample, t) = with_prompts(image_config), make_conditions(), make_sample()
    assert models.video is not None
    video = VideoLDM(image, models.video.config).eval()
    save_model(tmp_path / "model", replace(models, image=image, video=video), dtype="float32")
    again = load_model(tmp_path / "model")
    assert again.image is not None
    assert again.video is not None
    assert again.image.config.text == TextConfig(tokens=TOKENS)
    with torch.no_grad():
        assert torch.equal(again.image(sample, t, c), image(sample, t, c))
        assert torch.equal(again.video(sample, t, c), video(sample, t, c))


def test_another_encoder_s_answers_are_refused() -> None:
    table = PromptTable(TextConfig(tokens=TOKENS), WIDTH)
    with pytest.raises(DataError, match=r"text encoder does not fit; expected \(120, 3, 16\); got \(120, 3, 24\)"):
        table.fill(torch.zeros(120, TOKENS, 24))
