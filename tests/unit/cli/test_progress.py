import pytest

from drivegen.cli.progress import PlainProgress, progress


def test_plain_lines_tell_rate_and_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 5.0, 20.0, 40.0])
    monkeypatch.setattr("drivegen.cli.progress.time.monotonic", lambda: next(clock))
    report = PlainProgress("world", "scenes")
    # Two were there already; the call at 5 s comes too soon for a line.
    for done in (2, 3, 6, 10):
        report(done, 10)
    assert capsys.readouterr().err.splitlines() == [
        "world: 2/10 scenes",
        "world: 6/10 scenes, 0.20 scenes/s, 20 s left",
        "world: 10/10 scenes, 0.20 scenes/s, 0 s left",
    ]


def test_no_terminal_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("world", "scenes") as report:
        report(1, 1)
    assert capsys.readouterr().err == "world: 1/1 scenes\n"
