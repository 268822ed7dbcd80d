"""Feature networks of others run only when their hash is known or confirmed, on frames in their own form."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from drivegen.core import DataError
from drivegen.evaluation import CanonicalFeatures, FeaturesConfig, open_canonical
from drivegen.evaluation.canonical import PUBLIC_SHA256


class TinyInception(nn.Module):
    """Means of the colours, where NVIDIA's gives features."""

    def forward(self, img: Tensor, return_features: bool = False) -> Tensor:
        means = img.float().mean(dim=[2, 3])
        return means if return_features else means[:, :1]


class TinyI3D(nn.Module):
    """Means of the colours of a window, where StyleGAN-V's gives features."""

    def forward(self, x: Tensor, rescale: bool = False, resize: bool = False, return_features: bool = False) -> Tensor:
        if rescale:
            x = 2 * x / 255 - 1
        return x.mean(dim=[2, 3, 4]) if resize and return_features else x


class Unfinished(nn.Module):
    """Gives what is not a number."""

    def forward(self, img: Tensor, return_features: bool = False) -> Tensor:
        return img.float().mean(dim=[2, 3]) * float("nan")


def saved(folder: Path, net: nn.Module) -> tuple[Path, str]:
    path = folder / f"{type(net).__name__}.pt"
    torch.jit.save(torch.jit.script(net), path)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def frames() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (35, 8, 12, 3), dtype=np.uint8)


def test_inception_gives_a_feature_per_frame(tmp_path: Path, frames: np.ndarray) -> None:
    path, digest = saved(tmp_path, TinyInception())
    net = CanonicalFeatures("inception", path, (digest.upper(),))
    assert (net.sha256, net.per_window) == (digest, False)
    assert "299" in net.resize_filter
    np.testing.assert_allclose(net.features(frames), frames.mean(axis=(1, 2)), rtol=1e-5)


def test_i3d_gives_a_feature_per_whole_window(tmp_path: Path, frames: np.ndarray) -> None:
    path, digest = saved(tmp_path, TinyI3D())
    net = CanonicalFeatures("i3d", path, (digest,))
    features = net.features(frames, 16)
    assert features.shape == (2, 3)
    np.testing.assert_allclose(features[1], frames[16:32].mean(axis=(0, 1, 2)) * 2 / 255 - 1, atol=1e-5)
    with pytest.raises(DataError, match="shorter than a window"):
        net.features(frames[:9], 16)


@pytest.mark.parametrize("kind", ["inception", "i3d"])
def test_an_unknown_file_is_refused_until_its_hash_is_confirmed(tmp_path: Path, kind: str) -> None:
    path, digest = saved(tmp_path, TinyInception() if kind == "inception" else TinyI3D())
    with pytest.raises(DataError, match=rf"features.sha256=\[{digest}\]"):
        open_canonical(FeaturesConfig(**{kind: path}))
    other = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(DataError, match=PUBLIC_SHA256[kind]):  # type: ignore[index]
        open_canonical(FeaturesConfig(**{kind: path}, sha256=(other,)))
    (net,) = open_canonical(FeaturesConfig(**{kind: path}, sha256=(other, digest)))
    assert net.kind == kind


def test_refuses_what_is_no_network(tmp_path: Path, frames: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"features\.i3d"):
        open_canonical(FeaturesConfig(i3d=tmp_path / "missing.pt"))
    text = tmp_path / "text.pt"
    text.write_text("no program")
    with pytest.raises(DataError, match="not a TorchScript file"):
        CanonicalFeatures("i3d", text, (hashlib.sha256(b"no program").hexdigest(),))
    path, digest = saved(tmp_path, TinyInception())
    with pytest.raises(DataError, match="fails on these frames"):
        CanonicalFeatures("i3d", path, (digest,)).features(frames)
    path, digest = saved(tmp_path, Unfinished())
    with pytest.raises(DataError, match="not finite"):
        CanonicalFeatures("inception", path, (digest,)).features(frames)


def test_public_hashes_are_whole() -> None:
    assert set(PUBLIC_SHA256) == {"inception", "i3d"}
    assert all(len(bytes.fromhex(digest)) == 32 for digest in PUBLIC_SHA256.values())


def test_nothing_is_opened_without_a_file() -> None:
    assert open_canonical(FeaturesConfig()) == ()
