import json

import numpy as np
import pytest
from shapely.geometry import LineString, Polygon

from drivegen.core import DataError, LaneLine, LightState, MapLane, RoadMap, Structure, TerrainGrid, TrafficLight

LINE = LineString([(0, 0), (5, 1)])
CHANGES = ((100, LightState.RED), (300, LightState.GREEN))
LIGHT = TrafficLight(2, ((1.0, 2.0),), (0.5,), (3,), CHANGES)
SQUARE = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)])


def test_json_round_trip() -> None:
    road_map = RoadMap(
        road=(SQUARE,),
        sidewalks=(SQUARE,),
        crossings=(),
        lane_lines=(LaneLine(LineString([(0, 0), (5, 1)]), "dashed", 0.15, (1.0, 1.0, 0.9)),),
        structures=(Structure(SQUARE, 9.0, "building", (0.5, 0.4, 0.3)),),
        terrain=TerrainGrid((0.0, 1.0), 5.0, np.array([[0.0, 0.25], [1.5, -1.0]])),
        drivable=(SQUARE,),
        lanes=(
            MapLane(3, LINE, SQUARE, "lane", 13.9, successors=(4, 5), left=7),
            MapLane(4, LINE, SQUARE, "connector", 7.0, turn="left"),
        ),
        stop_lines=(LINE,),
        parking=(SQUARE,),
        traffic_lights=(LIGHT,),
    )
    assert RoadMap.from_dict(json.loads(json.dumps(road_map.to_dict()))) == road_map


def test_maps_of_older_versions_have_five_layers() -> None:
    old = {"road": [], "sidewalks": [], "crossings": [], "lane_lines": [], "structures": []}
    assert RoadMap.from_dict(old) == RoadMap()


def test_lights_change_at_their_times() -> None:
    states = [LIGHT.state_at(t) for t in (99, 100, 299, 300, 9999)]
    assert states == [None, LightState.RED, LightState.RED, LightState.GREEN, LightState.GREEN]


def test_an_empty_map_is_a_map() -> None:
    assert RoadMap.from_dict(RoadMap().to_dict()) == RoadMap()


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"road": 3},
        {**RoadMap().to_dict(), "structures": [{"footprint": {}}]},
        {**RoadMap().to_dict(), "road": [1]},
        {**RoadMap().to_dict(), "terrain": {"origin": [0, 0]}},
    ],
)
def test_what_is_not_a_map_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(DataError, match="not a road map"):
        RoadMap.from_dict(broken)
