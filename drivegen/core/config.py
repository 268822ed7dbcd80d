"""Strict decoding of plain mappings into frozen dataclasses, and back.

YAML composes, dataclasses decide: an unknown key or a value of the wrong type is an error that names its full path.
"""

from __future__ import annotations

import dataclasses
import difflib
import enum
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from drivegen.core.errors import ConfigError

T = TypeVar("T")


def decode(cls: type[T], mapping: Mapping[str, Any] | None, path: str = "") -> T:
    """Build the dataclass `cls` from a plain mapping.

    Supported field types: bool, int, float, str, Path, enums (by value), Literal, Optional and unions, tuple[X, ...],
    tuple[X, Y], list[X], dict[str, X], nested dataclasses and Any. Integers are accepted where floats are expected.

    Args:
        cls: a dataclass type.
        mapping: keys and values as YAML or JSON gives them; None means "all defaults".
        path: the dotted path of `mapping` in the whole configuration, for messages.

    Raises:
        ConfigError: unknown key, missing key, wrong type, or a value that `cls.__post_init__` refuses.
    """
    if mapping is None:
        mapping = {}
    if not isinstance(mapping, Mapping):
        raise ConfigError("wrong type", where=path or "config", expected="a mapping", got=repr(mapping))
    fields = {f.name: f for f in dataclasses.fields(cls) if f.init}  # type: ignore[arg-type]
    for key in mapping:
        if key not in fields:
            raise _unknown_key(str(key), list(fields), path)
    hints = typing.get_type_hints(cls)
    values = {key: _decode_value(hints[key], value, _join(path, key)) for key, value in mapping.items()}
    for name, field in fields.items():
        no_default = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if no_default and name not in values:
            raise ConfigError("missing key", where=_join(path, name), expected=_type_name(hints[name]))
    try:
        return cls(**values)
    except ConfigError as error:
        raise _with_path(error, path) from error
    except (ValueError, TypeError) as error:
        raise ConfigError(str(error), where=path or cls.__name__) from error


def encode(value: Any) -> Any:
    """Turn dataclasses, enums, paths and tuples into what JSON can hold; the inverse of `decode`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value) if f.init}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): encode(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [encode(v) for v in value]
    return value


def _decode_value(hint: Any, value: Any, path: str) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _decode_union(args, value, path)
    if origin is typing.Literal:
        if value not in args:
            raise _not_one_of(value, [str(a) for a in args], path)
        return value
    if origin in (tuple, list):
        return _decode_sequence(origin, args, value, path)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise _wrong_type("a mapping", value, path)
        return {str(k): _decode_value(args[1], v, _join(path, str(k))) for k, v in value.items()}
    if dataclasses.is_dataclass(hint):
        return value if isinstance(value, hint) else decode(hint, value, path)  # type: ignore[arg-type]
    return _decode_scalar(hint, value, path)


def _decode_scalar(hint: Any, value: Any, path: str) -> Any:
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        try:
            return hint(value)
        except ValueError:
            raise _not_one_of(value, [str(m.value) for m in hint], path) from None
    # bool is an int in Python; a flag is never a number here.
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    # An empty path would be the current folder, which nobody who leaves it empty means.
    if hint is Path and isinstance(value, str | Path) and value != "":
        return Path(value)
    if hint in (bool, str, type(None)) and isinstance(value, hint):
        return value
    raise _wrong_type(_type_name(hint), value, path)


def _decode_union(args: tuple[Any, ...], value: Any, path: str) -> Any:
    if value is None and type(None) in args:
        return None
    errors = []
    choices = [a for a in args if a is not type(None)]
    # A list is judged by the sequence types of the union and anything else by the others, so that "one X or several"
    # reports what is wrong with the X.
    is_sequence = isinstance(value, list | tuple)
    fitting = [c for c in choices if (typing.get_origin(c) in (tuple, list)) == is_sequence] or choices
    for choice in fitting:
        try:
            return _decode_value(choice, value, path)
        except ConfigError as error:
            errors.append(error)
    # An alternative whose type fitted but whose value did not says more than the types that did not fit.
    errors = [e for e in errors if e.what != "wrong type" or e.where != path] or errors
    if len(errors) == 1:
        raise errors[0]
    raise _wrong_type(" or ".join(_type_name(c) for c in choices), value, path)


def _decode_sequence(origin: type, args: tuple[Any, ...], value: Any, path: str) -> Any:
    if isinstance(value, str) or not isinstance(value, Sequence):
        single = isinstance(value, str | int | float)
        raise _wrong_type("a list", value, path, remedy=f"{path}=[{value}] is a list of one" if single else None)
    if origin is list or (len(args) == 2 and args[1] is Ellipsis):
        hints = [args[0]] * len(value)
    else:
        hints = list(args)
        if len(hints) != len(value):
            raise _wrong_type(f"{len(hints)} values", value, path)
    return origin(_decode_value(h, v, f"{path}[{i}]") for i, (h, v) in enumerate(zip(hints, value, strict=True)))


def _unknown_key(key: str, known: list[str], path: str) -> ConfigError:
    close = difflib.get_close_matches(key, known, n=1)
    remedy = f"did you mean {_join(path, close[0])}?" if close else None
    return ConfigError(
        "unknown key", where=_join(path, key), expected="one of " + ", ".join(sorted(known)), remedy=remedy
    )


def _not_one_of(value: Any, known: list[str], path: str) -> ConfigError:
    close = difflib.get_close_matches(str(value), known, n=1)
    remedy = f"did you mean {close[0]}?" if close else None
    return ConfigError("unknown value", where=path, expected="one of " + ", ".join(known), got=value, remedy=remedy)


def _wrong_type(expected: str, value: Any, path: str, remedy: str | None = None) -> ConfigError:
    got = f"{value!r} ({type(value).__name__})"
    return ConfigError("wrong type", where=path, expected=expected, got=got, remedy=remedy)


def _with_path(error: ConfigError, path: str) -> ConfigError:
    """Prefix an error that a `__post_init__` raised (it knows its field, not its place) with the full path."""
    where = error.where if not path else _join(path, error.where) if error.where else path
    return ConfigError(error.what, where=where, expected=error.expected, got=error.got, remedy=error.remedy)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _type_name(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint))
