"""From an exception to one line for the user and an exit code."""

from __future__ import annotations

import difflib
import re
import sys
import traceback

from hydra.errors import HydraException, OverrideParseException
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from drivegen.cli.composition import setting_keys
from drivegen.core import EXIT_FAILED, ConfigError, DrivegenError

# 128 + SIGINT, as shells report it.
EXIT_INTERRUPTED = 130


def report(error: BaseException, command: str, *, composing: bool = False) -> int:
    """Print one line about an error to stderr (and its traceback with debug=true) and return the exit code.

    Args:
        composing: the error rose while Hydra put the configuration together, so the command line is at fault.
    """
    if debug_wanted(sys.argv[1:]):
        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        print(
            f"drivegen: interrupted; what is finished is kept, run the same `drivegen {command}` again to go on",
            file=sys.stderr,
        )
        return EXIT_INTERRUPTED
    known = as_drivegen_error(error, command, composing=composing)
    if known is not None:
        print(f"drivegen: {known}", file=sys.stderr)
        return known.exit_code
    text = " ".join(str(error).split())
    print(f"unexpected: {type(error).__name__}: {text} (debug=true shows the traceback)", file=sys.stderr)
    return EXIT_FAILED


def debug_wanted(arguments: list[str]) -> bool:
    """Whether a command line asks for tracebacks; read from it directly because composing may be what fails."""
    return any(re.fullmatch(r"\+{0,2}debug=(true|True|1|yes)", argument) for argument in arguments)


def as_drivegen_error(error: BaseException, command: str, *, composing: bool) -> DrivegenError | None:
    """The error in our own words; None when nobody foresaw it."""
    if isinstance(error, DrivegenError):
        return error
    if isinstance(error, MissingMandatoryValue):
        key = getattr(error, "full_key", None) or getattr(error, "key", None)
        return ConfigError("missing key", where=key, remedy=f"drivegen {command} {key}=... gives it")
    if isinstance(error, OverrideParseException):
        return ConfigError(
            "cannot be read",
            where=error.override,
            expected="key=value",
            remedy="quote brackets, commas and spaces for the shell, as in 'weather=[rain,snow]'",
        )
    if isinstance(error, HydraException | OmegaConfBaseException) or (composing and isinstance(error, ValueError)):
        return _composition_error(str(error), command)
    return None


def _composition_error(message: str, command: str) -> ConfigError:
    unknown = re.search(r"Could not (?:override|delete from config\.) '([^']+)'", message)
    if unknown is None:
        return ConfigError(message)
    key = unknown.group(1)
    keys = setting_keys(command)
    known = [k for k in keys if not any(other.startswith(f"{k}.") for other in keys)]
    close = difflib.get_close_matches(key, known, n=1)
    remedy = f"did you mean {close[0]}?" if close else f"drivegen {command} --help lists the settings"
    return ConfigError("unknown key", where=key, remedy=remedy)
