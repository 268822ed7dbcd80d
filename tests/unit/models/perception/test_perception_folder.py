"""Perception folders: what is saved comes back, and what is damaged or unknown is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from drivegen.core.errors import ConfigError, DataError
from drivegen.models.perception import (
    PerceptionConfig,
    PerceptionInfo,
    PerceptionNet,
    default_perception_folder,
    load_observer,
    load_perception,
    save_perception,
)


@pytest.fixture
def info() -> PerceptionInfo:
    return PerceptionInfo("test", license="CC0-1.0", role="audit", trained={"steps": 7}, scores={"ap50": 0.5})


@pytest.fixture
def saved(tmp_path: Path, net: PerceptionNet, info: PerceptionInfo) -> Path:
    save_perception(tmp_path / "net", net, info)
    return tmp_path / "net"


def _rewrite(folder: Path, **changes: Any) -> None:
    path = folder / "perception.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_net_comes_back(tmp_path: Path, net: PerceptionNet, info: PerceptionInfo) -> None:
    digest = save_perception(tmp_path / "net", net, info, dtype="float32")
    loaded = load_perception(tmp_path / "net")
    assert loaded.sha256 == digest and not loaded.net.training
    assert loaded.info == PerceptionInfo("test", net.config, "CC0-1.0", "audit", {"steps": 7}, {"ap50": 0.5})
    images = torch.rand(1, 3, *net.config.image_size)
    with torch.no_grad():
        assert torch.equal(net.forward_frames(images).class_logits, loaded.net.forward_frames(images).class_logits)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net"]


def test_half_precision_is_close(saved: Path, net: PerceptionNet) -> None:
    weights = load_perception(saved).net.state_dict()
    for name, value in net.state_dict().items():
        torch.testing.assert_close(weights[name], value, rtol=1e-3, atol=1e-6)


def test_the_hash_follows_the_weights(tmp_path: Path, net: PerceptionNet, info: PerceptionInfo) -> None:
    first = save_perception(tmp_path / "a", net, info)
    assert save_perception(tmp_path / "b", net, info) == first
    with torch.no_grad():
        net.frame_branch.cells.bias[0] += 1.0
    assert save_perception(tmp_path / "b", net, info) != first


def test_an_observer_carries_the_hash(saved: Path) -> None:
    observer = load_observer(saved)
    assert observer.sha256 == load_perception(saved).sha256
    seen = observer.observe(np.zeros((2, 64, 128, 3), dtype=np.uint8), [np.zeros((0, 4))] * 2, 4.0)
    assert len(seen) == 2


def test_saving_again_replaces_the_net_and_keeps_other_files(
    saved: Path, net: PerceptionNet, info: PerceptionInfo
) -> None:
    (saved / "README.md").write_text("a card")
    with torch.no_grad():
        net.frame_branch.cells.bias[0] += 1.0
    assert save_perception(saved, net, info) == load_perception(saved).sha256
    assert (saved / "README.md").read_text() == "a card"
    assert len(list(saved.parent.iterdir())) == 1


def test_a_folder_of_something_else_is_not_overwritten(
    tmp_path: Path, net: PerceptionNet, info: PerceptionInfo
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="not a perception folder"):
        save_perception(tmp_path, net, info)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_net_that_diverged_is_not_written(tmp_path: Path, net: PerceptionNet, info: PerceptionInfo) -> None:
    with torch.no_grad():
        net.frame_branch.cells.bias[0] = float("nan")
    with pytest.raises(DataError, match=r"cells\.bias"):
        save_perception(tmp_path / "net", net, info)
    assert list(tmp_path.iterdir()) == []


def test_damaged_weights_are_refused(saved: Path) -> None:
    path = saved / "perception.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="damaged"):
        load_perception(saved)
    path.unlink()
    with pytest.raises(DataError, match="missing"):
        load_perception(saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 2}, "unknown format version"),
        ({"_target_": "os.system"}, "_target_"),
        ({"config": {"kind": "mlp"}}, "config.kind"),
        ({"config": {"kernel": 3}}, "config.kernel"),
        ({"role": "judge"}, "role"),
        ({"files": {"../other": "0"}}, "files"),
        ({"config": {"width": 24}}, "another shape|missing|unknown tensor"),
    ],
)
def test_what_is_not_known_is_refused(saved: Path, changes: dict[str, Any], message: str) -> None:
    _rewrite(saved, **changes)
    with pytest.raises(DataError, match=message):
        load_perception(saved)


def test_absent_and_foreign_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such perception folder.*stage=perception"):
        load_perception(tmp_path / "none")
    with pytest.raises(DataError, match="not a perception folder"):
        load_perception(tmp_path)
    (tmp_path / "perception.json").write_text("[1]")
    with pytest.raises(DataError, match="a mapping"):
        load_perception(tmp_path)
    (tmp_path / "perception.json").write_text("{")
    with pytest.raises(DataError, match="not JSON"):
        load_perception(tmp_path)


def test_each_role_has_its_place() -> None:
    assert default_perception_folder("audit").name == "audit"
    assert default_perception_folder("evaluation").name == "evaluation"
    with pytest.raises(ConfigError, match="role"):
        default_perception_folder("other")


def test_a_net_has_a_name() -> None:
    with pytest.raises(ConfigError, match="name"):
        PerceptionInfo("", PerceptionConfig())
