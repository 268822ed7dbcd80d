"""Errors, exit codes and Hydra's habits, on the smallest real command: verify."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drivegen.cli.run import run
from drivegen.cli.verify import VerifyCommand
from drivegen.core import DataError

Outcome = tuple[int, str, str]
Start = Callable[..., Outcome]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Start:
    """Runs `verify` in an empty folder with a job of the test's and returns exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    # What run() sets is taken back after the test.
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.setenv("DRIVEGEN_SCRATCH", "")

    def go(*arguments: str, job: Callable[[VerifyCommand], None] = lambda config: print(config.store)) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["drivegen", *arguments])
        try:
            run("verify", lambda: VerifyCommand, job)
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return go


def test_a_job_gets_its_dataclass_and_leaves_no_trace(start: Start, tmp_path: Path) -> None:
    assert start("store=a/b") == (0, "a/b\n", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["stor=a"], "drivegen: stor: unknown key; did you mean store?"),
        (["+stor=a"], "drivegen: stor: unknown key; expected one of root, store, version; did you mean store?"),
        (["zzz=a"], "drivegen: zzz: unknown key; drivegen verify --help lists the settings"),
        (["store=3"], "drivegen: store: wrong type; expected Path; got 3 (int)"),
        ([], "drivegen: store, root: nothing to check; expected one of store=... and root=..."),
        (["store=a", "version=v"], "drivegen: version: only a root has versions; give root=..."),
        (["store=a,b"], "drivegen: Ambiguous value for argument 'store=a,b' "),
        (["store=["], "drivegen: store=[: cannot be read; expected key=value; quote brackets, commas and spaces"),
        (["store"], "drivegen: store: cannot be read; expected key=value"),
        (["store=${nowhere}"], "drivegen: Interpolation key 'nowhere' not found"),
        (["hydra/job_logging=loud"], "drivegen: In 'hydra/config': Could not find 'hydra/job_logging/loud'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments: list[str], line: str, start: Start) -> None:
    code, out, err = start(*arguments)
    assert code == 2
    assert out == ""
    assert err.startswith(line)
    assert err.count("\n") == 1


def _fail(error: BaseException) -> Callable[[VerifyCommand], None]:
    def job(config: VerifyCommand) -> None:
        raise error

    return job


def test_a_failed_job(start: Start) -> None:
    error = DataError("does not verify", where="a", got="2 problems")
    assert start("store=a", job=_fail(error)) == (1, "", "drivegen: a: does not verify; got 2 problems\n")


def test_an_unforeseen_error_is_one_line(start: Start) -> None:
    line = "unexpected: RuntimeError: two lines (debug=true shows the traceback)\n"
    assert start("store=a", job=_fail(RuntimeError("two\nlines"))) == (1, "", line)


@pytest.mark.parametrize("error", [RuntimeError("boo"), DataError("boo")])
def test_debug_shows_the_traceback(error: Exception, start: Start) -> None:
    code, _, err = start("store=a", "debug=true", job=_fail(error))
    assert code == 1
    assert "Traceback" in err
    assert "boo" in err.splitlines()[-1]


def test_ctrl_c_tells_how_to_go_on(start: Start) -> None:
    code, _, err = start("store=a", job=_fail(KeyboardInterrupt()))
    assert code == 130
    assert err == "drivegen: interrupted; what is finished is kept, run the same `drivegen verify` again to go on\n"


def test_sigterm_stops_like_ctrl_c(start: Start) -> None:
    before = signal.getsignal(signal.SIGTERM)
    code, _, _ = start("store=a", job=lambda config: os.kill(os.getpid(), signal.SIGTERM))
    assert code == 130
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_sweep_gives_each_job_its_own_settings(start: Start, tmp_path: Path) -> None:
    code, out, _ = start("--multirun", "version=x,y", "root=out/${version}", job=lambda config: print(config.root))
    assert (code, out) == (0, "out/x\nout/y\n")
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_stops_at_the_first_failure(start: Start) -> None:
    code, _, err = start("-m", "store=a,b", job=_fail(DataError("boo")))
    assert (code, err) == (1, "drivegen: boo\n")


def test_hydras_views_need_no_job(start: Start, tmp_path: Path) -> None:
    code, out, _ = start("--cfg", "job", "store=a")
    assert code == 0
    assert "store: a\n" in out
    code, out, _ = start("--help")
    assert code == 0
    assert out.startswith("drivegen verify [key=value ...]")
    assert "conf/verify.yaml" in out
    assert list(tmp_path.iterdir()) == []
