"""tools/options.py: words of a command line become a dataclass, or are refused by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

import pytest

from drivegen.core import ConfigError, DataError

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@dataclass(frozen=True)
class Arguments:
    """Every type that tools use."""

    data: tuple[Path, ...]
    arm: dict[str, Path]
    split: str | None = "test"
    scales: tuple[float, ...] = (2.0,)
    clips: int = 48
    kind: Literal["a", "b"] = "a"


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the tools, which are no package."""
    monkeypatch.syspath_prepend(str(TOOLS))
    import options

    return options


def test_words_become_what_the_fields_say(options: ModuleType) -> None:
    words = ["data=out/a,out/b", "arm.flow=out/x=1", "arm.linear=out/y", "split=none", "scales=1,2.5", "kind=b"]
    assert options.read_options(Arguments, words) == Arguments(
        data=(Path("out/a"), Path("out/b")),
        arm={"flow": Path("out/x=1"), "linear": Path("out/y")},
        split=None,
        scales=(1.0, 2.5),
        kind="b",
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["arm.x=out"], r"data: missing key"),
        (["data=out"], r"arm: missing key"),
        (["data=out", "arm=out"], r"arm: wrong type; expected a mapping"),
        (["data=out", "arm.x=out", "clips=many"], r"clips: wrong type; expected int.*many"),
        (["data=out", "arm.x=out", "clip=3"], r"clip: unknown key.*did you mean clips"),
        (["data=out", "arm.x=out", "--clips"], r"--clips: not an option; expected name=value"),
    ],
)
def test_what_does_not_fit_is_told(options: ModuleType, words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        options.read_options(Arguments, words)


def test_exit_codes_tell_usage_from_failure(options: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    def fails(_: Arguments) -> None:
        raise DataError("not a store", where="out")

    words = ["data=out", "arm.x=out"]
    assert options.run_tool(lambda _: None, Arguments, words, "usage") == 0
    assert options.run_tool(fails, Arguments, words, "usage") == 1
    assert "usage" not in capsys.readouterr().err
    assert options.run_tool(fails, Arguments, ["clip=3"], "usage") == 2
    assert "usage" in capsys.readouterr().err
