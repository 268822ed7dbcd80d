"""The judge judged: which planted faults an audit catches, and how often it cries wolf over clean clips.

`examine` is a pure function of one clip; its results are small and can be summed up anywhere (`summarise`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from drivegen.audit.faults import FAULTS, Fault
from drivegen.audit.frames import BLANK
from drivegen.audit.looking import ClipwiseObserver, window_length
from drivegen.audit.perception import PerceptionAuditor
from drivegen.audit.thresholds import Thresholds, failed_checks
from drivegen.core import Clip, ClipObservation, Verdict, label_boxes

Scores = dict[str, float]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Judged:
    """What the audit said of one clip: its scores, and the checks it failed."""

    scores: Scores
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Examined:
    """One clip, clean and with each fault.

    Attributes:
        clip_id, scenario_id: of the clean clip.
        clean: what the audit said of it.
        faulty: by fault, likewise; a fault that does not apply is not there.
        found: by class, of the clean clip's scored boxes: how many there are, how many were found, of how many
            of those a class was told, and of how many the right one.
    """

    clip_id: str
    scenario_id: str
    clean: Judged
    faulty: dict[str, Judged]
    found: dict[str, tuple[int, int, int, int]]


@dataclass(frozen=True)
class Share:
    """`hits` of `count`, with Wilson's 95 % interval (1927)."""

    hits: int
    count: int

    @property
    def value(self) -> float:
        """The share; NaN of nothing."""
        return self.hits / self.count if self.count else float("nan")

    @property
    def interval_95(self) -> Interval:
        """Wilson's interval; all that is possible for a share of nothing."""
        if not self.count:
            return (0.0, 1.0)
        z2 = 1.959964**2
        centre = (self.hits + z2 / 2) / (self.count + z2)
        spread = np.sqrt(z2 * (self.hits * (self.count - self.hits) / self.count + z2 / 4)) / (self.count + z2)
        return (float(max(0.0, centre - spread)), float(min(1.0, centre + spread)))


@dataclass(frozen=True)
class FaultRow:
    """How the audit met one fault.

    Attributes:
        caught: clips that fail a check of this fault, of those to which it applies.
        target: the share that has to be.
        not_applicable: clips that it does not apply to.
        fired: by check, faulty clips that fail it; checks of other faults included.
        fired_clean: by check, the same clips without the fault.
        figures: by check of this fault, the mean score of these clips before and after.
    """

    fault: str
    caught: Share
    target: float
    not_applicable: int
    fired: dict[str, int]
    fired_clean: dict[str, int]
    figures: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class SanityTable:
    """The judge's own report.

    Attributes:
        rows: one per fault.
        false_alarms: clean clips that do not pass.
        false_alarms_by_check: by check, clean clips that fail it.
        found: scored boxes of clean clips that were found, in all.
        found_by_class: the same by class; classes without boxes are not there.
        right_by_class: of those of which a class was told, the ones of the right class.
    """

    rows: tuple[FaultRow, ...]
    false_alarms: Share
    false_alarms_by_check: dict[str, int]
    found: Share
    found_by_class: dict[str, Share]
    right_by_class: dict[str, Share]


def sanity_table(clips: Iterable[Clip], auditor: PerceptionAuditor, seed: int) -> SanityTable:
    """Plant every fault in every clip and see what the audit says; one clip in memory at a time."""
    return summarise([examine(clip, auditor, seed) for clip in clips])


def examine(clip: Clip, auditor: PerceptionAuditor, seed: int, faults: Mapping[str, Fault] | None = None) -> Examined:
    """One clip, clean and with each fault.

    Pixels are looked at once, however many labellings of them there are. An observer that looks predictions up by clip
    has none for faulty pixels, so that faults of pixels are left out for it; without training clips to compare with
    nothing can be a copy of one.
    """
    faults = FAULTS if faults is None else faults
    by_file, index = isinstance(auditor.observer, ClipwiseObserver), auditor.training_index
    planted = {
        name: faulty
        for name, fault in faults.items()
        if not (by_file and fault.changes == "pixels")
        and not (index is None and fault.remembered)
        and (faulty := fault(clip, seed)) is not None
    }
    same_pixels = {name: faulty for name, faulty in planted.items() if faulty.frames is clip.frames}
    seen = _observed([clip, *same_pixels.values()], auditor, clip.clip_id)
    clean = auditor.verdict(clip, seen[0])
    verdicts = {
        name: auditor.verdict(faulty, observation)
        for (name, faulty), observation in zip(same_pixels.items(), seen[1:], strict=True)
    }
    for name, faulty in planted.items():
        if name not in same_pixels:
            known = auditor
            if index is not None and faults[name].remembered:
                known = auditor.with_index(index.with_clip(clip.clip_id, seen[0].window_features))
            verdicts[name] = known.verdict(faulty, _observed([faulty], auditor, faulty.clip_id)[0])
    return Examined(
        clip.clip_id, clip.scenario_id, _judged(clean), {name: _judged(verdicts[name]) for name in planted},
        _found(clip, clean),
    )  # fmt: skip


