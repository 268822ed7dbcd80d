import numpy as np
import pytest

from drivegen.core.arrays import as_floats
from drivegen.core.errors import GeometryError


def test_any_length_matches_none() -> None:
    assert as_floats([[1, 2], [3, 4]], (None, 2), "points").dtype == np.float64


@pytest.mark.parametrize(("value", "shape"), [([1, 2, 3], (2,)), ([[1, 2]], (2,)), (1.0, (1,))])
def test_wrong_shape_names_both_shapes(value: object, shape: tuple[int, ...]) -> None:
    with pytest.raises(GeometryError, match=r"thing: wrong shape; expected \(.*\); got \("):
        as_floats(value, shape, "thing")


def test_the_first_bad_value_is_named() -> None:
    with pytest.raises(GeometryError, match=r"thing: value is not finite; got nan at \(1, 0\)"):
        as_floats([[0, 0], [np.nan, np.inf]], (2, 2), "thing")
