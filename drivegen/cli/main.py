"""`drivegen <command> [key=value ...]`: finds the command and runs its module.

Imports nothing heavy, so that a list of commands or a spelling mistake answers at once.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import runpy
import sys

COMMANDS: dict[str, str] = {
    "world": "render a procedural driving world as nuScenes roots",
    "train": "train a stage of the models or a perception net, or all stages by a recipe",
    "sample": "make a dataset of annotated clips",
    "verify": "check a dataset (store=...) or nuScenes tables (root=...)",
    "export": "turn a dataset into mp4 videos or pictures",
    "audit": "judge the clips of a dataset again",
    "evaluate": "hold a dataset to a reference: metric card, or compare cards, or run an ablation",
    "prove": "measure whether a generated dataset helps a detector",
    "doctor": "show versions, devices, free disk and the shipped weights",
}

EXIT_USAGE = 2


def main() -> None:
    """Entry point of the `drivegen` script; leaves through SystemExit with the command's exit code."""
    sys.exit(dispatch(sys.argv[1:]))


def dispatch(arguments: list[str]) -> int:
    """Run one command line (without the program's name) and return its exit code."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    if arguments[0] == "--version":
        print(f"drivegen {importlib.metadata.version('drivegen')}")
        return 0
    command, rest = arguments[0], arguments[1:]
    if command not in COMMANDS:
        print(unknown_command(command), file=sys.stderr)
        return EXIT_USAGE
    # Lightning's DDP starts its other ranks as `python -m <name of __main__> <sys.argv[1:]>`. Running the command's
    # module as __main__, with the command taken off sys.argv, makes that line the same command again.
    sys.argv = [sys.argv[0], *rest]
    try:
        runpy.run_module(f"drivegen.cli.{command}", run_name="__main__", alter_sys=True)
    except (ImportError, KeyboardInterrupt) as error:
        # What happens before the command's own error handling is in place.
        if "debug=true" in rest:
            raise
        return _failed_to_start(command, error)
    return 0


def _failed_to_start(command: str, error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        print("drivegen: interrupted", file=sys.stderr)
        return 130
    print(f"drivegen: {command} cannot start: {error}; make setup installs what is missing", file=sys.stderr)
    return 1


def overview() -> str:
    """The list of commands."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {purpose}" for name, purpose in COMMANDS.items()]
    return "\n".join(
        [
            "usage: drivegen <command> [key=value ...]",
            "",
            *lines,
            "",
            "drivegen <command> --help     every setting with its default",
            "drivegen <command> --cfg job  the settings that a command line gives",
            "drivegen --version            the version",
        ]
    )


def unknown_command(command: str) -> str:
    """One line for a command that does not exist."""
    close = difflib.get_close_matches(command, COMMANDS, n=1)
    remedy = f"did you mean {close[0]}?" if close else "drivegen --help lists what each does"
    return f"drivegen: {command}: unknown command; expected one of {', '.join(COMMANDS)}; {remedy}"


if __name__ == "__main__":
    main()
