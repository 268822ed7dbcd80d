"""From what was measured to the metric card."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

from drivegen.core import encode
from drivegen.evaluation.agreement import (
    agreement_rows,
    confusions,
    identity_rows,
    lag_curves,
    motion_rows,
    repetition_row,
)
from drivegen.evaluation.bootstrap import Resampling
from drivegen.evaluation.card import CARD_VERSION, GENERATED, PASSED, RECONSTRUCTED, REFERENCE, Card, SetFacts
from drivegen.evaluation.config import EvaluateConfig
from drivegen.evaluation.control import control_rows
from drivegen.evaluation.drift import drift_curves, drift_rows
from drivegen.evaluation.plan import Plan
from drivegen.evaluation.realism import LEAST_GROUPS, colour_row, distance_rows, diversity_row
from drivegen.evaluation.sets import Sets
from drivegen.evaluation.streams import FRAMES, Measured, SetStats
from drivegen.store import StoreReader
from drivegen.store.manifest import MANIFEST, file_sha256

_VERDICTS = {True: "passed", False: "failed", None: "not judged"}


def make_card(config: EvaluateConfig, plan: Plan, measured: Measured) -> Card:
    """All figures, and all that has to be known to read them."""
    resampling = Resampling(config.resamples, seed=config.seed)
    frechet = Resampling(config.frechet_resamples, seed=config.seed)
    sets = Sets(measured.stats, measured.same, measured.beside, resampling, frechet, config.splits)
    rows = [
        *distance_rows(sets, _networks(plan)),
        diversity_row(sets),
        *control_rows(sets, config.control),
        *agreement_rows(sets),
        *motion_rows(sets),
        *identity_rows(sets),
        colour_row(sets),
        repetition_row(sets),
        *drift_rows(sets),
    ]
    curves = [*lag_curves(sets), *drift_curves(sets, plan.settings.chunk_frames)]
    return Card(
        version=CARD_VERSION,
        drivegen_version=importlib.metadata.version("drivegen"),
        judge=plan.judge,
        networks=plan.networks,
        settings=_settings(config, plan),
        sets=_facts(plan, measured),
        shared_clips=measured.shared_clips,
        rows=tuple(row for row in rows if row is not None),
        curves=tuple(curves),
        confusions=tuple(confusions(sets)),
        notes=(*plan.notes, *_notes(measured)),
    )


def _networks(plan: Plan) -> dict[str, str]:
    """Feature networks only."""
    return {name: sha256 for name, sha256 in plan.networks.items() if not name.endswith("predictions")}


def _settings(config: EvaluateConfig, plan: Plan) -> dict[str, Any]:
    """All that decides a figure beside clips and networks; nothing of this machine."""
    own = ("control", "limit", "seed", "resamples", "frechet_resamples", "splits")
    settings = {name: encode(getattr(config, name)) for name in own}
    return settings | {"measures": encode(plan.settings)}


def _facts(plan: Plan, measured: Measured) -> dict[str, SetFacts]:
    generated, reference = StoreReader(plan.generated.store), StoreReader(plan.reference.store)
    readers = {REFERENCE: reference, RECONSTRUCTED: reference, GENERATED: generated, PASSED: generated}
    facts = {}
    for name, stats in measured.stats.items():
        store, model = readers[name].root, readers[name].manifest.model
        if name == RECONSTRUCTED and plan.reference_look.autoencoder is not None:
            model = _autoencoder_facts(plan.reference_look.autoencoder)
        facts[name] = _facts_of(stats, store, model)
    return facts


def _facts_of(stats: SetStats, store: Path, model: dict[str, Any]) -> SetFacts:
    return SetFacts(
        name=store.resolve().name,
        manifest_sha256=file_sha256(store / MANIFEST),
        kinds=dict(sorted(stats.kinds.items())),
        clips=stats.clips,
        frames=stats.frames,
        fps=tuple(sorted(stats.rates)),
        sizes=tuple(sorted(stats.sizes)),
        lengths=tuple(sorted(stats.lengths)),
        verdicts={_VERDICTS[passed]: count for passed, count in sorted(stats.verdicts.items(), key=str)},
        model=model,
    )


def _autoencoder_facts(folder: Path) -> dict[str, Any]:
    from drivegen.models import model_sha256, read_info

    return {"id": read_info(folder).name, "sha256": model_sha256(folder)}


def _notes(measured: Measured) -> list[str]:
    generated, reference = measured.stats[GENERATED], measured.stats[REFERENCE]
    notes = []
    if not measured.shared_clips:
        notes.append(
            "The reference shows other scenarios than the generated clips: ratios of AP50 and of agreement compare "
            "different scenes. `drivegen sample generator=reference` with the same seed makes the same ones."
        )
    elif measured.shared_clips < reference.clips:
        notes.append(
            f"Held to the {measured.shared_clips} reference clips whose scenarios were generated too; distances, "
            "diversity and the distance of curves to all."
        )
    if int(reference.features[FRAMES].present.sum()) < LEAST_GROUPS:
        notes.append(f"The reference has scenarios in fewer than {LEAST_GROUPS} groups: no floor, and so no distances.")
    if generated.sizes.keys() != reference.sizes.keys():
        notes.append("Frames differ in size: part of every distance is that.")
    if not generated.precision.positives().any():
        notes.append("The generated clips have no scored objects: control cannot be measured.")
    return notes
