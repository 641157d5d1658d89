import io

import pytest
from rich.console import Console

from cli.terminal import output
from cli.terminal.progress import bar


def shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> io.StringIO:
    """What is printed, at a terminal or not."""
    file = io.StringIO()
    monkeypatch.setattr(output, "err", Console(file=file, force_terminal=terminal, width=100))
    return file


def test_without_a_terminal_there_is_a_line_for_each_tenth_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    file = shown(monkeypatch, terminal=False)
    with bar("rows read") as tell:
        for done in range(0, 2001, 50):
            tell(done, 2000)
        tell(2000, 2000)
    lines = file.getvalue().splitlines()
    assert (len(lines), lines[0], lines[-1]) == (10, "200/2000 rows read", "2000/2000 rows read")


def test_work_of_nothing_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    file = shown(monkeypatch, terminal=False)
    with bar("rows read") as tell:
        tell(0, 0)
    assert not file.getvalue()


def test_at_a_terminal_there_is_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    file = shown(monkeypatch, terminal=True)
    with bar("rows read") as tell:
        tell(500, 2000)
    assert "rows read" in file.getvalue()
    assert "500/2000" in file.getvalue()
    assert file.getvalue().rstrip().endswith("\x1b[2K")
