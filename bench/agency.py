"""P2, and how the cost of a daily run grows with its accounts: nothing but the rate holds it up."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bench.crew import crew
from bench.growth import Step, grown, table
from bench.result import Goal, Part, Table, mib
from bench.weigh import Weight
from bench.world import PAGE_ROWS, RATE, Log, Shape, World, slow_down, world
from cli.output import err
from pipeline.core.model import DayRange

PROMOTIONS = 4  # of each account
THROTTLED = ("40100", "40110")


@dataclass(frozen=True, slots=True)
class Size:
    """A daily run of so many accounts, warm; seconds from its start."""

    accounts: int
    pages: int
    verified_s: float
    ended_s: float
    calls: Mapping[str, int]
    throttled: int
    weight: Weight

    @property
    def least_s(self) -> float:
        """The pages over the rate."""
        return self.pages / RATE


def measure(sizes: Sequence[int]) -> Part:
    """A warm daily run for each number of accounts."""
    found = [_measured(size) for size in sizes]
    steps = [Step(f"{one.accounts}", one.accounts, one.ended_s, sum(one.calls.values()), one.weight) for one in found]
    return Part(
        goals=[goal for one in found[1:] for goal in _goals(one)] + grown("accounts", steps),
        tables=[_table(found), table("How a daily run grows: accounts", "accounts", steps)],
    )


def _measured(accounts: int) -> Size:
    err.print(f"  {accounts} accounts", highlight=False)
    with world(Shape(promotions=(PROMOTIONS,) * accounts, latency=0)) as made:
        newest = made.newest
        with crew(made, newest - timedelta(days=1)) as team:
            team.daily()
        made.laike("init", "--yes")  # the views that are left
        slow = slow_down(made)
        with crew(slow, newest) as team:
            logged = made.logged()
            told = team.daily()
        log = made.log_since(logged)
        made.check(made.job(DayRange(newest, newest)).window)
        return Size(
            accounts=accounts,
            pages=_pages(made),
            verified_s=told.last["verified"] - told.sent,
            ended_s=told.last["finished"] - told.sent,
            calls=log.counts(),
            throttled=_throttled(log),
            weight=told.weight,
        )


def _pages(made: World) -> int:
    window = made.job(DayRange(made.newest, made.newest)).window
    return sum(max(1, math.ceil(rows / PAGE_ROWS)) for rows in made.rows_by_account(window).values())


def _throttled(log: Log) -> int:
    return sum(one.endswith(THROTTLED) for one in log.refused)


def _goals(one: Size) -> list[Goal]:
    title = f"{one.accounts} accounts at {RATE:g} calls/s"
    return [
        Goal("P2", f"{title}: verified, of the pages over the rate", one.verified_s / one.least_s, 1.05),
        Goal("P2", f"{title}: throttled calls", one.throttled, 0, ""),
    ]


def _table(found: Sequence[Size]) -> Table:
    heads = ("accounts", "pages", "pages ÷ rate, s", "verified, s", "ended, s", "report calls", "memory, MiB")
    rows = [
        (
            str(one.accounts),
            str(one.pages),
            *(f"{seconds:.1f}" for seconds in (one.least_s, one.verified_s, one.ended_s)),
            str(one.calls["report.promotion"] + one.calls["report.account"]),
            mib(one.weight.most),
        )
        for one in found
    ]
    return Table("P2: a warm daily run at the rate of the service, answers immediate", heads, rows)
