"""Sets of clips held to a reference: distances of features, average precision, agreement, with their intervals.

Everything streams: an accumulator sees one clip at a time, adds up with those of other processes, and stays small.
"""

from drivegen.evaluation.ap_figures import ap_interval, ap_ratio, ap_replicates, ap_table, measurable_classes
from drivegen.evaluation.average_precision import ApStats, ap_of_counts
from drivegen.evaluation.bootstrap import Interval, Resampling, group_draws, interval_of, ratio_interval
from drivegen.evaluation.canonical import CanonicalFeatures, FeaturesConfig, open_canonical
from drivegen.evaluation.card import Card, read_card
from drivegen.evaluation.comparable import comparable, comparison
from drivegen.evaluation.config import EvaluateConfig
from drivegen.evaluation.evaluate import evaluate
from drivegen.evaluation.frechet import FrechetStats, Moments, frechet_distance
from drivegen.evaluation.frechet_figures import (
    FrechetFigures,
    distance_interval,
    extrapolated_distance,
    frechet_figures,
)
from drivegen.evaluation.groups import GROUPS, group_of, groups_for
from drivegen.evaluation.matching import DISTANCES, SIZES, Outcomes, match_frame
from drivegen.evaluation.means import MeanStats, PairStats
from drivegen.evaluation.report import EvaluateReport

__all__ = [
    "DISTANCES",
    "GROUPS",
    "SIZES",
    "ApStats",
    "CanonicalFeatures",
    "Card",
    "EvaluateConfig",
    "EvaluateReport",
    "FeaturesConfig",
    "FrechetFigures",
    "FrechetStats",
    "Interval",
    "MeanStats",
    "Moments",
    "Outcomes",
    "PairStats",
    "Resampling",
    "ap_interval",
    "ap_of_counts",
    "ap_ratio",
    "ap_replicates",
    "ap_table",
    "comparable",
    "comparison",
    "distance_interval",
    "evaluate",
    "extrapolated_distance",
    "frechet_distance",
    "frechet_figures",
    "group_draws",
    "group_of",
    "groups_for",
    "interval_of",
    "match_frame",
    "measurable_classes",
    "open_canonical",
    "ratio_interval",
    "read_card",
]
