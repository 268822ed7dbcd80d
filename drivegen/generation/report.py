"""What a run made, and what a user does next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivegen.core.clips import Clip

# Skipped rows are counted; this many are also shown.
SHOWN_SKIPS = 5


@dataclass
class Tally:
    """Counts of a run.

    Attributes:
        made: clips made by this run.
        kept: clips that were there already.
        frames: frames made by this run.
        failed: clips made by this run that the audit finds unfit.
    """

    made: int = 0
    kept: int = 0
    frames: int = 0
    failed: int = 0

    def add(self, clip: Clip) -> None:
        """Count a clip that was made."""
        self.made += 1
        self.frames += len(clip.frames)
        self.failed += clip.verdict.passed is False

    @property
    def done(self) -> int:
        """Clips that are there."""
        return self.made + self.kept


@dataclass(frozen=True)
class SampleReport:
    """The outcome of a run; as text, what the command prints.

    Attributes:
        out: the store.
        contact_sheet: a picture of its first clips.
        generator, model: who made the frames; `model` is empty for reference frames.
        tally: counts.
        skipped: what was left out of the input, one line each.
        seconds: wall-clock time of the run.
    """

    out: Path
    contact_sheet: Path
    generator: str
    model: str
    tally: Tally
    skipped: tuple[str, ...]
    seconds: float

    @property
    def clips_per_s(self) -> float:
        """Clips made per second of the whole run."""
        return self.tally.made / self.seconds if self.seconds > 0 else 0.0

    def __str__(self) -> str:
        tally = self.tally
        by = self.generator + (f" (model {self.model})" if self.model else "")
        lines = [
            f"{tally.made} clips, {tally.frames} frames by {by} in {self.seconds:.1f} s "
            f"({self.clips_per_s:.2f} clips/s); {tally.kept} were there already"
        ]
        if tally.failed:
            lines.append(f"{tally.failed} of them do not pass the audit: see audit_passed and audit_scores in clips")
        if self.skipped:
            lines.append(f"{len(self.skipped)} rows or frames of the input were skipped:")
            lines += [f"  {line}" for line in self.skipped[:SHOWN_SKIPS]]
        return "\n".join(
            [
                *lines,
                f"dataset        {self.out}",
                f"contact sheet  {self.contact_sheet}",
                "next:",
                f"  drivegen verify store={self.out}",
                f"  drivegen export store={self.out} format=mp4 out={self.out}-mp4",
                f"  drivegen export store={self.out} format=png out={self.out}-png",
            ]
        )
