"""The grid of `laike coverage` on terminals of several widths."""

from datetime import date, timedelta
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from cli.runs import coverage
from cli.terminal import output
from pipeline.core.coverage.day import DayCoverage, LastOutcome
from pipeline.core.coverage.grid import AccountCoverage
from pipeline.core.coverage.states import LETTERS
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import DayState

FIRST = date(2026, 1, 1)


def shown(monkeypatch: pytest.MonkeyPatch, names: list[str], count: int, width: int, *, colour: bool = False) -> str:
    """What is printed for these accounts, whose days go through all the states in turn."""
    states = list(DayState)
    days = DayRange(FIRST, FIRST + timedelta(days=count - 1))
    found = [
        AccountCoverage(
            Account(str(n), name),
            {day: DayCoverage(last=LastOutcome(state=states[i % len(states)])) for i, day in enumerate(days)},
        )
        for n, name in enumerate(names)
    ]
    file = StringIO()
    console = Console(file=file, soft_wrap=True, width=width, force_terminal=colour, no_color=not colour)
    monkeypatch.setattr(output, "out", console)
    coverage._print(found, days, width)
    return file.getvalue()


@pytest.mark.parametrize("width", [48, 80, 200])
@pytest.mark.parametrize("names", [["店"], ["一个名字长得放不进终端宽度的账户名称旗舰店", "b [x]"]])
def test_no_line_of_the_grid_is_wider_than_the_terminal_and_each_day_is_there(
    monkeypatch: pytest.MonkeyPatch, names: list[str], width: int
) -> None:
    *lines, legend = shown(monkeypatch, names, 30, width).splitlines()
    assert all(cell_len(line) <= width for line in lines)
    assert all(state in legend for state in DayState)
    numbers = [int(one) for line in lines if line.strip().replace(" ", "").isdigit() for one in line.split()]
    assert numbers == list(range(1, 31))
    letters = [one for line in lines if line.startswith(names[0][:1]) for one in line.split()[1:]]
    states = list(DayState)
    assert letters == [LETTERS[states[n % len(states)]] for n in range(30)]


def test_each_state_has_its_letter_and_a_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = shown(monkeypatch, ["店"], len(DayState), 80)
    row = next(line for line in plain.splitlines() if line.startswith("店"))
    assert row.split()[1:] == [LETTERS[state] for state in DayState]
    assert "\x1b[" in shown(monkeypatch, ["店"], 7, 80, colour=True)
    assert "\x1b[" not in plain
