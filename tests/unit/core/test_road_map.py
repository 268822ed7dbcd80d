import json

import pytest
from shapely.geometry import LineString, Polygon

from drivegen.core import DataError, LaneLine, RoadMap, Structure

SQUARE = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)])


def test_json_round_trip() -> None:
    road_map = RoadMap(
        road=(SQUARE,),
        sidewalks=(SQUARE,),
        crossings=(),
        lane_lines=(LaneLine(LineString([(0, 0), (5, 1)]), "dashed", 0.15, (1.0, 1.0, 0.9)),),
        structures=(Structure(SQUARE, 9.0, "building", (0.5, 0.4, 0.3)),),
    )
    assert RoadMap.from_dict(json.loads(json.dumps(road_map.to_dict()))) == road_map


def test_an_empty_map_is_a_map() -> None:
    assert RoadMap.from_dict(RoadMap().to_dict()) == RoadMap()


@pytest.mark.parametrize(
    "broken",
    [{}, {"road": 3}, {**RoadMap().to_dict(), "structures": [{"footprint": {}}]}, {**RoadMap().to_dict(), "road": [1]}],
)
def test_what_is_not_a_map_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(DataError, match="not a road map"):
        RoadMap.from_dict(broken)
