"""Which scenes are for training, and which combinations of weather, time and crowdedness training never shows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from drivegen.core import Ambience, Crowdedness, TimeOfDay, Weather, derive_seed, stream
from drivegen.world.config import WorldConfig

HELD_OUT_SHARE = 0.1
# Of the scenes whose combination is not held out; per cent. With the held-out ones 77 % train, 7 % val, 15 % test.
TRAIN_PERCENT, VAL_PERCENT = 86, 8


class Combination(NamedTuple):
    """What a scene shows."""

    weather: Weather
    time_of_day: TimeOfDay
    crowdedness: Crowdedness


def drawn_ambience(config: WorldConfig, index: int) -> Ambience:
    """Weather and time of day of scene `index` where nothing is asked for."""
    rng = stream(config.seed, "ambience", index)
    weather = config.weather[int(rng.integers(len(config.weather)))]
    return Ambience(weather, config.time_of_day[int(rng.integers(len(config.time_of_day)))])


def drawn_level(config: WorldConfig, index: int) -> Crowdedness:
    """Crowdedness of scene `index` where nothing is asked for."""
    return config.levels[int(stream(config.seed, "level", index).integers(len(config.levels)))]


def combination_of(config: WorldConfig, index: int) -> Combination:
    """The combination that scene `index` shows."""
    ambience = drawn_ambience(config, index)
    if ambience.weather is None or ambience.time_of_day is None:
        raise AssertionError("a drawn ambience is complete")
    return Combination(ambience.weather, ambience.time_of_day, drawn_level(config, index))


def held_out(config: WorldConfig) -> tuple[Combination, ...]:
    """The combinations that only test shows: about a tenth, by seed; each weather, time and level stays in train."""
    return _held_out(config.seed, tuple(dict.fromkeys(config.weather)), tuple(dict.fromkeys(config.time_of_day)),
                     tuple(dict.fromkeys(config.levels)))  # fmt: skip


@lru_cache(maxsize=16)
def _held_out(
    seed: int, weathers: tuple[Weather, ...], times: tuple[TimeOfDay, ...], levels: tuple[Crowdedness, ...]
) -> tuple[Combination, ...]:
    every = [Combination(w, t, c) for w in weathers for t in times for c in levels]
    wanted = round(HELD_OUT_SHARE * len(every))
    chosen: list[Combination] = []
    for number in stream(seed, "held out").permutation(len(every)):
        if len(chosen) == wanted:
            break
        kept = [c for c in every if c not in chosen and c != every[number]]
        if all(_parts(kept, axis) == _parts(every, axis) for axis in range(3)):
            chosen.append(every[number])
    return tuple(sorted(chosen))


def _parts(combinations: Iterable[Combination], axis: int) -> set[str]:
    return {combination[axis] for combination in combinations}


def split_of(config: WorldConfig, index: int) -> str:
    """train, val or test: test for held-out combinations, else by seed and index alone."""
    if combination_of(config, index) in held_out(config):
        return "test"
    draw = derive_seed(config.seed, "split", index) % 100
    return "train" if draw < TRAIN_PERCENT else "val" if draw < TRAIN_PERCENT + VAL_PERCENT else "test"


def splits_of(config: WorldConfig, names: dict[int, str]) -> dict[str, list[str]]:
    """Names of scenes (by index) by split; the three splits are always there."""
    found: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for index, name in names.items():
        found[split_of(config, index)].append(name)
    return found


def held_out_notes(config: WorldConfig, names: dict[int, str]) -> dict[str, Any]:
    """What `held_out.json` says: the combinations, and for every test scene whether it shows one of them."""
    chosen = held_out(config)
    tests = {name: index for index, name in names.items() if split_of(config, index) == "test"}
    return {
        "combinations": [{axis: value.value for axis, value in c._asdict().items()} for c in chosen],
        "test": {name: combination_of(config, index) in chosen for name, index in tests.items()},
    }
