from drivegen.core import EXIT_FAILED, EXIT_USAGE, ConfigError, DataError, DrivegenError, GeometryError


def test_all_parts_in_one_line() -> None:
    error = DataError("size is zero", where="box\n3", expected="> 0", got=[0, 1], remedy="remove\n  the row")
    assert str(error) == "box 3: size is zero; expected > 0; got [0, 1]; remove the row"


def test_parts_that_are_not_given_leave_no_trace() -> None:
    assert str(DataError("gone")) == "gone"
    assert str(DataError("zero", got=0)) == "zero; got 0"


def test_exit_codes() -> None:
    assert ConfigError("x").exit_code == EXIT_USAGE == 2
    assert DataError("x").exit_code == GeometryError("x").exit_code == DrivegenError("x").exit_code == EXIT_FAILED == 1
