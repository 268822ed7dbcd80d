"""What holds for networks of every small shape."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from drivegen.conditions import RASTER_CHANNELS, ConditionConfig, Conditions
from drivegen.models import (
    AutoencoderConfig,
    ConditionEncoder,
    Context,
    EncoderConfig,
    ImageLDM,
    ImageLDMConfig,
    TemporalConfig,
    VideoLDM,
    build_autoencoder,
)
from drivegen.models.tensor_files import read_tensors, write_tensors

SEEDS = st.integers(0, 2**31 - 1)
CONFIG = ImageLDMConfig(
    conditions=ConditionConfig(image_size=(32, 64), max_boxes=4),
    latent_channels=2,
    block_out_channels=(8, 16),
    attention_levels=(False, True),
    attention_head_dim=8,
    norm_num_groups=4,
    token_dim=8,
    encoder=EncoderConfig(layers=1, head_dim=8, frequencies=1),
)


def conditions_of(seed: int, clips: int, frames: int, boxes: int) -> Conditions:
    g = torch.Generator().manual_seed(seed)
    per_box = (clips, frames, boxes)

    def some(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=g) > 0.3

    return Conditions(
        weather=torch.randint(6, (clips,), generator=g),
        time_of_day=torch.randint(4, (clips,), generator=g),
        crowdedness=torch.rand(clips, generator=g) * 20,
        crowdedness_known=some(clips),
        camera=torch.rand(clips, 6, generator=g),
        camera_known=some(clips),
        boxes=torch.rand(*per_box, 8, 3, generator=g) * 3 - 1,
        box_category=torch.randint(10, per_box, generator=g),
        box_heading=torch.rand(*per_box, 2, generator=g),
        box_appearance=torch.rand(*per_box, 3, generator=g),
        box_appearance_known=some(*per_box),
        box_mask=some(*per_box),
        raster=torch.rand(clips, frames, len(RASTER_CHANNELS), 16, 32, generator=g),
        objects_known=some(clips),
        map_known=some(clips),
        ego_motion=torch.rand(clips, frames, 4, generator=g),
        ego_known=some(clips),
        frame_interval_s=torch.rand(clips, generator=g) + 0.01,
    )


@settings(max_examples=15)
@given(SEEDS, st.integers(1, 4), st.integers(1, 4), st.sampled_from([4, 8]))
def test_autoencoder_fits_every_multiple(seed: int, rows: int, columns: int, factor: int) -> None:
    torch.manual_seed(seed)
    autoencoder = build_autoencoder(
        AutoencoderConfig(downsampling=factor, latent_channels=3, width=8, coarse_width=8, norm_num_groups=4)
    )
    images = torch.rand(1, 3, rows * factor, columns * factor)
    latents = autoencoder.encode(images).latent_dist.mode()
    assert latents.shape == (1, 3, rows, columns)
    assert autoencoder.decode(latents).sample.shape == images.shape


@settings(max_examples=25)
@given(SEEDS, st.integers(0, 4), st.integers(0, 3))
@torch.no_grad()
def test_padding_and_order_of_boxes_do_not_matter(seed: int, boxes: int, padding: int) -> None:
    torch.manual_seed(seed)
    encoder = ConditionEncoder(CONFIG).eval()
    conditions = conditions_of(seed, 2, 2, boxes)
    tokens, mask, raster = encoder(conditions)
    padded, padded_mask, padded_raster = encoder(conditions.pad_boxes(boxes + padding))
    torch.testing.assert_close(padded[:, : tokens.shape[1]], tokens, atol=1e-5, rtol=1e-4)
    assert torch.equal(padded_mask[:, : mask.shape[1]], mask)
    assert not padded_mask[:, mask.shape[1] :].any()
    assert torch.equal(raster, padded_raster)
    order = torch.randperm(boxes, generator=torch.Generator().manual_seed(seed))
    names = [name for name in vars(conditions) if name.startswith("box")]
    shuffled = encoder(replace(conditions, **{n: getattr(conditions, n)[:, :, order] for n in names}))[0]
    first = tokens.shape[1] - boxes
    torch.testing.assert_close(shuffled[:, :first], tokens[:, :first], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(shuffled[:, first:], tokens[:, first:][:, order], atol=1e-5, rtol=1e-4)


@settings(max_examples=15)
@given(SEEDS, st.integers(1, 3), st.integers(1, 5), st.booleans())
@torch.no_grad()
def test_closed_alpha_is_the_image_model(seed: int, clips: int, frames: int, with_context: bool) -> None:
    torch.manual_seed(seed)
    image = ImageLDM(CONFIG)
    video = VideoLDM(image, TemporalConfig(max_frames=5, context_channels=3, embedding_dim=8, head_dim=8)).eval()
    for parameter in video.temporal.parameters():
        parameter.normal_(std=0.3)
    sample, timestep = torch.randn(clips, frames, 2, 4, 8), torch.rand(clips) * 999
    conditions = conditions_of(seed, clips, frames, 2)
    context = Context.known(sample, [frames - 1]) if with_context else None
    video.close_alpha()
    assert torch.equal(video(sample, timestep, conditions, context), image(sample, timestep, conditions))


@given(SEEDS, st.lists(st.integers(1, 5), min_size=0, max_size=4), st.sampled_from(["float16", "float32"]))
def test_tensors_survive_the_disk(seed: int, shape: list[int], dtype: str) -> None:
    torch.manual_seed(seed)
    tensors = {"weight": torch.randn(shape), "count": torch.randint(100, (3,))}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.safetensors"
        write_tensors(path, tensors, dtype)  # type: ignore[arg-type]
        found = read_tensors(path)
    assert torch.equal(found["count"], tensors["count"])
    assert found["weight"].dtype == torch.float32
    exact = dtype == "float32" or len(shape) < 2
    torch.testing.assert_close(found["weight"], tensors["weight"], atol=0 if exact else 1e-6, rtol=0 if exact else 1e-3)
