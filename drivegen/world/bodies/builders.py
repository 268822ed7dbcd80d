"""Which function makes which body."""

from __future__ import annotations

from collections.abc import Callable

from drivegen.world.bodies.buses import bus_mesh
from drivegen.world.bodies.car_shape import CarShape
from drivegen.world.bodies.car_shapes import COUPE, HATCHBACK, SEDAN, SUV, WAGON
from drivegen.world.bodies.cars import car_mesh
from drivegen.world.bodies.catalogue import Size
from drivegen.world.bodies.cycles import FRAMES, bicycle_mesh, motorcycle_mesh
from drivegen.world.bodies.excavator import excavator_mesh
from drivegen.world.bodies.far_cars import far_car_mesh
from drivegen.world.bodies.far_cycles import far_bicycle_mesh, far_motorcycle_mesh
from drivegen.world.bodies.far_people import far_person_mesh
from drivegen.world.bodies.people import person_mesh
from drivegen.world.bodies.street_objects import barrier_mesh, cone_mesh
from drivegen.world.bodies.trucks import box_truck_mesh, semi_mesh, trailer_mesh
from drivegen.world.bodies.van_shapes import DELIVERY_VAN, MINIVAN, PICKUP, TAXI, VAN
from drivegen.world.bodies.work_machines import loader_mesh, roller_mesh
from drivegen.world.geometry import Mesh

_CARS: dict[str, CarShape] = {
    "sedan": SEDAN, "hatchback": HATCHBACK, "wagon": WAGON, "coupe": COUPE, "suv": SUV, "minivan": MINIVAN,
    "taxi": TAXI, "van": VAN, "delivery_van": DELIVERY_VAN, "pickup": PICKUP,
}  # fmt: skip


_STEERED: dict[str, Callable[..., Mesh]] = {"bus": bus_mesh, "box_truck": box_truck_mesh, "semi": semi_mesh}
_RIGID: dict[str, Callable[..., Mesh]] = {
    "trailer": trailer_mesh, "semi_trailer": trailer_mesh, "loader": loader_mesh, "excavator": excavator_mesh,
    "roller": roller_mesh, "cone": cone_mesh,
}  # fmt: skip


def shape_mesh(
    body: str, size_m: Size, *, phase: float, standing: bool, variant: int, steer_rad: float, coarse: bool
) -> Mesh:
    """A body of about this size, its paint white."""
    if body in _CARS:
        return far_car_mesh(_CARS[body], size_m) if coarse else car_mesh(_CARS[body], size_m, steer_rad=steer_rad)
    if body in _STEERED:
        return _STEERED[body](size_m, steer_rad=steer_rad, coarse=coarse)
    if body in _RIGID:
        return _RIGID[body](size_m, coarse=coarse)
    if body == "barrier":
        return barrier_mesh(size_m, variant=variant, coarse=coarse)
    if body == "bicycle":
        if coarse:
            return far_bicycle_mesh(size_m, phase=phase, variant=variant, rgb=FRAMES[variant % len(FRAMES)])
        return bicycle_mesh(size_m, phase=phase, variant=variant, steer_rad=steer_rad)
    if body in ("motorcycle", "scooter"):
        if coarse:
            return far_motorcycle_mesh(size_m, variant=variant, scooter=body == "scooter")
        return motorcycle_mesh(size_m, variant=variant, scooter=body == "scooter")
    if coarse:
        return far_person_mesh(body, size_m, phase=phase, standing=standing, variant=variant)
    return person_mesh(body, size_m, phase=phase, standing=standing, variant=variant)
