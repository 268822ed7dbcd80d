"""The codebook, and an autoencoder whose decoder is given codes."""

from __future__ import annotations

import pytest
import torch

from drivegen.core import ConfigError
from drivegen.models import AutoencoderConfig, Codebook, LatentCodec, build_autoencoder

SMALL = {"width": 16, "coarse_width": 16, "encoder_blocks": (1, 1), "decoder_blocks": (1, 1)}


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def latents(count: int = 64, seed: int = 0) -> torch.Tensor:
    """Latents (count, 2, 1, 1) around four centres."""
    g = draws(seed)
    centres = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 3.0], [0.0, -3.0]])
    points = centres[torch.randint(4, (count,), generator=g)] + 0.1 * torch.randn(count, 2, generator=g)
    return points[:, :, None, None]


def test_every_latent_gets_its_nearest_code() -> None:
    book = Codebook(3, 2)
    book.codes.copy_(torch.tensor([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]]))
    z = torch.tensor([[0.9, 0.1], [4.0, 9.0], [-1.0, 0.0]])[:, :, None, None].requires_grad_()
    found = book(z)
    assert found.indices.flatten().tolist() == [1, 2, 0]
    assert torch.equal(found.latents[:, :, 0, 0], book.codes[[1, 2, 0]]), "codes bit for bit, not nearly"
    found.latents.sum().backward()
    assert torch.equal(z.grad, torch.ones_like(z)), "gradients pass as if nothing had happened"


def test_commitment_pulls_latents_to_codes() -> None:
    book = Codebook(2, 2)
    book.codes.copy_(torch.tensor([[0.0, 0.0], [9.0, 9.0]]))
    z = torch.full((1, 2, 1, 1), 2.0, requires_grad=True)
    book(z).commitment.backward()
    assert (z.grad > 0).all()


def test_codes_find_the_clusters() -> None:
    book, g = Codebook(16, 2, decay=0.5), draws()
    for step in range(30):
        book.update(latents(seed=step), g)
    assert book(latents(512, seed=99)).commitment < 0.05
    assert torch.allclose(book.usage.sum(), torch.tensor(1.0), atol=1e-4)


def test_idle_codes_are_put_where_latents_are() -> None:
    book, g = Codebook(4, 2, decay=0.5), draws()
    book.update(latents(), g)
    book.codes[0] = 1000.0
    for step in range(12):
        book.update(latents(seed=step), g)
    assert book.codes.abs().max() < 10
    frozen = Codebook(4, 2, decay=0.5, restart_below=0.0)
    frozen.update(latents(), g)
    frozen.codes[0] = 1000.0
    for step in range(12):
        frozen.update(latents(seed=step), g)
    assert frozen.codes[0, 0] == 1000.0


def test_updates_depend_on_their_generator_alone() -> None:
    books = [Codebook(4, 2) for _ in range(2)]
    for book in books:
        g = draws(7)
        for step in range(3):
            book.update(latents(seed=step), g)
    assert torch.equal(books[0].codes, books[1].codes)


@pytest.fixture
def codec() -> LatentCodec:
    torch.manual_seed(0)
    config = AutoencoderConfig(latent_channels=4, regulariser="vq", codebook_size=5, **SMALL)
    codec = LatentCodec(build_autoencoder(config), 4)
    codec.autoencoder.codebook.codes.normal_()
    return codec


def test_latents_are_those_before_quantisation(codec: LatentCodec) -> None:
    images = torch.rand(2, 3, 16, 32) * 2 - 1
    posterior = codec.autoencoder.encode(images).latent_dist
    base = codec.autoencoder.base.encode(images).latent_dist
    assert torch.equal(posterior.mode(), base.mode())
    assert torch.equal(posterior.sample(draws()), posterior.mode())
    assert posterior.kl().tolist() == [0.0, 0.0]


def test_decoding_sees_codes_only(codec: LatentCodec) -> None:
    z = codec.autoencoder.codebook.codes[torch.tensor([[0, 1], [2, 3]])].permute(2, 0, 1)[None]
    nearly = z + 1e-3 * torch.randn(z.shape, generator=draws())
    assert torch.equal(codec.autoencoder.decode(z).sample, codec.autoencoder.decode(nearly).sample)
    assert not torch.equal(codec.autoencoder.decode(z).sample, codec.autoencoder.decode(z.flip(-1)).sample)


def test_codes_survive_the_state_dict(codec: LatentCodec) -> None:
    assert {"autoencoder.codebook.codes", "autoencoder.codebook.usage"} <= set(codec.state_dict())


def test_configuration_is_checked() -> None:
    with pytest.raises(ConfigError, match="codebook_size, codebook_decay, codebook_restart_below: out of range"):
        AutoencoderConfig(codebook_decay=1.0)
