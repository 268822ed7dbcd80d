"""`drivegen audit`: judge the clips of a store again and print the verdicts; the store is not changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from drivegen.audit import AuditConfig, make_auditor
from drivegen.cli.run import run
from drivegen.core import Verdict
from drivegen.store import StoreReader


@dataclass(frozen=True)
class AuditCommand:
    """Which store is judged by what."""

    store: Path
    """The dataset."""
    audit: AuditConfig = field(default_factory=AuditConfig)


def config_class() -> type[AuditCommand]:
    """The command's configuration."""
    return AuditCommand


def job(config: AuditCommand) -> None:
    """Print one line per clip and a summary."""
    auditor = make_auditor(config.audit)
    verdicts = {clip.clip_id: auditor.audit(clip) for clip in StoreReader(config.store).clips()}
    print(verdict_table(verdicts))


def verdict_table(verdicts: dict[str, Verdict]) -> str:
    """Clips, verdicts and scores as aligned columns, with a summary below."""
    names = sorted({name for verdict in verdicts.values() for name in verdict.scores})
    rows = [["clip_id", "verdict", *names]]
    for clip_id, verdict in verdicts.items():
        rows.append([clip_id, _word(verdict.passed), *(_score(verdict.scores.get(name)) for name in names)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, _summary(verdicts.values())])


def _summary(verdicts: Iterable[Verdict]) -> str:
    words = [_word(verdict.passed) for verdict in verdicts]
    counts = ", ".join(f"{words.count(word)} {word}" for word in ("passed", "failed", "not judged"))
    return f"{len(words)} clips: {counts}"


def _word(passed: bool | None) -> str:
    if passed is None:
        return "not judged"
    return "passed" if passed else "failed"


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


if __name__ == "__main__":
    run("audit", config_class, job)
