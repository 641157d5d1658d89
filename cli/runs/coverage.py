"""`laike coverage`: the state of each account's days."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from rich.cells import cell_len, set_cell_size

from cli.arguments import day_of
from cli.session import looked
from cli.terminal import output
from cli.terminal.words import Part, coloured, shown
from pipeline.core.coverage.day import DayCoverage
from pipeline.core.coverage.grid import AccountCoverage
from pipeline.core.coverage.states import LETTERS
from pipeline.core.errors import WrongInput
from pipeline.core.model import DayRange, china_day
from pipeline.core.runs.plan import bounded, window
from pipeline.steps.coverage.grid import coverage as covered
from pipeline.steps.rollover.chosen import chain_chosen

DEFAULT_DAYS = 30
NAME_CELLS_MAX = 20
DAY_CELLS, WEEK = 3, 7


def coverage(start: str | None, end: str | None, table: str | None = None, *, as_json: bool) -> int:
    """Print the grid of accounts and days of a table.

    Raises:
        WrongInput: The range is empty, too long, or goes beyond today, or there is no such table.
    """
    with looked() as ctx:
        days = _days(start, end, window(ctx.now(), DEFAULT_DAYS), china_day(ctx.now()))
        found = covered(chain_chosen(ctx, table), days)
    if as_json:
        output.print_json({"accounts": [_document(one) for one in found]})
    else:
        _print(found, days, output.out.width)
    return output.DONE


def _days(start: str | None, end: str | None, usual: DayRange, today: date) -> DayRange:
    last = day_of(end) if end else usual.last
    first = day_of(start) if start else usual.first
    if not first <= last <= today:
        raise WrongInput(f"{first} .. {last} is not a range of days up to today ({today}, Asia/Shanghai)")
    return bounded(first, last)


def _document(one: AccountCoverage) -> dict[str, Any]:
    days = [
        {
            "day": day.isoformat(),
            "state": last.state,
            "rows": last.rows,
            "cost": f"{float(last.cost):.2f}",
            "outside": f"{float(last.outside):.2f}",
            "what_to_do": last.what_to_do,
        }
        for day, last in ((day, coverage.shown) for day, coverage in one.days.items())
    ]
    return {"id": one.account.id, "name": one.account.name, "days": days}


def _print(found: Sequence[AccountCoverage], days: DayRange, width: int) -> None:
    """Print as many whole weeks side by side as fit, so that nothing is cut; 80 cells without a terminal."""
    names = [shown(one.account.name) for one in found]
    name_cells = min(NAME_CELLS_MAX, max(map(cell_len, names), default=0))
    block = max(WEEK, (width - name_cells) // DAY_CELLS // WEEK * WEEK)
    for first in list(days)[::block]:
        of_block = DayRange(first, min(first + timedelta(days=block - 1), days.last))
        output.say((f"{of_block.first} .. {of_block.last}", "bold"))
        numbers = "".join(f"{day.day:>{DAY_CELLS}}" for day in of_block)
        output.say((f"{' ' * name_cells}{numbers}", "dim"))
        for name, one in zip(names, found, strict=True):
            cells = (_cell(one.days.get(day)) for day in of_block)
            output.say(set_cell_size(name, name_cells), *(part for cell in cells for part in cell))
    if any(day not in one.days for one in found for day in days):
        output.say("blank: before the account was first loaded")
    legend = [(coloured(state, letter), f" {state}  ") for state, letter in LETTERS.items()]
    output.say(*(part for pair in legend for part in pair))


def _cell(day: DayCoverage | None) -> tuple[Part, ...]:
    before = " " * (DAY_CELLS - 1)
    return (before, coloured(day.state, LETTERS[day.state])) if day else (before + " ",)
