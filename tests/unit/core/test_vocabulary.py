"""Orders that stored data and trained weights depend on: append, never reorder."""

from drivegen.core import CATEGORIES, CATEGORY_GROUPS, CATEGORY_ID, ROAD_USERS, Crowdedness, TimeOfDay, Weather


def test_category_order_is_frozen() -> None:
    assert CATEGORIES == (
        "car",
        "truck",
        "bus",
        "trailer",
        "construction_vehicle",
        "pedestrian",
        "motorcycle",
        "bicycle",
        "traffic_cone",
        "barrier",
    )
    assert [CATEGORY_ID[name] for name in CATEGORIES] == list(range(10))


def test_the_groups_part_the_categories() -> None:
    assert sorted(name for group in CATEGORY_GROUPS for name in group) == sorted(CATEGORIES)
    assert set(CATEGORIES) - ROAD_USERS == {"traffic_cone", "barrier"}


def test_order_of_the_models_classes_is_frozen() -> None:
    assert [str(w) for w in Weather] == ["clear", "cloudy", "rain", "snow", "fog"]
    assert [str(t) for t in TimeOfDay] == ["day", "dusk", "night"]
    assert [str(c) for c in Crowdedness] == ["empty", "sparse", "moderate", "crowded"]
