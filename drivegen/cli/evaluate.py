"""`drivegen evaluate`: hold a dataset to a reference, put metric cards side by side, or run an ablation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivegen.cli.progress import progress
from drivegen.cli.run import run

if TYPE_CHECKING:
    from drivegen.evaluation.config import EvaluateConfig
    from drivegen.experiments.ablation_config import EvaluateCommand


def config_class() -> type[EvaluateCommand]:
    """The command's configuration (imports torch)."""
    from drivegen.experiments.ablation_config import EvaluateCommand

    return EvaluateCommand


def job(config: EvaluateConfig) -> None:
    """Evaluate and say how far the dataset is from its reference; or compare cards; or train and compare arms."""
    from drivegen.experiments.ablation_config import EvaluateCommand

    if isinstance(config, EvaluateCommand) and config.ablation is not None:
        from drivegen.experiments.ablation import ablate

        with progress("ablation", "trials") as advance:
            print(ablate(config, advance))
        return
    if config.compare:
        from drivegen.evaluation.card import read_card
        from drivegen.evaluation.comparable import comparison

        print(comparison([read_card(path) for path in config.compare]))
        return
    from drivegen.evaluation.evaluate import evaluate

    with progress("evaluate", "clips") as advance:
        report = evaluate(config, progress=advance)
    print(report)


if __name__ == "__main__":
    run("evaluate", config_class, job)
