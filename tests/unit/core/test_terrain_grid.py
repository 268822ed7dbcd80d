import numpy as np
import pytest

from drivegen.core import GeometryError, TerrainGrid


def plane() -> TerrainGrid:
    """z = 0.02 x - 0.01 y over x in 10..50, y in -20..0."""
    x, y = np.arange(5) * 10.0 + 10.0, np.arange(3) * 10.0 - 20.0
    return TerrainGrid((10.0, -20.0), 10.0, 0.02 * x[None, :] - 0.01 * y[:, None])


def test_between_samples_a_slope_is_straight() -> None:
    places = np.array([[[10.0, -20.0], [23.7, -3.1]], [[50.0, 0.0], [49.9, -19.9]]])
    np.testing.assert_allclose(plane().height(places), 0.02 * places[..., 0] - 0.01 * places[..., 1])


def test_beyond_the_edge_the_ground_goes_on_level() -> None:
    np.testing.assert_allclose(plane().height(np.array([[500.0, 90.0], [-7.0, -90.0]])), [1.0, 0.4])


def test_a_single_sample_is_a_plane() -> None:
    assert TerrainGrid((0.0, 0.0), 1.0, np.array([[2.0]])).height(np.array([3.0, 4.0])) == 2.0


def test_dict_round_trip() -> None:
    assert TerrainGrid.from_dict(plane().to_dict()) == plane()
    assert plane() != TerrainGrid((0.0, -20.0), 10.0, plane().heights)


@pytest.mark.parametrize(("cell_m", "heights"), [(0.0, [[1.0]]), (1.0, [1.0]), (1.0, [[np.nan]]), (1.0, [[]])])
def test_what_is_no_grid_is_refused(cell_m: float, heights: list[float]) -> None:
    with pytest.raises(GeometryError, match="TerrainGrid"):
        TerrainGrid((0.0, 0.0), cell_m, np.array(heights))
