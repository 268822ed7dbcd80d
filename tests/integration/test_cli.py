"""The commands as a user runs them: world, sample, verify, audit, export in processes of their own, and mistakes."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from drivegen.cli.run import run

TINY_WORLD = ["scenes=1", "duration_s=1.0", "hz=4", "size=[32,64]", "supersample=1"]
FRAMES = "audit.kind=frames"
TINY_SAMPLE = ["generator=reference", "clips=2", "frames=2", "image_size=[32,64]", "threads=1", FRAMES]


def drivegen(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `drivegen` with this Python."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "drivegen.cli.main", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=240)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny world in out/world and a tiny store in out/sample."""
    folder = tmp_path_factory.mktemp("cli")
    for command in (
        ["world", *TINY_WORLD, "out=out/world"],
        ["sample", *TINY_SAMPLE, "scenarios=nuscenes", "root=out/world", "fps=4", "out=out/sample"],
    ):
        done = drivegen(*command, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def test_only_out_is_written(place: Path) -> None:
    assert [path.name for path in place.iterdir()] == ["out"]


def test_world_and_store_verify(place: Path) -> None:
    for what in ("root=out/world", "store=out/sample"):
        done = drivegen("verify", what, cwd=place)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "verified, no problems" in done.stdout


def test_the_same_command_again_changes_nothing(place: Path) -> None:
    before = _contents(place / "out" / "sample")
    arguments = [*TINY_SAMPLE, "scenarios=nuscenes", "root=out/world", "fps=4", "out=out/sample"]
    done = drivegen("sample", *arguments, cwd=place)
    assert done.returncode == 0, done.stderr
    assert _contents(place / "out" / "sample") == before


def test_another_seed_into_the_same_store_is_refused(place: Path) -> None:
    before = _contents(place / "out" / "sample")
    arguments = [*TINY_SAMPLE, "scenarios=nuscenes", "root=out/world", "fps=4", "out=out/sample", "seed=5"]
    done = drivegen("sample", *arguments, cwd=place)
    assert done.returncode == 1
    assert done.stderr.startswith("drivegen: ")
    assert "Traceback" not in done.stderr
    assert _contents(place / "out" / "sample") == before


def test_the_cards_command_makes_the_same_dataset(place: Path) -> None:
    card = (place / "out" / "sample" / "README.md").read_text(encoding="utf-8")
    block = next(b for b in re.findall(r"```bash\n(.*?)```", card, flags=re.DOTALL) if "drivegen sample" in b)
    _, *arguments = shlex.split(block.replace("\\\n", " "))
    done = drivegen(*arguments, "root=out/world", "out=out/again", cwd=place)
    assert done.returncode == 0, done.stderr
    assert _contents(place / "out" / "again") == _contents(place / "out" / "sample")


def test_audit_prints_a_line_per_clip(place: Path) -> None:
    done = drivegen("audit", "store=out/sample", FRAMES, cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("clip_id")
    assert done.stdout.splitlines()[-1].startswith("2 clips: ")


@pytest.mark.parametrize("kind", ["mp4", "png"])
def test_export(kind: str, place: Path) -> None:
    done = drivegen("export", "store=out/sample", f"format={kind}", f"out=out/{kind}", cwd=place)
    assert done.returncode == 0, done.stderr
    assert list((place / "out" / kind).rglob(f"*.{kind}"))


def test_a_damaged_store_does_not_verify(place: Path, tmp_path: Path) -> None:
    for path in (place / "out" / "sample").rglob("*"):
        target = tmp_path / "store" / path.relative_to(place / "out" / "sample")
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            target.write_bytes(path.read_bytes())
    next((tmp_path / "store" / "frames").glob("*.parquet")).unlink()
    done = drivegen("verify", "store=store", cwd=tmp_path)
    assert done.returncode == 1
    assert "frames" in done.stdout
    assert done.stderr.startswith("drivegen: store: does not verify; got ")


def test_a_misspelt_command(tmp_path: Path) -> None:
    done = drivegen("smaple", cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean sample?" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["world", "scene=3"], 2, "did you mean scenes?"),
        (["world", "weather=[rane]"], 2, "did you mean rain?"),
        (["world", "weather=rain"], 2, "weather=[rain]"),
        (["world", "hz=nan"], 2, "hz: out of range"),
        (["world", "ego.kind=action"], 2, "ego.action: "),
        (["world", "ego.kind=trajectory", "ego.trajectory=[[1,nan,0,0]]"], 2, "ego.trajectory[0]: not a pose"),
        (["world", "scenes=1", "out="], 2, "out: wrong type; expected Path"),
        (["world", "scenes=1", "out=file"], 1, "file: cannot be written to"),
        (["world", "scenes=1", "out=foreign"], 1, "a root that is no world of ours"),
        (["sample", "weather=fogg"], 2, "did you mean fog?"),
        (["sample", "store.image_formt=png"], 2, "did you mean store.image_format?"),
        (["sample", "scenarios=nuscenes", "root=nowhere"], 2, "root: "),
        (["sample", "generator=reference", "scenarios=nuscenes", "root=empty"], 1, "empty"),
        (["train", "stage=autoencoder", "out=out/a"], 2, "data.roots: missing key"),
        (["train", "stage=autoencoder", "data.roots=[nowhere]", "out=out/a"], 1, "nowhere"),
        (["verify", "store=nowhere"], 1, "nowhere"),
        (["export", "store=nowhere"], 1, "nowhere"),
        (["audit", "store=nowhere"], 1, "nowhere"),
    ],
)
def test_a_mistake_is_one_clear_line(
    arguments: list[str],
    code: int,
    word: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # In this process: as many starts of torch would take minutes.
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "foreign" / "v1.0-mini").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.setenv("DRIVEGEN_SCRATCH", "")
    command, *overrides = arguments
    monkeypatch.setattr(sys, "argv", ["drivegen", *overrides])
    module = importlib.import_module(f"drivegen.cli.{command}")
    with pytest.raises(SystemExit) as stop:
        run(command, module.config_class, module.job)
    shown = capsys.readouterr()
    assert stop.value.code == code, shown.err
    assert shown.err.splitlines()[-1].startswith("drivegen: ")
    assert word in shown.out + shown.err
    assert "Traceback" not in shown.err


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
