"""The whole of `drivegen prove`, small; and what it refuses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from drivegen.cli.prove import job
from drivegen.core import ConfigError, DataError, FrameKind
from drivegen.experiments import ProveConfig, prove
from drivegen.experiments.arms import Arm, ArmBatches
from drivegen.experiments.clip_lists import open_clip_lists
from drivegen.experiments.detector import build_detector, train_detector
from drivegen.experiments.trial import count_hits
from drivegen.models.perception import PerceptionConfig, PerceptionInfo, build_perception, save_perception
from drivegen.store import StoreReader
from drivegen.training import OptimConfig
from drivegen.training.perception_arrays import arrays_of_store

WriteStore = Callable[..., Path]
OPTIM = OptimConfig(batch=4, lr=3e-3, warmup=2, decay_from=0.5, ema_decay=0.8)


@pytest.fixture(scope="module")
def finished(stores: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> ProveConfig:
    """An experiment of three steps a run, done: nothing is learnt, everything is there."""
    config = ProveConfig(
        store=stores["generated"],
        reference=stores["reference"],
        test=stores["test"],
        out=tmp_path_factory.mktemp("prove") / "out",
        image_size=(32, 64),
        steps=3,
        optim=OPTIM,
        resamples=100,
        min_labels=2,
        min_groups=2,
        threads=1,
        device="cpu",
    )
    prove(config)
    return config


@pytest.fixture
def config(finished: ProveConfig, tmp_path: Path) -> ProveConfig:
    """The same experiment in a folder of its own, not yet begun."""
    return replace(finished, out=tmp_path / "out")


@pytest.fixture
def copied(config: ProveConfig, finished: ProveConfig) -> ProveConfig:
    """The finished experiment in a folder of its own."""
    shutil.copytree(finished.out, config.out)
    return config


def _files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_it_trains_every_arm_and_seed_and_reports(finished: ProveConfig) -> None:
    runs = {path.stem for path in (finished.out / "runs").glob("*.json")}
    assert runs == {f"{arm.value}-{seed}" for arm in Arm for seed in range(3)}
    written = json.loads((finished.out / "prove.json").read_text())
    assert written["sets"]["test"]["scenarios"] == 8
    assert {run["steps"] for run in written["runs"]} == {3}
    page = (finished.out / "prove.md").read_text()
    assert f"**{written['verdict']}**" in page
    assert "reference repeated" in page
    assert (finished.out / "prove.png").stat().st_size > 10_000
    assert not (finished.out / "frames").exists()


def test_a_run_that_is_missing_is_done_again_alike(copied: ProveConfig) -> None:
    before = _files(copied.out / "runs")
    # Facts are written last: counts alone are no finished run.
    (copied.out / "runs" / "generated-1.json").unlink()
    (copied.out / "runs" / "reference-2.json").unlink()
    (copied.out / "runs" / "reference-2.npz").unlink()
    seen: list[tuple[int, int]] = []
    report = prove(copied, lambda done, total: seen.append((done, total)))
    after = _files(copied.out / "runs")
    assert seen == [(done, 36) for done in range(30, 37)]
    # Its facts hold the time that it took.
    assert {name for name in before if before[name] != after[name]} <= {"generated-1.json", "reference-2.json"}
    assert str(report).splitlines()[-1] == f"verdict  {report.verdict}"


def test_a_finished_experiment_is_only_compared_again(copied: ProveConfig) -> None:
    before = _files(copied.out / "runs")
    report = prove(replace(copied, min_labels=1000), lambda done, total: pytest.fail("a run was done"))
    assert _files(copied.out / "runs") == before
    assert report.verdict.startswith("not measurable")


def test_untrained_detectors_prove_nothing(copied: ProveConfig) -> None:
    report = prove(replace(copied, min_ap50=0.9))
    assert report.verdict.startswith("not measurable: after 3 steps")
    page = (copied.out / "prove.md").read_text()
    assert "| no gain" not in page
    assert "0 of these 0 rows" in page
    # The same runs, when anything is good enough.
    assert not prove(replace(copied, min_ap50=0.0)).verdict.startswith("not measurable")


def test_more_seeds_go_on_with_the_runs_that_are_there(copied: ProveConfig) -> None:
    before = _files(copied.out / "runs")
    prove(replace(copied, seeds=4))
    after = _files(copied.out / "runs")
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 2 * len(Arm)


def test_the_command_ends_with_the_verdict(copied: ProveConfig, capsys: pytest.CaptureFixture[str]) -> None:
    job(copied)
    verdict = json.loads((copied.out / "prove.json").read_text())["verdict"]
    assert capsys.readouterr().out.splitlines()[-1] == f"verdict  {verdict}"


def test_the_seeds_of_all_arms_start_alike_and_differ_from_one_another() -> None:
    same = [build_detector("compact", (32, 64), 5).state_dict() for _ in range(2)]
    other = build_detector("compact", (32, 64), 6).state_dict()
    assert all(torch.equal(value, same[1][name]) for name, value in same[0].items())
    assert any(not torch.equal(value, other[name]) for name, value in same[0].items())


def test_another_experiment_does_not_mix_in(finished: ProveConfig, write_store: WriteStore, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected steps=3; got steps=4; choose another out"):
        prove(replace(finished, steps=4))
    other = write_store(tmp_path / "other", "other", 6, kind=FrameKind.GENERATED)
    with pytest.raises(ConfigError, match="holds another experiment; expected generated="):
        prove(replace(finished, store=other))


def test_minutes_set_equal_steps_once(config: ProveConfig) -> None:
    config = replace(config, minutes=0.002)
    prove(config)
    runs = [json.loads(path.read_text()) for path in (config.out / "runs").glob("*.json")]
    assert len({run["steps"] for run in runs}) == 1
    (config.out / "runs" / "reference-0.json").unlink()
    prove(config)
    again = json.loads((config.out / "runs" / "reference-0.json").read_text())
    assert again["steps"] == runs[0]["steps"]


def test_pictures_that_do_not_fit_their_labels_teach_less(stores: dict[str, Path]) -> None:
    # The planted effect that the experiment is for: objects of the generated set stand beside their labels.
    lists = open_clip_lists(ProveConfig(store=stores["generated"], reference=stores["reference"], test=stores["test"]))
    size, device, precision = (32, 64), torch.device("cpu"), {}
    arrays: dict[Any, Any] = {
        name: arrays_of_store(StoreReader(stores[name]), size) for name in ("reference", "generated")
    }
    rows: dict[Any, Any] = {"reference": lists.reference.frame_rows(), "generated": lists.generated.frame_rows()}
    for arm in (Arm.REFERENCE, Arm.GENERATED):
        net = build_detector("compact", size, 0)
        batches = ArmBatches(arm, rows, OPTIM.batch, 0)
        train_detector(net, arrays, batches, replace(OPTIM, ema_decay=0.9), steps=70, seed=0, device=device)
        precision[arm] = float(count_hits(net, size, lists.test, device).average_precision(category="car")[0])
    assert precision[Arm.REFERENCE] > 0.4
    assert precision[Arm.GENERATED] < precision[Arm.REFERENCE] - 0.2


def test_only_passed_clips_are_taken_when_asked(config: ProveConfig) -> None:
    lists = open_clip_lists(replace(config, passed_only=True))
    # Clips 0 and 3 of six did not pass; each has two frames.
    assert lists.generated.frame_rows(passed_only=True).tolist() == [2, 3, 4, 5, 8, 9, 10, 11]
    assert len(lists.generated.frame_rows()) == 12


def test_a_test_scenario_that_was_trained_on_is_refused(
    config: ProveConfig, write_store: WriteStore, tmp_path: Path
) -> None:
    leaky = write_store(tmp_path / "leaky", "test", 2, kind=FrameKind.GENERATED)
    with pytest.raises(DataError, match=r"scenarios of the test set are trained on.*test-0, test-1"):
        prove(replace(config, store=leaky))
    with pytest.raises(DataError, match=r"got 8: .*make the test set with another seed"):
        prove(replace(config, reference=config.test))


def test_sets_of_the_wrong_kind_are_refused(config: ProveConfig, write_store: WriteStore, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="generated clips among them"):
        prove(replace(config, test=config.store, store=config.reference))
    with pytest.raises(DataError, match="clips that no model has generated"):
        prove(replace(config, store=config.reference))
    blank = write_store(tmp_path / "blank", "blank", 2, kind=FrameKind.GENERATED, labelled=False)
    with pytest.raises(DataError, match="without labels"):
        prove(replace(config, store=blank))


def test_settings_that_cannot_be_used_are_refused(config: ProveConfig) -> None:
    with pytest.raises(ConfigError, match="seeds: must be at least 3; got 2"):
        replace(config, seeds=2)
    with pytest.raises(ConfigError, match="must be even"):
        replace(config, optim=replace(OPTIM, batch=5))
    with pytest.raises(ConfigError, match="multiples of 32"):
        replace(config, image_size=(40, 64))
    with pytest.raises(ConfigError, match="minutes: must be positive"):
        replace(config, minutes=0.0)


def test_a_trained_detector_goes_on(config: ProveConfig, tmp_path: Path) -> None:
    torch.manual_seed(0)
    shape = PerceptionConfig(
        image_size=(32, 64), width=8, identity_dim=4, feature_dim=8, clip_size=(32, 64), clip_width=8,
        clip_feature_dim=8,
    )  # fmt: skip
    net = build_perception(shape)
    save_perception(tmp_path / "net", net, PerceptionInfo("mine", shape))
    save_perception(tmp_path / "judge", net, PerceptionInfo("judge", shape, role="evaluation"))
    going_on = replace(config, start=tmp_path / "net", image_size=None, steps=1)
    before = build_detector("compact", (32, 64), 0, tmp_path / "net").state_dict()
    # Folders hold half precision.
    assert all(torch.allclose(before[k], v, atol=4e-3) for k, v in net.frame_branch.state_dict().items())
    report = prove(going_on)
    assert report.facts["detector"]["name"] == "mine"
    assert report.facts["detector"]["parameters"] == sum(p.numel() for p in net.frame_branch.parameters())
    assert report.facts["detector"]["image_size"] == [32, 64]
    with pytest.raises(DataError, match="evaluation net"):
        prove(replace(going_on, start=tmp_path / "judge", out=tmp_path / "other"))
    with pytest.raises(ConfigError, match="image_size"):
        replace(going_on, image_size=(32, 64))
