"""Walking a UNet gives what its own forward pass gives."""

from __future__ import annotations

import pytest
import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from drivegen.core import DataError
from drivegen.models.unet_walk import Site, sites, walk

CASES = {
    "plain": {},
    "deep": {
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "block_out_channels": (8, 16, 24),
        "layers_per_block": 2,
        "use_linear_projection": True,
    },
    "old attention": {"upcast_attention": True, "transformer_layers_per_block": 2, "only_cross_attention": True},
}


def unet_of(**changes: object) -> UNet2DConditionModel:
    arguments = {
        "in_channels": 5,
        "out_channels": 3,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "block_out_channels": (8, 16),
        "layers_per_block": 1,
        "cross_attention_dim": 12,
        "attention_head_dim": 2,
        "norm_num_groups": 4,
    }
    torch.manual_seed(0)
    return UNet2DConditionModel(**{**arguments, **changes}).eval()


@pytest.mark.parametrize("size", [(4, 8), (6, 10), (8, 8)])
@pytest.mark.parametrize("case", CASES)
def test_equals_forward(case: str, size: tuple[int, int]) -> None:
    unet = unet_of(**CASES[case])
    sample, timestep, tokens = torch.randn(2, 5, *size), torch.tensor([3.5, 700.0]), torch.randn(2, 6, 12)
    mask = torch.tensor([[True] * 6, [True] * 3 + [False] * 3])
    seen: list[tuple[int, Tensor]] = []

    def look(index: int, hidden: Tensor) -> Tensor:
        seen.append((index, hidden))
        return hidden

    with torch.no_grad():
        expected = unet(sample, timestep, encoder_hidden_states=tokens, encoder_attention_mask=mask).sample
        found = walk(unet, sample, timestep, tokens=tokens, token_mask=mask, after_site=look)
    assert torch.equal(found, expected)
    listed = sites(unet)
    assert [index for index, _ in seen] == list(range(len(listed)))
    assert [hidden.shape[1] for _, hidden in seen] == [site.channels for site in listed]
    assert [-(-size[0] // 2**site.level) for site in listed] == [hidden.shape[2] for _, hidden in seen]


def test_sites_in_order() -> None:
    expected = [
        *(Site("resnet", 8, 0), Site("attention", 8, 0)),
        Site("resnet", 16, 1),
        *(Site("resnet", 16, 1), Site("attention", 16, 1), Site("resnet", 16, 1)),
        *(Site("resnet", 16, 1), Site("resnet", 16, 1)),
        *(Site("resnet", 8, 0), Site("attention", 8, 0)) * 2,
    ]
    assert sites(unet_of()) == expected


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"down_block_types": ("AttnDownBlock2D", "DownBlock2D")}, r"unet.down_blocks\[0\]: .*got AttnDownBlock2D"),
        ({"up_block_types": ("UpBlock2D", "AttnUpBlock2D")}, r"unet.up_blocks\[1\]: .*got AttnUpBlock2D"),
        ({"mid_block_type": "UNetMidBlock2D"}, r"unet.mid_block\[0\]: .*got UNetMidBlock2D"),
        ({"mid_block_type": None}, "unet.mid_block: no middle block"),
    ],
)
def test_unknown_blocks_are_refused(changes: dict, match: str) -> None:
    with pytest.raises(DataError, match=match):
        sites(unet_of(**changes))
