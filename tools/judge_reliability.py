"""What the judge does on clean clips of a world, written beside its weights for the audit to read.

    python tools/judge_reliability.py roots=WORLD[,WORLD...] audit=FOLDER [split=val] [per_drive=1] [drives=N]
        [workers=2] [seed=0]

The same as `drivegen audit store=REFERENCE out=FOLDER/reliability.json` does with a dataset, on the clips that
judge_faults.py makes of roots; the split is best the one that calibrates thresholds, never the one that tests them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path

from judge_clips import RootTask, auditor_of, clips_of
from judge_faults import tasks_of

from drivegen.audit import RELIABILITY_FILE, Reliability
from drivegen.core import ConfigError, DrivegenError
from drivegen.execution import run_pure

DEFAULTS = {"split": "val", "per_drive": "1", "drives": "", "workers": "2", "seed": "0"}


def measure(options: Mapping[str, str]) -> None:
    """Look at every clip and write the counts."""
    folder = Path(options["audit"]).resolve()
    tasks = tasks_of(options, folder, options["split"])
    known = Reliability.unknown()
    for done, found in enumerate(run_pure(look_at_root, tasks, int(options["workers"])), 1):
        known = known.plus(found)
        print(f"{done} of {len(tasks)} roots, {int(known.evidence.sum())} scored boxes", flush=True)
    known.save(folder / RELIABILITY_FILE)


def look_at_root(task: RootTask) -> Reliability:
    """The counts over the clips of one root."""
    auditor = auditor_of(task.audit)
    return reduce(Reliability.plus, (auditor.reliability_on(clip) for _, clip in clips_of(task)), Reliability.unknown())


def main(arguments: Sequence[str]) -> int:
    """Exit codes as everywhere: 0 done, 1 failed, 2 bad usage."""
    options = DEFAULTS | dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    try:
        wrong = [a for a in arguments if a.partition("=")[0] not in {*DEFAULTS, "roots", "audit"} or "=" not in a]
        if wrong or not {"roots", "audit"} <= set(options):
            raise ConfigError("bad usage", got=" ".join(wrong), remedy=__doc__.split("\n\n")[1])
        measure(options)
    except DrivegenError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