def rejudged(examined: Examined, thresholds: Thresholds) -> Examined:
    """The same clip held to other thresholds, without another look."""

    def again(judged: Judged) -> Judged:
        # What no threshold decides stays.
        blank = (BLANK,) if BLANK in judged.reasons else ()
        return Judged(judged.scores, (*blank, *failed_checks(judged.scores, thresholds)))

    faulty = {name: again(judged) for name, judged in examined.faulty.items()}
    return replace(examined, clean=again(examined.clean), faulty=faulty)


def summarise(examined: Sequence[Examined], faults: Mapping[str, Fault] | None = None) -> SanityTable:
    """The table over some clips."""
    faults = FAULTS if faults is None else faults
    alarms = [one.clean.reasons for one in examined]
    totals: dict[str, np.ndarray] = {}
    for one in examined:
        for category, counts in one.found.items():
            totals[category] = totals.get(category, np.zeros(4, dtype=int)) + counts
    scored, found = (sum(int(counts[i]) for counts in totals.values()) for i in (0, 1))
    return SanityTable(
        rows=tuple(_row(fault, examined) for fault in faults.values()),
        false_alarms=Share(sum(bool(reasons) for reasons in alarms), len(examined)),
        false_alarms_by_check=_counted(alarms),
        found=Share(found, scored),
        found_by_class={name: Share(int(n[1]), int(n[0])) for name, n in sorted(totals.items())},
        right_by_class={name: Share(int(n[3]), int(n[2])) for name, n in sorted(totals.items())},
    )


def _row(fault: Fault, examined: Sequence[Examined]) -> FaultRow:
    concerned = [one for one in examined if fault.name in one.faulty]
    after = [one.faulty[fault.name] for one in concerned]
    before = [one.clean for one in concerned]
    caught = sum(any(check in judged.reasons for check in fault.checks) for judged in after)
    figures = {check: (_mean(before, check), _mean(after, check)) for check in fault.checks}
    return FaultRow(
        fault=fault.name,
        caught=Share(caught, len(concerned)),
        target=fault.target,
        not_applicable=len(examined) - len(concerned),
        fired=_counted([judged.reasons for judged in after]),
        fired_clean=_counted([judged.reasons for judged in before]),
        figures=figures,
    )


def _observed(variants: Sequence[Clip], auditor: PerceptionAuditor, clip_id: str) -> list[ClipObservation]:
    """Observations of clips with the same pixels but their own boxes, from one look that asks about all boxes."""
    observer, clip = auditor.observer, variants[0]
    if isinstance(observer, ClipwiseObserver):
        observer = observer.of_clip(clip_id)
    asked = [label_boxes(variant.labels) for variant in variants]
    together = [np.concatenate(boxes) for boxes in zip(*asked, strict=True)]
    seen = observer.observe(clip.frames, together, clip.fps, window_length(len(clip.frames)))
    ends = [np.cumsum([len(boxes) for boxes in of_frame]) for of_frame in zip(*asked, strict=True)]
    # A judge that does not look at boxes has nothing to share out.
    regions = _shared_out(seen.regions, ends) if seen.regions else [()] * len(variants)
    return [
        replace(seen, identities=own, regions=looked_at)
        for own, looked_at in zip(_shared_out(seen.identities, ends), regions, strict=True)
    ]


def _shared_out(of_frames: Sequence[np.ndarray], ends: Sequence[np.ndarray]) -> list[tuple[np.ndarray, ...]]:
    """What was seen at the boxes of all variants, per frame, as per variant and frame."""
    parts = [np.split(seen, end[:-1]) for seen, end in zip(of_frames, ends, strict=True)]
    return list(zip(*parts, strict=True))


def _judged(verdict: Verdict) -> Judged:
    return Judged(dict(verdict.scores), verdict.reasons)


def _found(clip: Clip, verdict: Verdict) -> dict[str, tuple[int, int, int, int]]:
    counts: dict[str, np.ndarray] = {}
    for labels, objects in zip(clip.labels, verdict.objects, strict=True):
        for i in np.flatnonzero(labels.scored):
            told = objects.class_agrees[i]
            add = np.array([1, objects.detected[i] == 1.0, not np.isnan(told), told == 1.0], dtype=int)
            counts[labels.categories[i]] = counts.get(labels.categories[i], np.zeros(4, dtype=int)) + add
    return {name: (int(n[0]), int(n[1]), int(n[2]), int(n[3])) for name, n in counts.items()}


def _counted(reasons: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """How often each reason is given, the most frequent first."""
    return dict(Counter(reason for one in reasons for reason in one).most_common())


def _mean(judged: Sequence[Judged], check: str) -> float:
    values = [one.scores[check] for one in judged if check in one.scores]
    return round(float(np.mean(values)), 4) if values else float("nan")
