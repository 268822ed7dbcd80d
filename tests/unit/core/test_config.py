from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from drivegen.core import ConfigError, Weather, decode, encode


@dataclass(frozen=True)
class Inner:
    rate: float = 0.5
    sizes: tuple[int, int] = (64, 128)

    def __post_init__(self) -> None:
        if self.rate < 0:
            raise ConfigError("must not be negative", where="rate", got=self.rate)


@dataclass(frozen=True)
class Outer:
    name: str
    steps: int = 10
    flag: bool = False
    kind: Literal["a", "b"] = "a"
    weather: tuple[Weather, ...] | Weather | None = None
    path: Path | None = None
    inner: Inner = field(default_factory=Inner)
    parts: dict[str, Inner] = field(default_factory=dict)
    anything: Any = None


def test_defaults_and_nested_values() -> None:
    config = decode(Outer, {"name": "x", "inner": {"rate": 1}, "weather": ["rain"], "path": "a/b"})
    assert config == Outer("x", inner=Inner(1.0), weather=(Weather.RAIN,), path=Path("a/b"))
    assert isinstance(config.inner.rate, float)
    assert decode(Inner, None) == Inner()


def test_encode_is_plain() -> None:
    assert encode(Outer("x", weather=Weather.FOG, path=Path("p"), parts={"k": Inner()})) == {
        "name": "x",
        "steps": 10,
        "flag": False,
        "kind": "a",
        "weather": "fog",
        "path": "p",
        "inner": {"rate": 0.5, "sizes": [64, 128]},
        "parts": {"k": {"rate": 0.5, "sizes": [64, 128]}},
        "anything": None,
    }


@pytest.mark.parametrize(
    ("mapping", "line"),
    [
        ({}, "name: missing key; expected str"),
        ({"name": "x", "setps": 3}, "setps: unknown key; .*; did you mean steps?"),
        ({"name": "x", "inner": {"rat": 3}}, "inner.rat: unknown key; .*; did you mean inner.rate?"),
        ({"name": "x", "parts": {"k": {"q": 3}}}, "parts.k.q: unknown key"),
        ({"name": "x", "steps": True}, r"steps: wrong type; expected int; got True \(bool\)"),
        ({"name": "x", "steps": 1.5}, "steps: wrong type; expected int"),
        ({"name": "x", "flag": 1}, "flag: wrong type; expected bool"),
        ({"name": 3}, "name: wrong type; expected str"),
        ({"name": "x", "kind": "c"}, "kind: unknown value; expected one of a, b; got c"),
        ({"name": "x", "weather": "fogg"}, "weather: unknown value; .*; got fogg; did you mean fog?"),
        ({"name": "x", "weather": ["rain", "sno"]}, r"weather\[1\]: unknown value; .*; did you mean snow?"),
        ({"name": "x", "inner": {"sizes": [1]}}, "inner.sizes: wrong type; expected 2 values"),
        ({"name": "x", "inner": {"sizes": [1, "a"]}}, r"inner.sizes\[1\]: wrong type"),
        ({"name": "x", "inner": {"sizes": "12"}}, "inner.sizes: wrong type; expected a list"),
        ({"name": "x", "inner": 3}, "inner: wrong type; expected a mapping"),
        ({"name": "x", "inner": {"rate": -1}}, "inner.rate: must not be negative; got -1.0"),
        ({"name": "x", "path": 3}, "path: wrong type; expected Path"),
    ],
)
def test_every_mistake_names_its_full_path(mapping: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        decode(Outer, mapping)


def test_a_value_error_of_the_dataclass_is_a_config_error() -> None:
    @dataclass(frozen=True)
    class Picky:
        n: int = 1

        def __post_init__(self) -> None:
            raise ValueError("n is odd")

    with pytest.raises(ConfigError, match="Picky: n is odd"):
        decode(Picky, {})
