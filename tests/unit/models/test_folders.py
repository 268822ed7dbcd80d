"""Model folders on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core import ConfigError, DataError
from drivegen.models import (
    Models,
    available_parts,
    default_model_folder,
    load_model,
    model_sha256,
    read_info,
    save_model,
    temporal_tensors,
)
from drivegen.models.tensor_files import sha256_of, write_tensors

FILES = {"model.json", "autoencoder.safetensors", "image.safetensors", "temporal.safetensors"}


@pytest.fixture
def folder(models: Models, tmp_path: Path) -> Path:
    save_model(tmp_path / "model", models, dtype="float32")
    return tmp_path / "model"


def edit(folder: Path, change: Callable[[dict], object]) -> None:
    """Change model.json."""
    manifest = json.loads((folder / "model.json").read_text())
    change(manifest)
    (folder / "model.json").write_text(json.dumps(manifest))


def change_tensors(folder: Path, name: str, change: Callable[[dict], object]) -> None:
    """Change a file of tensors, and its hash."""
    tensors = load_file(folder / name)
    change(tensors)
    save_file(tensors, folder / name)
    edit(folder, lambda m: m["files"].update({name: sha256_of(folder / name)}))


def states(models: Models) -> list[dict[str, Tensor]]:
    return [m.state_dict() for m in (models.codec, models.image, models.video)]


def test_round_trip(models: Models, folder: Path) -> None:
    loaded = load_model(folder)
    for before, after in zip(states(models), states(loaded), strict=True):
        assert before.keys() == after.keys()
        assert all(torch.equal(before[name], after[name]) for name in before)
    assert loaded.info == models.info == read_info(folder)
    assert loaded.sha256 == model_sha256(folder)
    assert loaded.video.image is loaded.image
    assert not any(m.training for part in (loaded.codec, loaded.image, loaded.video) for m in part.modules())
    assert {p.name for p in folder.iterdir()} == FILES
    assert [p.name for p in folder.parent.iterdir()] == ["model"], "nothing temporary is left"


def test_half_precision_on_disk_single_in_memory(models: Models, tmp_path: Path) -> None:
    save_model(tmp_path / "half", models)
    save_model(tmp_path / "single", models, dtype="float32")
    sizes = [sum(f.stat().st_size for f in (tmp_path / n).glob("*.safetensors")) for n in ("half", "single")]
    assert sizes[0] < 0.7 * sizes[1]
    loaded = load_model(tmp_path / "half")
    assert all(p.dtype == torch.float32 for p in loaded.image.parameters())
    assert torch.equal(loaded.codec.std, models.codec.std), "statistics scale every latent: they stay exact"
    weight = models.image.unet.conv_in.weight
    torch.testing.assert_close(loaded.image.unet.conv_in.weight, weight, atol=1e-4, rtol=1e-3)


def test_same_models_same_bytes(models: Models, tmp_path: Path) -> None:
    hashes = [save_model(tmp_path / name, models) for name in ("one", "two")]
    assert hashes[0] == hashes[1] == model_sha256(tmp_path / "one")
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_stages_add_parts(models: Models, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "model"
    save_model(path, replace(models, image=None, video=None))
    assert available_parts(path) == ("autoencoder",)
    assert load_model(path, parts=("autoencoder",)).image is None
    with pytest.raises(DataError, match=r"no such part.*got autoencoder; train it first: drivegen train stage=image"):
        load_model(path)
    save_model(path, replace(models, video=None))
    assert available_parts(path) == ("autoencoder", "image")
    assert read_info(path).temporal is None
    save_model(path, models)
    assert available_parts(path) == ("autoencoder", "image", "video")
    partly = load_model(path, parts=("image",))
    assert (partly.image is not None, partly.video) == (True, None)
    assert partly.info == models.info


def test_a_neighbouring_file_survives_replacing(models: Models, folder: Path) -> None:
    (folder / "README.md").write_text("a model card")
    save_model(folder, replace(models, video=None))
    assert {p.name for p in folder.iterdir()} == FILES - {"temporal.safetensors"} | {"README.md"}


def test_other_folders_are_not_replaced(models: Models, tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(DataError, match="not a model folder"):
        save_model(tmp_path, models)
    assert (tmp_path / "holiday.jpg").read_bytes() == b"precious"


def test_a_failed_save_leaves_the_old_models(models: Models, folder: Path) -> None:
    before = model_sha256(folder)
    with torch.no_grad():
        models.image.unet.conv_in.weight[0, 0, 0, 0] = float("nan")
    with pytest.raises(DataError, match=r"image\.safetensors: unet\.conv_in\.weight: value is not finite"):
        save_model(folder, models)
    assert load_model(folder).sha256 == before
    assert [p.name for p in folder.parent.iterdir()] == ["model"]


def test_what_half_precision_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="float16 can hold"):
        write_tensors(tmp_path / "x.safetensors", {"w": torch.full((2, 2), 1e6)}, "float16")


def test_temporal_layers_travel_alone(models: Models, folder: Path) -> None:
    tensors = temporal_tensors(folder)
    models.video.load_temporal(tensors)
    save_model(folder, replace(models, video=None))
    with pytest.raises(DataError, match="no temporal layers"):
        temporal_tensors(folder)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda m: m.update(format_version=99), r"unknown format version; expected 1; got 99"),
        (lambda m: m.pop("format_version"), "unknown format version"),
        (lambda m: m.update(colour="red"), r"model\.json: colour: unknown key"),
        (lambda m: m["image"].update(hook="os.system"), r"model\.json: image\.hook: unknown key"),
        (lambda m: m["image"].update(token_dim="16"), r"image\.token_dim: wrong type"),
        (lambda m: m["image"].update(latent_channels=8), r"image\.latent_channels: configurations disagree"),
        (lambda m: m["image"].update(token_dim=15), "cannot be built from this description|must divide the width"),
        (lambda m: m["files"].update({"../../etc/passwd": "0"}), r"files\.\.\./\.\./etc/passwd: unknown file"),
        (lambda m: m.update(files=[]), "files: wrong type"),
        (lambda m: m.update(image=None, temporal=None), "weights without a configuration"),
    ],
)
def test_bad_manifests_are_refused(change: Callable[[dict], object], match: str, folder: Path) -> None:
    edit(folder, change)
    with pytest.raises(DataError, match=match):
        load_model(folder)


def test_not_a_model_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such model folder"):
        load_model(tmp_path / "absent")
    with pytest.raises(DataError, match=r"not a model folder; expected a model\.json"):
        load_model(tmp_path)
    (tmp_path / "model.json").write_text("{")
    with pytest.raises(DataError, match="not JSON"):
        load_model(tmp_path)


def test_damaged_files_are_refused(folder: Path) -> None:
    path = folder / "image.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"image\.safetensors: file of the model is damaged; expected sha256"):
        load_model(folder)
    assert load_model(folder, parts=("autoencoder",)).image is None
    path.unlink()
    with pytest.raises(DataError, match=r"image\.safetensors: file of the model is missing"):
        load_model(folder)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda t: t.update(mean=torch.zeros(5)), r"mean: tensor has another shape; expected \(4,\); got \(5,\)"),
        (lambda t: t.pop("std"), "std: tensor is missing"),
        (lambda t: t.update(extra=torch.zeros(1)), "extra: unknown tensor"),
        (lambda t: t.update(mean=torch.full((4,), float("nan"))), "mean: tensor is not finite"),
    ],
)
def test_tensors_must_fit(change: Callable[[dict], object], match: str, folder: Path) -> None:
    change_tensors(folder, "autoencoder.safetensors", change)
    with pytest.raises(DataError, match=rf"autoencoder\.safetensors: {match}"):
        load_model(folder)


def test_not_a_tensor_file(folder: Path) -> None:
    path = folder / "autoencoder.safetensors"
    path.write_bytes(b"\x80\x04pickle")
    edit(folder, lambda m: m["files"].update({path.name: sha256_of(path)}))
    with pytest.raises(DataError, match="not a safetensors file"):
        load_model(folder)


def test_info_is_checked(models: Models) -> None:
    with pytest.raises(ConfigError, match=r"image\.prediction_type: configurations disagree"):
        replace(models.info, prediction_type="epsilon")
    with pytest.raises(ConfigError, match="temporal layers without an image model"):
        replace(models.info, image=None)
    with pytest.raises(ConfigError, match="name, frames, fps"):
        replace(models.info, frames=0)


def test_facts_that_json_cannot_hold_are_kept_as_text(models: Models, tmp_path: Path) -> None:
    info = replace(models.info, trained={"data": Path("roots"), "loss": torch.tensor(0.5).numpy()})
    save_model(tmp_path / "model", models, info)
    assert read_info(tmp_path / "model").trained == {"data": "roots", "loss": "0.5"}


def test_loaded_models_run(folder: Path, make_conditions: Callable[..., Conditions], make_sample: Callable) -> None:
    loaded = load_model(folder)
    sample, timestep = make_sample()
    with torch.no_grad():
        latents = loaded.video(sample, timestep, make_conditions())
    assert loaded.codec.decode(latents).shape == (2, 3, 3, 32, 64)


def test_shipped_weights_have_a_place() -> None:
    assert default_model_folder().parts[-3:] == ("drivegen", "weights", "tiny")
