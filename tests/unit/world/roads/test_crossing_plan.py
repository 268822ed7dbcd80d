"""How junctions are timed."""

from __future__ import annotations

from drivegen.core import LightState, stream
from drivegen.world.profile import Profile
from drivegen.world.roads import RoadNetwork, make_network
from drivegen.world.roads.generate import PACE


def _shown_on_arrival(network: RoadNetwork) -> list[LightState]:
    """What the lights on the route show to an ego that nothing stops."""
    time_s, left_m, shown = 0.0, -network.route_start_m, []
    for index in network.route:
        lane = network.lanes[index]
        left_m += lane.length_m
        time_s += min(lane.length_m, max(0.0, left_m)) / (PACE * lane.speed_mps)
        if lane.turn is None and lane.junction >= 0 and left_m > 0.0:
            signal = network.junctions[lane.junction].arms[lane.arm].signal
            if signal >= 0:
                shown.append(network.signals[signal].color_at(time_s - 0.01))
    return shown


def test_about_half_of_the_lights_are_green_for_whoever_drives_steadily() -> None:
    networks = [make_network(stream(seed, "wave"), Profile.URBAN, 600.0) for seed in range(12)]
    shown = [light for network in networks for light in _shown_on_arrival(network)]
    share = shown.count(LightState.GREEN) / len(shown)
    assert len(shown) > 40 and 0.5 < share < 0.8
