"""`drivegen audit`: judge the clips of a store again, measure the judge on clean ones, or list training clips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from drivegen.audit import (
    INDEX_FILE,
    RELIABILITY_FILE,
    AuditConfig,
    Reliability,
    TrainingIndex,
    build_training_index,
    make_auditor,
    make_observer,
    make_unmeasured_auditor,
)
from drivegen.cli.progress import progress
from drivegen.cli.run import run
from drivegen.core import Clip, ConfigError, DataError, FrameKind, Verdict
from drivegen.store import StoreReader

if TYPE_CHECKING:
    from drivegen.core.arrays import Bytes
    from drivegen.data import DataConfig


@dataclass(frozen=True)
class TrainingClips:
    """The clips that a model was trained on, as for drivegen train."""

    roots: tuple[Path, ...] = ()
    """nuScenes roots, or folders of such roots."""
    version: str | None = None
    """Version folder of the roots; None: the only one there."""
    cameras: tuple[str, ...] | None = None
    """Camera names; None: all."""
    split: str | None = "train"
    """Split of the roots' splits.json; None: all scenes."""
    image_size: tuple[int, int] = (64, 128)
    """(height, width) of the clips, pixels."""
    frames: int = 8
    stride: int = 1
    first_frame: int | None = None
    last_frame: int | None = None
    earlier: Path | None = None
    """A file of clips that the model was trained on before; the new file holds them too."""

    def data(self) -> DataConfig:
        """The same as the datasets know it."""
        from drivegen.data import DataConfig

        return DataConfig(
            roots=self.roots,
            version=self.version,
            cameras=self.cameras,
            image_size=self.image_size,
            frames=self.frames,
            stride=self.stride,
            split=self.split,
            first_frame=self.first_frame,
            last_frame=self.last_frame,
            estimate_appearance=False,
        )


@dataclass(frozen=True)
class AuditCommand:
    """Which store is judged by what; or what is written down for later audits."""

    store: tuple[Path, ...] | Path | None = None
    """The dataset, or several; not changed. With `out`: reference clips, by which the judge itself is measured, as long
    and at as many frames per second as the clips that it will judge."""
    audit: AuditConfig = field(default_factory=AuditConfig)
    training: TrainingClips = field(default_factory=TrainingClips)
    """With `training.roots`: write what these clips look like to the judge into `out`."""
    out: Path | None = None
    """With `training.roots`: file of the training clips, such as training_clips.safetensors in the model's folder. With
    `store`: file of what the judge does on clean clips, such as reliability.json in its folder. Sampling finds both."""

    def __post_init__(self) -> None:
        if bool(self.stores) == bool(self.training.roots):
            raise ConfigError(
                "nothing to do", where="store, training.roots", expected="one of store=... and training.roots=[...]"
            )
        if self.training.roots and self.out is None:
            raise ConfigError(
                "missing key", where="out", expected="a file to write", remedy=f"set out=MODEL_FOLDER/{INDEX_FILE}"
            )

    @property
    def stores(self) -> tuple[Path, ...]:
        """`store`, however many there are."""
        one_or_more = () if self.store is None else self.store
        return (one_or_more,) if isinstance(one_or_more, Path) else one_or_more


def config_class() -> type[AuditCommand]:
    """The command's configuration."""
    return AuditCommand


def job(config: AuditCommand) -> None:
    """Print one line per clip and a summary, or write the judge's reliability or an index of training clips."""
    if config.stores and config.out is not None:
        _measure(config.stores, config.audit, config.out)
    elif config.stores:
        _judge(config.stores, config.audit)
    elif config.out is not None:
        _list_training_clips(config.training, config.audit, config.out)


def _judge(stores: Sequence[Path], audit: AuditConfig) -> None:
    from drivegen.generation.stretches import audit_in_stretches

    auditor = make_auditor(audit)
    # Predictions of the user's are those of whole clips.
    whole = audit.perception.predictions is not None
    verdicts: list[tuple[str, Verdict]] = []
    for _, clip in _clips_of(stores, "audit"):
        verdicts.append((clip.clip_id, auditor.audit(clip) if whole else audit_in_stretches(auditor, clip)))
    print(verdict_table(verdicts))


