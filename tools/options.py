"""Options of the tools: `name=value` words become a dataclass, as strictly as the settings of `drivegen` itself."""

from __future__ import annotations

import sys
import typing
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import yaml

from drivegen.core import ConfigError, DrivegenError
from drivegen.core.config import decode

T = TypeVar("T")
NONE = "none"


def read_options(cls: type[T], words: Sequence[str]) -> T:
    """The options that a command line gives; all others keep their defaults.

    Args:
        cls: a dataclass. Fields of tuples take values with commas between them, fields of `dict[str, X]` take
            `FIELD.KEY=value`, and `none` is None.
        words: such as `clips=24`, `scales=2,4`, `arm.flow=out/flow/model`.

    Raises:
        ConfigError: no such option, one that is missing, or a value that does not fit.
    """
    hints = typing.get_type_hints(cls)
    mapping: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise ConfigError("not an option", where=word, expected="name=value")
        field, dot, key = name.partition(".")
        value = _value(text, many=typing.get_origin(hints.get(field)) is tuple)
        if dot:
            mapping.setdefault(field, {})[key] = value
        else:
            mapping[field] = value
    return decode(cls, mapping)


def run_tool(run: Callable[[T], None], cls: type[T], words: Sequence[str], usage: str | None) -> int:
    """Read the options and run a tool by them: 0 when it was done, 2 for bad usage, 1 when something cannot be used.

    Args:
        usage: what is printed below the error when usage is bad.
    """
    try:
        run(read_options(cls, words))
    except ConfigError as error:
        print(f"{error}\n\n{usage}", file=sys.stderr)
        return 2
    except DrivegenError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _value(text: str, many: bool) -> Any:
    if many:
        return [_value(part, many=False) for part in text.split(",")]
    if text == NONE:
        return None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text
