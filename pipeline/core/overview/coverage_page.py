"""Accounts × days as people look at them: the worst accounts first, a page at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from pipeline.core.chain import Chain
from pipeline.core.coverage.letters import (
    BLANK,
    LACKING,
    STATES_OF,
    Cut,
    Lines,
    filled,
    first_loaded,
    last_good,
)
from pipeline.core.coverage.states import LETTERS
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import DayState

SPANS = (30, 90, 400)  # days that a page may show
ACCOUNTS_A_PAGE = 50
DAYS_DRAWN = 90  # one by one; more of them are drawn by weeks: 400 columns are neither read nor sent quickly
# what a week with several states shows is the last of them
RISING = (
    DayState.OPEN,
    DayState.PARKED,
    DayState.EMPTY,
    DayState.LOADED,
    DayState.INCOMPLETE,
    DayState.MISSING,
    DayState.FAILED,
)
_RANK = {BLANK: -1} | {LETTERS[state]: rank for rank, state in enumerate(RISING)}
LINKED = 150  # cells of a page that link to their day: a page of failed days would be ten times as large


class Cell(NamedTuple):
    """One or several days of an account: the worst state (`None`: nobody asked for any), how many days lack figures.

    `link`: the day to open from here; `None` where it is reached by the account alone.
    """

    state: DayState | None
    lacking: int
    link: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """One account.

    Attributes:
        known: A letter for each day, the oldest first.
        lacking: How many days are not whole; nobody waits for those of a parked account.
        newest_lacking: The newest of them.
        last_good: The last day whose last reading was good, however long ago.
        parked_since: Since when the account cannot be read and no run waits for it.
    """

    account: Account
    known: str
    lacking: int
    newest_lacking: date | None
    last_good: date | None
    parked_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asked for: how many days, which page from 1 on, only accounts with problems, a part of a name."""

    days: int = SPANS[0]
    page: int = 1
    only_problems: bool = False
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What depends on the time.

    Attributes:
        days: The days that are shown, up to yesterday.
        open_from: The first day that is not over, or for which no run had its time yet.
        begun: The first day that an account owes of which nothing was ever loaded.
        parked: The day since which each parked account cannot be read.
    """

    days: DayRange
    open_from: date
    begun: date
    parked: Mapping[str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveragePage:
    """One page of the grid.

    Attributes:
        columns: The days of each column, the newest first.
        accounts: How many accounts there are.
        found: How many of them are listed on all pages.
        troubled: How many accounts have days that are not whole.
        lacking: How many days that are.
        newest: How many accounts lack the newest day that is owed by now.
        newest_owed: That day.
        known: Whether anything was ever loaded.
    """

    asked: Asked
    columns: tuple[DayRange, ...]
    rows: tuple[CoverageRow, ...]
    cells: tuple[tuple[Cell, ...], ...]
    page: int
    pages: int
    accounts: int
    found: int
    troubled: int
    lacking: int
    newest: int
    newest_owed: date
    known: bool

    @property
    def weekly(self) -> bool:
        """Whether a column is a week."""
        return self.asked.days > DAYS_DRAWN

    @property
    def months(self) -> list[tuple[date, int]]:
        """The months of the columns' first days: the first of each, and how many columns it has."""
        firsts = (column.first.replace(day=1) for column in self.columns)
        return [(month, len(list(columns))) for month, columns in groupby(firsts)]


def row_of(account: Account, of_tables: Sequence[Lines], cut: Cut, clock: Clock) -> CoverageRow:
    """The row of one account."""
    parked, first = clock.parked.get(account.id), first_loaded(of_tables) or clock.begun
    known = filled(cut.known(of_tables), cut.days, first, clock.open_from, parked)
    at = max(map(known.rfind, LACKING))
    return CoverageRow(
        account=account,
        known=known,
        lacking=sum(map(known.count, LACKING)),
        newest_lacking=cut.days.first + timedelta(days=at) if at >= 0 else None,
        last_good=last_good(of_tables),
        parked_since=parked,
    )


def page_of(
    accounts: Sequence[Account], lines: Mapping[str, Sequence[Lines]], tables: Chain, clock: Clock, asked: Asked
) -> CoveragePage:
    """The page that was asked for; one beyond the end is the last one."""
    cut = Cut.of(clock.days, tables)
    rows = [row_of(one, lines[one.id], cut, clock) for one in accounts]
    newest = clock.open_from - timedelta(days=1)
    found = sorted((row for row in rows if _wanted(row, asked)), key=_badness)
    pages = max(1, -(-len(found) // ACCOUNTS_A_PAGE))
    page = min(max(1, asked.page), pages)
    shown = found[(page - 1) * ACCOUNTS_A_PAGE : page * ACCOUNTS_A_PAGE]
    columns = _columns(clock.days)
    return CoveragePage(
        asked=asked,
        columns=columns,
        rows=tuple(shown),
        cells=tuple(tuple(_cells(row, columns, clock.days, LINKED // len(shown))) for row in shown),
        page=page,
        pages=pages,
        accounts=len(rows),
        found=len(found),
        troubled=sum(row.lacking > 0 for row in rows),
        lacking=sum(row.lacking for row in rows),
        newest=sum(row.newest_lacking == newest for row in rows),
        newest_owed=newest,
        known=any(first_loaded(lines[one.id]) for one in accounts),
    )


def _wanted(row: CoverageRow, asked: Asked) -> bool:
    if asked.only_problems and not row.lacking:
        return False
    sought = asked.search.casefold()
    return sought in row.account.name.casefold() or sought in row.account.id


def _badness(row: CoverageRow) -> tuple[int, int, str]:
    """The most days first, then the newest problem, then by name."""
    newest = row.newest_lacking.toordinal() if row.newest_lacking else 0
    return -row.lacking, -newest, row.account.name


def _columns(days: DayRange) -> tuple[DayRange, ...]:
    """Days, or weeks that end on a Sunday, the newest first."""
    if len(days) <= DAYS_DRAWN:
        return tuple(DayRange(day, day) for day in reversed(list(days)))
    found, last = list[DayRange](), days.last
    while last >= days.first:
        first = max(days.first, last - timedelta(days=last.weekday()))
        found.append(DayRange(first, last))
        last = first - timedelta(days=1)
    return tuple(found)


def _cells(row: CoverageRow, columns: Sequence[DayRange], days: DayRange, links: int) -> Iterator[Cell]:
    left = links
    for column in columns:
        at = (column.first - days.first).days
        known = row.known[at : at + len(column)]
        worst = known if len(known) == 1 else max(known, key=_RANK.__getitem__)
        lacking = sum(map(known.count, LACKING)) if worst in LACKING else 0
        link = column.first + timedelta(days=max(map(known.rfind, LACKING))) if lacking and left else None
        left -= link is not None
        yield Cell(None if worst == BLANK else STATES_OF[worst], lacking, link)