def _measure(stores: Sequence[Path], audit: AuditConfig, out: Path) -> None:
    auditor = make_unmeasured_auditor(audit)
    known, done = Reliability.unknown(), 0
    for store, clip in _clips_of(stores, "reliability"):
        if clip.provenance.kind is FrameKind.GENERATED or not clip.labelled:
            raise DataError(
                "a judge is measured on labelled reference clips", where=f"{store}: {clip.clip_id}",
                got="generated" if clip.labelled else "unlabelled", remedy="drivegen sample generator=reference",
            )  # fmt: skip
        known = known.plus(auditor.reliability_on(clip))
        done += 1
    known.save(out)
    print(f"{int(known.evidence.sum())} scored boxes of {done} clips: {out}")
    print(f"next: drivegen sample, with the file as {RELIABILITY_FILE} in the judge's folder")


def _clips_of(stores: Sequence[Path], title: str) -> Iterator[tuple[Path, Clip]]:
    """The clips of all stores, each with its own, one in memory at a time."""
    # All are opened first: one that is not there is to be known before the work.
    readers = [(store, StoreReader(store)) for store in stores]
    total, done = sum(len(reader.clip_ids) for _, reader in readers), 0
    with progress(title, "clips") as advance:
        for store, reader in readers:
            for clip in reader.clips():
                yield store, clip
                done += 1
                advance(done, total)


def _list_training_clips(training: TrainingClips, audit: AuditConfig, out: Path) -> None:
    from drivegen.data import ClipDataset, ClipIndex

    # Read first: what cannot be joined is to be known before the work.
    earlier = None if training.earlier is None else TrainingIndex.load(training.earlier)
    clips = ClipDataset(ClipIndex.from_config(training.data()))
    with progress("training clips", "clips") as advance:

        def read() -> Iterator[tuple[str, Bytes, float]]:
            for i in range(len(clips)):
                sample = clips[i]
                yield sample.clip_key, sample.frames, sample.fps
                advance(i + 1, len(clips))

        index = build_training_index(make_observer(audit), read())
    index = index if earlier is None else earlier.joined(index)
    index.save(out)
    print(f"{len(set(index.ids))} training clips, {len(index.ids)} windows: {out}")
    print(f"next: drivegen sample, with the file as {INDEX_FILE} in the model's folder")


def verdict_table(verdicts: Sequence[tuple[str, Verdict]]) -> str:
    """Ids of clips, verdicts, scores and reasons as aligned columns, with a summary below."""
    names = sorted({name for _, verdict in verdicts for name in verdict.scores})
    refused = any(verdict.reasons for _, verdict in verdicts)
    rows = [["clip_id", "verdict", *names, *(["reasons"] if refused else [])]]
    for clip_id, verdict in verdicts:
        scores = [_score(verdict.scores.get(name)) for name in names]
        rows.append([clip_id, _word(verdict.passed), *scores, *([",".join(verdict.reasons)] if refused else [])])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, *_summary([verdict for _, verdict in verdicts])])


def _summary(judged: Sequence[Verdict]) -> list[str]:
    """How often each reason was given; last, how many passed."""
    words = [_word(verdict.passed) for verdict in judged]
    counts = ", ".join(f"{words.count(word)} {word}" for word in ("passed", "failed", "not judged"))
    reasons = Counter(reason for verdict in judged for reason in verdict.reasons)
    return [*(f"{count} failed {reason}" for reason, count in reasons.most_common()), f"{len(words)} clips: {counts}"]


def _word(passed: bool | None) -> str:
    if passed is None:
        return "not judged"
    return "passed" if passed else "failed"


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


if __name__ == "__main__":
    run("audit", config_class, job)
