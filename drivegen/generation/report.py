"""What a run made, and what a user does next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from drivegen.core.clips import Clip

# Skipped rows are counted; this many are also shown.
SHOWN_SKIPS = 5


@dataclass
class Tally:
    """Counts of a run.

    Attributes:
        made: clips written by this run.
        kept: clips that were there already.
        frames: frames of the clips written by this run.
        failed: of the clips written by this run, those that the audit rejects.
        left_out: clips that the audit rejects and that this run therefore did not write.
        left_out_before: likewise by an earlier run.
        remade: clips that were made more than once by this run.
        remakes: how often in all, beyond the first time.
        rescued: of the remade clips, those that pass in the end.
        reasons: how many of the rejected clips give each reason.
    """

    made: int = 0
    kept: int = 0
    frames: int = 0
    failed: int = 0
    left_out: int = 0
    left_out_before: int = 0
    remade: int = 0
    remakes: int = 0
    rescued: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, clip: Clip, *, left_out: bool = False) -> None:
        """Count a clip that was made, and then written or left out."""
        verdict = clip.verdict
        rejected, again = verdict.passed is False, verdict.attempts - 1
        if left_out:
            self.left_out += 1
        else:
            self.made += 1
            self.frames += len(clip.frames)
            self.failed += rejected
        self.remade += again > 0
        self.remakes += again
        self.rescued += again > 0 and not rejected
        self.reasons.update(verdict.reasons if rejected else ())

    @property
    def there(self) -> int:
        """Clips that are in the store."""
        return self.made + self.kept

    @property
    def done(self) -> int:
        """Requests that nobody need answer again."""
        return self.there + self.left_out + self.left_out_before

    @property
    def reasons_in_words(self) -> str:
        """The reasons, most frequent first, with their counts."""
        ordered = sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{name} {count}" for name, count in ordered) or "no reason given"


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
        audit_seconds: what of it was spent judging.
        notes: what could not be done besides, one line each.
    """

    out: Path
    contact_sheet: Path
    generator: str
    model: str
    tally: Tally
    skipped: tuple[str, ...]
    seconds: float
    audit_seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def clips_per_s(self) -> float:
        """Clips written per second of the whole run."""
        return self.tally.made / self.seconds if self.seconds > 0 else 0.0

    @property
    def audit_share(self) -> float:
        """What the audit adds to the time of the rest, as a share of that; 0 when there is no rest."""
        rest = self.seconds - self.audit_seconds
        return self.audit_seconds / rest if rest > 0 else 0.0

    def __str__(self) -> str:
        tally = self.tally
        by = self.generator + (f" (model {self.model})" if self.model else "")
        lines = [
            f"{tally.made} clips, {tally.frames} frames by {by} in {self.seconds:.1f} s "
            f"({self.clips_per_s:.2f} clips/s); {tally.kept} were there already"
        ]
        lines += _audit_lines(tally)
        if self.audit_seconds:
            share = f"{self.audit_share:.1%} on top of making and writing"
            lines.append(f"audit: {self.audit_seconds:.1f} s of {self.seconds:.1f} s, {share}")
        lines += self.notes
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


def _audit_lines(tally: Tally) -> list[str]:
    """What the audit rejected and what became of it."""
    lines = []
    if tally.remade:
        lines.append(
            f"{tally.remade} clips were rejected at first and made again, {tally.remakes} times in all; "
            f"{tally.rescued} of them pass now"
        )
    if tally.failed:
        lines.append(f"{tally.failed} clips are rejected and kept ({tally.reasons_in_words}): see qc_reasons in clips")
    if tally.left_out:
        lines.append(
            f"{tally.left_out} clips are rejected and left out ({tally.reasons_in_words}): see dropped in manifest.json"
        )
    if tally.left_out_before:
        lines.append(f"{tally.left_out_before} clips had been left out already")
    return lines
