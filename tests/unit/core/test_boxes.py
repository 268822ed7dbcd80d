import numpy as np
import pytest

from drivegen.core import Boxes3D, GeometryError, Pose
from drivegen.core.boxes import EDGES, FACES


def _box() -> Boxes3D:
    return Boxes3D(
        np.array([[10.0, 2.0, 1.0]]), np.array([[4.0, 2.0, 1.5]]), np.array([[1.0, 0, 0, 0]]), np.array([[5.0, 0, 0]])
    )


def test_corner_order_is_the_drawn_one() -> None:
    corners = _box().corners()[0]
    np.testing.assert_allclose(corners[0], [12.0, 3.0, 1.75])
    np.testing.assert_allclose(corners[1], [12.0, 1.0, 1.75])
    np.testing.assert_allclose(corners[2], [12.0, 1.0, 0.25])
    np.testing.assert_allclose(corners[7], [8.0, 3.0, 0.25])


def test_faces_are_counter_clockwise_seen_from_outside() -> None:
    corners = _box().corners()[0]
    outward = {
        "front": [1, 0, 0],
        "rear": [-1, 0, 0],
        "left": [0, 1, 0],
        "right": [0, -1, 0],
        "top": [0, 0, 1],
        "bottom": [0, 0, -1],
    }
    for name, (a, b, c, _) in FACES.items():
        normal = np.cross(corners[b] - corners[a], corners[c] - corners[b])
        np.testing.assert_allclose(normal / np.linalg.norm(normal), outward[name], atol=1e-12)


def test_every_edge_is_a_side_of_two_faces() -> None:
    sides = [frozenset(pair) for face in FACES.values() for pair in zip(face, face[1:] + face[:1], strict=True)]
    assert all(sides.count(frozenset(edge)) == 2 for edge in EDGES.tolist())
    assert len(EDGES) == 12


def test_transform_turns_centre_heading_and_velocity() -> None:
    moved = _box().transformed(Pose.from_yaw(np.pi / 2, (1.0, 0.0, 0.0)))
    np.testing.assert_allclose(moved.centers, [[-1.0, 10.0, 1.0]], atol=1e-12)
    np.testing.assert_allclose(moved.velocities, [[0.0, 5.0, 0.0]], atol=1e-12)
    np.testing.assert_allclose(moved.corners()[0, 0], [-2.0, 12.0, 1.75], atol=1e-12)


def test_selection_and_emptiness() -> None:
    assert len(_box()[np.array([], dtype=int)]) == 0
    assert len(_box()[np.array([True])]) == 1
    assert Boxes3D.empty().corners().shape == (0, 8, 3)
    assert len(Boxes3D.empty().transformed(Pose.identity())) == 0


@pytest.mark.parametrize("size", [[0.0, 1.0, 1.0], [1.0, -1.0, 1.0], [np.nan, 1.0, 1.0]])
def test_sizes_must_be_positive_numbers(size: list[float]) -> None:
    with pytest.raises(GeometryError):
        Boxes3D(np.zeros((1, 3)), np.array([size]), np.array([[1.0, 0, 0, 0]]), np.zeros((1, 3)))
