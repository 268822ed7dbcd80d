"""Training as a command: two processes, and a signal in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from drivegen.core import Ambience, Scenario, Trajectory, forward_camera
from drivegen.nuscenes_format import NuScenesWriter

SIZE = (32, 64)
TIMEOUT_S = 600
# Several imports of torch and Lightning on a machine that may be busy with other tests.
pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drive of eight frames."""
    folder = tmp_path_factory.mktemp("training") / "root"
    times = np.arange(8, dtype=np.int64) * 250_000
    ego = Trajectory(times, np.zeros((8, 3)), np.tile([1.0, 0.0, 0.0, 0.0], (8, 1)))
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, 1.5)
    scenario = Scenario("drive", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": times}, (), Ambience())
    rng = np.random.default_rng(0)
    with NuScenesWriter(folder, image_format="png") as writer:
        writer.add_scene(scenario, {"CAM_FRONT": [rng.integers(0, 255, (*SIZE, 3), dtype=np.uint8) for _ in range(8)]})
        writer.close()
    return folder


def command(root: Path, out: Path, *settings: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "drivegen.cli.train",
        "stage=autoencoder",
        f"data.roots=[{root}]",
        "data.image_size=[32,64]",
        "data.frames=2",
        f"out={out}",
        "precision=float32",
        "accelerator=cpu",
        "threads=1",
        "workers=1",
        "autoencoder.net.width=16",
        "autoencoder.net.coarse_width=16",
        "autoencoder.optim.batch=2",
        "sample_every=0",
        *settings,
    ]


def test_two_processes(root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        command(root, tmp_path / "out", "steps=3", "devices=2", "strategy=ddp"),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads((tmp_path / "out" / "train.json").read_text())
    assert (facts["processes"], facts["steps"]) == (2, 3)


def test_a_signal_saves_and_the_same_command_goes_on(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = command(root, out, "steps=100000", "minutes=0.2", "log_every=1")
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env={**os.environ})
    deadline = time.monotonic() + TIMEOUT_S
    while not list((out / "logs").glob("events*")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.2)
    time.sleep(2.0)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert (out / "checkpoints" / "last.ckpt").is_file()
    assert not (out / "train.json").exists()
    again = subprocess.run(arguments, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert again.returncode == 0, again.stderr
    assert "going on at step" in again.stderr
    assert json.loads((out / "train.json").read_text())["steps"] > 0
