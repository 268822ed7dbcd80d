"""`drivegen evaluate`: hold a dataset to a reference, or put metric cards side by side."""

from __future__ import annotations

from drivegen.cli.progress import progress
from drivegen.cli.run import run
from drivegen.evaluation.config import EvaluateConfig


def config_class() -> type[EvaluateConfig]:
    """The command's configuration."""
    return EvaluateConfig


def job(config: EvaluateConfig) -> None:
    """Evaluate and say how far the dataset is from its reference; or compare cards."""
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
