import subprocess
import sys
import time

import pytest

from drivegen.cli.main import COMMANDS, dispatch


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"]])
def test_the_list_of_commands(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch(arguments) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch(["--version"]) == 0
    assert capsys.readouterr().out.startswith("drivegen 0.")


@pytest.mark.parametrize(
    ("word", "remedy"), [("sampel", "did you mean sample?"), ("xyzzy", "drivegen --help lists what each does")]
)
def test_unknown_command(word: str, remedy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch([word]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"drivegen: {word}: unknown command; expected one of world, ")
    assert error.endswith(f"{remedy}\n")
    assert error.count("\n") == 1


def test_the_list_comes_at_once() -> None:
    start = time.monotonic()
    subprocess.run([sys.executable, "-m", "drivegen.cli.main"], check=True, capture_output=True)
    assert time.monotonic() - start < 5
