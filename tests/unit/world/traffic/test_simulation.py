"""Traffic over a scene: who is there, what they obey, and what the ego does when asked."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from drivegen.core import CATEGORIES, ConfigError, decode, encode, stream
from drivegen.world.geometry import LAMP_COUNT, Lamp
from drivegen.world.profile import Profile
from drivegen.world.roads import KERB_M, RoadNetwork, Turn, make_network
from drivegen.world.traffic import EGO_SIZE, Density, EgoPlan, Traffic, simulate

STEP_S = 1 / 12


def drive(
    network: RoadNetwork, seed: int = 0, frames: int = 120, *, plan: EgoPlan | None = None, **density: float
) -> Traffic:
    return simulate(
        network, stream(seed, "traffic"), frames=frames, step_s=STEP_S, density=Density(**density), ego=plan
    )


def near(traffic: Traffic, radius_m: float = 60.0) -> float:
    """Mean number of agents within a radius of the ego."""
    total = sum(int((np.hypot(*(t.xy - traffic.ego_xy[t.present]).T) < radius_m).sum()) for t in traffic.traces)
    return total / len(traffic.ego_yaw)


def test_same_seed_gives_the_same_bytes_and_another_seed_others(town: RoadNetwork) -> None:
    one, two, other = drive(town, 1), drive(town, 1), drive(town, 2)
    assert [t.track_id_suffix for t in one.traces] == [t.track_id_suffix for t in two.traces]
    for a, b in zip(one.traces, two.traces, strict=True):
        assert a.xy.tobytes() == b.xy.tobytes() and a.lamps.tobytes() == b.lamps.tobytes() and a.rgb == b.rgb
    assert one.ego_xy.tobytes() == two.ego_xy.tobytes()
    assert one.ego_xy.tobytes() != other.ego_xy.tobytes()


def test_traces_are_well_formed(town: RoadNetwork) -> None:
    traffic = drive(town)
    names = [trace.track_id_suffix for trace in traffic.traces]
    assert len(set(names)) == len(names)
    for trace in traffic.traces:
        count = trace.stop - trace.start
        assert 0 <= trace.start < trace.stop <= 120
        assert trace.category in CATEGORIES
        assert trace.xy.shape == (count, 2) and trace.yaw.shape == trace.z_m.shape == (count,)
        assert trace.lamps.shape == (count, LAMP_COUNT) and len(trace.attribute) == count
        assert (np.diff(trace.travelled_m) >= -1e-6).all()
        assert (trace.z_m >= 0).all() and (trace.z_m <= KERB_M + 1e-6).all()
        if trace.category not in ("pedestrian", "barrier"):
            assert (trace.z_m == 0).all()


def test_nothing_at_density_zero_and_more_with_more(town: RoadNetwork) -> None:
    none = drive(town, vehicles=0, parked=0, pedestrians=0, cyclists=0, static=0)
    assert none.traces == ()
    assert none.ego_speed.max() > 3.0
    counts = [near(drive(town, 5, vehicles=d, parked=d, pedestrians=d, cyclists=d, static=d)) for d in (0.3, 1.0, 3.0)]
    assert counts[0] < counts[1] < counts[2]
    assert counts[2] > 3 * counts[0]


def test_all_classes_appear_over_scenes() -> None:
    seen: set[str] = set()
    for seed in range(8):
        profile = (Profile.URBAN, Profile.SUBURBAN)[seed % 2]
        network = make_network(stream(seed, "roads"), profile, 200.0)
        seen |= {trace.category for trace in drive(network, seed, 2, vehicles=2, static=3, cyclists=2).traces}
    assert seen == set(CATEGORIES)


def test_nobody_runs_a_red_light(town: RoadNetwork) -> None:
    crossed = 0
    for seed in range(3):
        traffic = drive(town, seed, 240)
        for lane in town.lanes:
            if lane.road < 0 or lane.junction < 0 or town.junctions[lane.junction].arms[lane.arm].signal < 0:
                continue
            signal = town.signals[town.junctions[lane.junction].arms[lane.arm].signal]
            line, yaw = lane.at(lane.stop_m)
            moves = [(traffic.ego_xy, traffic.ego_yaw, EGO_SIZE[0], 0)]
            moves += [
                (t.xy, t.yaw, t.size_m[0], t.start)
                for t in traffic.traces
                if t.lamps[0, Lamp.TAIL] and t.category != "trailer"
            ]
            for xy, heading, length, start in moves:
                nose = xy + 0.5 * length * np.stack([np.cos(heading), np.sin(heading)], axis=1) - line
                along = nose @ np.array([np.cos(yaw), np.sin(yaw)])
                across = np.abs(nose @ np.array([-np.sin(yaw), np.cos(yaw)]))
                for k in np.flatnonzero((along[:-1] < 0.3) & (along[1:] >= 0.3) & (across[1:] < 1.2)):
                    crossed += 1
                    assert signal.color_at((start + k) * STEP_S) != "red"
    assert crossed > 0


def test_ego_follows_a_trajectory(town: RoadNetwork) -> None:
    points = tuple((float(t), 4.0 * t, 0.1 * t * t, 0.05 * t) for t in range(11))
    traffic = drive(town, plan=EgoPlan(kind="trajectory", trajectory=points))
    t = np.arange(120) * STEP_S
    pose = np.array(points)
    x, y = np.interp(t, pose[:, 0], pose[:, 1]), np.interp(t, pose[:, 0], pose[:, 2])
    heading = traffic.ego_yaw[0]
    c, s = np.cos(heading), np.sin(heading)
    wanted = traffic.ego_xy[0] + np.stack([c * x - s * y, s * x + c * y], axis=1)
    assert np.abs(traffic.ego_xy - wanted).max() < 0.01
    assert np.abs(traffic.ego_yaw - heading - np.interp(t, pose[:, 0], pose[:, 3])).max() < 1e-6


def test_ego_starts_on_its_route(town: RoadNetwork) -> None:
    way = np.hypot(*(town.route_points - drive(town).ego_xy[0]).T)
    assert way.min() < 1.0


@pytest.mark.parametrize("side", ["left", "right"])
def test_ego_changes_lane_when_asked(side: str) -> None:
    for seed in range(40):
        network = make_network(stream(seed, "roads"), Profile.URBAN, 200.0)
        way, index = network.route_start_m, 0
        while way > network.lanes[network.route[index]].length_m:
            way -= network.lanes[network.route[index]].length_m
            index += 1
        lane = network.lanes[network.route[index]]
        beside = lane.left if side == "left" else lane.right
        if beside >= 0 and lane.length_m - way > 110.0:
            break
    plan = EgoPlan(kind="action", action="change_left" if side == "left" else "change_right")
    traffic = drive(network, 3, 110, plan=plan, vehicles=0.5)
    offset = [
        np.hypot(*(network.lanes[n].points[:, None] - traffic.ego_xy).T).min(axis=1) for n in (lane.index, beside)
    ]
    assert offset[0][0] < 0.5
    assert (offset[1] < 0.5).any()
    lamp = Lamp.LEFT if side == "left" else Lamp.RIGHT
    assert traffic.ego_lamps[:, lamp].max() == 1.0


def test_ego_stops_when_asked(country: RoadNetwork) -> None:
    traffic = drive(country, 2, 240, plan=EgoPlan(kind="action", action="stop"), vehicles=0)
    assert traffic.ego_speed[0] > 3.0
    assert traffic.ego_speed[-1] == 0.0
    assert np.diff(traffic.ego_speed).min() > -4.0 * STEP_S
    assert traffic.ego_lamps[-1, Lamp.BRAKE] == 1.0


def test_ego_takes_the_first_turn() -> None:
    network = make_network(stream(6, "roads"), Profile.SUBURBAN, 200.0, first_turn=Turn.LEFT)
    traffic = drive(network, 6, 420, plan=EgoPlan(kind="action", action="left"), vehicles=0.2, pedestrians=0.2)
    turned = np.rad2deg(traffic.ego_yaw - traffic.ego_yaw[0])
    assert turned.max() > 45.0


def test_ego_keeps_the_speed_that_was_asked_for(country: RoadNetwork) -> None:
    traffic = drive(country, plan=EgoPlan(speed_mps=6.0), vehicles=0)
    assert traffic.ego_speed.max() < 6.3
    assert traffic.ego_speed[-1] > 4.0


def test_who_comes_and_goes_does_so_far_away(town: RoadNetwork) -> None:
    traffic = drive(town, 4, 240)
    for trace in traffic.traces:
        distance = np.hypot(*(trace.xy - traffic.ego_xy[trace.present]).T)
        assert trace.start == 0 or distance[0] > 115.0
        assert trace.stop == 240 or distance[-1] > 115.0


def test_a_long_scene_stays_as_full_as_it_began() -> None:
    network = make_network(stream(8, "roads"), Profile.SUBURBAN, 1600.0)
    traffic = simulate(
        network, stream(8, "t"), frames=1200, step_s=STEP_S, density=Density(parked=0, static=0), ego=EgoPlan()
    )
    present = np.zeros(1200)
    for trace in traffic.traces:
        present[trace.present] += 1
    thirds = [part.mean() for part in np.split(present, 3)]
    assert min(thirds) > 0.4 * max(thirds)


def test_five_minutes_hold_as_many_as_the_first_and_cost_as_little() -> None:
    network = make_network(stream(9, "roads"), Profile.RURAL, 2400.0)
    traffic = simulate(
        network, stream(9, "t"), frames=600, step_s=0.5, density=Density(vehicles=0.8), ego=EgoPlan(speed_mps=8.0)
    )
    assert np.hypot(*np.diff(traffic.ego_xy, axis=0).T).sum() > 1200.0
    active = np.zeros(600)
    for trace in traffic.traces:
        if trace.travelled_m[-1] > 0:
            active[trace.present] += 1
            assert np.hypot(*(trace.xy - traffic.ego_xy[trace.present]).T).max() < 200.0
    minutes = active.reshape(5, 120).mean(axis=1)
    assert minutes.min() > 3.0
    assert minutes.max() < 1.8 * minutes.min()
    # Nobody stays for good: those at the end are others than those at the beginning.
    assert not any(trace.start == 0 and trace.stop == 600 for trace in traffic.traces)


def test_what_is_common_on_real_roads_is_common_here() -> None:
    counts: Counter[str] = Counter()
    parked = vehicles = 0
    for seed in range(10):
        network = make_network(stream(seed, "roads"), (Profile.URBAN, Profile.SUBURBAN)[seed % 2], 200.0)
        traces = drive(network, seed, 2, vehicles=0.8, parked=1.6).traces
        counts.update(trace.category for trace in traces)
        driven = [trace for trace in traces if trace.attribute[0].startswith("vehicle")]
        vehicles += len(driven)
        parked += sum(trace.attribute[0] == "vehicle.parked" for trace in driven)
    total = counts.total()
    assert 0.3 < counts["car"] / total < 0.6
    assert 0.1 < counts["pedestrian"] / total < 0.35
    assert 0.04 < counts["truck"] / total < 0.15
    assert counts["bicycle"] < 0.04 * total and counts["motorcycle"] < 0.04 * total
    assert counts["barrier"] > 0.04 * total and counts["traffic_cone"] > 0.03 * total
    assert 0.35 < parked / vehicles < 0.8


def test_plans_are_checked_and_decoded() -> None:
    plan = EgoPlan(kind="trajectory", trajectory=((0.0, 0.0, 0.0, 0.0), (1.0, 2.0, 0.0, 0.0)))
    assert decode(EgoPlan, encode(plan)) == plan
    with pytest.raises(ConfigError):
        EgoPlan(kind="action")
    with pytest.raises(ConfigError):
        EgoPlan(kind="trajectory", trajectory=((1.0, 0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)))
    with pytest.raises(ConfigError):
        Density(vehicles=-1.0)
